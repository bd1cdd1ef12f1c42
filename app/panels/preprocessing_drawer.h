// How the photo becomes the network's input, editable, with the pixels that the network reads: at the right edge,
// beside the photo that it changes.
#pragma once

#include <imgui.h>

#include <array>
#include <memory>

#include "app/gl/picture.h"
#include "engine/image/pixel_statistics.h"

namespace headlight {

struct Bench;

class PreprocessingDrawer {
 public:
  /// In a window of its own at the given place; nothing while it is closed.
  void draw(Bench& bench, ImVec2 from, ImVec2 size);

 private:
  void draw_pixels(Bench& bench);
  void update(const std::shared_ptr<const vit::Pixels>& pixels);

  int shown_ = 0;  // colours as read, or one channel as normalised: 1 + channel
  // What the texture was made from, and the statistics.
  std::shared_ptr<const vit::Pixels> pixels_;
  int made_for_ = -1;
  gl::Picture picture_;
  std::array<vit::ChannelStatistics, 3> statistics_;
};

}  // namespace headlight
