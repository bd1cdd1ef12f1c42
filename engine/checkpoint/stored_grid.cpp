#include "engine/checkpoint/stored_grid.h"

#include <cmath>
#include <vector>

#include "engine/base/error.h"

namespace vit {
namespace {

constexpr int kLongest = 4;  // times as many patches along as across: no guess is longer

int square_side(std::int64_t patches) {
  const auto side = static_cast<std::int64_t>(std::llround(std::sqrt(static_cast<double>(patches))));
  return patches > 0 && side * side == patches ? static_cast<int>(side) : 0;
}

/// The prefix rows that there may be, the usual first.
std::vector<int> possible_prefixes(const StoredRows& stored) {
  std::vector<int> prefixes = {stored.special};
  if (stored.special > 0 && stored.may_skip_prefix) prefixes.push_back(0);
  if (stored.registers > 0) prefixes.push_back(stored.special + stored.registers);
  return prefixes;
}

std::optional<StoredGrid> exactly(const StoredRows& stored, int height, int width, Source source, std::string reason) {
  std::vector<int> prefixes = possible_prefixes(stored);
  prefixes.push_back(0);  // a stated size tells whether the prefix tokens have positions
  for (const int prefix : prefixes) {
    if (stored.rows - prefix == static_cast<std::int64_t>(height) * width) {
      return StoredGrid{height, width, prefix, source, std::move(reason)};
    }
  }
  return std::nullopt;
}

std::optional<StoredGrid> square(const StoredRows& stored) {
  for (const int prefix : possible_prefixes(stored)) {
    const int side = square_side(stored.rows - prefix);
    if (side == 0) continue;
    return StoredGrid{side, side, prefix, Source::guessed,
                      "a square, because no file says the input's size (--grid ROWSxCOLUMNS)"};
  }
  return std::nullopt;
}

/// The rectangle nearest to a square.
std::optional<StoredGrid> rectangle(const StoredRows& stored) {
  const std::int64_t patches = stored.rows - stored.special;
  for (auto height = static_cast<std::int64_t>(std::sqrt(static_cast<double>(patches))); height > 1; --height) {
    if (patches % height != 0) continue;
    const std::int64_t width = patches / height;
    if (width > kLongest * height) break;
    const auto rows = static_cast<int>(stored.portrait ? width : height);
    const auto cols = static_cast<int>(stored.portrait ? height : width);
    return StoredGrid{rows, cols, stored.special, Source::guessed,
                      "the rectangle nearest to a square, because no file says the input's size (--grid ROWSxCOLUMNS)"};
  }
  return std::nullopt;
}

}  // namespace

StoredGrid stored_grid(const StoredRows& stored, const std::string& what) {
  const std::string rows = std::to_string(stored.rows);
  if (stored.wanted) {
    const auto [height, width] = *stored.wanted;
    if (auto grid = exactly(stored, height, width, Source::overridden, "chosen by the user")) return *grid;
    throw Error(what + " has " + rows + " positions, " + std::to_string(stored.special) +
                " of them not of patches, which are no " + std::to_string(height) + "×" + std::to_string(width) +
                " patches: give another --grid.");
  }
  if (stored.input_px) {
    const auto [height, width] = stored.input_px->value;
    if (auto grid =
            exactly(stored, height / stored.patch_px, width / stored.patch_px, Source::read, stored.input_px->reason)) {
      return *grid;
    }
  }
  if (const auto grid = square(stored)) return *grid;
  for (const int missing : {1, 2}) {
    if (square_side(stored.rows - stored.special - missing) == 0) continue;
    throw Error(what + " has " + rows + " positions, " + std::to_string(missing) +
                " more than a square of patches and the prefix tokens that are there: a class or distillation token is "
                "missing from the file, or the grid is no square (--grid ROWSxCOLUMNS).");
  }
  if (const auto grid = rectangle(stored)) return *grid;
  throw Error(what + " has " + rows +
              " positions, which are neither a square nor a rectangle of patches: give its rows "
              "and columns with --grid.");
}

StoredGrid grid_of_ways(std::int64_t ways, int patch_px, const std::optional<std::pair<int, int>>& wanted,
                        const std::optional<Hint<std::pair<int, int>>>& input_px, const std::string& what) {
  const auto fits = [&](std::int64_t height, std::int64_t width) {
    return height > 0 && width > 0 && (2 * height - 1) * (2 * width - 1) + 3 == ways;
  };
  if (wanted) {
    if (fits(wanted->first, wanted->second)) {
      return {wanted->first, wanted->second, 1, Source::overridden, "chosen by the user"};
    }
    throw Error(what + " has " + std::to_string(ways) + " relative positions, which are not those of " +
                std::to_string(wanted->first) + "×" + std::to_string(wanted->second) +
                " patches: give another --grid.");
  }
  if (input_px) {
    const int height = input_px->value.first / patch_px, width = input_px->value.second / patch_px;
    if (fits(height, width)) return {height, width, 1, Source::read, input_px->reason};
  }
  const int across = square_side(ways - 3);
  const int side = (across + 1) / 2;
  if (across > 0 && fits(side, side)) {
    return {side, side, 1, Source::implied, "as many relative positions as a square of patches has"};
  }
  throw Error(
      what + " has " + std::to_string(ways) +
      " relative positions, which are not those of a square of patches: give its rows and columns with --grid.");
}

}  // namespace vit
