#include "io/natural_blocks.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>
#include <utility>

namespace lacuna {
namespace {

std::vector<int> startsOf(const std::vector<int>& counts) {
  std::vector<int> starts(counts.size(), 0);
  std::exclusive_scan(counts.begin(), counts.end(), starts.begin(), 0);
  return starts;
}

int asInt(std::int64_t n) {
  if (n > std::numeric_limits<int>::max())
    throw Error(std::to_string(n) + " values on one rank are more than one message of MPI takes: use more ranks");
  return static_cast<int>(n);
}

/// splitmix64 of Steele, Lea & Flood (2014, doi:10.1145/2660193.2660195): mixes all bits.
std::uint64_t mixed(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

}  // namespace

NaturalBlocks::NaturalBlocks(const Space& space, std::int64_t chunk) : space_(space) {
  const MPI_Comm comm = space.comm();
  const int ranks = sizeOf(comm);
  const std::int64_t all = space.global(), even = (all + ranks - 1) / ranks;
  const std::int64_t block = std::max<std::int64_t>((even + chunk - 1) / chunk, 1) * chunk;
  start_ = std::min(all, block * rankOf(comm));
  count_ = std::min(all, start_ + block) - start_;

  std::vector<std::vector<Piece>> to(static_cast<std::size_t>(ranks));
  std::exception_ptr failure;
  try {
    for (const NaturalRun& run : space.naturalRuns()) {
      for (std::int64_t k = 0; k < run.count;) {
        const std::int64_t natural = run.natural + k * run.stride, owner = natural / block;
        if (natural < 0 || natural >= all || run.stride < 1)
          throw Error("NaturalBlocks: an index outside of the field");
        const std::int64_t inside = ((owner + 1) * block - natural + run.stride - 1) / run.stride;
        const std::int64_t n = std::min<std::int64_t>(run.count - k, inside);
        to[static_cast<std::size_t>(owner)].push_back({run.local + k, natural, n, run.stride});
        k += n;
      }
    }
    asInt(space.local());
    asInt(count_);
  } catch (...) {
    failure = std::current_exception();
  }
  agree(comm, failure);

  // Who sends what is told once: natural, count, stride of every piece.
  std::vector<int> words, wordsFrom(static_cast<std::size_t>(ranks));
  std::vector<std::int64_t> told;
  for (const std::vector<Piece>& pieces : to) {
    std::int64_t entries = 0;
    for (const Piece& p : pieces) {
      entries += p.count;
      told.insert(told.end(), {p.natural, p.count, p.stride});
      mine_.push_back(p);
    }
    words.push_back(static_cast<int>(3 * pieces.size()));
    mineTo_.push_back(static_cast<int>(entries));
  }
  checkMpi(MPI_Alltoall(words.data(), 1, MPI_INT, wordsFrom.data(), 1, MPI_INT, comm));
  const std::vector<int> wordsAt = startsOf(words), wordsFromAt = startsOf(wordsFrom);
  std::vector<std::int64_t> heard(static_cast<std::size_t>(wordsFromAt.back() + wordsFrom.back()));
  checkMpi(MPI_Alltoallv(told.data(), words.data(), wordsAt.data(), MPI_INT64_T, heard.data(), wordsFrom.data(),
                         wordsFromAt.data(), MPI_INT64_T, comm));
  std::int64_t arrived = 0;
  for (std::size_t r = 0, w = 0; r < wordsFrom.size(); ++r) {
    std::int64_t entries = 0;
    for (const std::size_t end = w + static_cast<std::size_t>(wordsFrom[r]); w < end; w += 3) {
      theirs_.push_back({arrived + entries, heard[w], heard[w + 1], heard[w + 2]});
      entries += heard[w + 1];
    }
    theirsFrom_.push_back(static_cast<int>(entries));
    arrived += entries;
  }
  mineAt_ = startsOf(mineTo_);
  theirsAt_ = startsOf(theirsFrom_);
  together(comm, [&] {
    if (arrived != count_) throw Error("NaturalBlocks: the natural indices of the space leave gaps");
  });
}

bool NaturalBlocks::inOrder(const std::vector<Piece>& pieces, std::int64_t first) {
  std::int64_t at = 0;
  for (const Piece& p : pieces) {
    if (p.local != at || p.natural - first != at || p.stride != 1) return false;
    at += p.count;
  }
  return true;
}

std::vector<double> NaturalBlocks::gather(Vec x) const {
  if (!space_.holds(x)) throw Error("NaturalBlocks: the vector is not in the space");
  // Nothing is copied that lies in order already: of an image split along y, and of a movie split in time.
  std::int64_t next = 0;
  const bool sendsInOrder =
      std::ranges::all_of(mine_, [&](const Piece& p) { return std::exchange(next, next + p.count) == p.local; });
  std::vector<double> out, in(static_cast<std::size_t>(count_));
  {
    const ReadLocal v(x);
    if (!sendsInOrder) {
      out.reserve(static_cast<std::size_t>(space_.local()));
      for (const Piece& p : mine_) out.insert(out.end(), v.data() + p.local, v.data() + p.local + p.count);
    }
    checkMpi(MPI_Alltoallv(sendsInOrder ? v.data() : out.data(), mineTo_.data(), mineAt_.data(), MPI_DOUBLE, in.data(),
                           theirsFrom_.data(), theirsAt_.data(), MPI_DOUBLE, space_.comm()));
  }
  std::vector<double>().swap(out);  // its room is needed now
  if (inOrder(theirs_, start_)) return in;
  std::vector<double> block(in.size());
  for (const Piece& p : theirs_)
    for (std::int64_t k = 0; k < p.count; ++k)
      block[static_cast<std::size_t>(p.natural + k * p.stride - start_)] = in[static_cast<std::size_t>(p.local + k)];
  return block;
}

void NaturalBlocks::scatter(const std::vector<double>& block, Vec x) const {
  if (!space_.holds(x)) throw Error("NaturalBlocks: the vector is not in the space");
  std::vector<double> out(static_cast<std::size_t>(count_)), in(static_cast<std::size_t>(space_.local()));
  for (const Piece& p : theirs_)
    for (std::int64_t k = 0; k < p.count; ++k)
      out[static_cast<std::size_t>(p.local + k)] = block[static_cast<std::size_t>(p.natural + k * p.stride - start_)];
  checkMpi(MPI_Alltoallv(out.data(), theirsFrom_.data(), theirsAt_.data(), MPI_DOUBLE, in.data(), mineTo_.data(),
                         mineAt_.data(), MPI_DOUBLE, space_.comm()));
  const WriteLocal v(x);
  const double* from = in.data();
  for (const Piece& p : mine_) {
    std::copy_n(from, p.count, v.data() + p.local);
    from += p.count;
  }
}

std::uint64_t naturalHash(MPI_Comm comm, std::int64_t start, std::span<const double> block) {
  std::uint64_t sum = 0, all = 0;
  auto index = static_cast<std::uint64_t>(start);
  for (const double value : block) sum += mixed(std::bit_cast<std::uint64_t>(value) ^ mixed(index++));
  checkMpi(MPI_Allreduce(&sum, &all, 1, MPI_UINT64_T, MPI_SUM, comm));
  return all;
}

}  // namespace lacuna
