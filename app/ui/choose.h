// Controls for an enum with choices (engine/base/choices.h): names and sentences are those of its table.
#pragma once

#include <span>
#include <vector>

#include "app/ui/widgets.h"
#include "engine/base/choices.h"

namespace headlight::ui {

/// A drop-down. True when another value was chosen.
template <class Enum>
bool choose(Ui& ui, const Control& control, Enum& value, float width = 0) {
  std::vector<const char*> names;
  int index = 0;
  for (const vit::Choice<Enum>& each : choices(Enum{})) {
    if (each.value == value) index = static_cast<int>(names.size());
    names.push_back(each.name);
  }
  if (!choice(ui, control, index, names, width)) return false;
  value = choices(Enum{})[static_cast<std::size_t>(index)].value;
  return true;
}

/// The same side by side, of those that are possible; each word's tooltip is its sentence.
template <class Enum>
bool choose_segment(Ui& ui, const Control& control, Enum& value, std::span<const vit::Choice<Enum>> possible,
                    float width = 0) {
  std::vector<const char*> names, sentences;
  int index = 0;
  for (const vit::Choice<Enum>& each : possible) {
    if (each.value == value) index = static_cast<int>(names.size());
    names.push_back(each.name);
    sentences.push_back(each.sentence);
  }
  if (!segments(ui, control, index, names, sentences, width)) return false;
  value = possible[static_cast<std::size_t>(index)].value;
  return true;
}
template <class Enum>
bool choose_segment(Ui& ui, const Control& control, Enum& value, float width = 0) {
  return choose_segment(ui, control, value, choices(Enum{}), width);
}

}  // namespace headlight::ui
