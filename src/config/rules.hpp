#pragma once
/// What holds between keys, and inside texts, beyond what the table can say.
#include <string>
#include <vector>

#include "config/inputs.hpp"

namespace lacuna {

/// Throws Error (BadConfig) with the place of the key at fault.
void checkRules(const Inputs& inputs);

/// A range on a column of the catalogue, both ends included; an open end is infinite.
struct Selection {
  std::string column;
  double min = 0;
  double max = 0;
};
/// [data] select.
std::vector<Selection> selections(const Inputs& inputs);

/// Whether a text of [data] gamma1, gamma2, mask, noise_variance names a FITS file (.fits, .fit, .fts, also .gz, .fz)
/// and not a dataset.
bool namesFitsFile(const std::string& text);

}  // namespace lacuna
