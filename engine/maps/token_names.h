// What tokens, heads and classes are called: in files, on the command line, and in sentences.
#pragma once

#include <string>

#include "engine/network/trace.h"

namespace vit {

/// In place of a head's index: over the heads of the block.
inline constexpr int kMeanOfHeads = -2;
inline constexpr int kMaxOfHeads = -1;

/// "mean", "max" or the index.
std::string head_name(int head);
/// "mean of 6 heads", "maximum of 6 heads", "head 3".
std::string head_title(int head, int num_heads);

/// As the command line writes it: "cls", "token:1" or "ROW,COL".
std::string query_name(int query, const TokenGrid& grid, const ModelConfig& config);
/// For people: "class token", "register 0", "patch (3, 4)".
std::string query_title(int query, const TokenGrid& grid, const ModelConfig& config);
/// Within a sentence: "the class token", "register 0", "the patch (3, 4)".
std::string query_phrase(int query, const TokenGrid& grid, const ModelConfig& config);
/// A prefix token where there is little room: "cls", "dist", "r0" for register 0.
std::string prefix_label(int token, const ModelConfig& config);
/// What the prefix tokens beside the class token are, of a network that has any: "the registers".
std::string other_prefix_tokens(const ModelConfig& config);

/// "tabby (281)" without the label's synonyms, or "class 281" where the network has no names.
std::string class_title(const Model& model, int index);
/// Within a sentence: "class tabby (281)", "class 281".
std::string class_phrase(const Model& model, int index);
/// Without its number: "tabby", "class 281".
std::string class_name_of(const Model& model, int index);

/// `number` with as many digits as `last` has, at least two, so that files sort by number: "05".
std::string padded(int number, int last);

}  // namespace vit
