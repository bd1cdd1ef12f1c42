#include "app/pages/heads_page.h"

#include <algorithm>
#include <cstdio>

#include "app/pages/heads_layout.h"
#include "app/panels/bench.h"
#include "app/panels/color_bar.h"
#include "app/panels/prefix_bars.h"
#include "app/ui/widgets.h"

namespace headlight {

namespace {

void draw_sentence(Bench& bench, ImVec2 from, ImVec2 size) {
  const ui::Ui& ui = bench.ui;
  const int head = std::min(bench.session.view.head, bench.maps.heads() - 1);
  const std::string words = bench.maps.sentence(head);
  const float pad = ui.px(12);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(from, {from.x + size.x, from.y + size.y}, ui.theme.panel, ui.px(4));
  list.AddRectFilled(from, {from.x + ui.px(3), from.y + size.y}, ui.theme.accent, ui.px(1));
  const std::string title = "Block " + std::to_string(bench.maps.block()) + ", " + head_title(head, bench.maps.heads());
  const float top = ui.px(9) + ui.fonts.size(ui::Type::body) * 1.25f, wrap = size.x - 2 * pad;
  const float room = size.y - top - ui.px(2);
  ui::draw_text(ui, ui::Type::strong, {from.x + pad, from.y + ui.px(8)}, ui.theme.text,
                ui::shortened(ui, ui::Type::strong, title, wrap));
  // Set smaller where it does not fit, and cut where that is not enough.
  const bool fits = ui::measure(ui, ui::Type::body, words, wrap).y <= room;
  const ui::Type type = fits ? ui::Type::body : ui::Type::small;
  const std::string shown = fits ? words : ui::shortened_to_fit(ui, type, words, wrap, room);
  ui::draw_text(ui, type, {from.x + pad, from.y + top}, ui.theme.soft, shown, wrap);
  ImGui::SetCursorScreenPos(from);
  ImGui::InvisibleButton("heads.sentence", size);
  const ui::Control control{.id = "heads.sentence", .label = {}, .tooltip = shown == words ? "" : title + "\n" + words};
  ui::describe(bench.ui, control, from, {from.x + size.x, from.y + size.y}, ImGui::IsItemHovered(), words);
}

void draw_read_out(const Bench& bench) {
  const auto& at = bench.photo_view.hovered;
  if (!at) return;
  const int head = std::min(bench.photo_view.hovered_head, bench.maps.heads() - 1);
  const float value = bench.maps.map(head)[at->row * bench.maps.cols() + at->col];
  char text[128];
  std::snprintf(text, sizeof text, "patch (%d, %d) · %.4f · %s", at->row, at->col, value,
                head_title(head, bench.maps.heads()).c_str());
  ui::hint(bench.ui, text);
}

}  // namespace

void draw_heads_page(Bench& bench, ImVec2 from, ImVec2 size) {
  if (bench.maps.empty() || !bench.session.photo()) return;
  const ui::Ui& ui = bench.ui;
  const vit::Image& photo = *bench.session.photo();
  const HeadsLayout layout =
      lay_out_heads({.from = from,
                     .size = size,
                     .photo_aspect = static_cast<float>(photo.width) / static_cast<float>(photo.height),
                     .tile_aspect = static_cast<float>(bench.maps.cols()) / static_cast<float>(bench.maps.rows()),
                     .tiles = bench.maps.count(),
                     .caption_px = ui.fonts.size(ui::Type::small) + ui.px(8),
                     .gap_px = ui.px(8),
                     .smallest_tile_px = ui.px(64),
                     .bar_px = ui.px(bench.maps.trace()->grid.prefix > 0 ? 106 : 88),
                     .prefix_px = prefix_bars_width(bench),
                     .words_px = ui.px(88),
                     .least_bar_px = ui.px(96),
                     .least_words_px = ui.px(220)});
  bench.photo_view.draw(bench, layout.photo_from, layout.photo_size);
  draw_color_bar(bench, layout.bar_from, layout.bar_size);
  draw_prefix_bars(bench, layout.prefix_from, layout.prefix_size);
  draw_sentence(bench, layout.words_from, layout.words_size);
  bench.tile_grid.draw(bench, layout.tiles_from, layout.tiles_size);
  draw_read_out(bench);
}

}  // namespace headlight
