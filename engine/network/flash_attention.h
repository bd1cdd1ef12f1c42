// Attention that never holds a whole row of scores (FlashAttention, Dao et al. 2022): some queries go through blocks of
// keys that stay in the level-2 cache, with a running maximum and sum for each query.
#pragma once

#include "engine/network/attention_paths.h"

namespace vit {

/// Whether attend_tiled goes this way: where many keys are looked at, nobody keeps the maps, and no step needs whole
/// rows (a relative bias, talking heads, dropout). Its sums come in another order than those of whole rows.
bool goes_by_blocks_of_keys(const Attention& attention);

AttentionRoom room_for_flash(const Attention& attention);
/// To be called as attend_tiled is.
void attend_flash(const Attention& attention, PassBuffers& buffers, Member& member, const Meter& meter,
                  Meter::Lane& lane);

}  // namespace vit
