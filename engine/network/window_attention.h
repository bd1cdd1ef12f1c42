// Attention inside windows, a window of a head at a time.
#pragma once

#include "engine/network/attention_paths.h"

namespace vit {

AttentionRoom room_for_windows(const Attention& attention);

/// For both kernels, to be called as attend_tiled and attend_eager are. Windows of all heads are shared out among the
/// threads; what lies scattered over the tokens is first put into one piece. Padding is looked at and does not look.
void attend_windows(const Attention& attention, PassBuffers& buffers, Member& member, const Meter& meter,
                    Meter::Lane& lane);

}  // namespace vit
