// What changes only the picture: block, head, query, colours. None of it runs the network again.
#pragma once

#include <optional>
#include <string>

#include "engine/maps/attention.h"
#include "engine/maps/heatmap.h"
#include "engine/network/trace.h"

namespace headlight {

enum class Tab : std::uint8_t { heads, grid };
inline constexpr int kTabCount = 2;

/// In place of a head's index: over the heads of the block.
inline constexpr int kMeanOfHeads = -2;
inline constexpr int kMaxOfHeads = -1;

struct View {
  Tab tab = Tab::heads;
  int block = 0;
  int head = kMeanOfHeads;  // kMeanOfHeads, kMaxOfHeads or 0 … h-1
  int query = 0;            // token: 0 is the class token where there is one
  vit::Stage stage = vit::Stage::softmax;
  vit::Colormap colormap = vit::Colormap::inferno;
  vit::RangeRule range_rule = vit::RangeRule::shared;
  vit::Range fixed_range{0.f, 0.1f};
  bool smooth = false;
  float opacity = 0.7f;
  bool operator==(const View&) const = default;
};

/// The query that is at the same place of the photo in a trace of another input size; a place that is no longer part of
/// the input gives the nearest patch that is. `box` is the part of the photo that the grid covers.
int same_place(int query, const vit::TokenGrid& grid, const vit::Box& box, const vit::TokenGrid& other,
               const vit::Box& other_box);

/// "mean", "max" or the index.
std::string head_name(int head);
/// "mean of 6 heads", "maximum of 6 heads", "head 3".
std::string head_title(int head, int num_heads);
/// As the command line writes it: "cls", "token:1" or "ROW,COL".
std::string query_name(int query, const vit::TokenGrid& grid, const vit::ModelConfig& config);
/// A prefix token where there is little room: "cls", "dist", "r0" for register 0.
std::string prefix_label(int token, const vit::ModelConfig& config);
/// For people: "class token", "register 0", "patch (3, 4)".
std::string query_title(int query, const vit::TokenGrid& grid, const vit::ModelConfig& config);
/// Within a sentence: "the class token", "register 0", "the patch (3, 4)".
std::string query_phrase(int query, const vit::TokenGrid& grid, const vit::ModelConfig& config);

}  // namespace headlight
