#include "app/panels/side_cost_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <utility>

#include "app/cost/head_change.h"
#include "app/panels/bench.h"
#include "app/ui/widgets.h"
#include "app/words/quantity.h"

namespace headlight {
namespace {

CostView view_of(const Session& session, const vit::Trace& trace, int block, vit::Convention convention) {
  const vit::CostTable table(trace.model->config, trace.grid, trace.settings);
  const MeasuredSetting* measured = session.times().find(*trace.model, trace.grid, trace.settings);
  const std::span<const vit::Timings> passes =
      measured == nullptr ? std::span<const vit::Timings>() : std::span<const vit::Timings>(measured->timings);
  return make_cost_view(table, passes, block < 0 ? -1 : std::min(block, trace.settings.depth() - 1), convention);
}

/// The sums of what is on show: a block's, or the network's.
bool is_shown(const SideCost& row, int block) {
  return row.kind == CostLine::Kind::row || row.id != (block < 0 ? "total.block" : "total.model");
}

std::string ms_words(const std::optional<double>& ms) {
  return ms ? column_ms_text(*ms) : "–";
}

std::string ratio_words(const std::optional<double>& ratio) {
  return ratio ? ratio_text(*ratio) : "–";
}

/// Operations are counted, so that "×1.01" is no noise.
std::string counted_ratio(const std::optional<double>& ratio) {
  return ratio ? fmt::format("×{:.{}g}", *ratio, *ratio < 0.1 ? 2 : 3) : "–";
}

/// Operations and ms, each of A, of B, and the ratio.
using Numbers = std::array<std::string, 6>;

Numbers numbers_of(const SideCost& row) {
  return {count_text(row.operations_a), count_text(row.operations_b), counted_ratio(row.operations_ratio()),
          ms_words(row.ms_a),           ms_words(row.ms_b),           ratio_words(row.time_ratio())};
}

/// Where not all have room, those rows stay whose operations differ most, then those that take longest.
std::vector<const SideCost*> rows_with_room(const std::vector<SideCost>& rows, int room) {
  std::vector<const SideCost*> all;
  for (const SideCost& row : rows)
    if (row.kind != CostLine::Kind::subtotal) all.push_back(&row);
  const auto difference = [](const SideCost& row) {
    const double ratio = row.operations_ratio().value_or(1);
    return ratio > 0 ? std::abs(std::log(ratio)) : std::numeric_limits<double>::infinity();
  };
  const auto time = [](const SideCost& row) { return std::max(row.ms_a.value_or(0), row.ms_b.value_or(0)); };
  std::vector<const SideCost*> ranked = all;
  std::stable_sort(ranked.begin(), ranked.end(), [&](const SideCost* a, const SideCost* b) {
    return std::pair(difference(*a), time(*a)) > std::pair(difference(*b), time(*b));
  });
  ranked.resize(std::min(ranked.size(), static_cast<std::size_t>(std::max(0, room))));
  std::erase_if(all, [&](const SideCost* row) { return std::find(ranked.begin(), ranked.end(), row) == ranked.end(); });
  for (const SideCost& row : rows)
    if (row.kind == CostLine::Kind::subtotal) all.push_back(&row);
  return all;
}

}  // namespace

bool SideCostTable::wanted(const Bench& bench) {
  return bench.session.view.page == "difference" && bench.session.trace() && bench.session.shown().other.trace;
}

void SideCostTable::update(const Bench& bench, int block, vit::Convention convention) {
  const Session& session = bench.session;
  const auto &a = session.trace(), &b = session.shown().other.trace;
  if (a_ == a && b_ == b && times_version_ == session.times().version() && block_ == block && convention_ == convention)
    return;
  a_ = a;
  b_ = b;
  times_version_ = session.times().version();
  block_ = block;
  convention_ = convention;
  rows_ = side_costs(view_of(session, *a, block, convention), view_of(session, *b, block, convention));
  std::erase_if(rows_, [&](const SideCost& row) {
    return !is_shown(row, block) || (row.operations_a == 0 && row.operations_b == 0 && !row.ms_a && !row.ms_b);
  });
}

void SideCostTable::draw(Bench& bench, int block, vit::Convention convention, float height) {
  update(bench, block, convention);
  ui::Ui& ui = bench.ui;
  const ImVec2 top = ImGui::GetCursorScreenPos();
  ui::heading(ui, "COST A → B", block < 0 ? "whole networks" : "one block each");
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x, text = ui.fonts.size(ui::Type::small), line = text + ui.px(3);
  const auto width_of = [&](const std::string& words) { return ui::measure(ui, ui::Type::small, words).x; };
  // Each column of numbers is as wide as its longest; the names get the rest.
  const Numbers titles = {"A", "B", "B ÷ A", "A", "B", "B ÷ A"};
  std::array<float, 6> ends{};
  const auto widen = [&](const Numbers& cells) {
    for (std::size_t i = 0; i < ends.size(); ++i)
      ends[i] = std::max(ends[i], width_of(cells[i]) + ui.px(i > 0 ? 7 : 4));
  };
  widen(titles);
  for (const SideCost& row : rows_) widen(numbers_of(row));
  const float names = std::max(0.f, width - std::accumulate(ends.begin(), ends.end(), 0.f));
  std::partial_sum(ends.begin(), ends.end(), ends.begin());
  const auto right = [&](std::size_t column, float y, ImU32 color, const std::string& words) {
    ui::draw_text(ui, ui::Type::small, {at.x + names + ends[column] - width_of(words), y}, color, words);
  };
  right(2, at.y, ui.theme.faint, "operations");
  right(5, at.y, ui.theme.faint, "ms");
  float y = at.y + line;
  ui::draw_text(ui, ui::Type::small, {at.x, y}, ui.theme.faint, "operator");
  for (std::size_t i = 0; i < titles.size(); ++i) right(i, y, ui.theme.faint, titles[i]);
  y += line;
  const auto sums = std::count_if(rows_.begin(), rows_.end(),
                                  [](const SideCost& row) { return row.kind == CostLine::Kind::subtotal; });
  const int room = static_cast<int>((top.y + height - y) / line) - static_cast<int>(sums);
  for (const SideCost* shown : rows_with_room(rows_, room)) {
    const SideCost& row = *shown;
    const bool sum = row.kind == CostLine::Kind::subtotal;
    const ImU32 color = sum ? ui.theme.accent : ui.theme.text;
    ui::draw_text(ui, ui::Type::small, {at.x, y}, color,
                  ui::shortened(ui, ui::Type::small, row.id == "total.attention" ? "Attention" : row.name, names));
    const Numbers numbers = numbers_of(row);
    for (std::size_t i = 0; i < numbers.size(); ++i)
      right(i, y, i % 3 == 2 ? ui.theme.accent : ui.theme.text, numbers[i]);
    ImGui::SetCursorScreenPos({at.x, y});
    ImGui::InvisibleButton(("cost.sides." + row.id).c_str(), {width, line});
    ui::describe(ui,
                 {.id = "cost.sides." + row.id,
                  .label = {},
                  .tooltip = row.name + "\noperations: A " + count_text(row.operations_a) + ", B " +
                             count_text(row.operations_b) + "\ntime: A " + ms_words(row.ms_a) + " ms, B " +
                             ms_words(row.ms_b) + " ms (medians; – : not measured, or done within another row)"},
                 {at.x, y}, {at.x + width, y + line}, ImGui::IsItemHovered(), counted_ratio(row.operations_ratio()));
    y += line;
  }
  ImGui::SetCursorScreenPos({at.x, y});
  ImGui::Dummy({width, std::max(1.f, top.y + height - y)});
}

}  // namespace headlight
