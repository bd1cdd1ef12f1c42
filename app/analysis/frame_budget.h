// What the main thread may do of work that can wait for the next frame.
#pragma once

namespace headlight {

/// Floats that one frame reads of a trace (vit::floats_read): about a millisecond.
inline constexpr double kFloatsEachFrame = 1e6;

}  // namespace headlight
