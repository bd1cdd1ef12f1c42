#include "app/panels/photo_view.h"

#include <fmt/format.h>

#include <cmath>

#include "app/panels/bench.h"
#include "app/panels/map_strip.h"
#include "app/ui/texture_id.h"
#include "app/ui/widgets.h"
#include "engine/maps/analysis.h"
#include "engine/maps/mask.h"

namespace headlight {

namespace {

ImVec2 vec(Point p) {
  return {static_cast<float>(p.x), static_cast<float>(p.y)};
}

}  // namespace

void PhotoView::paint(Bench& bench, int index) {
  const vit::MapSet& set = bench.maps.set();
  const Camera& camera = bench.camera;
  vit::Look look = large_look(bench);
  if (set.is_mask) look.opacity *= vit::kMaskOpacity;
  const ImVec4 background = ImGui::ColorConvertU32ToFloat4(bench.ui.theme.window);
  const DrawnMap now{.maps = set.serial,
                     .photo = bench.photo.version,
                     .map = index,
                     .look = look,
                     .range = set.range(index, look),
                     .frame = {.x = 0,
                               .y = 0,
                               .width = static_cast<int>(camera.size().x),
                               .height = static_cast<int>(camera.size().y),
                               .photo_x = camera.corner().x,
                               .photo_y = camera.corner().y,
                               .scale = camera.scale()},
                     .background = bench.ui.theme.window};
  if (now == drawn_) return;
  drawn_ = now;
  canvas_.resize(now.frame.width, now.frame.height);
  bench.painter.begin(canvas_);
  bench.painter.draw(now.frame, {.map = index,
                                 .look = look,
                                 .range = now.range,
                                 .clear = vit::clear_up_to(set.even, now.range),
                                 .paint = set.paint_of(index),
                                 .box = set.ground().pixels->box,
                                 .photo_width = static_cast<double>(bench.photo.image->width),
                                 .photo_height = static_cast<double>(bench.photo.image->height),
                                 .background = {background.x, background.y, background.z}});
  bench.painter.end();
}

void PhotoView::pick(Bench& bench, int index) {
  Camera& camera = bench.camera;
  const ImVec2 from = vec(camera.from()), size = vec(camera.size());
  ImGui::SetCursorScreenPos(from);
  ImGui::InvisibleButton(
      "image.view", size,
      ImGuiButtonFlags_MouseButtonLeft | ImGuiButtonFlags_MouseButtonRight | ImGuiButtonFlags_MouseButtonMiddle);
  const bool over = ImGui::IsItemHovered();
  const ui::Control control{.id = "image.view", .label = "Photo", .tooltip = {}};
  ui::describe(bench.ui, control, from, {from.x + size.x, from.y + size.y}, over,
               fmt::format("{:.4g}", camera.scale()));
  const ImGuiIO& io = ImGui::GetIO();
  if (ImGui::IsItemActive() && (ImGui::IsMouseDown(1) || ImGui::IsMouseDown(2)) &&
      (io.MouseDelta.x != 0 || io.MouseDelta.y != 0))
    camera.pan(io.MouseDelta.x, io.MouseDelta.y);
  if (!over) return;
  if (io.MouseWheel != 0) camera.zoom(std::pow(1.2, io.MouseWheel), {io.MousePos.x, io.MousePos.y});

  const vit::MapSet& set = bench.maps.set();
  const vit::Box& box = set.ground().pixels->box;
  const Point at = camera.to_photo({io.MousePos.x, io.MousePos.y});
  const double col = (at.x - box.x) / box.width * set.cols, row = (at.y - box.y) / box.height * set.rows;
  if (col < 0 || row < 0 || col >= set.cols || row >= set.rows) return;
  const PatchAt patch{static_cast<int>(row), static_cast<int>(col)};
  bench.hover.find(patch, index);
  if (ImGui::IsItemActive() && ImGui::IsMouseDown(0) && !set.on_other)
    bench.session.set_query_of(*set.trace, set.trace->grid.token_of(patch.row, patch.col));
}

void PhotoView::mark_patches(const Bench& bench, int index) {
  const vit::MapSet& set = bench.maps.set();
  const vit::Box& box = set.ground().pixels->box;
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const auto frame = [&](double x, double y, double w, double h, ImU32 color, float thickness) {
    const ImVec2 a = vec(bench.camera.to_screen({x, y})), b = vec(bench.camera.to_screen({x + w, y + h}));
    list.AddRect({a.x - thickness, a.y - thickness}, {b.x + thickness, b.y + thickness}, IM_COL32(0, 0, 0, 150), 0, 0,
                 thickness);
    list.AddRect(a, b, color, 0, 0, thickness);
  };
  const double patch_w = box.width / set.cols, patch_h = box.height / set.rows;
  if (set.is_mask && !bench.shows_photo)
    for (const vit::EdgeLine& edge : vit::outline_of(set.map(index), set.rows, set.cols)) {
      const ImVec2 a = vec(bench.camera.to_screen({box.x + edge.x0 * patch_w, box.y + edge.y0 * patch_h}));
      const ImVec2 b = vec(bench.camera.to_screen({box.x + edge.x1 * patch_w, box.y + edge.y1 * patch_h}));
      list.AddLine(a, b, IM_COL32(0, 0, 0, 170), bench.ui.px(3.5f));
      list.AddLine(a, b, IM_COL32(255, 255, 255, 255), bench.ui.px(1.6f));
    }
  if (bench.session.view.whole_photo)
    frame(box.x, box.y, box.width, box.height, IM_COL32(255, 255, 255, 150), bench.ui.px(1));
  const auto& pointed = bench.hover.shown;
  if (pointed && pointed->col < set.cols && pointed->row < set.rows)
    frame(box.x + pointed->col * patch_w, box.y + pointed->row * patch_h, patch_w, patch_h,
          IM_COL32(255, 255, 255, 120), bench.ui.px(1));
  const auto frame_patch = [&](int at, ImU32 color) {
    if (at < 0 || at >= set.patches()) return;
    const int row = at / set.cols, col = at % set.cols;
    frame(box.x + static_cast<float>(col) * patch_w, box.y + static_cast<float>(row) * patch_h, patch_w, patch_h, color,
          bench.ui.px(2));
  };
  const vit::MapLabel& label = bench.maps.label(bench.maps.chosen(bench.session.view));
  for (const int patch : label.marked) frame_patch(patch, bench.ui.theme.mark);
  if (label.window)
    frame(box.x + label.window->left * patch_w, box.y + label.window->top * patch_h, label.window->cols * patch_w,
          label.window->rows * patch_h, bench.ui.theme.mark, bench.ui.px(1.5f));
  if (bench.inside_open) frame_patch(bench.inside_key - set.trace->grid.prefix, bench.ui.theme.mark);
  const vit::Analysis& analysis = *vit::analysis_by_id(set.question.analysis);
  if (!set.on_other &&
      (vit::asks_query(analysis, set.question, set.trace->model->config) || analysis.parameter("over") != nullptr))
    frame_patch(set.question.query - set.trace->grid.prefix, IM_COL32(255, 255, 255, 255));
}

void PhotoView::draw(Bench& bench, int index, ImVec2 from, ImVec2 size) {
  const vit::Image& photo = *bench.photo.image;
  const auto place = [&] {
    const Point whole{static_cast<double>(photo.width), static_cast<double>(photo.height)};
    const vit::Box& box = bench.maps.set().ground().pixels->box;
    const PhotoPart fitted =
        bench.session.view.whole_photo ? PhotoPart{{0, 0}, whole} : PhotoPart{{box.x, box.y}, {box.width, box.height}};
    bench.camera.place({from.x, from.y}, {size.x, size.y}, whole, fitted);
  };
  place();
  pick(bench, index);
  place();  // a wheel turn shows in this frame
  paint(bench, index);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const ImVec2 a = vec(bench.camera.from()), extent = vec(bench.camera.size()), b{a.x + extent.x, a.y + extent.y};
  list.AddImage(ui::texture_id(canvas_.texture()), a, b);
  list.PushClipRect(a, b, true);
  mark_patches(bench, index);
  list.PopClipRect();
}

}  // namespace headlight
