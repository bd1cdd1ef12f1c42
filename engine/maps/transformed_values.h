// What each token adds to another through a head: the length of its value vector after the output projection.
#pragma once

#include <stop_token>

#include "engine/base/matrix.h"
#include "engine/network/trace.h"

namespace vit {

/// (h, N) ‖γ · W_O^h v_j‖ for every head of a block: v_j is the head's value vector of token j, computed again from the
/// block's input with the settings of the pass, W_O^h the columns of the projection that read this head, γ LayerScale
/// where the network has it. The projection's bias is nobody's and stays out. Times attention it is what Kobayashi et
/// al. 2020 ("Attention is Not Only a Weight") call the norm of the weighted, transformed vector. The trace must hold
/// the block, and the block have no attn_norm. Throws Cancelled.
Matrix value_lengths(const Trace& trace, int block, const std::stop_token& stop = {});

/// Multiply-adds of it.
double value_lengths_work(const Trace& trace, int block);

}  // namespace vit
