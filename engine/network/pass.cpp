#include "engine/network/pass.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cmath>
#include <cstring>

#include "engine/base/error.h"
#include "engine/network/flash_attention.h"
#include "engine/network/position.h"
#include "engine/network/score_term.h"
#include "engine/network/windows.h"

namespace vit {
namespace {

void refresh_position(PassBuffers& space, const Trace& trace) {
  if (space.position_model.lock() == trace.model && space.position_grid == trace.grid) return;
  space.position_model.reset();
  space.position = position_for(*trace.model, trace.grid);
  space.mid_positions = mid_positions_for(*trace.model, trace.grid);
  space.rotations = rotations_for(*trace.model, trace.grid);
  space.terms.clear();
  space.term_heads.clear();
  space.position_model = trace.model;
  space.position_grid = trace.grid;
}

/// After the position, which empties it for another model or grid.
void refresh_terms(PassBuffers& space, const Trace& trace) {
  const ModelConfig& config = trace.model->config;
  std::vector<int> heads = trace.settings.head_counts();
  if (space.term_heads == heads) return;
  space.terms.clear();
  const bool shared = config.relative_bias == ModelConfig::RelativeBias::shared;
  for (int b = 0; b < trace.settings.depth(); ++b) {
    const auto index = static_cast<std::size_t>(b);
    const bool alike = shared && b > 0 && heads[index] == heads[index - 1];
    space.terms.push_back(alike ? space.terms.back() : score_term(*trace.model, trace.grid, b, heads[index]));
  }
  space.term_heads = std::move(heads);
}

}  // namespace

int blocks_run(const ModelConfig& config, const Extent& extent) {
  return extent.last_maps < 0 ? config.depth : extent.last_maps + 1;
}

int output_rows(const Extent& extent, const TokenGrid& grid) {
  if (extent.last_maps >= 0) return 0;
  return extent.class_token_only ? grid.prefix : grid.tokens();
}

void validate(const Extent& extent, const ModelConfig& config) {
  if (extent.last_maps >= config.depth) {
    throw Error("There is no block " + std::to_string(extent.last_maps) + ": the network has blocks 0 to " +
                std::to_string(config.depth - 1) + ".");
  }
  if (!extent.class_token_only) return;
  if (config.prefix_tokens() == 0)
    throw Error("This network has no class token that could go through the last block alone.");
  using Pooling = ModelConfig::Pool;
  if (config.pool == Pooling::attention)
    throw Error("This network pools all its tokens by attention: the class token alone is not enough.");
  if (config.classes > 0 && (config.pool == Pooling::mean_patches || config.pool == Pooling::class_and_mean)) {
    throw Error("This network predicts from the mean of its patches: the class token alone is not enough.");
  }
}

bool maps_fit(const ModelConfig& config, const Settings& settings, int tokens) {
  std::size_t floats = 0;
  for (int b = 0; b < settings.depth(); ++b)
    floats += map_floats(settings.heads(b), tokens, config.keys_seen(b, tokens));
  return floats * sizeof(float) <= kMapBudgetBytes;
}

bool keeps_maps(const ModelConfig& config, const Settings& settings, const Extent& extent, int tokens) {
  if (!extent.whole()) return false;
  return settings.keep == Keep::maps || (settings.keep == Keep::automatic && maps_fit(config, settings, tokens));
}

bool whole_rows(const ModelConfig& config, const Settings& settings, int tokens) {
  return tokens < kManyTokens || settings.keep == Keep::maps || maps_fit(config, settings, tokens);
}

std::shared_ptr<Trace> begin_trace(const PassInput& input, const TokenGrid& grid, int first_block,
                                   const Trace* previous) {
  const ModelConfig& config = input.model->config;
  auto trace = std::make_shared<Trace>();
  trace->model = input.model;
  trace->pixels = input.pixels;
  trace->settings = input.settings;
  trace->extent = input.extent;
  trace->grid = grid;
  if (const int rows = output_rows(input.extent, grid); rows > 0) {
    trace->output = Matrix(rows, config.channels);
    trace->features = Matrix(rows, config.channels);
    trace->logits.resize(static_cast<std::size_t>(config.classes));
    if (config.pool == ModelConfig::Pool::attention) trace->pooled.resize(static_cast<std::size_t>(config.channels));
    for (int b = 0; b < config.class_blocks; ++b) trace->pool_shares.emplace_back(config.num_heads, 1 + rows);
    if (const auto& pool = input.model->attention_pool)
      trace->pool_shares.emplace_back(pool->heads, pool->prefix_too ? rows : rows - grid.prefix);
  }
  if (input.settings.keep != Keep::none) {
    const bool maps = keeps_maps(config, input.settings, input.extent, grid.tokens());
    for (int b = 0; b < blocks_run(config, input.extent); ++b) {
      const auto index = static_cast<std::size_t>(b);
      trace->blocks.push_back(b < first_block
                                  ? previous->blocks[index]
                                  : new_block_trace(grid.tokens(), config.channels, maps ? input.settings.heads(b) : 0,
                                                    config.keys_seen(b, grid.tokens())));
    }
  }
  if (first_block > 0) {
    const Matrix& from = previous->hidden(first_block - 1);
    Matrix& to = first_block < config.depth
                     ? const_cast<BlockTrace&>(*trace->blocks[static_cast<std::size_t>(first_block)]).input
                     : trace->output;
    for (int t = 0; t < from.rows(); ++t) std::memcpy(to.row(t), from.row(t), sizeof(float) * from.cols());
  }
  return trace;
}

std::uint64_t next_run() {
  static std::atomic<std::uint64_t> runs{0};
  return ++runs;
}

namespace {

/// What a pass has made so far: its first `blocks` blocks, as the trace of a shorter pass. With Keep::none it has none.
std::shared_ptr<const Trace> first_blocks(const Trace& trace, int blocks) {
  auto part = std::make_shared<Trace>();
  part->model = trace.model;
  part->pixels = trace.pixels;
  part->settings = trace.settings;
  part->extent = {.last_maps = blocks - 1};
  part->grid = trace.grid;
  part->run = next_run();
  const auto kept = std::min(static_cast<std::size_t>(blocks), trace.blocks.size());
  part->blocks.assign(trace.blocks.begin(), trace.blocks.begin() + static_cast<std::ptrdiff_t>(kept));
  return part;
}

}  // namespace

void Pass::report(int block) const {
  meter.report(static_cast<double>(block - first_block) / (end_block - first_block));
  // Other threads may still be at work in the block before it. What is older is done: they have met this thread at that
  // block's keys.
  const int done = block - 1;
  if (done > first_block && meter.wants_growth()) meter.report_growth(first_blocks(trace, done));
}

Pass::Pass(Trace& trace_, PassBuffers& buffers_, Meter& meter_, int first_block_, int threads)
    : trace(trace_),
      buffers(buffers_),
      meter(meter_),
      first_block(first_block_),
      end_block(blocks_run(trace_.model->config, trace_.extent)),
      table(trace_.model->patch_embed.table()) {
  const ModelConfig& config = trace.model->config;
  const TokenGrid& grid = trace.grid;
  const int tokens = grid.tokens();
  refresh_position(buffers, trace);
  refresh_terms(buffers, trace);
  for (auto& unkept : buffers.unkept) {
    unkept = trace.blocks.empty() ? new_block_trace(tokens, config.channels, 0, tokens) : nullptr;
  }
  if (trace.settings.kernel == Kernel::reference) return;
  reshape(buffers.patches, grid.rows * grid.cols, config.input_channels * config.patch_px * config.patch_px);
  for (Matrix* m : {&buffers.normed, &buffers.v[0], &buffers.v[1], &buffers.heads, &buffers.middle}) {
    reshape(*m, tokens, config.channels);
  }
  reshape(buffers.hidden, tokens, config.hidden * (config.swiglu ? 2 : 1));
  AttentionRoom room;
  for (int b = first_block; b < end_block; ++b) room = larger(room, room_for(trace.settings.kernel, attention(b)));
  buffers.packed_keys.reserve(room.packed_keys);
  buffers.split.reserve(room.split);
  buffers.scores.reserve(room.scores);
  buffers.tiles.resize(static_cast<std::size_t>(threads));
  for (Buffer& tile : buffers.tiles) tile.reserve(room.tile);
  const bool bf16 = trace.settings.precision == Precision::bf16;
  if (bf16) pack_bf16(*trace.model);
  buffers.pairs.resize(static_cast<std::size_t>(threads));
  for (Buffer& pairs : buffers.pairs) pairs.reserve(std::max(room.pairs, bf16 ? row_pairs(threads) : 0));
  buffers.query_pairs.reserve(room.query_pairs);
  buffers.value_pairs.reserve(room.value_pairs);
}

std::size_t Pass::row_pairs(int threads) const {
  const int rows = (trace.grid.tokens() + threads - 1) / threads;
  return static_cast<std::size_t>(rows) *
         Matrix::padded_stride(pairs_of(longest_rounded_row(trace.model->config, trace.settings)));
}

// The blocks of a trace are constant for everybody but the pass that makes them.
BlockTrace& Pass::kept(int block) const {
  if (trace.blocks.empty()) return *buffers.unkept[static_cast<std::size_t>(block) % 2];
  assert(block >= first_block);
  return const_cast<BlockTrace&>(*trace.blocks[static_cast<std::size_t>(block)]);
}

MatrixSpan Pass::input(int block) const {
  return kept(block).input.span();
}

MatrixSpan Pass::output(int block) const {
  return block + 1 < end_block ? input(block + 1) : trace.output.span();
}

int Pass::tokens_after_keys(int block) const {
  return block + 1 < end_block ? trace.grid.tokens() : output_rows(trace.extent, trace.grid);
}

MatrixSpan Pass::q(int block) const {
  return kept(block).q.span();
}

MatrixSpan Pass::k(int block) const {
  return kept(block).k.span();
}

MatrixSpan Pass::v(int block) const {
  return buffers.v[static_cast<std::size_t>(block) % 2].span();
}

Attention Pass::attention(int block) const {
  const Settings& settings = trace.settings;
  const BlockSettings& own = settings.blocks[static_cast<std::size_t>(block)];
  const BlockWeights& weights = trace.model->blocks[static_cast<std::size_t>(block)];
  BlockTrace& target = kept(block);
  const Rounded rounded = settings.rounded();
  const int window = trace.model->config.window(block);
  const Bf16Kernels* bf16 = window > 0 ? nullptr : bf16_kernels(table);  // a window's products are small
  return {.table = &table,
          .score_pairs = rounded.scores ? bf16 : nullptr,
          .value_pairs = rounded.attn_v ? bf16 : nullptr,
          .tokens = trace.grid.tokens(),
          .queries = tokens_after_keys(block),
          .heads = own.heads,
          .head_dim = trace.model->config.channels / own.heads,
          .whole_rows = whole_rows(trace.model->config, settings, trace.grid.tokens()),
          .settings = &own,
          .q = target.q.view(),
          .k = target.k.view(),
          .v = v(block),
          .out = buffers.heads.span(),
          .term = buffers.terms[static_cast<std::size_t>(block)].get(),
          .grid = trace.grid,
          .window = window,
          .padding = padding_of(*trace.model, block, settings.qkv_bias),
          .mix_scores = weights.mix_scores ? &*weights.mix_scores : nullptr,
          .mix_attention = weights.mix_attention ? &*weights.mix_attention : nullptr,
          .maps = target.map_heads > 0 ? target.maps.get() : nullptr,
          .map_stride = Matrix::padded_stride(trace.model->config.keys_seen(block, trace.grid.tokens())),
          .drop = settings.active_attn_drop(),
          .seed = settings.seed,
          .block = block};
}

void gather_patches(const Pixels& pixels, int patch_px, int pad, Share patches, MatrixSpan y) {
  const int cols = pixels.width / patch_px, channels = y.cols / (patch_px * patch_px);
  const std::size_t plane = static_cast<std::size_t>(pixels.width) * pixels.height;
  for (int p = patches.begin; p < patches.end; ++p) {
    const int left = p % cols * patch_px - pad, top = p / cols * patch_px - pad;
    const int skipped = std::max(-left, 0);  // px of a row that lie beside the picture
    float* out = y.row(p);
    for (int channel = 0; channel < channels; ++channel) {
      for (int row = top; row < top + patch_px; ++row, out += patch_px) {
        std::fill_n(out, row < 0 ? patch_px : skipped, 0.f);
        if (row < 0) continue;
        const float* from = pixels.chw.data() + channel * plane + static_cast<std::size_t>(row) * pixels.width;
        std::memcpy(out + skipped, from + left + skipped, sizeof(float) * static_cast<std::size_t>(patch_px - skipped));
      }
    }
  }
}

std::vector<PoolPart> pool_parts(const Model& model, const TokenGrid& grid, int head) {
  using Pooling = ModelConfig::Pool;
  const PoolPart patches = {grid.prefix, grid.tokens(), 0};
  if (head == 1) return {{1, 2, 0}};  // the distillation token
  switch (model.config.pool) {
    case Pooling::mean_patches:
      return {patches};
    case Pooling::class_and_mean:
      return {{0, 1, 0}, {patches.first, patches.last, model.config.channels}};
    case Pooling::mean_with_distilled:
      if (!model.head_distilled) return {{0, 2, 0}};  // the class token and the distillation token
      break;
    case Pooling::class_token:
      break;
    case Pooling::attention:
      assert(false && "what it pools depends on the tokens");
      break;
  }
  return {{0, 1, 0}};
}

Matrix pooled_means(const Trace& trace, int head) {
  const ModelConfig& config = trace.model->config;
  const Matrix& tokens = config.pool_before_norm ? trace.output : trace.features;
  const std::vector<PoolPart> parts = pool_parts(*trace.model, trace.grid, head);
  Matrix pooled(1, tokens.cols() * static_cast<int>(parts.size()));
  for (const PoolPart& part : parts) {
    float* out = pooled.row(0) + part.column;
    for (int t = part.first; t < part.last; ++t) {
      for (int c = 0; c < tokens.cols(); ++c) out[c] += tokens(t, c);
    }
    for (int c = 0; c < tokens.cols(); ++c) out[c] /= static_cast<float>(part.last - part.first);
  }
  return pooled;
}

Matrix pool_tokens(const Trace& trace, int head, const Matrix* attended) {
  const ModelConfig& config = trace.model->config;
  Matrix pooled = attended != nullptr ? Matrix(attended->view()) : pooled_means(trace, head);
  if (trace.model->fc_norm) {
    const NormWeights& w = *trace.model->fc_norm;
    const std::ptrdiff_t stride = pooled.stride();
    trace.model->patch_embed.table().layer_norm({.x = Matrix(pooled.view()).row(0),
                                                 .x_stride = stride,
                                                 .y = pooled.row(0),
                                                 .y_stride = stride,
                                                 .row_begin = 0,
                                                 .row_end = 1,
                                                 .columns = pooled.cols(),
                                                 .weight = w.weight.data(),
                                                 .bias = w.bias.data(),
                                                 .eps = eps_of(w, config),
                                                 .centred = w.centred});
  }
  return pooled;
}

}  // namespace vit
