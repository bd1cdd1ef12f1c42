#include "app/panels/photo_view.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "app/panels/bench.h"
#include "app/ui/texture_id.h"
#include "app/ui/widgets.h"

namespace headlight {

namespace {

constexpr double kSmallestScale = 0.02, kLargestScale = 64;

}  // namespace

void PhotoView::zoom_to(double scale) {
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  double dx = mouse.x - (from_.x + size_.x / 2), dy = mouse.y - (from_.y + size_.y / 2);
  if (std::abs(dx) > size_.x / 2 || std::abs(dy) > size_.y / 2) dx = dy = 0;
  if (scale_ == 0) {
    center_x_ = photo_width_ / 2;
    center_y_ = photo_height_ / 2;
  }
  scale = std::clamp(scale, kSmallestScale, kLargestScale);
  center_x_ += dx / shown_scale_ - dx / scale;  // the point under the cursor stays
  center_y_ += dy / shown_scale_ - dy / scale;
  scale_ = scale;
}

void PhotoView::zoom(double factor) {
  zoom_to(shown_scale_ * factor);
}

void PhotoView::place(ImVec2 from, ImVec2 size, double photo_width, double photo_height) {
  from_ = {std::floor(from.x), std::floor(from.y)};
  size_ = {std::max(1.f, std::floor(size.x)), std::max(1.f, std::floor(size.y))};
  photo_width_ = photo_width;
  photo_height_ = photo_height;
  if (scale_ == 0) {
    shown_scale_ = std::min(size_.x / photo_width, size_.y / photo_height);
    center_x_ = photo_width / 2;
    center_y_ = photo_height / 2;
    return;
  }
  shown_scale_ = scale_;
  center_x_ = std::clamp(center_x_, 0.0, photo_width);
  center_y_ = std::clamp(center_y_, 0.0, photo_height);
}

ImVec2 PhotoView::to_screen(double photo_x, double photo_y) const {
  return {static_cast<float>(from_.x + size_.x / 2 + (photo_x - center_x_) * shown_scale_),
          static_cast<float>(from_.y + size_.y / 2 + (photo_y - center_y_) * shown_scale_)};
}

void PhotoView::paint(Bench& bench) {
  const HeadMaps& maps = bench.maps;
  const View& view = bench.session.view;
  const int head = std::min(view.head, maps.heads() - 1);
  const ImVec4 background = ImGui::ColorConvertU32ToFloat4(bench.ui.theme.window);
  const Drawn now{.trace = maps.trace().get(),
                  .photo = bench.session.photo_version(),
                  .map = HeadMaps::index_of(head),
                  .block = maps.block(),
                  .query = maps.query(),
                  .stage = view.stage,
                  .colormap = view.colormap,
                  .look = {maps.range(head, view), view.smooth, view.opacity},
                  .frame = {.x = 0,
                            .y = 0,
                            .width = static_cast<int>(size_.x),
                            .height = static_cast<int>(size_.y),
                            .photo_x = center_x_ - size_.x / 2 / shown_scale_,
                            .photo_y = center_y_ - size_.y / 2 / shown_scale_,
                            .scale = shown_scale_},
                  .background = bench.ui.theme.window};
  if (now == drawn_) return;
  drawn_ = now;
  canvas_.resize(now.frame.width, now.frame.height);
  bench.painter.begin(canvas_);
  bench.painter.draw(now.frame, {.map = now.map,
                                 .look = now.look,
                                 .box = maps.trace()->pixels->box,
                                 .photo_width = photo_width_,
                                 .photo_height = photo_height_,
                                 .background = {background.x, background.y, background.z}});
  bench.painter.end();
}

void PhotoView::pick(Bench& bench) {
  const ui::Control control{.id = "image.view", .label = "Photo", .tooltip = {}};
  ImGui::SetCursorScreenPos(from_);
  ImGui::InvisibleButton(
      "image.view", size_,
      ImGuiButtonFlags_MouseButtonLeft | ImGuiButtonFlags_MouseButtonRight | ImGuiButtonFlags_MouseButtonMiddle);
  const bool over = ImGui::IsItemHovered();
  char zoom_text[32];
  std::snprintf(zoom_text, sizeof zoom_text, "%.4g", shown_scale_);
  ui::describe(bench.ui, control, from_, {from_.x + size_.x, from_.y + size_.y}, over, zoom_text);
  const ImGuiIO& io = ImGui::GetIO();
  if (ImGui::IsItemActive() && (ImGui::IsMouseDown(1) || ImGui::IsMouseDown(2)) &&
      (io.MouseDelta.x != 0 || io.MouseDelta.y != 0)) {
    if (scale_ == 0) scale_ = shown_scale_;
    center_x_ -= io.MouseDelta.x / shown_scale_;
    center_y_ -= io.MouseDelta.y / shown_scale_;
  }
  if (!over) return;
  if (io.MouseWheel != 0) zoom(std::pow(1.2, io.MouseWheel));

  const HeadMaps& maps = bench.maps;
  const vit::Box& box = maps.trace()->pixels->box;
  const ImVec2 corner = to_screen(box.x, box.y);
  const double col = (io.MousePos.x - corner.x) / shown_scale_ / box.width * maps.cols();
  const double row = (io.MousePos.y - corner.y) / shown_scale_ / box.height * maps.rows();
  if (col < 0 || row < 0 || col >= maps.cols() || row >= maps.rows()) return;
  hovered = PatchAt{static_cast<int>(row), static_cast<int>(col)};
  hovered_head = bench.session.view.head;
  if (ImGui::IsItemActive() && ImGui::IsMouseDown(0))
    bench.session.set_query(maps.trace()->grid.token_of(hovered->row, hovered->col));
}

void PhotoView::mark_patches(Bench& bench) const {
  const HeadMaps& maps = bench.maps;
  const vit::Box& box = maps.trace()->pixels->box;
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const auto frame = [&](double x, double y, double w, double h, ImU32 color, float thickness) {
    const ImVec2 a = to_screen(x, y), b = to_screen(x + w, y + h);
    list.AddRect({a.x - thickness, a.y - thickness}, {b.x + thickness, b.y + thickness}, IM_COL32(0, 0, 0, 150), 0, 0,
                 thickness);
    list.AddRect(a, b, color, 0, 0, thickness);
  };
  const double patch_w = box.width / maps.cols(), patch_h = box.height / maps.rows();
  frame(box.x, box.y, box.width, box.height, IM_COL32(255, 255, 255, 150), bench.ui.px(1));
  if (shown_hover && shown_hover->col < maps.cols() && shown_hover->row < maps.rows())
    frame(box.x + shown_hover->col * patch_w, box.y + shown_hover->row * patch_h, patch_w, patch_h,
          IM_COL32(255, 255, 255, 120), bench.ui.px(1));
  const int patch = maps.query() - maps.trace()->grid.prefix;
  if (patch >= 0)
    frame(box.x + patch % maps.cols() * patch_w, box.y + patch / maps.cols() * patch_h, patch_w, patch_h,
          IM_COL32(255, 255, 255, 255), bench.ui.px(2));
}

void PhotoView::draw(Bench& bench, ImVec2 from, ImVec2 size) {
  place(from, size, bench.session.photo()->width, bench.session.photo()->height);
  pick(bench);
  place(from, size, photo_width_, photo_height_);  // a wheel turn shows in this frame
  paint(bench);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const ImVec2 to{from_.x + size_.x, from_.y + size_.y};
  list.AddImage(ui::texture_id(canvas_.texture()), from_, to);
  list.PushClipRect(from_, to, true);
  mark_patches(bench);
  list.PopClipRect();
}

}  // namespace headlight
