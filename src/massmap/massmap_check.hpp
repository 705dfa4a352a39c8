#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "massmap/mass_mapper.hpp"
#include "solvers/self_check.hpp"

namespace lacuna {

/// The checks of --check on the user's own problem: adjoints of every operator, symmetry of the precision, the gradient
/// of the likelihood, and the forward operator built again on half of the ranks. `spectrum`: that of the prior, if any.
/// Collective.
std::vector<CheckLine> checkMassmap(const ShearField& field, std::shared_ptr<const Fft> fft,
                                    const std::optional<Spectrum>& spectrum, const MassMapper& mapper,
                                    const MassMapOptions& options, double pixelRadian);

}  // namespace lacuna
