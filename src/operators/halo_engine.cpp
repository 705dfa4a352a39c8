#include "operators/halo_engine.hpp"

#include <algorithm>

namespace lacuna {
namespace {

std::array<PetscInt, 3> spatial(const Shape& s) { return {s.nz, s.ny, s.nx}; }

/// The rows of all ranks, by f(rank).
template <class F>
std::vector<Block> ofAllRanks(const ConvolutionProblem& p, F&& f) {
  std::vector<Block> rows;
  for (int r = 0; r < p.image.grid().spaceSize(); ++r) rows.push_back(f(r));
  return rows;
}
LocalExtents extentsOf(const PaddedField& field, const Stencil& s) {
  return {field.lineStride(), field.planeStride(), {s.targets[0].count, s.targets[1].count, s.targets[2].count}};
}
std::vector<Psf> reversedAll(const std::vector<Psf>& psfs) {
  std::vector<Psf> out;
  for (const Psf& psf : psfs) out.push_back(reversed(psf));
  return out;
}

}  // namespace

Stencil HaloEngine::forwardStencil() const {
  const ConvolutionProblem& p = problem_;
  Stencil s{p.image,
            p.slab(),
            ofAllRanks(p, [&](int r) { return p.imageRows(r); }),
            ofAllRanks(p, [&](int r) { return p.dataRows(r); }),
            {},
            {},
            p.taps,
            p.boundary};
  const auto extents = spatial(p.data.shape());
  for (std::size_t a = 0; a < 3; ++a) {
    s.first[a] = p.offset[a] - p.before[a];
    s.targets[a] = {0, extents[a]};
  }
  s.targets[static_cast<std::size_t>(s.slab)] = s.targetRows[static_cast<std::size_t>(p.image.grid().spaceRank())];
  return s;
}

Stencil HaloEngine::adjointStencil() const {
  const ConvolutionProblem& p = problem_;
  Stencil s{p.data,
            p.slab(),
            ofAllRanks(p, [&](int r) { return p.dataRows(r); }),
            ofAllRanks(p, [&](int r) { return p.imageRows(r); }),
            {},
            {},
            p.taps,
            p.boundary};
  const auto extents = spatial(p.image.shape());
  const auto slab = static_cast<std::size_t>(s.slab);
  for (std::size_t a = 0; a < 3; ++a) {
    s.first[a] = -p.after[a] - p.offset[a];
    s.targets[a] = {0, extents[a]};
  }
  if (p.boundary == Boundary::Reflect) {  // what lies outside is computed too, by the ranks of the first and last row
    s.boundary = Boundary::Zero;
    for (std::size_t a = 0; a < 3; ++a) s.targets[a] = {-p.before[a], extents[a] + p.before[a] + p.after[a]};
    for (Block& rows : s.targetRows) {
      if (rows.count == 0) continue;
      const bool last = rows.start + rows.count == extents[slab];
      if (rows.start == 0) rows.start -= p.before[slab], rows.count += p.before[slab];
      if (last) rows.count += p.after[slab];
    }
  }
  s.targets[slab] = s.targetRows[static_cast<std::size_t>(p.image.grid().spaceRank())];
  return s;
}

HaloEngine::HaloEngine(const ConvolutionProblem& problem, const MakeConvolver& make)
    : problem_(problem), image_(forwardStencil()), data_(adjointStencil()) {
  const Stencil adjoint = adjointStencil();
  toData_ = extentsOf(image_, forwardStencil());
  toImage_ = extentsOf(data_, adjoint);
  if (problem.boundary == Boundary::Reflect)
    fold_ = std::make_unique<ReflectedFold>(adjoint, problem.image,
                                            ofAllRanks(problem, [&](int r) { return problem.imageRows(r); }));
  together(problem.image.comm(), [&] {
    forward_ = make(reversedAll(problem.psfs), toData_);
    adjoint_ = make(problem.psfs, toImage_);
  });
}

std::int64_t HaloEngine::bytes() const { return image_.bytes() + data_.bytes() + (fold_ ? fold_->bytes() : 0); }

void HaloEngine::convolveImage(const Use& use) const {
  const auto [nz, ny, nx] = toData_.targets;
  for (PetscInt f = 0; f < data_.frames(); ++f) {
    const PaddedFrame in{image_.firstTap(problem_.imageFrame(f)), problem_.psfOf(f)};
    forward_->run({&in, 1}, toData_,
                  [&](PetscInt z, PetscInt y, const double* line) { use(((f * nz + z) * ny + y) * nx, nx, line); });
  }
}

void HaloEngine::correlateData(const Use& use) const {
  const auto [nz, ny, nx] = toImage_.targets;
  for (PetscInt f = 0; f < image_.frames(); ++f) {
    std::vector<PaddedFrame> in;
    for (PetscInt d = 0; d < data_.frames(); ++d)
      if (problem_.imageFrame(d) == f) in.push_back({data_.firstTap(d), problem_.psfOf(d)});
    adjoint_->run(in, toImage_, [&](PetscInt z, PetscInt y, const double* line) {
      if (fold_)
        std::copy_n(line, nx, fold_->line(f, z, y));
      else
        use(((f * nz + z) * ny + y) * nx, nx, line);
    });
  }
  if (fold_) fold_->finish(use);
}

void HaloEngine::forward(const Fill& fill, const Use& use) const {
  image_.fill(fill);
  convolveImage(use);
}
void HaloEngine::adjoint(const Fill& fill, const Use& use) const {
  data_.fill(fill);
  correlateData(use);
}
void HaloEngine::forwardKept(const Fill& fill, const Work& work) const {
  image_.fill(fill);
  convolveImage([&](PetscInt first, PetscInt count, const double* values) {
    const PetscInt lines = toData_.targets[0] * toData_.targets[1], line = first / count;
    double* to = data_.own(line / lines, line % lines);
    std::copy_n(values, count, to);
    work(first, count, to);
  });
  data_.finish();
}

}  // namespace lacuna
