// What a pass holds of its tokens, block by block: outputs, queries, keys and values, and what can be said about two.
#pragma once

#include <array>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/base/matrix.h"
#include "engine/network/trace.h"

namespace vit {

/// output: as a token leaves the block. The others: of all heads side by side, as the block's attention uses them.
enum class TokenKind : std::uint8_t { output, queries, keys, values };
inline constexpr std::array kTokenKindNames = {"output", "q", "k", "v"};

/// (N, C) of one block. The view is of the trace, which must outlive it, or of `made`.
struct BlockTokens {
  MatrixView view;
  Matrix made;  // values, which no trace keeps: norm1(input)·Wᵀ + b, or input·Wᵀ + b where norms stand behind
};
/// The trace must have run to its end. Throws Cancelled after a stop request.
BlockTokens block_tokens(const Trace& trace, int block, TokenKind kind, const std::stop_token& stop = {});

/// (N, C) the values of all heads side by side, norm1(input)·Wᵀ + b: of any block that the trace keeps. Throws
/// Cancelled after a stop request.
Matrix block_values(const Trace& trace, int block, const std::stop_token& stop = {});

/// Floats that block_tokens reads, see Analysis::work.
double token_floats(const Trace& trace, TokenKind kind);

/// Empty, or why the pass does not hold the output of every block.
std::string refused_without_tokens(const Trace& trace);

/// Cosine of each token with token `query`: (N); 0 where one of them is zero.
std::vector<float> cosines(MatrixView tokens, int query);
/// Of each token with one of other tokens with as many channels.
std::vector<float> cosines(MatrixView tokens, const float* with);
/// Of two vectors; 0 where one of them is zero.
double cosine(const float* a, const float* b, int channels);
double length(const float* a, int channels);

/// "the outputs of block 5", "the queries of block 5".
std::string kind_phrase(TokenKind kind, int block);

/// The value in the middle of all; of two middles the mean. Not of none.
float median(std::vector<float> values);

}  // namespace vit
