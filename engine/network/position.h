// The position embedding of a network for the patches of one input size, resampled as its family does it.
#pragma once

#include "engine/base/matrix.h"
#include "engine/network/model.h"

namespace vit {

struct TokenGrid;

/// (N, C), what is added to the tokens of a pass: prefix rows as stored (zero where a prefix token has no position),
/// then one row for each patch. A grid of the stored size is copied as it stands. Empty if the network has no learned
/// positions. Throws Error if the family runs at its own size only.
Matrix position_for(const Model& model, const TokenGrid& grid);

/// (patches, 2·d) for a network with rotary positions (DINOv3, Siméoni et al. 2025; EVA-02, Fang et al. 2023), d = C/h
/// as trained: the cosines of the d channels of a head, then the sines. Empty for other networks.
Matrix rotation_for(const Model& model, const TokenGrid& grid);

/// Turns the patches among rows [first, last) of queries or keys (N, C), head by head; prefix tokens stay as they are.
void rotate(const Matrix& rotation, PositionRule::Rotary rotary, int prefix, int first, int last, MatrixSpan x);

/// The rule itself: resamples (rows·cols, C) to (new_rows·new_cols, C). Half-pixel centres, weights that sum to 1.
///   antialias, bicubic   a = -0.5, the support grows with the reduction (PIL, torch's antialias=True)
///   plain bicubic        a = -0.75 on four points (torch), edges clamped
///   bilinear             likewise with and without antialias
/// A rule with an offset takes its scale from (new + offset) / old instead of new / old (DINO, DINOv2).
Matrix resample_grid(MatrixView grid, int rows, int cols, int new_rows, int new_cols, const PositionRule& rule);

}  // namespace vit
