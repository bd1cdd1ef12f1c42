// Text in the window's typefaces, by draw list, so that it does not depend on Dear ImGui's font stack.
#pragma once

#include <string>
#include <string_view>

#include "app/ui/ui.h"

namespace headlight::ui {

/// With `wrap`, lines end between words at most that many px wide.
ImVec2 measure(const Ui& ui, Type type, std::string_view text, float wrap = 0);
void draw_text(const Ui& ui, Type type, ImVec2 at, ImU32 color, std::string_view text, float wrap = 0);
void draw_text(const Ui& ui, ImDrawList* list, Type type, ImVec2 at, ImU32 color, std::string_view text);

/// As items in the layout; wrapped at the column's edge with `wrap`.
void text(const Ui& ui, Type type, ImU32 color, std::string_view text);
void wrapped(const Ui& ui, Type type, ImU32 color, std::string_view text);
/// A section's small capitals, with an optional quiet remark at the right.
void heading(const Ui& ui, std::string_view title, std::string_view remark = {});
/// A quiet label on the left, a value on the right of one line.
void label_value(const Ui& ui, std::string_view label, std::string_view value);

/// The text cut by "…" so that it is at most `width` px wide: at its end, which is a fault of the window that its tests
/// find, or in the middle, as names of files may be that are as long as they like.
std::string shortened(const Ui& ui, Type type, std::string_view text, float width, bool in_the_middle = false);

/// The wrapped text cut by "…" behind as many lines as fit into `height` px, but at least one.
std::string shortened_to_fit(const Ui& ui, Type type, std::string_view text, float wrap, float height);

}  // namespace headlight::ui
