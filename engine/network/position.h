// The position embedding of a network for the patches of one input size, resampled as its family does it.
#pragma once

#include <vector>

#include "engine/base/matrix.h"
#include "engine/network/model.h"

namespace vit {

struct TokenGrid;

/// (N, C), what is added to the tokens of a pass: prefix rows as stored (zero where a prefix token has no position),
/// then one row for each patch. A grid of the stored size is copied as it stands. Empty if the network has no learned
/// positions. Throws Error if the family runs at its own size only.
Matrix position_for(const Model& model, const TokenGrid& grid);

/// Likewise what is added behind each block but the last. Empty for all but YOLOS.
std::vector<Matrix> mid_positions_for(const Model& model, const TokenGrid& grid);

/// For a network with rotary positions (DINOv3, Siméoni et al. 2025; EVA-02, Fang et al. 2023; rope-vit, Heo et al.
/// 2024): the cosines of channels, then their sines, a row for each patch, and for the class token where it turns, too.
/// One of (tokens, 2·d) for all blocks and heads, d = C/h as trained; where speeds are learned, one of (patches, 2·C)
/// for each block. Empty for other networks.
std::vector<Matrix> rotations_for(const Model& model, const TokenGrid& grid);

/// Turns rows [first, last) of queries or keys (N, C), head by head of `head_dim` trained channels. The last tokens
/// turn, as many as the rotation has rows; those before them stay as they are.
void rotate(const Matrix& rotation, PositionRule::Rotary rotary, int head_dim, int first, int last, MatrixSpan x);

/// The rule itself: resamples (rows·cols, C) to (new_rows·new_cols, C). Half-pixel centres, weights that sum to 1.
///   antialias, bicubic   a = -0.5, the support grows with the reduction (PIL, torch's antialias=True)
///   plain bicubic        a = -0.75 on four points (torch), edges clamped
///   bilinear             likewise with and without antialias
/// Not antialiased, a rule with `corners` puts the first and the last on the first and the last.
/// A rule with an offset takes its scale from (new + offset) / old instead of new / old (DINO, DINOv2).
Matrix resample_grid(MatrixView grid, int rows, int cols, int new_rows, int new_cols, const PositionRule& rule);

}  // namespace vit
