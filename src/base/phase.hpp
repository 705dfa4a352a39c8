#pragma once
#include <mpi.h>

#include <cstdint>
#include <string>
#include <vector>

namespace lacuna {

/// A named part of a run, timed on every rank. Phases nest: the seconds of an inner phase are not counted
/// in the outer one, so that the shares of a table add up. Each is a PETSc event too (-log_view shows it).
class Phase {
 public:
  /// `work` is what one call moves or does, in `unit` ("GB", "transforms"); zero where it means nothing.
  explicit Phase(std::string name, std::string unit = {});
  Phase(const Phase&) = delete;
  Phase& operator=(const Phase&) = delete;

  class Scope {
   public:
    Scope(const Phase& phase, double work);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
  };
  /// Rank-local. Time until the end of the block belongs to this phase: `auto timed = phase.scope();`
  [[nodiscard]] Scope scope(double work = 0) const { return Scope(*this, work); }

 private:
  friend class Scope;
  std::size_t index_;
};

/// What the ranks spent in one phase.
struct PhaseTimes {
  std::string name, unit;
  std::int64_t calls = 0;                ///< of the rank that called most
  double mean = 0, max = 0;              ///< seconds over ranks; imbalance = max / mean
  double work = 0;                       ///< sum over ranks
  double messages = 0, bytes = 0;        ///< sent inside it, inner phases apart; sums over ranks. See base/traffic.hpp
  double messagesMax = 0, bytesMax = 0;  ///< of the rank that sent most
};

/// Collective. All phases seen on any rank, in order of first use on rank 0; same on all ranks. Phases must be
/// created in the same order on all ranks. Those that are open count up to now. Where messages are counted the last one
/// is "reductions": waiting and exchanging in operations that all ranks take part in (a slow rank shows in those of the
/// others).
std::vector<PhaseTimes> phaseTimes(MPI_Comm comm);
/// Forgets all times (the phases stay): start of a benchmark.
void resetPhaseTimes();
/// The table at the end of a run: per phase calls, seconds, share, imbalance and rate, as text.
std::string phaseTable(const std::vector<PhaseTimes>& phases, double wallSeconds);

}  // namespace lacuna
