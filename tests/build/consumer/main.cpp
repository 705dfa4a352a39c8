/// What another project writes: white noise on an image that is distributed over the ranks.
#include <fmt/core.h>

#include "base/rng.hpp"
#include "base/run.hpp"
#include "grid/cube.hpp"

int main(int argc, char** argv) {
  return lacuna::run(argc, argv, [](const std::vector<std::string>&) {
    const auto grid = std::make_shared<lacuna::ProcessGrid>(PETSC_COMM_WORLD, 1);
    const lacuna::Cube cube(grid, lacuna::Shape{.ny = 50, .nx = 40});
    const lacuna::VecHandle noise = cube.space().vec();
    lacuna::Rng(1).normal(cube.space(), noise);
    double norm = 0;
    lacuna::check(VecNorm(noise, NORM_2, &norm));
    if (lacuna::rankOf(PETSC_COMM_WORLD) == 0)
      fmt::print("pixels {} rms {:.9f}\n", cube.space().global(), norm / std::sqrt(2000));
    return lacuna::ExitCode::Success;
  });
}
