// A measured pass in a few words: computing, waiting, how many passes, how sure.
#pragma once

#include <string>

#include "engine/cost/measurements.h"

namespace headlight {

/// "43 ms computing + 96 ms waiting for threads"; with one thread the rest is called "other". Where the rows' medians
/// add up to more than the whole, nothing was waited for.
std::string pass_words(double computing_ms, double waiting_ms, int threads);

/// "11 passes, spread 3 %", "one pass", "noisy machine: spread 34 %"; empty before the first.
std::string passes_words(const vit::RowTime& time);

/// "One thread is faster here: 31 ms in place of 139 ms."; empty unless both were measured and it is, by 5 % or more.
std::string one_thread_words(const vit::RowTime& time, const vit::RowTime& on_one_thread);

}  // namespace headlight
