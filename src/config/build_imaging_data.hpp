#pragma once
#include <functional>
#include <string>
#include <vector>

#include "config/build_priors.hpp"
#include "config/inputs.hpp"
#include "deconvolve/deconvolve_output.hpp"
#include "deconvolve/imaging_data.hpp"
#include "deconvolve/imaging_model.hpp"
#include "deconvolve/options.hpp"
#include "io/stack_source.hpp"

namespace lacuna {

/// [data] of lacuna-deconvolve and lacuna-solve: what lies where, in which frames, on which ranks.
class ImagingSource {
 public:
  /// Collective. Looks at the shape of the data. `oneGroup`: no split in time. `linesAlongY`: of lines the pixels lie
  /// along y, so that ranks can share them. Throws 66, 65, 78.
  ImagingSource(MPI_Comm comm, const Inputs& inputs, bool oneGroup, bool linesAlongY);

  const Cube& cube() const { return cube_; }                   ///< frames or epochs, one channel
  const std::vector<double>& times() const { return times_; }  ///< of the frames; empty: 0, 1, 2, ...
  const StackSource& stackSource() const { return source_; }
  bool isLine() const { return source_.isLine(); }
  /// "FILE: 48 frames of 130 x 130 pixels", for messages.
  std::string sizeText() const;
  /// A warning where ranks would idle, or empty.
  std::string idleText() const;
  /// The files that the data come from.
  std::vector<std::string> files() const;
  /// How many fields of the shape of the data read() will keep.
  int fields() const;
  ImageFormats formats() const;
  /// Collective. Where the data lie in their file, for /grid, and the estimate.
  ProductStack stack(const ImagingModel& model) const;

  /// Collective. Reads the data and what belongs to them. Throws 65, 74.
  ImagingData read() const;

 private:
  std::vector<double> readTimes() const;
  VecHandle quantity(const char* key, double trivial, const std::string& fault, const std::function<bool(double)>& good,
                     Vec mask) const;
  const double* oneNumber(const char* key) const;  ///< null: not given, a list or a map
  VecHandle map(const char* key) const;
  void readInto(const StackSource& from, Vec x) const;
  void readLines(const StackSource& from, Vec x) const;
  MapSource mapSource(const char* key) const;
  const std::vector<double>& perFrame(const char* key, std::size_t& first) const;

  MPI_Comm comm_;
  const Inputs& inputs_;
  StackSource source_;
  Cube cube_;
  std::vector<double> times_;
};

/// The options that lacuna-deconvolve and lacuna-solve share.
DeconvolveOptions commonOptions(const Inputs& inputs);

}  // namespace lacuna
