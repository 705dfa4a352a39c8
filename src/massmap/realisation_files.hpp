#pragma once
#include <string>

#include "grid/cube.hpp"
#include "io/checkpoint_folder.hpp"

namespace lacuna {

/// The shear of noise realisations that a run has made, NAME.ckpt.part.0001.h5 and so on beside its checkpoints: they
/// are too many for memory, and binning a catalogue again takes long. A resumed run of the same UUID finds them; they
/// go with the checkpoints.
/// Methods are collective.
class RealisationFiles {
 public:
  /// `shear`: the two channels of the window that are kept; outside it shear is 0.
  RealisationFiles(const CheckpointFolder& folder, std::string run, const Cube& shear, const Window& window)
      : folder_(folder), run_(std::move(run)), shear_(shear), window_(window) {}

  /// Whether realisation n of this run was there, whole; gamma is filled then.
  bool read(int n, Vec gamma) const;
  /// Throws 73, 74 and leaves nothing behind then.
  void write(int n, Vec gamma) const;

 private:
  const CheckpointFolder& folder_;
  std::string run_;
  Cube shear_;
  Window window_;
};

}  // namespace lacuna
