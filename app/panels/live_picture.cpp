#include "app/panels/live_picture.h"

#include <algorithm>
#include <string>

#include "app/panels/bench.h"
#include "app/panels/map_strip.h"
#include "app/ui/widgets.h"

namespace headlight {

void LivePicture::draw(Bench& bench, ImVec2 from, float side) {
  Session& session = bench.session;
  const auto& trace = session.trace();
  if (!trace || !session.photo()) return;
  ui::Ui& ui = bench.ui;
  const vit::Analysis& analysis = *vit::analysis_by_id("heads");
  const View& view = session.view;
  vit::Question asked{.analysis = analysis.id,
                      .block = std::clamp(view.block, 0, trace->settings.depth() - 1),
                      .query = session.query_in(*trace),
                      .direction = view.direction,
                      .values = {}};
  if (!maps_ || run_ != trace->run || !(question_ == asked)) {
    if (!analysis.refusal(*trace).empty() || !vit::refused_as_not_finite(analysis, trace, asked).empty()) return;
    maps_ = analysis.answer(vit::Subject(trace), asked, {});
    run_ = trace->run;
    question_ = asked;
  }
  const int index = std::max(0, maps_->find(asked.block, view.head));
  const std::string head = (view.head >= 0 ? "head " : "") + vit::head_name(view.head);
  const std::string title = "Block " + std::to_string(asked.block) + ", " + head;
  ui::draw_text(ui, ui::Type::small, from, ui.theme.soft, title);
  const ImVec2 at{from.x, from.y + ui.fonts.size(ui::Type::small) + ui.px(5)};
  const vit::Look look = large_look(bench);
  painter_.set_maps(*maps_);
  painter_.set_photo(session.photo_display());
  painter_.set_colormap(maps_->colormap(look));
  view_.begin_frame();
  picture_.paint(bench, painter_,
                 {.set = *maps_,
                  .index = index,
                  .look = look,
                  .range = maps_->range(index, look),
                  .photo = *session.photo(),
                  .photo_version = session.photo_version()},
                 view_, {side, side});
  ImGui::SetCursorScreenPos(at);
  ImGui::InvisibleButton("lab.picture", {side, side});
  ui::describe(
      ui, {.id = "lab.picture", .label = {}, .tooltip = "The open network's own map, live: a click asks from there."},
      at, {at.x + side, at.y + side}, ImGui::IsItemHovered(), title);
  move_linked(view_, picture_, at);
  picture_.show(at);
  const auto pointed = view_.pointed ? picture_.patch_at(*view_.pointed) : std::nullopt;
  if (pointed && ImGui::IsItemActive() && ImGui::IsMouseDown(0)) session.set_query(trace->grid.prefix + *pointed);
  picture_.frame_patch(bench, at, asked.query - trace->grid.prefix, IM_COL32(255, 255, 255, 255), 2);
}

}  // namespace headlight
