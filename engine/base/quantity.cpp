#include "engine/base/quantity.h"

#include <array>
#include <cmath>

#include <fmt/core.h>

namespace vit {
namespace {

std::string scaled(double value, const char* unit) {
  constexpr std::array<const char*, 6> kPrefixes = {"", "k", "M", "G", "T", "P"};
  std::size_t step = 0;
  while (std::abs(value) >= 999.5 && step + 1 < kPrefixes.size()) {
    value /= 1000;
    ++step;
  }
  const std::string suffix = std::string(kPrefixes[step]) + unit;
  const std::string number = step == 0 ? fmt::format("{:.0f}", value) : three_digits(value);
  return suffix.empty() ? number : number + " " + suffix;
}

}  // namespace

std::string count_text(double count) {
  return scaled(count, "");
}

std::string bytes_text(double bytes) {
  return scaled(bytes, "B");
}

std::string three_digits(double value) {
  const double size = std::abs(value);
  const int decimals = size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : size >= 0.09995 ? 3 : 4;
  return fmt::format("{:.{}f}", value, decimals);
}

std::string share_text(double share) {
  if (share == 0) return "0";
  const double value = 100 * share;
  if (value > 0 && value < 0.005) return "<0.01";
  if (value >= 9.95) return fmt::format("{:.0f}", value);
  return value >= 0.995 ? fmt::format("{:.1f}", value) : fmt::format("{:.2g}", value);
}

std::string percent_text(double share) {
  return share_text(share) + " %";
}

std::string percent_mark(double share, double apart) {
  int decimals = 0;
  for (double step = 100 * apart; decimals < 6 && std::abs(step - std::round(step)) > 1e-3 * step; step *= 10)
    ++decimals;
  return fmt::format("{:.{}f} %", 100 * share, decimals);
}

}  // namespace vit
