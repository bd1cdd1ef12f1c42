// Settings in words: what departs from the trained network, and all that a result depends on.
#pragma once

#include <string>

#include "engine/network/settings.h"

namespace vit {

struct Trace;

/// "heads 12 (trained 6), head 3 of block 5 off, qkv bias off, attention dropout 0.10": short, for the window. Empty
/// when the result is the trained network's.
std::string departures(const Numbers& numbers, const ModelConfig& config);

/// Everything that changes the result, for captions: "6 heads, qkv bias, fused kernel", or "heads per block 6 12 6
/// (trained with 6), heads 0, 3 of block 1 off, qkv bias off (trained with it), fused kernel".
std::string settings_words(const Settings& settings, const ModelConfig& config);

/// The settings of a pass, and what its precision changed where that has been measured: "…, fused kernel, bf16 products
/// (0.28 % of the attention moved, top-1 unchanged)".
std::string settings_words(const Trace& trace);

/// "bf16 products (0.28 % of the attention moved, top-1 unchanged)"; empty where all is exact.
std::string precision_words(const Trace& trace);

}  // namespace vit
