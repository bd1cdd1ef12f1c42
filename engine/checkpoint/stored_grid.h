// How many rows and columns of patches stored positions are for: their number alone does not say it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "engine/checkpoint/model_hints.h"
#include "engine/network/model.h"

namespace vit {

struct StoredRows {
  std::int64_t rows = 0;  // of the stored positions
  int special = 0;        // those of class and distillation token
  int registers = 0;
  int patch_px = 1;
  bool portrait = false;                              // a rectangle is higher than wide
  bool may_skip_prefix = false;                       // the family may store positions of the patches alone
  std::optional<std::pair<int, int>> wanted;          // rows and columns, by the user
  std::optional<Hint<std::pair<int, int>>> input_px;  // height, width, by a file
};

struct StoredGrid {
  int height = 0, width = 0;  // patches
  int prefix = 0;             // leading rows that belong to prefix tokens
  Source source = Source::guessed;
  std::string reason;
};

/// Throws Error, beginning with `what`, where no grid fits.
StoredGrid stored_grid(const StoredRows& stored, const std::string& what);

/// The same for the `ways` from one patch to another, (2·rows − 1)·(2·columns − 1) + 3 of them.
StoredGrid grid_of_ways(std::int64_t ways, int patch_px, const std::optional<std::pair<int, int>>& wanted,
                        const std::optional<Hint<std::pair<int, int>>>& input_px, const std::string& what);

}  // namespace vit
