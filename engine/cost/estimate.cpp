#include "engine/cost/estimate.h"

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/quantity.h"
#include "engine/cost/cost.h"
#include "engine/network/attention_paths.h"
#include "engine/network/pass.h"

namespace vit {
namespace {

std::size_t matrix_bytes(double rows, int cols) {
  return static_cast<std::size_t>(rows) * static_cast<std::size_t>(Matrix::padded_stride(cols)) * sizeof(float);
}

/// The blocks' weights once more at two bytes each, and the rows that are rounded before they are multiplied.
std::size_t bf16_bytes(const ModelConfig& config, const Settings& settings, int tokens) {
  const std::size_t c = static_cast<std::size_t>(config.channels);
  const std::size_t hidden = static_cast<std::size_t>(config.hidden) * (config.swiglu ? 2 : 1);
  const std::size_t weights = 4 * c * c + c * hidden + c * static_cast<std::size_t>(config.hidden);
  return 2 * static_cast<std::size_t>(config.depth) * weights +
         matrix_bytes(tokens, longest_rounded_row(config, settings)) / 2;
}

}  // namespace

Estimate estimate(const ModelConfig& config, const TokenGrid& grid, const Settings& settings, const Extent& extent) {
  const int n = grid.tokens(), c = config.channels;
  const bool maps = keeps_maps(config, settings, extent, n);
  const bool traced = settings.keep != Keep::none;
  const std::size_t activation = matrix_bytes(n, c);
  Estimate result;
  result.macs = CostTable(config, grid, settings).total(Section::model, -1, Convention::mac).macs;
  result.trace_bytes = 2 * matrix_bytes(output_rows(extent, grid), c);  // output, features
  AttentionRoom room;
  float kept = 0.f;
  const Rounded rounded = settings.rounded();
  for (int b = 0; b < blocks_run(config, extent); ++b) {
    const int heads = settings.heads(b);
    if (traced) result.trace_bytes += 3 * activation;
    if (maps) result.trace_bytes += map_floats(heads, n, config.keys_seen(b, n)) * sizeof(float);
    const Bf16Kernels* bf16 = config.window(b) > 0 ? nullptr : bf16_kernels(kernels());
    const Attention sizes = {.table = &kernels(),
                             .score_pairs = rounded.scores ? bf16 : nullptr,
                             .value_pairs = rounded.attn_v ? bf16 : nullptr,
                             .tokens = n,
                             .queries = n,
                             .heads = heads,
                             .head_dim = c / heads,
                             .whole_rows = whole_rows(config, settings, n),
                             .q = {},
                             .k = {},
                             .v = {},
                             .out = {},
                             .grid = grid,
                             .window = config.window(b),
                             .maps = maps ? &kept : nullptr,
                             .map_stride = Matrix::padded_stride(config.keys_seen(b, n)),
                             .drop = settings.active_attn_drop()};
    room = larger(room, room_for(settings.kernel, sizes));
  }
  const std::size_t floats = room.packed_keys + room.query_pairs + room.value_pairs + room.split + room.scores +
                             settings.threads * (room.tile + room.pairs);
  result.workspace_bytes = floats * sizeof(float) + (traced ? 6 : 12) * activation +
                           matrix_bytes(n, config.hidden * (config.swiglu ? 2 : 1)) +
                           matrix_bytes(n, config.input_channels * config.patch_px * config.patch_px);
  if (settings.precision == Precision::bf16) result.workspace_bytes += bf16_bytes(config, settings, n);
  if (settings.kernel == Kernel::reference) result.workspace_bytes += 3 * map_floats(1, n, n) * sizeof(float);
  return result;
}

void check_memory(const Estimate& estimate, std::size_t available_bytes) {
  const std::size_t available = available_bytes > 0 ? available_bytes : available_memory();
  const std::size_t needed = estimate.trace_bytes + estimate.workspace_bytes;
  if (needed <= available) return;
  const bool pass = estimate.workspace_bytes > estimate.trace_bytes;
  throw Error("This pass needs " + bytes_text(static_cast<double>(needed)) + " of memory, but " +
              bytes_text(static_cast<double>(available)) + " are available: " +
              (pass ? "choose a smaller image, the tiled kernel or fewer heads."
                    : "choose a smaller image, or keep queries and keys in place of the maps."));
}

}  // namespace vit
