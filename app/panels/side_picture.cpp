#include "app/panels/side_picture.h"

#include <algorithm>
#include <cmath>

#include "app/panels/bench.h"
#include "app/ui/texture_id.h"

namespace headlight {

void SidePicture::paint(const Bench& bench, gl::HeatmapPainter& painter, const Content& content, const LinkedView& view,
                        ImVec2 size) {
  box_ = content.set.ground().pixels->box;
  places_ = view.same_photo ? box_ : vit::Box{0, 0, 1, 1};
  rows_ = content.set.rows;
  cols_ = content.set.cols;
  size_ = size;
  const double fit = std::min(size.x / box_.width, size.y / box_.height);
  scale_ = fit * view.zoom;
  const Point place =
      view.zoom > 1 ? view.center : Point{places_.x + places_.width / 2, places_.y + places_.height / 2};
  const Point center{box_.x + (place.x - places_.x) / places_.width * box_.width,
                     box_.y + (place.y - places_.y) / places_.height * box_.height};
  corner_ = {center.x - size.x / 2 / scale_, center.y - size.y / 2 / scale_};
  const ImVec4 background = ImGui::ColorConvertU32ToFloat4(bench.ui.theme.window);
  const DrawnMap now{.maps = content.set.serial,
                     .photo = content.photo_version,
                     .map = content.index,
                     .look = content.look,
                     .range = content.range,
                     .frame = {.x = 0,
                               .y = 0,
                               .width = static_cast<int>(size.x),
                               .height = static_cast<int>(size.y),
                               .photo_x = corner_.x,
                               .photo_y = corner_.y,
                               .scale = scale_},
                     .background = bench.ui.theme.window};
  if (now == drawn_) return;
  drawn_ = now;
  canvas_.resize(now.frame.width, now.frame.height);
  painter.begin(canvas_);
  painter.draw(now.frame, {.map = content.index,
                           .look = content.look,
                           .range = content.range,
                           .clear = vit::clear_up_to(content.set.even, content.range),
                           .paint = content.set.paint_of(content.index),
                           .box = box_,
                           .photo_width = static_cast<double>(content.photo.width),
                           .photo_height = static_cast<double>(content.photo.height),
                           .background = {background.x, background.y, background.z}});
  painter.end();
}

void SidePicture::show(ImVec2 from, float left, float right) const {
  ImGui::GetWindowDrawList()->AddImage(ui::texture_id(canvas_.texture()), {from.x + left * size_.x, from.y},
                                       {from.x + right * size_.x, from.y + size_.y}, {left, 0}, {right, 1});
}

Point SidePicture::place_of(Point at) const {
  const Point photo{corner_.x + at.x / scale_, corner_.y + at.y / scale_};
  return {places_.x + (photo.x - box_.x) / box_.width * places_.width,
          places_.y + (photo.y - box_.y) / box_.height * places_.height};
}

Point SidePicture::at_of(Point place) const {
  const Point photo{box_.x + (place.x - places_.x) / places_.width * box_.width,
                    box_.y + (place.y - places_.y) / places_.height * box_.height};
  return {(photo.x - corner_.x) * scale_, (photo.y - corner_.y) * scale_};
}

std::optional<int> SidePicture::patch_at(Point place) const {
  const int col = static_cast<int>(std::floor((place.x - places_.x) / places_.width * cols_));
  const int row = static_cast<int>(std::floor((place.y - places_.y) / places_.height * rows_));
  if (col < 0 || row < 0 || col >= cols_ || row >= rows_) return std::nullopt;
  return row * cols_ + col;
}

void SidePicture::frame_patch(const Bench& bench, ImVec2 from, int patch, ImU32 color, float points) const {
  if (patch < 0 || patch >= rows_ * cols_) return;
  const int row = patch / cols_, col = patch % cols_;
  const auto corner = [&](int r, int c) {
    const Point at = at_of({places_.x + places_.width * c / cols_, places_.y + places_.height * r / rows_});
    return ImVec2{from.x + static_cast<float>(at.x), from.y + static_cast<float>(at.y)};
  };
  const ImVec2 a = corner(row, col), b = corner(row + 1, col + 1);
  const float line = bench.ui.px(points);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.PushClipRect(from, {from.x + size_.x, from.y + size_.y}, true);
  list.AddRect({a.x - line, a.y - line}, {b.x + line, b.y + line}, IM_COL32(0, 0, 0, 150), 0, 0, line);
  list.AddRect(a, b, color, 0, 0, line);
  list.PopClipRect();
}

void move_linked(LinkedView& view, const SidePicture& picture, ImVec2 from) {
  constexpr double kMost = 40;
  const ImGuiIO& io = ImGui::GetIO();
  const ImVec2 size = picture.size();
  const Point middle{size.x / 2, size.y / 2};
  if (ImGui::IsItemActive() && (ImGui::IsMouseDown(1) || ImGui::IsMouseDown(2)) && view.zoom > 1)
    view.center = picture.place_of({middle.x - io.MouseDelta.x, middle.y - io.MouseDelta.y});
  if (!ImGui::IsItemHovered()) return;
  const Point at{io.MousePos.x - from.x, io.MousePos.y - from.y};
  view.pointed = picture.place_of(at);
  if (io.MouseWheel == 0) return;
  const double zoom = std::clamp(view.zoom * std::pow(1.2, io.MouseWheel), 1.0, kMost), factor = zoom / view.zoom;
  // The place under the cursor stays there.
  view.center = picture.place_of({at.x + (middle.x - at.x) / factor, at.y + (middle.y - at.y) / factor});
  view.zoom = zoom;
}

}  // namespace headlight
