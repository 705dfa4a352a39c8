#include "massmap/memory_plan.hpp"

#include <fmt/format.h>

#include "grid/fft.hpp"

namespace lacuna {

std::int64_t MemoryPlan::total() const {
  std::int64_t sum = 0;
  for (const Item& item : items) sum += item.bytes;
  return sum;
}

std::string MemoryPlan::text(MPI_Comm comm) const {
  std::string out = fmt::format("{:<52}{:>14}{:>14}\n", "memory plan", "largest rank", "all ranks");
  auto line = [&](const std::string& what, std::int64_t bytes) {
    long long mine = bytes, most = 0, all = 0;
    checkMpi(MPI_Allreduce(&mine, &most, 1, MPI_LONG_LONG, MPI_MAX, comm));
    checkMpi(MPI_Allreduce(&mine, &all, 1, MPI_LONG_LONG, MPI_SUM, comm));
    out += fmt::format("{:<52}{:>11.1f} MB{:>11.1f} MB\n", what, 1e-6 * static_cast<double>(most), 1e-6 * static_cast<double>(all));
  };
  for (const Item& item : items) line(item.what, item.bytes);
  line("total", total());
  return out;
}

MemoryPlan planMassmap(const Cube& image, MassMethod method, bool samples) {
  const Modes modes(image);
  const std::int64_t pixels = 8 * image.box().size();   // a vector of the image
  const std::int64_t packed = 8 * static_cast<std::int64_t>(modes.space().local());
  const std::int64_t transfer = packed / 2;              // one double a mode
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
  plan.items.push_back({"conjugate gradients", 6 * packed});
  if (samples) plan.items.push_back({"samples and their moments", 3 * packed + 5 * pixels});
  return plan;
}

}  // namespace lacuna
