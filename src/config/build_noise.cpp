#include "config/build_noise.hpp"

#include <fmt/format.h>

#include "samplers/moments.hpp"

namespace lacuna {

void writeNoiseRealisations(Product& product, const MassmapProblem& problem, const MassMapper& mapper, int rotations,
                            Observer* observer) {
  if (rotations < 1) return;
  const double since = MPI_Wtime();
  const Cube& image = problem.image();
  const Window& window = problem.window();
  const VecHandle kappa = image.space().vec();
  Moments moments(image.space());
  H5Writer& file = product.file();
  for (int n = 1; n <= rotations; ++n) {
    const ShearField field = problem.read(nullptr, static_cast<std::uint32_t>(n));
    mapper.kaiserSquires(field.gamma, kappa);
    moments.add(kappa);
    const std::string group = fmt::format("noise/{:04}/", n);
    file.writeField(group + "gamma1", field.shear, window, 0, field.gamma, "1",
                    "shear of randomly turned galaxies, first component");
    file.writeField(group + "gamma2", field.shear, window, 1, field.gamma, "1",
                    "shear of randomly turned galaxies, second component");
    file.writeField(group + "kappa_ks", image, window, 0, kappa, "1",
                    "Kaiser-Squires map of this realisation, smoothed");
    if (!observer) continue;
    Progress p;
    p.solver = "rotation";
    p.iteration = n;
    p.seconds = MPI_Wtime() - since;
    observer->iteration(p);
  }
  if (rotations < 2) return;
  moments.rootMeanSquare(kappa);
  file.writeField("noise/kappa_ks_std", image, window, 0, kappa, "1",
                  "noise of kappa_ks: root mean square over the realisations");
}

}  // namespace lacuna
