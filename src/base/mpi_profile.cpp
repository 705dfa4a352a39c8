/// Counts the messages of a program, PETSc's, FFTW's and HDF5's included, by the profiling interface of the MPI
/// standard (MPI 3.1, chapter 14.2): what is called MPI_X here counts and calls the next MPI_X. That is PMPI_X, or a
/// profiler's, which so keeps seeing every call. Part of the programs, not of the library: who links the library keeps
/// his own MPI_X.
#include <dlfcn.h>
#include <mpi.h>

#include <map>

#include "base/traffic.hpp"

namespace {

/// The MPI_X after ours in the order of the loader; PMPI_X in a program without shared libraries.
template <class Function>
Function* next(const char* name, Function* standard) {
  void* found = dlsym(RTLD_NEXT, name);
  return found ? reinterpret_cast<Function*>(found) : standard;
}

double bytesOf(double count, MPI_Datatype type) {
  int size = 0;
  PMPI_Type_size(type, &size);
  return count * size;
}

void sent(int count, MPI_Datatype type, int to) {
  if (to != MPI_PROC_NULL) lacuna::countSent(1, bytesOf(count, type));
}

/// Bytes of the persistent sends.
std::map<MPI_Request, double>& persistent() {
  static std::map<MPI_Request, double> requests;
  return requests;
}
void started(MPI_Request request) {
  if (const auto found = persistent().find(request); found != persistent().end()) lacuna::countSent(1, found->second);
}

/// To every other rank of the communicator.
void sentToAll(const int* counts, int equal, MPI_Datatype type, MPI_Comm comm) {
  int ranks = 1, rank = 0;
  PMPI_Comm_size(comm, &ranks);
  PMPI_Comm_rank(comm, &rank);
  std::int64_t messages = 0;
  double items = 0;
  for (int to = 0; to < ranks; ++to)
    if (const int count = counts ? counts[to] : equal; to != rank && count > 0) ++messages, items += count;
  lacuna::countSent(messages, bytesOf(items, type));
}

}  // namespace

extern "C" {

// Messages.
int MPI_Send(const void* data, int count, MPI_Datatype type, int to, int tag, MPI_Comm comm) {
  static const auto call = next("MPI_Send", PMPI_Send);
  sent(count, type, to);
  return call(data, count, type, to, tag, comm);
}
int MPI_Isend(const void* data, int count, MPI_Datatype type, int to, int tag, MPI_Comm comm, MPI_Request* request) {
  static const auto call = next("MPI_Isend", PMPI_Isend);
  sent(count, type, to);
  return call(data, count, type, to, tag, comm, request);
}
int MPI_Sendrecv(const void* data, int count, MPI_Datatype type, int to, int tag, void* into, int room,
                 MPI_Datatype intoType, int from, int fromTag, MPI_Comm comm, MPI_Status* status) {
  static const auto call = next("MPI_Sendrecv", PMPI_Sendrecv);
  sent(count, type, to);
  return call(data, count, type, to, tag, into, room, intoType, from, fromTag, comm, status);
}
int MPI_Send_init(const void* data, int count, MPI_Datatype type, int to, int tag, MPI_Comm comm,
                  MPI_Request* request) {
  static const auto call = next("MPI_Send_init", PMPI_Send_init);
  const int status = call(data, count, type, to, tag, comm, request);
  if (status == MPI_SUCCESS && to != MPI_PROC_NULL) persistent()[*request] = bytesOf(count, type);
  return status;
}
int MPI_Start(MPI_Request* request) {
  static const auto call = next("MPI_Start", PMPI_Start);
  started(*request);
  return call(request);
}
int MPI_Startall(int count, MPI_Request requests[]) {
  static const auto call = next("MPI_Startall", PMPI_Startall);
  for (int i = 0; i < count; ++i) started(requests[i]);
  return call(count, requests);
}
int MPI_Request_free(MPI_Request* request) {
  static const auto call = next("MPI_Request_free", PMPI_Request_free);
  persistent().erase(*request);
  return call(request);
}
int MPI_Alltoall(const void* data, int count, MPI_Datatype type, void* into, int room, MPI_Datatype intoType,
                 MPI_Comm comm) {
  static const auto call = next("MPI_Alltoall", PMPI_Alltoall);
  if (data == MPI_IN_PLACE)
    sentToAll(nullptr, room, intoType, comm);
  else
    sentToAll(nullptr, count, type, comm);
  return call(data, count, type, into, room, intoType, comm);
}
int MPI_Alltoallv(const void* data, const int counts[], const int starts[], MPI_Datatype type, void* into,
                  const int rooms[], const int intoStarts[], MPI_Datatype intoType, MPI_Comm comm) {
  static const auto call = next("MPI_Alltoallv", PMPI_Alltoallv);
  if (data == MPI_IN_PLACE)
    sentToAll(rooms, 0, intoType, comm);
  else
    sentToAll(counts, 0, type, comm);
  return call(data, counts, starts, type, into, rooms, intoStarts, intoType, comm);
}

// What all wait for.
int MPI_Allreduce(const void* data, void* into, int count, MPI_Datatype type, MPI_Op op, MPI_Comm comm) {
  static const auto call = next("MPI_Allreduce", PMPI_Allreduce);
  const lacuna::ReductionScope timed(bytesOf(count, type));
  return call(data, into, count, type, op, comm);
}
int MPI_Reduce(const void* data, void* into, int count, MPI_Datatype type, MPI_Op op, int root, MPI_Comm comm) {
  static const auto call = next("MPI_Reduce", PMPI_Reduce);
  const lacuna::ReductionScope timed(bytesOf(count, type));
  return call(data, into, count, type, op, root, comm);
}
int MPI_Bcast(void* data, int count, MPI_Datatype type, int root, MPI_Comm comm) {
  static const auto call = next("MPI_Bcast", PMPI_Bcast);
  const lacuna::ReductionScope timed(bytesOf(count, type));
  return call(data, count, type, root, comm);
}
int MPI_Allgather(const void* data, int count, MPI_Datatype type, void* into, int room, MPI_Datatype intoType,
                  MPI_Comm comm) {
  static const auto call = next("MPI_Allgather", PMPI_Allgather);
  const lacuna::ReductionScope timed(data == MPI_IN_PLACE ? bytesOf(room, intoType) : bytesOf(count, type));
  return call(data, count, type, into, room, intoType, comm);
}
int MPI_Exscan(const void* data, void* into, int count, MPI_Datatype type, MPI_Op op, MPI_Comm comm) {
  static const auto call = next("MPI_Exscan", PMPI_Exscan);
  const lacuna::ReductionScope timed(bytesOf(count, type));
  return call(data, into, count, type, op, comm);
}
int MPI_Barrier(MPI_Comm comm) {
  static const auto call = next("MPI_Barrier", PMPI_Barrier);
  const lacuna::ReductionScope timed(0);
  return call(comm);
}

}  // extern "C"
