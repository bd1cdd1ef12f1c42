#include "app/cost/pass_words.h"

#include <algorithm>

#include <fmt/core.h>

#include "app/words/quantity.h"

namespace headlight {

namespace {

constexpr double kFaster = 0.95;

/// Two digits are enough for a sentence: "43 ms", "1.8 ms", "0.07 ms".
std::string rough_ms(double ms) {
  return fmt::format("{:.{}f} ms", ms, ms >= 9.95 ? 0 : ms >= 0.995 ? 1 : 2);
}

}  // namespace

std::string pass_words(double computing_ms, double waiting_ms, int threads) {
  return rough_ms(computing_ms) + " computing + " + rough_ms(std::max(waiting_ms, 0.0)) +
         (threads > 1 ? " waiting for threads" : " other");
}

std::string passes_words(const vit::RowTime& time) {
  if (time.calls == 0) return "";
  if (time.calls == 1) return "one pass";
  const std::string spread = "spread " + fmt::format("{:.0f} %", 100 * time.spread);
  if (time.spread > vit::kNoisySpread) return "noisy machine: " + spread;
  return std::to_string(time.calls) + " passes, " + spread;
}

std::string one_thread_words(const vit::RowTime& time, const vit::RowTime& on_one_thread) {
  if (time.calls == 0 || on_one_thread.calls == 0 || on_one_thread.median_ms > kFaster * time.median_ms) return "";
  return "One thread is faster here: " + rough_ms(on_one_thread.median_ms) + " in place of " +
         rough_ms(time.median_ms) + ".";
}

}  // namespace headlight
