// Which of the photo's values become black and white, in the column and in the drawer.
#pragma once

#include <string>

namespace headlight {

struct Bench;

/// The rule alone. `id`: "image.levels".
void choose_levels(Bench& bench, const std::string& id);

/// The rule, and where other levels than the stored ones are drawn, their two ends. Nothing for a file of 8 bits whose
/// levels nobody has chosen.
void draw_levels(Bench& bench);

}  // namespace headlight
