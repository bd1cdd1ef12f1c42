#include "app/panels/parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "app/panels/bench.h"
#include "app/ui/widgets.h"

namespace headlight {

namespace {

constexpr float kWidest = 240;  // points of one control

void control_of(Bench& bench, const std::string& id, const vit::Parameter& parameter, double high, double& value,
                float width) {
  const ui::Control control{.id = id, .label = parameter.label, .tooltip = parameter.sentence};
  if (!parameter.names.empty()) {
    int index = static_cast<int>(value);
    if (ui::choice(bench.ui, control, index, parameter.names, width)) value = index;
  } else if (parameter.is_block) {
    int block = static_cast<int>(value);
    if (ui::slider(bench.ui, control, block, static_cast<int>(parameter.low), static_cast<int>(high),
                   std::to_string(block)))
      value = block;
  } else {
    auto number = static_cast<float>(value);
    if (ui::slider(bench.ui, control, number, static_cast<float>(parameter.low), static_cast<float>(high),
                   fmt::format("{:.2f}", value)))
      value = std::round(static_cast<double>(number) * 1e4) / 1e4;  // what the command line can say
  }
}

}  // namespace

float parameters_height(const Bench& bench, const vit::Analysis& analysis) {
  return analysis.parameters.empty() ? 0 : 2 * bench.ui.fonts.size(ui::Type::body) + bench.ui.px(22);
}

void draw_parameters(Bench& bench, const vit::Analysis& analysis, ImVec2 from, float width) {
  if (analysis.parameters.empty()) return;
  const auto count = static_cast<float>(analysis.parameters.size());
  const float gap = bench.ui.px(18);
  const float each = std::min((width - gap * (count - 1)) / count, bench.ui.px(kWidest));
  const int last = static_cast<int>(bench.session.trace()->blocks.size()) - 1;
  for (const vit::Parameter& parameter : analysis.parameters) {
    const std::string id = std::string(analysis.id) + "." + parameter.id;
    const auto known = bench.session.view.parameters.find(id);
    const double high = parameter.is_block ? last : parameter.high;
    const double before = std::clamp(known == bench.session.view.parameters.end() ? parameter.initial : known->second,
                                     parameter.low, high);
    double value = before;
    ImGui::SetCursorScreenPos(from);
    ImGui::BeginChild(id.c_str(), {each, parameters_height(bench, analysis)}, false, ImGuiWindowFlags_NoScrollbar);
    control_of(bench, id, parameter, high, value, 0);
    ImGui::EndChild();
    if (value != before) bench.session.view.parameters[id] = value;
    from.x += each + gap;
  }
}

}  // namespace headlight
