#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/inputs.hpp"
#include "io/map_source.hpp"
#include "io/table.hpp"
#include "massmap/mass_mapper.hpp"
#include "massmap/posterior_std.hpp"
#include "massmap/sign_check.hpp"
#include "survey/binning.hpp"
#include "survey/suggest_grid.hpp"

namespace lacuna {

/// A standard deviation can be made, and is asked for.
bool wantsStd(const Inputs& inputs);

/// What a configuration of lacuna-massmap asks for, before any data are read: the grid, and where the data are.
class MassmapProblem {
 public:
  /// Collective. Opens the catalogue, or looks at the shapes of the maps; completes the grid from them.
  MassmapProblem(MPI_Comm comm, const Inputs& inputs);

  const Cube& image() const { return image_; }  ///< padded, one channel
  const Window& window() const { return window_; }
  const SkyGrid& sky() const { return sky_.value(); }
  /// "[grid] nx = 360, ny = 360, padded to 720 x 720", for messages.
  std::string gridText() const;
  double pixelRadian() const;
  /// Choices made for the user, a line each.
  const std::vector<std::string>& notes() const { return notes_; }
  /// The files that go into /provenance.
  const std::vector<std::string>& inputFiles() const { return files_; }

  /// Collective. Reads and bins the data (`realisation` > 0: with every shape turned at random). Throws 65, 66.
  ShearField read(std::vector<std::string>* notes = nullptr, std::uint32_t realisation = 0) const;
  /// The spectrum of the prior; none for prior.kind = "flat" and for methods without a prior.
  const std::optional<Spectrum>& spectrum() const { return spectrum_; }
  const std::string& priorText() const { return priorText_; }  ///< for the notes of the product
  MassMapOptions options() const;
  PosteriorOptions posterior() const;
  ClusterList clusters() const;

 private:
  void gridFromCatalogue();
  void padGrid();
  void gridFromMaps();
  void placeMaps(const MapSource& first, const ImageShape& shape);
  ShearField readCatalogue(std::vector<std::string>* notes, std::uint32_t realisation) const;
  ShearField readMaps() const;
  ShearField emptyField() const;
  CatalogueFormat format() const;
  MapSource map(const char* key) const;

  MPI_Comm comm_;
  const Inputs& inputs_;
  std::unique_ptr<Table> table_;
  std::optional<SkyGrid> sky_;
  bool onSky_ = true;
  Cube image_;
  Window window_;
  std::optional<Spectrum> spectrum_;
  std::string priorText_ = "none";
  std::vector<std::string> notes_, files_;
};

}  // namespace lacuna
