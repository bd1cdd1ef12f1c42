#include "app/words/quantity.h"

#include <array>
#include <cmath>
#include <cstdio>

namespace headlight {
namespace {

/// Three significant digits, never in exponent form.
std::string three_digits(double value) {
  const double size = std::abs(value);
  const int decimals = size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : size >= 0.09995 ? 3 : 4;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  return text.data();
}

std::string scaled(double value, const char* unit) {
  constexpr std::array<const char*, 6> kPrefixes = {"", "k", "M", "G", "T", "P"};
  std::size_t step = 0;
  while (std::abs(value) >= 999.5 && step + 1 < kPrefixes.size()) {
    value /= 1000;
    ++step;
  }
  const std::string suffix = std::string(kPrefixes[step]) + unit;
  std::array<char, 32> whole{};
  std::snprintf(whole.data(), whole.size(), "%.0f", value);
  const std::string number = step == 0 ? std::string(whole.data()) : three_digits(value);
  return suffix.empty() ? number : number + " " + suffix;
}

}  // namespace

std::string count_text(double count) {
  return scaled(count, "");
}

std::string bytes_text(double bytes) {
  return scaled(bytes, "B");
}

std::string ms_text(double ms) {
  return three_digits(ms);
}

std::string rate_text(double per_second) {
  return three_digits(per_second);
}

std::string percent_text(double share) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f %%", 100 * share);
  return text.data();
}

std::string share_text(double share) {
  const double value = 100 * share;
  if (value > 0 && value < 0.005) return "<0.01";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(),
                value >= 9.95                  ? "%.0f"
                : value >= 0.095 || value == 0 ? "%.1f"
                                               : "%.2f",
                value);
  return text.data();
}

}  // namespace headlight
