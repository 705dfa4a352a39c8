#include "survey/mock_output.hpp"

#include "io/fits_image.hpp"

namespace lacuna {
namespace {

struct TrueMap {
  const char* name;
  PetscInt channel;
  const char* longName;
  Vec values;
  const Cube* cube;
};

/// Endings of the FITS files.
const std::vector<std::string> fitsSuffixes{"_catalogue.fits", "_kappa_true.fits", "_gamma1_true.fits",
                                            "_gamma2_true.fits", "_mask.fits"};

std::vector<std::filesystem::path> notMade(const std::filesystem::path& folder, const std::string& name, bool fits) {
  std::vector<std::filesystem::path> out;
  if (!fits)
    for (const std::string& suffix : fitsSuffixes) out.push_back(folder / (name + suffix));
  return out;
}

}  // namespace

MockOutput::MockOutput(MPI_Comm comm, const std::filesystem::path& folder, const std::string& name, bool fits,
                       bool overwrite)
    : product_(comm, "lacuna-simulate", folder, name, overwrite),
      leftovers_(comm, notMade(folder, name, fits), overwrite) {
  std::vector<std::string> suffixes{"_catalogue.h5"};
  if (fits) suffixes.insert(suffixes.end(), fitsSuffixes.begin(), fitsSuffixes.end());
  for (const std::string& suffix : suffixes)
    files_.emplace(suffix, OutputFile(comm, folder / (name + suffix), overwrite));
}

OutputFile* MockOutput::file(const std::string& suffix) {
  const auto found = files_.find(suffix);
  return found == files_.end() ? nullptr : &found->second;
}

void MockOutput::truth(const MockTruth& t) {
  const SkyWcs wcs = t.grid.wcs();
  product_.grid({.nx = t.window.count[2],
                 .ny = t.window.count[1],
                 .pixelArcmin = t.grid.pixelArcmin(),
                 .projection = t.grid.projection() == Projection::Gnomonic ? "gnomonic" : "none",
                 .centerRaDeg = t.grid.centerRa(),
                 .centerDecDeg = t.grid.centerDec(),
                 .wcs = wcs});
  const Cube shear = t.cube.withChannels(2);
  const TrueMap maps[] = {{"kappa_true", 0, "true convergence", t.kappa, &t.cube},
                          {"gamma1_true", 0, "true shear along the columns and rows of the grid", t.gamma, &shear},
                          {"gamma2_true", 1, "true shear along the diagonals of the grid", t.gamma, &shear},
                          {"mask", 0, "1 where galaxies are seen, 0 at the border and behind stars", t.mask, &t.cube},
                          {"count", 0, "number of galaxies", t.count, &t.cube}};
  for (const TrueMap& map : maps) {
    product_.map(map.name, *map.cube, t.window, map.channel, map.values, "1", map.longName);
    if (OutputFile* fits = file("_" + std::string(map.name) + ".fits")) {
      writeFitsImage(*fits, *map.cube, t.window, map.channel, map.values,
                     {.units = "1", .longName = map.longName, .extname = map.name, .origin = "lacuna-simulate"}, wcs);
      fits->commit();
    }
  }
  std::vector<double> ra, dec, m200, concentration, redshift;
  for (const MockHalo& h : t.haloes) {
    ra.push_back(h.ra);
    dec.push_back(h.dec);
    m200.push_back(h.halo.m200);
    concentration.push_back(h.halo.concentration);
    redshift.push_back(h.halo.redshift);
  }
  H5Writer& h5 = product_.file();
  h5.group("/haloes");
  h5.writeValues("/haloes/ra", ra, "deg", "right ascension");
  h5.writeValues("/haloes/dec", dec, "deg", "declination");
  h5.writeValues("/haloes/m200", m200, "Msun", "mass within 200 times the critical density");
  h5.writeValues("/haloes/concentration", concentration, "1", "r200 / r_s of the NFW profile");
  h5.writeValues("/haloes/redshift", redshift, "1", "redshift");
}

void MockOutput::catalogue(const std::vector<OutputColumn>& columns) {
  writeCatalogue(*file("_catalogue.h5"), CatalogueFile::Hdf5, columns);
  if (OutputFile* fits = file("_catalogue.fits")) writeCatalogue(*fits, CatalogueFile::Fits, columns);
}

std::vector<std::string> MockOutput::commit() {
  leftovers_.remove();
  product_.commit();
  std::vector<std::string> written{product_.path()};
  for (const auto& [suffix, file] : files_) written.push_back(file.path());
  return written;
}

}  // namespace lacuna
