// The frame that all pages of maps share: what is asked and how it is drawn in two lines of controls, the large picture
// with its colour bar and its sentence, and at the right the room for the page's own pictures, the navigator.
#pragma once

#include <imgui.h>

#include <optional>

#include "app/panels/photo_view.h"
#include "engine/maps/analysis.h"

namespace headlight {

struct Bench;

/// Where its parts stand. It depends on the room alone, so that nothing moves when something else is shown. In a low
/// page colour bar and sentence stand beside the large picture, which would be small above them.
struct FrameLayout {
  ImVec2 strip_from, strip_size;
  ImVec2 photo_from, photo_size;    // square
  ImVec2 bar_from, bar_size;        // colour bar
  ImVec2 prefix_from, prefix_size;  // bars of the prefix tokens, beside it
  ImVec2 words_from, words_size;    // the sentence
  ImVec2 navigator_from, navigator_size;
};
/// `share`: the large picture's part of the width. `prefix_px`: width that the prefix bars want, 0: there are none.
/// `lines`: of controls in the strip.
FrameLayout lay_out_frame(ImVec2 from, ImVec2 size, float share, float prefix_px, float px_per_point, int lines = 2);

inline constexpr float kLargePicture = 0.645f, kMediumPicture = 0.45f;  // shares of the width

class MapFrame {
 public:
  struct Room {
    ImVec2 from, size;
  };
  /// Draws all around map `index` of the shown set and returns the navigator's room; none where Inside a head stands
  /// there. `share`: the large picture's part of the width.
  std::optional<Room> draw(Bench& bench, const vit::Analysis& analysis, int index, ImVec2 from, ImVec2 size,
                           float share);

 private:
  PhotoView photo_view_;
};

/// What a map says, under its title.
void draw_sentence(Bench& bench, int index, ImVec2 from, ImVec2 size);

/// What is under the cursor, in whichever picture it is. After all pictures.
void draw_read_out(const Bench& bench);

}  // namespace headlight
