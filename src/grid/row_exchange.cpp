#include "grid/row_exchange.hpp"

#include <algorithm>
#include <climits>
#include <string>

#include "base/error.hpp"

namespace lacuna {
namespace {

constexpr int listTag = 1, copyTag = 2, backTag = 3;

int messageCount(std::size_t rows, std::size_t rest) {
  if (rows > INT_MAX / rest)
    throw Error(ExitCode::BadConfig, "halo: a message of " + std::to_string(rows) + " rows of " + std::to_string(rest) +
                                         " pixels exceeds the counts of MPI: use more ranks");
  return static_cast<int>(rows * rest);
}

void start(std::vector<MPI_Request>& requests) {
  if (!requests.empty()) checkMpi(MPI_Startall(static_cast<int>(requests.size()), requests.data()));
}
void wait(std::vector<MPI_Request>& requests) {
  checkMpi(MPI_Waitall(static_cast<int>(requests.size()), requests.data(), MPI_STATUSES_IGNORE));
}

}  // namespace

RowExchange::RowExchange(MPI_Comm comm, PetscInt rest, const std::vector<RowLink>& links, std::string phase)
    : rest_(static_cast<std::size_t>(rest)), phase_(std::move(phase), "GB") {
  const int rank = rankOf(comm);
  std::vector<std::vector<PetscInt>> theirs(static_cast<std::size_t>(sizeOf(comm))), mine(theirs.size());
  for (const RowLink& link : links) {
    if (link.rank == rank) {
      local_.push_back(link);
    } else {
      theirs[static_cast<std::size_t>(link.rank)].push_back(link.theirs);
      mine[static_cast<std::size_t>(link.rank)].push_back(link.mine);
    }
  }
  for (std::size_t r = 0; r < mine.size(); ++r) {
    if (mine[r].empty()) continue;
    owners_.push_back({static_cast<int>(r), mine[r].size()});
    wantedRows_.insert(wantedRows_.end(), mine[r].begin(), mine[r].end());
  }
  exchangeLists(comm, theirs);
  makeMessages(comm);
}

RowExchange::~RowExchange() {
  for (auto* requests : {&copy_, &back_})
    for (MPI_Request& request : *requests) MPI_Request_free(&request);
}

/// Every owner learns which of its rows are wanted, and by whom.
void RowExchange::exchangeLists(MPI_Comm comm, const std::vector<std::vector<PetscInt>>& theirs) {
  std::vector<int> asked(theirs.size()), wanted(theirs.size());
  together(comm, [&] {
    for (std::size_t r = 0; r < theirs.size(); ++r)
      messageCount(theirs[r].size(), rest_), asked[r] = static_cast<int>(theirs[r].size());
  });
  checkMpi(MPI_Alltoall(asked.data(), 1, MPI_INT, wanted.data(), 1, MPI_INT, comm));
  std::size_t rows = 0;
  for (std::size_t r = 0; r < wanted.size(); ++r) {
    if (wanted[r] == 0) continue;
    wanters_.push_back({static_cast<int>(r), static_cast<std::size_t>(wanted[r])});
    rows += wanters_.back().rows;
  }
  servedRows_.resize(rows);
  std::vector<MPI_Request> requests;
  PetscInt* into = servedRows_.data();
  for (const Peer& peer : wanters_) {
    checkMpi(
        MPI_Irecv(into, static_cast<int>(peer.rows), MPIU_INT, peer.rank, listTag, comm, &requests.emplace_back()));
    into += peer.rows;
  }
  for (const Peer& peer : owners_) {
    const auto& list = theirs[static_cast<std::size_t>(peer.rank)];
    checkMpi(MPI_Isend(list.data(), asked[static_cast<std::size_t>(peer.rank)], MPIU_INT, peer.rank, listTag, comm,
                       &requests.emplace_back()));
  }
  wait(requests);
}

void RowExchange::makeMessages(MPI_Comm comm) {
  wantedBuffer_.resize(wantedRows_.size() * rest_);
  servedBuffer_.resize(servedRows_.size() * rest_);
  const auto receive = [&](const std::vector<Peer>& peers, double* buffer, int tag,
                           std::vector<MPI_Request>& requests) {
    for (const Peer& peer : peers) {
      checkMpi(MPI_Recv_init(buffer, messageCount(peer.rows, rest_), MPI_DOUBLE, peer.rank, tag, comm,
                             &requests.emplace_back()));
      buffer += peer.rows * rest_;
    }
  };
  const auto send = [&](const std::vector<Peer>& peers, double* buffer, int tag, std::vector<MPI_Request>& requests) {
    for (const Peer& peer : peers) {
      checkMpi(MPI_Send_init(buffer, messageCount(peer.rows, rest_), MPI_DOUBLE, peer.rank, tag, comm,
                             &requests.emplace_back()));
      buffer += peer.rows * rest_;
    }
  };
  receive(owners_, wantedBuffer_.data(), copyTag, copy_);
  send(wanters_, servedBuffer_.data(), copyTag, copy_);
  receive(wanters_, servedBuffer_.data(), backTag, back_);
  send(owners_, wantedBuffer_.data(), backTag, back_);
}

void RowExchange::beginCopy(const double* own) {
  const auto timed = phase_.scope(gigabytes());
  double* to = servedBuffer_.data();
  for (PetscInt row : servedRows_) to = std::copy_n(own + static_cast<std::size_t>(row) * rest_, rest_, to);
  start(copy_);
}

void RowExchange::endCopy(const double* own, double* wanted) {
  const auto timed = phase_.scope();
  for (const RowLink& link : local_)
    std::copy_n(own + static_cast<std::size_t>(link.theirs) * rest_, rest_,
                wanted + static_cast<std::size_t>(link.mine) * rest_);
  wait(copy_);
  const double* from = wantedBuffer_.data();
  for (PetscInt row : wantedRows_) {
    std::copy_n(from, rest_, wanted + static_cast<std::size_t>(row) * rest_);
    from += rest_;
  }
}

void RowExchange::addBack(const double* wanted, double* own) {
  const auto timed = phase_.scope(gigabytes());
  const auto add = [this](const double* from, double* to) {
    for (std::size_t i = 0; i < rest_; ++i) to[i] += from[i];
  };
  double* packed = wantedBuffer_.data();
  for (PetscInt row : wantedRows_) packed = std::copy_n(wanted + static_cast<std::size_t>(row) * rest_, rest_, packed);
  start(back_);
  for (const RowLink& link : local_)
    add(wanted + static_cast<std::size_t>(link.mine) * rest_, own + static_cast<std::size_t>(link.theirs) * rest_);
  wait(back_);
  const double* from = servedBuffer_.data();
  for (PetscInt row : servedRows_) {
    add(from, own + static_cast<std::size_t>(row) * rest_);
    from += rest_;
  }
}

}  // namespace lacuna
