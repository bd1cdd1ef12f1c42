#include "app/panels/draft_label.h"

#include <fmt/format.h>

#include <string>

#include "app/panels/bench.h"
#include "app/ui/widgets.h"

namespace headlight {

void draw_draft_label(Bench& bench, ImVec2 corner) {
  const auto& draft = bench.session.shown().draft;
  if (bench.maps.empty() || !draft || bench.maps.set().trace->pixels != draft->pixels) return;
  const ui::Ui& ui = bench.ui;
  const std::string words = fmt::format("draft · {}×{} px", draft->pixels->width, draft->pixels->height);
  const ImVec2 extent = ui::measure(ui, ui::Type::strong, words);
  const ImVec2 from{corner.x + ui.px(8), corner.y + ui.px(8)};
  const ImVec2 to{from.x + extent.x + ui.px(16), from.y + extent.y + ui.px(8)};
  ImDrawList& list = *ImGui::GetForegroundDrawList();  // on top of the picture that it speaks of
  list.AddRectFilled(from, to, ui.theme.mark, ui.px(4));
  ui::draw_text(ui, &list, ui::Type::strong, {from.x + ui.px(8), from.y + ui.px(4)}, ui.theme.accent_text, words);
  ui::describe(bench.ui, {.id = "draft", .label = {}, .tooltip = {}}, from, to, false, words);
}

}  // namespace headlight
