#include "grid/wisdom.hpp"

#include <cstdlib>
#include <memory>

#include "grid/fftw_plans.hpp"

namespace lacuna {
namespace {

template <class Real>
std::string exported() {
  const std::unique_ptr<char, void (*)(void*)> text(Fftw<Real>::exportWisdom(), std::free);
  return text ? text.get() : "";
}

/// Begins the wisdom of either precision.
constexpr const char* head = "(fftw-";

}  // namespace

std::string exportWisdom() { return exported<double>() + exported<float>(); }

bool importWisdom(const std::string& text) {
  Fftw<double>::initialise();  // wisdom is that of a set of algorithms, to which FFTW's MPI part adds its own
  Fftw<float>::initialise();
  const std::size_t second = text.find(head, 1);
  return second != std::string::npos && Fftw<double>::importWisdom(text.substr(0, second).c_str()) != 0 &&
         Fftw<float>::importWisdom(text.c_str() + second) != 0;
}

void forgetWisdom() {
  Fftw<double>::forgetWisdom();
  Fftw<float>::forgetWisdom();
}

}  // namespace lacuna
