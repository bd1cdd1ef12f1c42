#include "app/pages/statistics_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/panels/bench.h"
#include "app/panels/depth_curve.h"
#include "app/panels/head_heat.h"
#include "app/ui/widgets.h"
#include "engine/base/quantity.h"
#include "engine/maps/map_facts.h"

namespace headlight {
namespace {

constexpr float kCurveShare = 0.34f;  // of the navigator's height

/// Without the unit, which the title names.
std::string bare_number(const vit::MapSet& set, float value) {
  const std::string words = vit::even_text(set, value);
  return words.substr(0, words.find(' '));
}

}  // namespace

std::optional<vit::Question> StatisticsPage::question(const Bench& bench) const {
  return question_of(*analysis_, bench);
}

void StatisticsPage::draw(Bench& bench, const Area& area) {
  const int chosen = bench.maps.chosen(bench.session.view);
  const auto room = frame_.draw(bench, *analysis_, chosen, area.from, area.size, kMediumPicture);
  if (!room) return;
  const vit::MapSet& set = bench.maps.set();
  const vit::MapTable& table = *set.table;
  const int shown = static_cast<int>(analysis_->value(set.question, "show"));
  const bool all = analysis_->value(set.question, "over") == 0;
  HeatNumbers numbers;
  numbers.title = table.columns[static_cast<std::size_t>(shown)].title;
  const bool percent = set.unit == std::string_view("%");
  if (percent) numbers.title += ", %";
  DepthCurve curve;
  curve.title = numbers.title;
  numbers.title += all ? ": mean over all queries"
                       : ": from " + vit::query_phrase(set.question.query, set.trace->grid, set.trace->model->config);
  numbers.values.reserve(static_cast<std::size_t>(set.count()));
  curve.dots.reserve(static_cast<std::size_t>(set.count()));
  for (int map = 0; map < set.count(); ++map) {
    numbers.values.push_back(table.at(map, shown));
    const vit::MapLabel& label = bench.maps.label(map);
    curve.dots.push_back({label.block, label.head, numbers.values.back()});
  }
  numbers.range = range_of_numbers(numbers.values);
  numbers.words = [&](int map) { return bare_number(set, table.at(map, shown)); };
  curve.number = [&](float value) { return vit::even_text(set, value); };
  int hovered = -1;
  const float below = std::floor(room->size.y * kCurveShare), gap = bench.ui.px(12);
  const bool any = std::any_of(numbers.values.begin(), numbers.values.end(), [](float v) { return !std::isnan(v); });
  const float used = draw_head_heat(bench, numbers, room->from, {room->size.x, room->size.y - below - gap}, hovered);
  const ImVec2 under{room->from.x, room->from.y + used + gap};
  if (any) {
    draw_depth_curve(bench, curve, under, {room->size.x, std::min(below + gap, room->from.y + room->size.y - under.y)});
  } else {
    const char* const why = shown == 1 ? "A prefix token has no place on the photo, and so no distance; choose a patch."
                            : shown == 2 ? "This network has no class token."
                            : shown == 3 ? "This network has neither registers nor a distillation or detection token."
                                         : "Each block has a single head: there is none to compare it with.";
    ui::draw_text(bench.ui, ui::Type::body, under, bench.ui.theme.soft, why, room->size.x);
  }
  draw_read_out(bench);
}

}  // namespace headlight
