#pragma once
#include <string>

namespace lacuna {

/// What FFTW has measured on this rank, as text; imported before plans are made it gives the same plans again, and so
/// the same sums. Rank-local.
std::string exportWisdom();
/// False where the text is not wisdom of this FFTW.
bool importWisdom(const std::string& text);
/// Plans are measured anew. All ranks must, if one does: those that exchange data plan together.
void forgetWisdom();

}  // namespace lacuna
