#pragma once
#include <memory>
#include <string>
#include <vector>

#include "config/build_priors.hpp"
#include "config/build_psf.hpp"
#include "config/inputs.hpp"
#include "deconvolve/imaging_data.hpp"
#include "deconvolve/options.hpp"
#include "io/stack_source.hpp"

namespace lacuna {

/// What a configuration of lacuna-deconvolve asks for, before the data are read: the sizes, the PSFs, the priors.
class ImagingProblem {
 public:
  /// Collective. Looks at the shape of the data, reads the PSFs. Throws 66, 65, 78.
  ImagingProblem(MPI_Comm comm, const Inputs& inputs);

  const Cube& data() const { return data_; }        ///< frames or epochs, one channel
  const Cube& unknown() const { return unknown_; }  ///< of the estimate
  const std::vector<Psf>& psfs() const { return psfs_.psfs; }
  const ImagingPriors& priors() const { return priors_; }
  const std::vector<double>& times() const { return times_; }  ///< of the frames; empty: 0, 1, 2, ...
  const StackSource& source() const { return source_; }
  /// Choices made for the user, a line each.
  const std::vector<std::string>& notes() const { return notes_; }
  /// The files that go into /provenance.
  const std::vector<std::string>& inputFiles() const { return files_; }
  /// "[data] file = ...: 48 frames of 130 x 130 pixels", for messages.
  std::string sizeText() const;
  DeconvolveOptions options() const;

  /// Collective. Reads the data and what belongs to them. Throws 65, 74.
  ImagingData read() const;

 private:
  Cube dataCube() const;
  Cube unknownCube() const;
  std::vector<double> readTimes() const;
  VecHandle quantity(const char* key, double trivial, const std::string& fault, const std::function<bool(double)>& good,
                     Vec mask) const;
  VecHandle map(const char* key) const;
  MapSource mapSource(const char* key) const;
  const std::vector<double>& perFrame(const char* key, std::size_t& first) const;

  MPI_Comm comm_;
  const Inputs& inputs_;
  StackSource source_;
  Cube data_;
  BuiltPsfs psfs_;
  Cube unknown_;
  std::vector<double> times_;
  ImagingPriors priors_;
  std::vector<std::string> notes_, files_;
};

}  // namespace lacuna
