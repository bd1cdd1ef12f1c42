// The film strip under a page: the frames about the shown one, and how the sequence plays. Only while one is open.
#pragma once

#include <imgui.h>

#include <map>
#include <memory>

#include "app/gl/picture.h"

namespace headlight {

struct Bench;

/// Main thread only.
class FilmStrip {
 public:
  /// px; 0 where no sequence is open.
  static float height(const Bench& bench);
  void draw(Bench& bench, ImVec2 from, float width);

 private:
  struct Thumb {
    std::shared_ptr<const vit::Image> image;
    gl::Picture picture;
  };
  void draw_controls(Bench& bench, ImVec2 from, float width) const;
  void draw_frames(Bench& bench, ImVec2 from, ImVec2 size);
  void draw_frame(Bench& bench, int index, ImVec2 at, ImVec2 size);
  void draw_place(Bench& bench, ImVec2 from, float width) const;

  std::map<int, Thumb> thumbs_;  // of the frames in sight
};

}  // namespace headlight
