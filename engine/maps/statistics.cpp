// What every head does, in numbers: how wide and how far it looks, and at what. Each map says it for every query.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include "engine/base/quantity.h"
#include "engine/maps/analysis.h"
#include "engine/maps/head_curves.h"
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

bool table_is_of_query(const Question& question, const ModelConfig&) {
  return !over_all(question);
}

Statistic shown_of(const Question& question) {
  return static_cast<Statistic>(analysis_by_id("statistics")->value(question, "show"));
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

std::shared_ptr<const MapSet> answer(const Subject& subject, const Question& question, const Means& means) {
  const Trace& trace = *subject.trace;
  const auto heads = head_statistics(trace, question.stage, means);
  const Statistic shown = shown_of(question);
  const int last = static_cast<int>(trace.blocks.size()) - 1;
  MapSetBuilder set(subject, question);
  set.have_unit(unit_of(shown));
  const auto table = table_of(*heads, question);
  set.have_table(table);
  std::vector<HeadNumber> numbers;
  numbers.reserve(heads->size());
  for (const HeadStatistics& one : *heads)
    numbers.push_back({one.block, one.head, table->at(static_cast<int>(numbers.size()), static_cast<int>(shown))});
  BlockCurves curves = curves_of_heads(numbers, table->columns[static_cast<std::size_t>(shown)].title);
  curves.percent = unit_of(shown) == std::string_view("%");
  set.have_curves(std::move(curves));
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

/// What each statistic is within a sentence, and the number that its colours stand for.
struct Words {
  const char* what;
  const char* quantity;
};
constexpr std::array<Words, kStatistics> kWords = {{
    {"spread of the attention", "spread, tokens"},
    {"distance of the attention", "mean distance, px of the input"},
    {"attention on the class token", "share of the attention"},
    {"attention on ", "share of the attention"},  // the other prefix tokens
    {"attention on the query itself", "share of the attention"},
    {"attention on the ten strongest patches", "share of the attention"},
    {"likeness of the attention to that of the block's other heads", "correlation"},
}};

std::string shown_phrase(const MapSet& set) {
  const Statistic shown = shown_of(set.question);
  const std::string what = kWords[static_cast<std::size_t>(shown)].what;
  return shown == Statistic::on_others ? what + other_prefix_tokens(set.trace->model->config) : what;
}

std::string caption(const MapSet& set, int) {
  return shown_phrase(set) + ", each patch as the query";
}

std::string quantity(const MapSet& set) {
  return kWords[static_cast<std::size_t>(shown_of(set.question))].quantity;
}

std::string caption_of_curves(const MapSet& set) {
  return shown_phrase(set) + " of every head, " +
         (over_all(set.question)
              ? "mean over all queries"
              : "from " + query_phrase(set.question.query, set.trace->grid, set.trace->model->config));
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
                                     .about = about,
                                     .caption = caption,
                                     .quantity = quantity,
                                     .caption_of_curves = caption_of_curves,
                                     .heeds_query = table_is_of_query};

}  // namespace vit
