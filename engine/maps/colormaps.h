// The numbers of the colour tables: 256 colours each, "rrggbb" in hexadecimal without gaps.
#pragma once

namespace vit {

extern const char kViridis[256 * 6 + 1];
extern const char kMagma[256 * 6 + 1];
extern const char kInferno[256 * 6 + 1];
extern const char kTurbo[256 * 6 + 1];

}  // namespace vit
