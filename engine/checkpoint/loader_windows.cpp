// Blocks that work in windows, and their decomposed relative positions: SAM, ViTDet.
#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "engine/base/error.h"
#include "engine/checkpoint/architectures.h"
#include "engine/checkpoint/loader.h"
#include "engine/checkpoint/model_facts.h"

namespace vit {
namespace {

constexpr int kGlobalBlocks = 4;  // of SAM, each behind as many that work in windows

std::string text(std::pair<int, int> sizes) {
  return std::to_string(sizes.first) + "×" + std::to_string(sizes.second);
}

}  // namespace

/// Rows and columns that a block's tables were made for; (0, 0): it has none.
std::pair<int, int> Loader::axis_sizes(int block) const {
  const auto side = [&](const char* pattern) {
    const auto name = tensors_.find(tensors_.in_block(pattern), block, "weight");
    if (!name) return 0;
    const auto& shape = tensors_.shape(*name);
    if (shape.size() != 2 || shape[0] < 1 || shape[0] % 2 == 0 || shape[0] > (1 << 13))
      throw Error("Tensor \"" + *name + "\" of " + file_.path().string() +
                  " is no table of relative positions along an axis, which has an odd number of rows.");
    return static_cast<int>((shape[0] + 1) / 2);
  };
  return {side(names().row_positions), side(names().column_positions)};
}

/// All blocks have both tables, or none has one; their width is a head's.
void Loader::read_axis_positions() {
  ModelConfig& c = config();
  const std::string first = tensors_.in_block(names().row_positions);
  if (*names().row_positions == '\0') return;
  const auto name = tensors_.find(first, 0, "weight");
  c.axis_positions = name.has_value();
  for (int block = 0; block < c.depth; ++block) {
    const auto [rows, cols] = axis_sizes(block);
    if ((rows > 0) == c.axis_positions && (cols > 0) == c.axis_positions) continue;
    throw Error(
        file_.path().string() + " lacks relative positions of block " + std::to_string(block) + " (\"" +
        detected_.prefix +
        spell(tensors_.in_block(rows > 0 ? names().column_positions : names().row_positions), block, "weight").front() +
        "\"), which other blocks have: the file is incomplete.");
  }
  if (!name) return;
  const std::int64_t width = tensors_.shape(*name)[1];
  if (width < 1 || width > c.channels || c.channels % width != 0)
    throw Error("Tensor \"" + *name + "\" of " + file_.path().string() + " has rows of " + std::to_string(width) +
                " numbers, which is the width of no head of a network of " + std::to_string(c.channels) + " channels.");
  stored_heads_ = static_cast<int>(c.channels / width);
}

/// Without other positions, the largest tables tell the grid.
void Loader::read_axis_grid() {
  ModelConfig& c = config();
  if (c.position.learned) return;
  const Architecture* named = known_architecture(hints_, c);
  const bool without =
      (named != nullptr && named->no_positions) || (hints_.absolute_positions && !hints_.absolute_positions->value);
  if (!without)
    throw Error(file_.path().string() + " has no position embedding (\"" + detected_.prefix +
                spell(names().position, 0, "weight").front() + "\"), and no file says that " + c.family +
                " has none here, as timm's samvit_base_patch16_224 does.");
  std::pair<int, int> largest = {0, 0};
  for (int block = 0; block < c.depth; ++block) largest = std::max(largest, axis_sizes(block));
  c.grid_height = largest.first;
  c.grid_width = largest.second;
  report().facts.push_back({"grid", text({c.grid_width, c.grid_height}) + " patches", Source::read,
                            "the relative positions of the blocks without windows"});
}

/// Which blocks work in windows: as a file says it, or as the lengths of their tables do, or as SAM has it.
void Loader::decide_windows() {
  ModelConfig& c = config();
  if (!detected_.family->windows) return;
  if (const auto neck = tensors_.find(kNeck, 0, "weight"))
    report().facts.push_back({"neck", "left out", Source::read,
                              "\"" + *neck + "\" and what follows are convolutions behind the last block"});
  std::set<std::pair<int, int>> sizes;
  for (int block = 0; block < c.depth; ++block) sizes.insert(axis_sizes(block));
  if (detected_.family->position_of_unused && sizes.size() == 2 && !hints_.input_px) {
    const auto [rows, cols] = *sizes.rbegin();
    hints_.input_px = {{rows * c.patch_px, cols * c.patch_px}, "the relative positions of the blocks without windows"};
  }
  const auto fact = [&](Source source, const std::string& why) {
    const auto global = std::count(c.windows.begin(), c.windows.end(), 0);
    const int most = *std::max_element(c.windows.begin(), c.windows.end());
    if (most == 0) c.windows.clear();
    report().facts.push_back({"windows",
                              most == 0
                                  ? std::string("none")
                                  : std::to_string(most) + "×" + std::to_string(most) + " patches in " +
                                        std::to_string(c.depth - global) + " of " + std::to_string(c.depth) + " blocks",
                              source, why});
  };
  const auto is_in = [](const std::vector<int>& blocks, int block) {
    return std::find(blocks.begin(), blocks.end(), block) != blocks.end();
  };
  c.windows.assign(static_cast<std::size_t>(c.depth), 0);
  const Architecture* named = known_architecture(hints_, c);
  if (named != nullptr && named->window == 0) named = nullptr;
  const int side = hints_.window ? hints_.window->value : named != nullptr ? named->window : 0;
  if (hints_.window && side == 0) return fact(Source::read, hints_.window->reason);
  if (side > 0 && (hints_.global_blocks || hints_.window_blocks || named != nullptr)) {
    const std::string why = hints_.window ? hints_.window->reason : "timm's " + std::string(named->name);
    for (int block = 0; block < c.depth; ++block) {
      const bool windowed = hints_.window_blocks ? is_in(hints_.window_blocks->value, block)
                            : hints_.global_blocks
                                ? !is_in(hints_.global_blocks->value, block)
                                : !is_in({named->global_blocks.begin(), named->global_blocks.end()}, block);
      if (windowed) c.windows[static_cast<std::size_t>(block)] = side;
      const auto [rows, cols] = axis_sizes(block);
      if (!windowed || rows == 0 || (rows == side && cols == side)) continue;
      throw Error(file_.path().string() + " has relative positions of " + text({cols, rows}) + " patches in block " +
                  std::to_string(block) + ", but " + why + " says that it works in windows of " + std::to_string(side) +
                  ": the file is incomplete, or the other one belongs to another network.");
    }
    return fact(hints_.window ? Source::read : Source::implied, why);
  }
  if (!c.axis_positions)
    return fact(Source::guessed, "neither a file nor relative positions say which blocks work in windows");
  const std::pair<int, int> grid = {c.grid_height, c.grid_width}, least = *sizes.begin();
  const bool square = least.first == least.second;
  if (sizes.size() == 2 && square) {
    for (int block = 0; block < c.depth; ++block)
      if (axis_sizes(block) == least) c.windows[static_cast<std::size_t>(block)] = least.first;
    return fact(Source::read, "the lengths of the relative positions");
  }
  if (sizes.size() > 1)
    throw Error(file_.path().string() + " has relative positions of " + std::to_string(sizes.size()) +
                " sizes, from which it cannot be told which blocks work in windows: its configuration (window_size, "
                "global_attn_indexes) is missing.");
  const bool sam = std::string_view(detected_.family->name).find("SAM") != std::string_view::npos;
  if (!sam || !square || c.depth % kGlobalBlocks != 0 || (least != grid && c.position.learned))
    return fact(Source::guessed, "all relative positions are of " + text({least.second, least.first}) +
                                     " patches, and no file says whether blocks work in windows of them");
  for (int block = 0; block < c.depth; ++block)
    if ((block + 1) % (c.depth / kGlobalBlocks) != 0) c.windows[static_cast<std::size_t>(block)] = least.first;
  fact(Source::guessed, "as SAM has it: all relative positions are of " + text(least) +
                            " patches, so that it matters to other input sizes alone");
}

}  // namespace vit
