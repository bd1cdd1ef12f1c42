#include "app/panels/second_photo.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "app/panels/bench.h"
#include "app/panels/map_strip.h"
#include "app/ui/widgets.h"
#include "engine/maps/analysis.h"

namespace headlight {
namespace {

/// A map of zeros on the photo of a pass.
std::shared_ptr<const vit::MapSet> nothing_on(const std::shared_ptr<const vit::Trace>& trace) {
  vit::MapSetBuilder set(trace, {});
  const std::vector<float> zeros(static_cast<std::size_t>(trace->grid.tokens()), 0.f);
  set.add({.id = "nothing", .title = {}}, zeros.data());
  return set.finish();
}

}  // namespace

float SecondPhoto::draw(Bench& bench, ImVec2 from, ImVec2 size) {
  const vit::MapSet& set = bench.maps.set();
  const Session& session = bench.session;
  const OtherShown& shown = session.shown().other;
  if (!set.other || set.other != shown.trace || set.trace != session.trace()) return 0;
  ui::Ui& ui = bench.ui;
  if (!set.beside && (!bare_ || bare_->trace != set.other)) bare_ = nothing_on(set.other);
  const vit::MapSet& drawn = set.beside ? *set.beside : *bare_;
  const bool first = set.on_other;  // the large picture is the second photo
  const int index = set.beside ? bench.maps.chosen(session.view) : 0;
  vit::Look look = large_look(bench);
  if (!set.beside) look.picture = vit::Picture::photo;

  const float line = ui.fonts.size(ui::Type::small) + ui.px(8);
  const float side = std::floor(std::min(size.x, size.y - line - ui.px(10)));
  if (side < ui.px(40)) return 0;
  const std::string parameter = set.question.analysis + ".patch";
  const bool compares = !set.beside;  // a patch of the second photo is compared with
  ui::draw_text(ui, ui::Type::small, from, ui.theme.soft,
                first      ? "First photo: a click asks from there"
                : compares ? "Second photo: a click chooses the patch"
                           : "Second photo");
  const ImVec2 at{from.x, from.y + line};
  painter_.set_maps(drawn);
  painter_.set_photo(first ? session.photo_display() : *shown.display);
  painter_.set_colormap(drawn.colormap(look));
  view_.begin_frame();
  view_.same_photo = false;
  picture_.paint(bench, painter_,
                 {.set = drawn,
                  .index = index,
                  .look = look,
                  .range = set.range(std::min(index, set.count() - 1), look),
                  .photo = first ? *session.photo() : *shown.photo,
                  .photo_version = 2 * (first ? session.photo_version() : shown.photo_version) + (first ? 1 : 0)},
                 view_, {side, side});
  ImGui::SetCursorScreenPos(at);
  ImGui::InvisibleButton("second.photo", {side, side});
  ui::describe(ui, {.id = "second.photo", .label = {}, .tooltip = {}}, at, {at.x + side, at.y + side},
               ImGui::IsItemHovered(), first ? "first" : "second");
  move_linked(view_, picture_, at);
  picture_.show(at);
  const auto pointed = view_.pointed ? picture_.patch_at(*view_.pointed) : std::nullopt;
  if (pointed && ImGui::IsItemActive() && ImGui::IsMouseDown(0)) {
    if (first)
      bench.session.set_query_of(*set.trace, set.trace->grid.prefix + *pointed);
    else if (compares)
      bench.session.view.parameters[parameter] = *pointed;
  }
  const vit::Analysis& analysis = *vit::analysis_by_id(set.question.analysis);
  if (first && vit::asks_query(analysis, set.question, set.trace->model->config))
    picture_.frame_patch(bench, at, set.question.query - set.trace->grid.prefix, IM_COL32(255, 255, 255, 255), 2);
  if (compares)
    picture_.frame_patch(bench, at, static_cast<int>(analysis.value(set.question, "patch")), ui.theme.mark, 2);
  if (pointed) picture_.frame_patch(bench, at, *pointed, IM_COL32(255, 255, 255, 120), 1);
  return line + side + ui.px(10);
}

}  // namespace headlight
