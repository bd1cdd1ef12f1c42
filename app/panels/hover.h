// The patch under the cursor, in whichever picture it is: all pictures mark it.
#pragma once

#include <optional>
#include <utility>

namespace headlight {

struct PatchAt {
  int row = 0, col = 0;
  bool operator==(const PatchAt&) const = default;
};

struct Hover {
  std::optional<PatchAt> found;  // while this frame is drawn
  std::optional<PatchAt> shown;  // that of the last frame
  int map = 0;                   // of the shown set: the map that is read there

  void begin_frame() { shown = std::exchange(found, {}); }
  void find(PatchAt patch, int map_index) {
    found = patch;
    map = map_index;
  }
};

}  // namespace headlight
