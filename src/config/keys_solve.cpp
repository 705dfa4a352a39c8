#include <algorithm>

#include "config/key_tables.hpp"

namespace lacuna {
namespace {

std::vector<Key> operatorKeys() {
  return {
      {.section = "operator",
       .name = "file",
       .type = KeyType::Path,
       .required = true,
       .doc = "The matrix H, counts ~ noise(exposure * (H x) + background), one row a datum, one column a pixel of the "
              "unknown: HDF5 (compressed rows as SciPy has them: data, indices, indptr, shape), MatrixMarket, or the "
              "binary format of PETSc; recognised by its first bytes."},
      {.section = "operator",
       .name = "dataset",
       .standard = "/",
       .doc = "HDF5: the group that holds data, indices, indptr and shape."},
      {.section = "operator",
       .name = "shape",
       .type = KeyType::Numbers,
       .unit = "pixels",
       .standardDoc = "a line",
       .range = {.low = 1, .high = 1e9},
       .doc =
           "How the unknown lies in space, for priors and pictures: [ny, nx] or [nz, ny, nx], x fastest; the product "
           "is the number of columns of H."},
  };
}

}  // namespace

std::vector<Key> solveKeys() {
  std::vector<Key> keys;
  const auto add = [&](Key key) {
    static const std::vector<std::string> dropped{
        "data.roi",         "model.boundary",     "model.region",
        "model.epochs",     "model.pad",          "solver.cutoff",
        "solver.precision", "convolution.engine", "convolution.deterministic"};
    const std::string name = key.fullName();
    if (key.section == "psf" || std::ranges::find(dropped, name) != dropped.end()) return;
    if (name == "data.axes")
      key.doc =
          "What the axes of the data are, in stored order, slowest first: \"x\": one number a row of H; \"tx\": these "
          "for every frame; \"yx\", \"tyx\": images, whose pixels in natural order (x fastest) are the rows of H.";
    if (name == "solver.method") {
      key.choices = {"map", "richardson-lucy"};
      key.doc =
          "map: the most probable unknown given data, noise and priors. richardson-lucy: so many iterations towards "
          "the unknown of highest likelihood; H must not have negative entries.";
    }
    if (name == "solver.algorithm") {
      key.choices = {"auto", "newton", "quasi-newton"};
      key.doc = "newton (auto): projected Newton-CG on the pixels above the bound. quasi-newton: projected L-BFGS.";
    }
    keys.push_back(std::move(key));
  };
  for (Key& key : operatorKeys()) keys.push_back(std::move(key));
  for (const Key& key : deconvolveKeys()) add(key);
  return keys;
}

}  // namespace lacuna
