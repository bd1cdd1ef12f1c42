// The window's controls. Each has a dotted id, leaves a mark in the UI map and has a tooltip that names its key.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "app/ui/text.h"
#include "app/ui/ui.h"

namespace headlight::ui {

/// What every control says of itself.
struct Control {
  std::string id;            // "attention.heads"
  std::string label;         // as shown
  std::string tooltip = {};  // what it does
  std::string key = {};      // "[ ]", or empty
  bool enabled = true;
  std::string reason = {};  // why it is disabled
};

/// Leaves the mark and shows the tooltip for a rectangle that has just been drawn and hit-tested.
void describe(Ui& ui, const Control& control, ImVec2 from, ImVec2 to, bool hovered, std::string_view value);

/// A tooltip at the cursor, at once: for what is under it in a picture.
void hint(const Ui& ui, std::string_view text);

bool button(Ui& ui, const Control& control, float width = 0, bool chosen = false);
bool check(Ui& ui, const Control& control, bool& value);

/// Label and value above a thin track. `shown` is the value as text.
bool slider(Ui& ui, const Control& control, int& value, int low, int high, std::string_view shown);
bool slider(Ui& ui, const Control& control, float& value, float low, float high, std::string_view shown);

/// A slider over given numbers with a tick for each; the `marked` ones are lit and may carry a word.
struct Tick {
  int step = 0;  // index into the steps
  std::string word;
  bool strong = false;
};
bool stepper(Ui& ui, const Control& control, std::span<const int> steps, int& step, std::string_view shown,
             std::span<const Tick> ticks);

/// Label on the left, a drop-down on the right.
bool choice(Ui& ui, const Control& control, int& index, std::span<const char* const> names, float width = 0);

// For a line of controls, all of one height: what they are called and what they are now stands inside.
bool drop_down(Ui& ui, const Control& control, int& index, std::span<const char* const> names, float width);
/// A slider that the wheel moves by one step, too. `label` says the value.
bool bar(Ui& ui, const Control& control, int& value, int low, int high, float width);
bool bar(Ui& ui, const Control& control, float& value, float low, float high, float width);

/// One of a few words side by side; no width: all that there is.
bool segments(Ui& ui, const Control& control, int& index, std::span<const char* const> names,
              std::span<const char* const> tooltips, float width = 0);

/// The sign of something that drops down.
void draw_triangle(const Ui& ui, ImVec2 center, ImU32 color);

/// After an entry of a list: marks it if the arrow keys are there, and returns whether Enter or the space bar chooses
/// it; then the list closes. `chosen`: the keys begin here.
bool list_entry(Ui& ui, bool chosen, bool enabled = true);
/// A menu or drop-down list that Escape closes; ImGui::EndPopup() if it returns true.
bool begin_list(Ui& ui, const std::string& popup);

/// `pad`: points left and right of its name.
bool tab(Ui& ui, const Control& control, bool chosen, float pad = 10);

/// Dims everything behind the current window and draws its ground, for windows without one (NoBackground). Dear ImGui's
/// own dimming fades in, and would stop half way: at rest no frames are drawn.
void ground_over_veil(const Ui& ui);

void gap(const Ui& ui, float points);

}  // namespace headlight::ui
