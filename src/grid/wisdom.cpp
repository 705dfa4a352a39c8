#include "grid/wisdom.hpp"

#include <fftw3-mpi.h>

#include <cstdlib>
#include <memory>

namespace lacuna {

std::string exportWisdom() {
  const std::unique_ptr<char, void (*)(void*)> text(fftw_export_wisdom_to_string(), std::free);
  return text ? text.get() : "";
}

bool importWisdom(const std::string& text) {
  fftw_mpi_init();  // wisdom is that of a set of algorithms, to which FFTW's MPI part adds its own
  return fftw_import_wisdom_from_string(text.c_str()) != 0;
}

void forgetWisdom() { fftw_forget_wisdom(); }

}  // namespace lacuna
