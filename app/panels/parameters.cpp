#include "app/panels/parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "app/panels/bench.h"
#include "app/ui/widgets.h"

namespace headlight {

void draw_parameter(Bench& bench, const vit::Analysis& analysis, const vit::Parameter& parameter, float width) {
  ui::Ui& ui = bench.ui;
  const std::string id = std::string(analysis.id) + "." + parameter.id;
  const auto known = bench.session.view.parameters.find(id);
  const int last = static_cast<int>(bench.session.trace()->blocks.size()) - 1;
  const double high = parameter.is_block ? last : parameter.high;
  const double before =
      std::clamp(known == bench.session.view.parameters.end() ? parameter.initial : known->second, parameter.low, high);
  double value = before;
  ui::Control control{.id = id, .label = parameter.label, .tooltip = parameter.sentence};
  if (!parameter.names.empty()) {
    int index = static_cast<int>(value);
    control.label += ":";
    if (ui::drop_down(ui, control, index, parameter.names, width)) value = index;
  } else if (parameter.is_block) {
    int block = static_cast<int>(value);
    control.label += fmt::format(" {}", block);
    control.enabled = last > 0;
    if (ui::bar(ui, control, block, static_cast<int>(parameter.low), static_cast<int>(high), width)) value = block;
  } else {
    auto number = static_cast<float>(value);
    control.label += fmt::format(" {:.2f}", value);
    if (ui::bar(ui, control, number, static_cast<float>(parameter.low), static_cast<float>(high), width))
      value = std::round(static_cast<double>(number) * 1e4) / 1e4;  // what the command line can say
  }
  if (value != before) bench.session.view.parameters[id] = value;
}

}  // namespace headlight
