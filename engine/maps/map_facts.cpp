#include "engine/maps/map_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <string_view>

#include "engine/base/quantity.h"
#include "engine/maps/token_names.h"

namespace vit {

MapFacts facts_of(const MapSet& set, int index) {
  const std::span<const float> map = set.map(index), prefix = set.prefix_of(index);
  const int query = set.question.query, tokens = static_cast<int>(prefix.size());
  MapFacts facts;
  facts.own = query < tokens ? prefix[static_cast<std::size_t>(query)] : map[static_cast<std::size_t>(query - tokens)];
  for (const float share : prefix) facts.prefix += share;
  const auto sum_of = [](std::span<const float> values) {
    return static_cast<float>(std::accumulate(values.begin(), values.end(), 0.0));
  };
  facts.patches = sum_of(map);
  facts.peak_patch = static_cast<int>(std::max_element(map.begin(), map.end()) - map.begin());
  facts.peak = map[static_cast<std::size_t>(facts.peak_patch)];
  const float sum = facts.prefix + facts.patches;
  for (const std::span<const float> part : {prefix, map})
    for (const float share : part)
      if (share > 0) facts.entropy_bits -= share / sum * std::log2(share / sum);
  facts.spread = std::exp2(facts.entropy_bits);
  const MapLabel& label = set.labels[static_cast<std::size_t>(index)];
  if (label.head == kMaxOfHeads) {
    facts.patches = 0;
    for (int i = 0; i < set.count(); ++i) {
      const MapLabel& other = set.labels[static_cast<std::size_t>(i)];
      if (other.block == label.block && other.head >= 0) facts.patches = std::max(facts.patches, sum_of(set.map(i)));
    }
  }
  return facts;
}

int half_mass_count(std::span<const float> map) {
  std::vector<float> sorted(map.begin(), map.end());
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  const double half = std::accumulate(sorted.begin(), sorted.end(), 0.0) / 2;
  double sum = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i)
    if ((sum += sorted[i]) >= half) return static_cast<int>(i) + 1;
  return static_cast<int>(map.size());
}

std::string place_text(int patch, int cols) {
  return fmt::format("({}, {})", patch / cols, patch % cols);
}

std::string times_text(double times) {
  if (times == 0) return "0 ×";
  if (times < 0.005) return "<0.01 ×";
  return times >= 99.5   ? fmt::format("{:.0f} ×", times)
         : times >= 0.95 ? fmt::format("{:.1f} ×", times)
                         : fmt::format("{:.2g} ×", times);
}

namespace {

/// However small it is, with one digit: the ends of a logarithmic scale lie far apart.
std::string share_of_logarithm(double logarithm) {
  const double percent = 100 * std::pow(10.0, logarithm);
  if (!(percent > 0)) return "0 %";
  if (percent >= 0.01) return percent_text(percent / 100);
  return fmt::format("{:.{}f} %", percent, static_cast<int>(std::ceil(-std::log10(percent))));
}

}  // namespace

std::string even_text(const MapSet& set, float value) {
  if (set.unit == std::string_view("log10")) return share_of_logarithm(value);
  if (set.even <= 0 && set.unit == std::string_view("%")) return percent_text(value);
  if (set.even <= 0) {
    const double size = std::abs(static_cast<double>(value));
    const std::string number = (value < 0 ? "−" : "") + (size == 0     ? "0"
                                                         : size < 0.01 ? fmt::format("{:.2g}", size)
                                                                       : three_digits(size));
    return set.unit[0] == '\0' ? number : number + " " + set.unit;
  }
  const double times = static_cast<double>(value) / set.even;
  return times < 0 ? "−" + even_text(set, -value) : times_text(times);
}

bool after_dropout(const MapSet& set) {
  return set.question.stage == Stage::after_dropout && set.trace->settings.active_attn_drop() > 0;
}

std::string shares_sentence(const MapSet& set, int index, const std::string& who) {
  const TokenGrid& grid = set.trace->grid;
  const MapFacts facts = facts_of(set, index);
  const int query = set.question.query;
  const std::string phrase = query_phrase(query, grid, set.trace->model->config);
  std::string text = fmt::format(
      "From {}{}, {} spreads over about {:.0f} of {} tokens. The strongest patch, {}, gets {} the even share", phrase,
      after_dropout(set) ? ", after dropout" : "", who, std::max(1.f, facts.spread), grid.tokens(),
      place_text(facts.peak_patch, set.cols), even_text(set, facts.peak));
  const int half = half_mass_count(set.map(index));
  text += half == 1 ? fmt::format(" and more than half of what goes to the {} patches.", set.patches())
                    : fmt::format("; {} of {} patches get half of what goes to patches.", half, set.patches());
  text += fmt::format(" {} stays on {}", percent_text(facts.own),
                      query < grid.prefix ? phrase + " itself" : "its own patch");
  if (query >= grid.prefix && grid.prefix > 0)
    text += fmt::format(", {} goes to the {}", percent_text(facts.prefix),
                        grid.prefix > 1 ? "prefix tokens" : "class token");
  else if (query < grid.prefix && grid.prefix > 1)
    text += fmt::format(", {} goes to the other prefix tokens", percent_text(facts.prefix - facts.own));
  return text + ".";
}

std::string received_sentence(const MapSet& set, int index, const std::string& who) {
  const TokenGrid& grid = set.trace->grid;
  const MapFacts facts = facts_of(set, index);
  const std::string phrase = query_phrase(set.question.query, grid, set.trace->model->config);
  return fmt::format(
      "In {}{}, {} gets {} the even share from an average token. The patch {} looks at it most: {} the even share, {} "
      "of "
      "its attention; {} of {} patches give half of what comes from patches.",
      who, after_dropout(set) ? ", after dropout" : "", phrase,
      even_text(set, (facts.prefix + facts.patches) / static_cast<float>(grid.tokens())),
      place_text(facts.peak_patch, set.cols), even_text(set, facts.peak), percent_text(facts.peak),
      half_mass_count(set.map(index)), set.patches());
}

}  // namespace vit
