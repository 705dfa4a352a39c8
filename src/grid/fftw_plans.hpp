#pragma once
/// Owning handles of FFTW's plans and buffers, and plans for data that are worked on in blocks.
#include <fftw3.h>
#include <petscsys.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>

namespace lacuna {

struct FreeFftwPlan {
  void operator()(fftw_plan p) const { fftw_destroy_plan(p); }
};
using FftwPlan = std::unique_ptr<std::remove_pointer_t<fftw_plan>, FreeFftwPlan>;
struct FreeFftw {
  void operator()(void* p) const { fftw_free(p); }
};
template <class T>
using FftwBuffer = std::unique_ptr<T[], FreeFftw>;
template <class T>
FftwBuffer<T> allocate(std::int64_t n) {
  auto* p = static_cast<T*>(fftw_malloc(sizeof(T) * static_cast<std::size_t>(std::max<std::int64_t>(n, 1))));
  if (!p) throw std::bad_alloc();
  return FftwBuffer<T>(p);
}

/// A plan for full blocks and one for the last, smaller block (null where there is none).
struct BlockPlan {
  PetscInt items = 0, block = 1;
  FftwPlan full, last;
  fftw_plan of(PetscInt count) const { return count == block ? full.get() : last.get(); }
  template <class F>
  void forEach(F&& f) const {
    for (PetscInt i = 0; i < items; i += block) f(i, std::min(block, items - i));
  }
};
template <class Make>
BlockPlan blockPlan(PetscInt items, PetscInt block, Make&& make) {
  BlockPlan p{items, std::min(block, std::max<PetscInt>(items, 1)), {}, {}};
  if (items >= p.block) p.full.reset(make(p.block));
  if (items % p.block) p.last.reset(make(items % p.block));
  return p;
}

}  // namespace lacuna
