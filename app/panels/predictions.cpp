// What a network with classes says: the five likeliest, beside what the trained settings say.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "app/analysis/classes.h"
#include "app/analysis/drift.h"
#include "app/panels/badge.h"
#include "app/panels/bench.h"
#include "app/panels/parameters.h"
#include "app/panels/right_column.h"
#include "app/ui/widgets.h"

namespace headlight {

namespace {

constexpr int kTop = 5, kFew = 3;
constexpr const char* kRandom =
    "Random weights: what this network would predict says nothing of the photo. Times and operations are real.";

/// Why there is no prediction; empty: there is one.
std::string said_instead(const vit::Trace& trace) {
  if (trace.not_finite) return vit::sentence_of(*trace.not_finite);
  return has_random_weights(*trace.model) ? kRandom : "";
}

}  // namespace

float predictions_height(const Bench& bench, float width, float leading, bool few) {
  const ui::Ui& ui = bench.ui;
  const vit::Trace& trace = *bench.session.trace();
  const float heading = ui.fonts.size(ui::Type::small) + ui.px(6) + ImGui::GetStyle().ItemSpacing.y;
  const std::string why = said_instead(trace);
  if (!why.empty()) return heading + ui::measure(ui, ui::Type::body, why, width).y;
  return heading + static_cast<float>(few ? kFew : kTop) * (ui.fonts.size(ui::Type::body) + leading);
}

void draw_predictions(Bench& bench, float leading, bool few) {
  ui::Ui& ui = bench.ui;
  const vit::Trace& trace = *bench.session.trace();
  if (const std::string why = said_instead(trace); !why.empty()) {
    ui::heading(ui, "PREDICTION", trace.not_finite ? "not finite" : "random weights");
    ui::wrapped(ui, ui::Type::body, ui.theme.soft, why);
    return;
  }
  const std::shared_ptr<const vit::Trace>& trained = bench.session.baseline();
  const bool compare = bench.drift != nullptr && trained && trained->logits.size() == trace.logits.size();
  ui::heading(ui, "PREDICTION", compare ? "thin bar: as trained" : "");
  const std::vector<double> before = compare ? probabilities(trained->logits) : std::vector<double>{};
  const float width = ImGui::GetContentRegionAvail().x, line = ui.fonts.size(ui::Type::body) + leading;
  const std::vector<ClassScore> top = top_classes(trace.logits, trace.model->labels, few ? kFew : kTop);
  const std::optional<int> asked = chosen_class(bench);
  float longest = 0;  // of the names, px
  for (const ClassScore& score : top) longest = std::max(longest, ui::measure(ui, ui::Type::body, score.label).x);
  // Long names get more room, at the cost of the bars.
  const float names = std::clamp(longest + ui.px(10), width * 0.36f, width * 0.62f), numbers = ui.px(44);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  for (const ClassScore& score : top) {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const std::string& name = score.label;
    const double as_trained = compare ? before[static_cast<std::size_t>(score.index)] : 0;
    ui.announce(name);
    const bool is_asked = asked && score.index == (*asked < 0 ? top.front().index : *asked);
    ui::draw_text(ui, ui::Type::body, {at.x, at.y + leading / 3}, is_asked ? ui.theme.accent : ui.theme.text,
                  ui::shortened(ui, ui::Type::body, name, names - ui.px(8)));
    const float bar = width - names - numbers, x = at.x + names, middle = at.y + line / 2;
    const float thick = compare ? ui.px(3.5f) : ui.px(4);
    const auto draw_bar = [&](double p, float y, float half, ImU32 color) {
      list.AddRectFilled({x, y - half}, {x + std::max(ui.px(1), bar * static_cast<float>(p)), y + half}, color,
                         ui.px(1.5f));
    };
    draw_bar(score.probability, compare ? middle - ui.px(2) : middle, thick, ui.theme.bar);
    if (compare) draw_bar(as_trained, middle + ui.px(4.5f), ui.px(1.5f), ui.theme.bar_soft);
    const std::string number = fmt::format("{:.3f}", score.probability);
    ui::draw_text(ui, ui::Type::body, {at.x + width - ui::measure(ui, ui::Type::body, number).x, at.y + leading / 3},
                  ui.theme.soft, number);
    const std::string id = "prediction." + std::to_string(score.index);
    if (ImGui::InvisibleButton(id.c_str(), {width, line - ImGui::GetStyle().ItemSpacing.y}))
      choose_class(bench, score.index);
    const bool over = ImGui::IsItemHovered();
    const std::string tip =
        fmt::format("{}\nprobability {:.4f}, ", name, score.probability) +
        (compare ? fmt::format("as trained {:.4f}", as_trained) : fmt::format("logit {:.3f}", score.logit)) +
        "\nClick: which patches speak for it?";
    ui::describe(ui, {.id = id, .label = {}, .tooltip = tip}, at, {at.x + width, at.y + line}, over, number);
  }
}

}  // namespace headlight
