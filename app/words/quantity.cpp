#include "app/words/quantity.h"

#include <fmt/format.h>

namespace headlight {

std::string ms_text(double ms) {
  return vit::three_digits(ms);
}

std::string column_ms_text(double ms) {
  constexpr double kShort = 0.0995, kLeast = 0.0005;
  if (ms >= kShort || ms == 0) return ms_text(ms);
  return ms < kLeast ? "<0.001" : fmt::format("{:.3f}", ms);
}

std::string rate_text(double per_second) {
  return vit::three_digits(per_second);
}

}  // namespace headlight
