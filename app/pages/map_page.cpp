#include "app/pages/map_page.h"

#include <fmt/format.h>

#include "app/pages/map_layout.h"
#include "app/panels/bench.h"
#include "app/panels/color_bar.h"
#include "app/panels/parameters.h"
#include "app/panels/prefix_bars.h"
#include "app/ui/widgets.h"

namespace headlight {

namespace {

/// "Block 5, head 3", "Rollout, block 5".
std::string title_of(ShownMaps& maps, int index) {
  const vit::MapLabel& label = maps.label(index);
  if (label.head == vit::kNoHead)
    return std::string(vit::analysis_by_id(maps.set().question.analysis)->name) + ", " + label.title;
  return fmt::format("Block {}, {}", label.block, vit::head_title(label.head, maps.heads()));
}

void draw_sentence(Bench& bench, int index, ImVec2 from, ImVec2 size) {
  const ui::Ui& ui = bench.ui;
  const std::string &words = bench.maps.sentence(index), title = title_of(bench.maps, index);
  const float pad = ui.px(12);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(from, {from.x + size.x, from.y + size.y}, ui.theme.panel, ui.px(4));
  list.AddRectFilled(from, {from.x + ui.px(3), from.y + size.y}, ui.theme.accent, ui.px(1));
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
  const auto& at = bench.hover.found;
  if (!at) return;
  const vit::MapLabel& label = bench.maps.label(bench.hover.map);
  ui::hint(bench.ui,
           fmt::format("patch ({}, {}) · {:.4f} · {}", at->row, at->col,
                       bench.maps.set().value(bench.hover.map, at->row, at->col),
                       label.head == vit::kNoHead ? label.title : vit::head_title(label.head, bench.maps.heads())));
}

}  // namespace

std::optional<vit::Question> MapPage::question(const Bench& bench) const {
  return question_of(*analysis_, bench);
}

void MapPage::draw(Bench& bench, const Area& area) {
  const ui::Ui& ui = bench.ui;
  const vit::Image& photo = *bench.photo.image;
  const vit::MapSet& set = bench.maps.set();
  const int chosen = bench.maps.chosen(bench.session.view);
  const float parameters = parameters_height(bench, *analysis_);
  draw_parameters(bench, *analysis_, area.from, area.size.x);
  const MapLayout layout =
      lay_out_maps({.from = {area.from.x, area.from.y + parameters},
                    .size = {area.size.x, area.size.y - parameters},
                    .photo_aspect = static_cast<float>(photo.width) / static_cast<float>(photo.height),
                    .tile_aspect = static_cast<float>(set.cols) / static_cast<float>(set.rows),
                    .tiles = set.count(),
                    .caption_px = ui.fonts.size(ui::Type::small) + ui.px(8),
                    .gap_px = ui.px(8),
                    .smallest_tile_px = ui.px(64),
                    .bar_px = ui.px(set.trace->grid.prefix > 0 ? 106 : 88),
                    .prefix_px = prefix_bars_width(bench),
                    .words_px = ui.px(88),
                    .least_bar_px = ui.px(96),
                    .least_words_px = ui.px(220)});
  photo_view_.draw(bench, chosen, layout.photo_from, layout.photo_size);
  draw_color_bar(bench, chosen, layout.bar_from, layout.bar_size);
  draw_prefix_bars(bench, chosen, layout.prefix_from, layout.prefix_size);
  draw_sentence(bench, chosen, layout.words_from, layout.words_size);
  tile_grid_.draw(bench, chosen, layout.tiles_from, layout.tiles_size);
  draw_read_out(bench);
}

}  // namespace headlight
