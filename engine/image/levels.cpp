#include "engine/image/levels.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/image/decoders.h"

namespace vit {
namespace {

constexpr double kMostOutside = 49;  // percent

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

[[noreturn]] void refuse(const std::string& text) {
  throw Error("The levels \"" + text +
              "\" are none of LOW,HIGH (two whole numbers from 0 to 65535, the first the smaller one), auto, "
              "auto:PERCENT (left out at each end, 0 to 49) and stored.");
}

/// How often each value is there.
std::vector<std::uint64_t> counts_of(const Decoded& decoded) {
  const StoredValues& stored = decoded.stored;
  std::vector<std::uint64_t> counts(std::size_t{stored.most} + 1);
  if (stored.kept.empty())
    for (const std::uint8_t level : decoded.image.rgb) ++counts[stored.value_of(level)];
  else
    for (const std::uint16_t value : stored.kept) ++counts[value];
  return counts;
}

/// The n-th of all values in order, from 0.
std::uint32_t nth_value(const std::vector<std::uint64_t>& counts, std::uint64_t n) {
  std::uint64_t before = 0;
  for (std::size_t value = 0; value < counts.size(); ++value)
    if ((before += counts[value]) > n) return static_cast<std::uint32_t>(value);
  return static_cast<std::uint32_t>(counts.size()) - 1;
}

/// Between the values that `outside` percent of all lie below and above.
ValueSpan span_of(const std::vector<std::uint64_t>& counts, double outside) {
  const std::uint64_t all = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  const auto left_out = static_cast<std::uint64_t>(std::floor(static_cast<double>(all) * outside / 100));
  return {nth_value(counts, left_out), nth_value(counts, all - 1 - left_out)};
}

/// What every value becomes: rounded as NumPy's rint rounds.
std::vector<std::uint8_t> table_of(const ValueSpan& span, std::uint32_t most) {
  std::vector<std::uint8_t> table(std::size_t{most} + 1);
  const double width = static_cast<double>(span.high) - span.low;
  for (std::uint32_t value = 0; value <= most; ++value) {
    const double inside = static_cast<double>(std::clamp(value, span.low, span.high)) - span.low;
    table[value] = static_cast<std::uint8_t>(std::nearbyint(inside * 255 / width));
  }
  return table;
}

void draw(Decoded& decoded, const ValueSpan& span) {
  const StoredValues& stored = decoded.stored;
  const std::vector<std::uint8_t> table = table_of(span, stored.most);
  std::vector<std::uint8_t>& rgb = decoded.image.rgb;
  if (stored.kept.empty())
    for (std::uint8_t& level : rgb) level = table[stored.value_of(level)];
  else if (stored.channels == 3)
    std::transform(stored.kept.begin(), stored.kept.end(), rgb.begin(), [&](std::uint16_t v) { return table[v]; });
  else
    for (std::size_t i = 0; i < stored.kept.size(); ++i) std::fill_n(rgb.begin() + 3 * i, 3, table[stored.kept[i]]);
}

std::string remark_on(const Levels& levels, const ValueSpan& span, const ValueRange& range) {
  const std::string begin = "Levels " + words_of(span, range);
  if (levels.rule == Levels::Rule::fixed)
    return begin + ", as asked; its values lie between " + value_text(range.least) + " and " +
           value_text(range.greatest) + ".";
  if (levels.outside == 0) return begin + ": its least and greatest value.";
  return fmt::format("{}: {} % of its values lie outside at each end; all lie between {} and {}.", begin,
                     levels.outside, value_text(range.least), value_text(range.greatest));
}

/// What a file of more than 8 bits has and the picture does not show, where that is worth a sentence.
void remark_on_depth(const StoredValues& stored, Image& image) {
  const ValueRange& range = *image.stored;
  const std::string values =
      value_text(range.least) + " to " + value_text(range.greatest) + " of " + value_text(range.most);
  const std::string way_out = " choose its levels (--levels auto, or Levels under PHOTO).";
  if (stored.channels == 1 && stored.most == kLargestValue)
    image.remarks.push_back("The file has 16 bits of grey with values of " + values +
                            ", of which the picture shows the upper 8; if it is too dark," + way_out);
  else if (range.most > 255 && range.greatest <= range.most / 8)
    image.remarks.push_back("Its values are no more than " + values + ", so that the picture is dark;" + way_out);
}

}  // namespace

Levels parse_levels(const std::string& text) {
  if (text == "stored") return {};
  if (text == "auto") return {.rule = Levels::Rule::automatic};
  constexpr std::string_view kAuto = "auto:";
  if (text.starts_with(kAuto)) {
    const auto outside = number<double>(std::string_view(text).substr(kAuto.size()));
    if (!outside || !(*outside >= 0 && *outside <= kMostOutside)) refuse(text);
    return {.rule = Levels::Rule::automatic, .outside = *outside};
  }
  const std::size_t comma = text.find(',');
  if (comma == std::string::npos) refuse(text);
  const auto low = number<std::uint32_t>(std::string_view(text).substr(0, comma));
  const auto high = number<std::uint32_t>(std::string_view(text).substr(comma + 1));
  if (!low || !high || *low >= *high || *high > kLargestValue) refuse(text);
  return {.rule = Levels::Rule::fixed, .low = *low, .high = *high};
}

std::string text_of(const Levels& levels) {
  switch (levels.rule) {
    case Levels::Rule::as_stored:
      break;
    case Levels::Rule::automatic:
      return levels.outside == 0 ? "auto" : fmt::format("auto:{}", levels.outside);
    case Levels::Rule::fixed:
      return fmt::format("{},{}", levels.low, levels.high);
  }
  return "stored";
}

std::string value_text(std::uint32_t value) {
  return value < 1000 ? std::to_string(value) : fmt::format("{},{:03}", value / 1000, value % 1000);
}

std::string words_of(const ValueSpan& span, const ValueRange& range) {
  return value_text(span.low) + " to " + value_text(span.high) + " of " + value_text(range.most);
}

std::string shown_levels(const Image& image) {
  return image.levels ? words_of(*image.levels, image.stored.value_or(ValueRange{})) : "";
}

void apply_levels(Decoded& decoded, const Levels& levels, const std::string& name) {
  StoredValues& stored = decoded.stored;
  Image& image = decoded.image;
  if (levels.rule == Levels::Rule::as_stored) {
    if (stored.seen) remark_on_depth(stored, image);
    return;
  }
  const std::vector<std::uint64_t> counts = counts_of(decoded);
  const ValueSpan whole = span_of(counts, 0);
  image.stored = {whole.low, whole.high, stored.most};
  ValueSpan span = {levels.low, levels.high};
  if (levels.rule == Levels::Rule::automatic) {
    span = span_of(counts, levels.outside);
    if (span.low == span.high) span = whole;
    if (span.low == span.high) {
      image.remarks.push_back("All its values are " + value_text(span.low) + " of " + value_text(stored.most) +
                              ": it has no levels to choose, and is shown as stored.");
      return;
    }
  } else if (span.high > stored.most) {
    throw Error(name + " has values from 0 to " + value_text(stored.most) + ": the levels " + text_of(levels) +
                " lie outside; choose others, or auto.");
  }
  draw(decoded, span);
  stored.kept = {};
  image.levels = span;
  image.remarks.push_back(remark_on(levels, span, *image.stored));
}

}  // namespace vit
