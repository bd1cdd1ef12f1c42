// Attention that never holds a whole row of scores (FlashAttention, Dao et al. 2022): some queries go through blocks of
// keys that stay in the level-2 cache, with a running maximum and sum for each query.
#pragma once

#include "engine/network/attention_paths.h"

namespace vit {

/// From so many tokens on it is quicker than whole rows of scores.
inline constexpr int kManyTokens = 1024;

/// Whether attend_tiled goes this way: where whole rows are not asked for, and no step needs them (a relative bias,
/// talking heads, dropout, maps that are kept). Its sums come in another order than those of whole rows.
bool goes_by_blocks_of_keys(const Attention& attention);

AttentionRoom room_for_flash(const Attention& attention);
/// To be called as attend_tiled is.
void attend_flash(const Attention& attention, PassBuffers& buffers, Member& member, const Meter& meter,
                  Meter::Lane& lane);

}  // namespace vit
