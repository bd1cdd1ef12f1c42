// What a pass with fewer bits changed of the exact pass: how much of the attention moved, and whether the answer did.
#pragma once

#include <stop_token>

#include "engine/network/precision_change.h"
#include "engine/network/trace.h"

namespace vit {

/// Compares two whole passes of one network, picture and settings, the precision apart. Of each head kQueriesCompared
/// queries are looked at, in evenly spread pieces, or all where there are fewer. Throws Cancelled once a stop is
/// requested.
PrecisionChange precision_change(const Trace& trace, const Trace& exact, const std::stop_token& stop = {});
inline constexpr int kQueriesCompared = 200;

}  // namespace vit
