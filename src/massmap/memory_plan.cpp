#include "massmap/memory_plan.hpp"

#include "grid/fft.hpp"

namespace lacuna {

MemoryPlan planMassmap(const Cube& image, MassMethod method, bool samples) {
  const Modes modes(image);
  const std::int64_t pixels = 8 * image.box().size();  // a vector of the image
  const std::int64_t packed = 8 * static_cast<std::int64_t>(modes.space().local());
  const std::int64_t transfer = packed / 2;  // one double a mode
  MemoryPlan plan;
  plan.items = {{"shear, noise variance, mask, counts", 5 * pixels},
                {"Fourier work buffers", Fft::bytes(image)},
                {"lensing and Kaiser-Squires kernels, spectrum", 4 * transfer + 2 * packed},
                {"maps (E, B, Kaiser-Squires), S/N, std, prediction", 7 * pixels}};
  plan.items.push_back({"noise variance of both components", 2 * pixels});
  if (method == MassMethod::KaiserSquires) return plan;
  plan.items.push_back({"transfer functions of the model", 3 * transfer});
  plan.items.push_back({"data and weights of the likelihood", 6 * pixels});
  plan.items.push_back({"unknown, right-hand side, preconditioner", 3 * packed});
  plan.items.push_back({"conjugate gradients", 8 * packed});
  plan.items.push_back({"a checkpoint, while it is written", 3 * packed});
  if (samples) plan.items.push_back({"samples and their moments", 3 * packed + 5 * pixels});
  return plan;
}

}  // namespace lacuna
