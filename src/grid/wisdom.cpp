#include "grid/wisdom.hpp"

#include <cstdlib>
#include <memory>

#include "grid/fftw_plans.hpp"

namespace lacuna {
namespace {

/// Wisdom is that of a set of algorithms, to which FFTW's MPI part adds its own: before it is taken or given.
void initialise() {
  Fftw<double>::initialise();
  Fftw<float>::initialise();
}

template <class Real>
std::string exported() {
  const std::unique_ptr<char, void (*)(void*)> text(Fftw<Real>::exportWisdom(), std::free);
  return text ? text.get() : "";
}

/// Begins the wisdom of either precision.
constexpr const char* head = "(fftw-";

}  // namespace

std::string exportWisdom() {
  initialise();
  return exported<double>() + exported<float>();
}

bool importWisdom(const std::string& text) {
  initialise();
  const std::size_t second = text.find(head, 1);
  return second != std::string::npos && Fftw<double>::importWisdom(text.substr(0, second).c_str()) != 0 &&
         Fftw<float>::importWisdom(text.c_str() + second) != 0;
}

void forgetWisdom() {
  Fftw<double>::forgetWisdom();
  Fftw<float>::forgetWisdom();
}

}  // namespace lacuna
