// CaiT's last blocks, in which a class token alone looks (Touvron et al. 2021).
#pragma once

#include "engine/base/matrix.h"
#include "engine/network/model.h"

namespace vit {

/// What a class block makes of the class token (1, C). `keys` and `values` (N, C) are of the patches, from
/// block.keys_values over norm1; those of the class token itself come before them. `shares` (h, 1 + N) receives what it
/// looks at, or is empty.
Matrix attend_class(const ClassBlock& block, const ModelConfig& config, MatrixView token, MatrixView keys,
                    MatrixView values, MatrixSpan shares);

}  // namespace vit
