// Everything in a file is accounted for: a tensor that would change the numbers and that nothing reads refuses the
// file.
#pragma once

#include <set>
#include <string>

#include "engine/checkpoint/family.h"

namespace vit {

class TensorFile;

/// `pooled_otherwise`: the family's attention-pooling head, if it is there, is not what its classifier reads.
/// Throws Error for a tensor inside a block, or of the trunk around the blocks, that is not among `used`; for blocks
/// beyond a gap; for one tensor of a pair. Heads, decoders, text towers and alike are none of the trunk's business.
void refuse_unaccounted(const TensorFile& file, const DetectedFamily& detected, const std::set<std::string>& used,
                        int depth, bool pooled_otherwise = false);

/// Throws Error for a tensor of the network's own module, or a parameter of one that this stands in, whose name or
/// width says that it acts on the tokens: prompts, adapters, embeddings of cameras. `channels` is the width of a token.
void refuse_acting(const TensorFile& file, const DetectedFamily& detected, const std::set<std::string>& used,
                   int channels);

/// A tensor of a head that was not read, or empty: what must not be called "a network without a head".
std::string unread_head(const TensorFile& file, const DetectedFamily& detected, const std::set<std::string>& used);

}  // namespace vit
