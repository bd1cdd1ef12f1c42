// What every head does, in numbers: how wide and how far it looks, and at what. Each map says it for every query.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>
#include <tuple>
#include <utility>

#include "engine/base/quantity.h"
#include "engine/maps/analysis.h"
#include "engine/maps/head_statistics.h"
#include "engine/maps/map_facts.h"
#include "engine/maps/token_names.h"

namespace vit {
namespace {

enum Over : std::uint8_t { all_queries, the_query };
constexpr std::array kShow = {"spread", "distance", "class", "registers", "itself", "top10", "similarity"};
constexpr std::array kOver = {"all", "query"};
constexpr std::array kParameters = {
    Parameter{.id = "show",
              .label = "Show",
              .sentence =
                  "Which number of each head is shown: over how many tokens it spreads, how far it looks, how much "
                  "goes to the class token, to registers, to the query itself or to ten patches, or how alike the "
                  "block's heads are.",
              .low = 0,
              .high = kShow.size() - 1,
              .initial = 0,
              .names = kShow},
    Parameter{
        .id = "over",
        .label = "Over",
        .sentence = "Of a head one number: the mean over all tokens as queries, or that of the chosen query alone.",
        .low = 0,
        .high = kOver.size() - 1,
        .initial = 0,
        .names = kOver},
};

constexpr std::array<MapTable::Column, kStatistics + 1> kColumns = {{{"spread_tokens", "spread, tokens"},
                                                                     {"distance_px", "distance, px of the input"},
                                                                     {"on_class_token", "on the class token"},
                                                                     {"on_registers", "on registers"},
                                                                     {"on_itself", "on itself"},
                                                                     {"on_top_10_patches", "on the top 10 patches"},
                                                                     {"similarity", "similarity to the block's heads"},
                                                                     {"entropy_bits", "entropy, bit"}}};

double work(const Trace& trace, const Question&) {
  double floats = 0;  // entropies, distances and sorting take about as long as reading ten more
  for (int block = 0; block < static_cast<int>(trace.blocks.size()); ++block)
    floats +=
        (floats_read(trace, block) + 10.0 * trace.settings.heads(block) * trace.grid.tokens()) * trace.grid.tokens();
  return floats;
}

bool over_all(const Question& question) {
  return static_cast<Over>(analysis_by_id("statistics")->value(question, "over")) == all_queries;
}

std::shared_ptr<const MapTable> table_of(const std::vector<HeadStatistics>& heads, const Question& question) {
  auto table = std::make_shared<MapTable>();
  table->columns.assign(kColumns.begin(), kColumns.end());
  table->values.reserve(heads.size() * kColumns.size());
  const bool all = over_all(question);
  for (const HeadStatistics& head : heads) {
    const auto number = [&](int s) {
      const auto at = static_cast<std::size_t>(s);
      return all ? head.mean[at] : head.of_query[at][static_cast<std::size_t>(question.query)];
    };
    for (int s = 0; s < kStatistics; ++s) table->values.push_back(number(s));
    table->values.push_back(std::log2(number(static_cast<int>(Statistic::spread))));
  }
  return table;
}

/// The ends of an axis of four equal parts, with round numbers between them and zero among them.
std::pair<float, float> axis_of(float least, float most) {
  least = std::min(least, 0.f);
  most = std::max(most, 0.f);
  if (!(most > least)) return {0.f, 1.f};
  for (int power = static_cast<int>(std::floor(std::log10((most - least) / 4)));; ++power)
    for (const double digits : {1.0, 2.0, 2.5, 5.0}) {
      const double step = digits * std::pow(10.0, power), low = std::floor(least / step + 1e-6) * step;
      if (low + 4 * step >= most * (1 - 1e-6)) return {static_cast<float>(low), static_cast<float>(low + 4 * step)};
    }
}

/// The mean of a block's heads as a line, and a dot for each head. (L) each
BlockCurves curves_of(const MapTable& table, const std::vector<HeadStatistics>& heads, int shown, bool percent) {
  int depth = 0, most_heads = 0;
  for (const HeadStatistics& head : heads) {
    depth = std::max(depth, head.block + 1);
    most_heads = std::max(most_heads, head.head + 1);
  }
  const std::vector<float> none(static_cast<std::size_t>(depth), std::numeric_limits<float>::quiet_NaN());
  BlockCurves curves{.title = table.columns[static_cast<std::size_t>(shown)].title, .percent = percent};
  curves.along = "block";
  curves.curves.push_back({"mean of the heads", none, true});
  for (int head = 0; head < most_heads; ++head)
    curves.curves.push_back({.name = fmt::format("head {}", head), .values = none, .dots = true});
  std::vector<double> sums(none.size(), 0), counts(none.size(), 0);
  float least = 0, most = 0;
  for (std::size_t i = 0; i < heads.size(); ++i) {
    const float value = table.at(static_cast<int>(i), shown);
    if (std::isnan(value)) continue;
    const auto block = static_cast<std::size_t>(heads[i].block);
    curves.curves[static_cast<std::size_t>(heads[i].head) + 1].values[block] = value;
    sums[block] += value;
    counts[block] += 1;
    least = std::min(least, value);
    most = std::max(most, value);
  }
  for (std::size_t block = 0; block < sums.size(); ++block)
    if (counts[block] > 0) curves.curves.front().values[block] = static_cast<float>(sums[block] / counts[block]);
  std::tie(curves.low, curves.high) = axis_of(least, most);
  return curves;
}

std::shared_ptr<const MapSet> answer(const Subject& subject, const Question& question, const Means& means) {
  const Trace& trace = *subject.trace;
  const auto heads = head_statistics(trace, question.stage, means);
  const auto shown = static_cast<Statistic>(analysis_by_id("statistics")->value(question, "show"));
  const int last = static_cast<int>(trace.blocks.size()) - 1;
  MapSetBuilder set(subject, question);
  set.have_unit(unit_of(shown));
  const auto table = table_of(*heads, question);
  set.have_table(table);
  set.have_curves(curves_of(*table, *heads, static_cast<int>(shown), unit_of(shown) == std::string_view("%")));
  std::vector<float> row;
  for (const HeadStatistics& one : *heads) {
    row = one.of(shown);
    for (float& value : row)
      if (std::isnan(value)) value = 0;
    set.add({"block" + padded(one.block, last) + "_head" + padded(one.head, trace.settings.heads(one.block) - 1) + "_" +
                 kShow[static_cast<std::size_t>(shown)],
             fmt::format("head {}", one.head), one.block, one.head},
            row.data());
  }
  return set.finish();
}

std::string about(const MapSet& set, int index) {
  const MapLabel& label = set.labels[static_cast<std::size_t>(index)];
  const TokenGrid& grid = set.trace->grid;
  const auto number = [&](Statistic s) { return set.table->at(index, static_cast<int>(s)); };
  std::string text = over_all(set.question)
                         ? fmt::format("Over all queries, head {}", label.head)
                         : fmt::format("From {}, head {}",
                                       query_phrase(set.question.query, grid, set.trace->model->config), label.head);
  text +=
      fmt::format(" spreads over about {:.0f} of {} tokens", std::max(1.f, number(Statistic::spread)), grid.tokens());
  if (const float px = number(Statistic::distance); !std::isnan(px))
    text += fmt::format(" and looks {} px far (input: {} × {})", three_digits(px), set.trace->pixels->width,
                        set.trace->pixels->height);
  text += ". ";
  if (const float share = number(Statistic::on_class); !std::isnan(share))
    text += fmt::format("{} goes to the class token, ", percent_text(share));
  if (const float share = number(Statistic::on_others); !std::isnan(share))
    text += fmt::format("{} to {}, ", percent_text(share), other_prefix_tokens(set.trace->model->config));
  text += fmt::format("{} stays on the query, {} goes to ten patches.", percent_text(number(Statistic::on_itself)),
                      percent_text(number(Statistic::on_top)));
  if (const float alike = number(Statistic::similarity); !std::isnan(alike))
    text += fmt::format(" Correlation with the block's other heads: {:.2f}.", alike);
  return text;
}

}  // namespace

extern const Analysis kStatisticsOfHeads;
const Analysis kStatisticsOfHeads = {.id = "statistics",
                                     .name = "Statistics",
                                     .group = "grid",
                                     .sentence =
                                         "How wide and how far every head looks, and at what; the photo shows it "
                                         "for each patch as the query.",
                                     .reference = "Dosovitskiy et al. 2020, figures 7 and 11",
                                     .asks_block = false,
                                     .asks_direction = false,
                                     .asks_query = false,
                                     .has_table = true,
                                     .has_curves = true,
                                     .parameters = kParameters,
                                     .refusal = refused_without_attention,
                                     .work = work,
                                     .answer = answer,
                                     .about = about};

}  // namespace vit
