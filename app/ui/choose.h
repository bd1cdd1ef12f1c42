// A drop-down of an enum's choices.
#pragma once

#include <vector>

#include "app/ui/widgets.h"
#include "engine/base/choices.h"

namespace headlight::ui {

/// Names come from the enum's table. True when another value was chosen.
template <class Enum>
bool choose(Ui& ui, const Control& control, Enum& value, float width = 0) {
  const auto all = choices(Enum{});
  std::vector<const char*> names;
  int index = 0;
  for (const vit::Choice<Enum>& each : all) {
    if (each.value == value) index = static_cast<int>(names.size());
    names.push_back(each.name);
  }
  if (!choice(ui, control, index, names, width)) return false;
  value = all[static_cast<std::size_t>(index)].value;
  return true;
}

}  // namespace headlight::ui
