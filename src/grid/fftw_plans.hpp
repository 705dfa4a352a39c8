#pragma once
/// FFTW in double and in single precision under one name, owning handles of its plans, and plans for data
/// that are worked on in blocks.
#include <fftw3-mpi.h>
#include <petscsys.h>

#include <algorithm>
#include <complex>
#include <cstdint>
#include <memory>
#include <type_traits>

namespace lacuna {

/// What FFTW calls its functions and types for this precision.
template <class Real>
struct Fftw;
template <>
struct Fftw<double> {
  using Plan = fftw_plan;
  using Iodim = fftw_iodim;
  using Complex = fftw_complex;
  static constexpr auto initialise = fftw_mpi_init;
  static constexpr auto destroy = fftw_destroy_plan;
  static constexpr auto planRealToComplex = fftw_plan_many_dft_r2c;
  static constexpr auto planComplexToReal = fftw_plan_many_dft_c2r;
  static constexpr auto planComplex = fftw_plan_guru_dft;
  static constexpr auto planTranspose = fftw_mpi_plan_many_transpose;
  static constexpr auto execute = fftw_execute;
  static constexpr auto realToComplex = fftw_execute_dft_r2c;
  static constexpr auto complexToReal = fftw_execute_dft_c2r;
  static constexpr auto complex = fftw_execute_dft;
  static constexpr auto exportWisdom = fftw_export_wisdom_to_string;
  static constexpr auto importWisdom = fftw_import_wisdom_from_string;
  static constexpr auto forgetWisdom = fftw_forget_wisdom;
};
template <>
struct Fftw<float> {
  using Plan = fftwf_plan;
  using Iodim = fftwf_iodim;
  using Complex = fftwf_complex;
  static constexpr auto initialise = fftwf_mpi_init;
  static constexpr auto destroy = fftwf_destroy_plan;
  static constexpr auto planRealToComplex = fftwf_plan_many_dft_r2c;
  static constexpr auto planComplexToReal = fftwf_plan_many_dft_c2r;
  static constexpr auto planComplex = fftwf_plan_guru_dft;
  static constexpr auto planTranspose = fftwf_mpi_plan_many_transpose;
  static constexpr auto execute = fftwf_execute;
  static constexpr auto realToComplex = fftwf_execute_dft_r2c;
  static constexpr auto complexToReal = fftwf_execute_dft_c2r;
  static constexpr auto complex = fftwf_execute_dft;
  static constexpr auto exportWisdom = fftwf_export_wisdom_to_string;
  static constexpr auto importWisdom = fftwf_import_wisdom_from_string;
  static constexpr auto forgetWisdom = fftwf_forget_wisdom;
};

template <class Real>
typename Fftw<Real>::Complex* raw(std::complex<Real>* p) {
  static_assert(sizeof(std::complex<Real>) == sizeof(typename Fftw<Real>::Complex));
  return reinterpret_cast<typename Fftw<Real>::Complex*>(p);
}

template <class Real>
Real* reals(std::complex<Real>* p) {
  return reinterpret_cast<Real*>(p);
}

template <class Real>
struct FreeFftwPlan {
  void operator()(typename Fftw<Real>::Plan p) const { Fftw<Real>::destroy(p); }
};
template <class Real>
using FftwPlan = std::unique_ptr<std::remove_pointer_t<typename Fftw<Real>::Plan>, FreeFftwPlan<Real>>;
/// A plan for full blocks and one for the last, smaller block (null where there is none).
template <class Real>
struct BlockPlan {
  PetscInt items = 0, block = 1;
  FftwPlan<Real> full, last;
  typename Fftw<Real>::Plan of(PetscInt count) const { return count == block ? full.get() : last.get(); }
  template <class F>
  void forEach(F&& f) const {
    for (PetscInt i = 0; i < items; i += block) f(i, std::min(block, items - i));
  }
};
template <class Real, class Make>
BlockPlan<Real> blockPlan(PetscInt items, PetscInt block, Make&& make) {
  BlockPlan<Real> p{items, std::min(block, std::max<PetscInt>(items, 1)), {}, {}};
  if (items >= p.block) p.full.reset(make(p.block));
  if (items % p.block) p.last.reset(make(items % p.block));
  return p;
}

}  // namespace lacuna
