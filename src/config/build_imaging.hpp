#pragma once
#include <string>
#include <vector>

#include "config/build_imaging_data.hpp"
#include "config/build_psf.hpp"

namespace lacuna {

/// What a configuration of lacuna-deconvolve asks for, before the data are read: the sizes, the PSFs, the priors.
class ImagingProblem {
 public:
  /// Collective. Looks at the shape of the data, reads the PSFs. Throws 66, 65, 78.
  ImagingProblem(MPI_Comm comm, const Inputs& inputs);

  const ImagingSource& source() const { return source_; }
  const Cube& data() const { return source_.cube(); }  ///< frames or epochs, one channel
  const Cube& unknown() const { return unknown_; }     ///< of the estimate
  const std::vector<Psf>& psfs() const { return psfs_.psfs; }
  const ImagingPriors& priors() const { return priors_; }
  /// Choices made for the user, a line each.
  const std::vector<std::string>& notes() const { return notes_; }
  /// The files that go into /provenance.
  const std::vector<std::string>& inputFiles() const { return files_; }
  DeconvolveOptions options() const;

 private:
  Cube unknownCube() const;

  const Inputs& inputs_;
  ImagingSource source_;
  BuiltPsfs psfs_;
  Cube unknown_;
  ImagingPriors priors_;
  std::vector<std::string> notes_, files_;
};

}  // namespace lacuna
