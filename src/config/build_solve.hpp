#pragma once
#include <string>
#include <vector>

#include "base/memory_plan.hpp"
#include "config/build_imaging_data.hpp"
#include "operators/linear_operator.hpp"

namespace lacuna {

/// What a configuration of lacuna-solve asks for.
class SolveProblem {
 public:
  /// Collective. Looks at the shape of the data, reads the matrix. Throws 66, 65, 78.
  SolveProblem(MPI_Comm comm, const Inputs& inputs);

  const ImagingSource& source() const { return source_; }
  const Cube& data() const { return source_.cube(); }
  const Cube& unknown() const { return unknown_; }
  bool unknownIsLine() const { return unknownIsLine_; }
  const OperatorPointer& H() const { return H_; }
  const std::string& text() const { return text_; }  ///< of the matrix
  const ImagingPriors& priors() const { return priors_; }
  std::vector<std::string> notes() const;
  std::vector<std::string> inputFiles() const;
  DeconvolveOptions options() const;
  MemoryPlan plan() const;

 private:
  const Inputs& inputs_;
  ImagingSource source_;
  Cube unknown_;
  bool unknownIsLine_ = false;
  std::int64_t entries_ = 0;  ///< of the matrix
  OperatorPointer H_;
  std::string text_;
  ImagingPriors priors_;
};

}  // namespace lacuna
