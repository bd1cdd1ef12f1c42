#include "engine/network/forward.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>

#include "engine/base/error.h"
#include "engine/base/pool.h"
#include "engine/network/attention_paths.h"
#include "engine/network/attention_pool.h"
#include "engine/network/class_attention.h"
#include "engine/network/dropout.h"
#include "engine/network/pass.h"
#include "engine/network/pass_buffers.h"
#include "engine/network/position.h"
#include "engine/network/reference_pass.h"

namespace vit {
namespace {

/// One thread's way through a pass. Every operator works on this thread's rows, so that threads wait for each other
/// only where a query looks at all keys.
class PassThread {
 public:
  PassThread(Pass& pass, Member& member)
      : pass_(pass),
        buffers_(pass.buffers),
        model_(*pass.trace.model),
        settings_(pass.trace.settings),
        rounded_(pass.trace.settings.rounded()),
        member_(member),
        lane_(pass.meter.lane(member.thread())),
        rows_(member.share(pass.trace.grid.tokens())) {}

  void run() {
    const int first = pass_.first_block, end = pass_.end_block;
    lane_.restart();
    if (first == 0) embed(pass_.input(0));
    for (int b = first; b < end; ++b) {
      if (member_.thread() == 0) pass_.report(b);
      lane_.enter_block(b);
      run_block(b, pass_.input(b), pass_.output(b));
    }
    lane_.enter_block(-1);
    if (pass_.trace.extent.last_maps < 0) classify(pass_.trace.output.view());
  }

 private:
  /// Pixels to tokens. x: (N, C)
  void embed(MatrixSpan x) {
    const int prefix = pass_.trace.grid.prefix;
    const MatrixView position = buffers_.position.view();                    // (N, C), or empty
    const MatrixSpan tokens = model_.norm_pre ? buffers_.middle.span() : x;  // (N, C)
    const Share patches = {std::max(rows_.begin - prefix, 0), std::max(rows_.end - prefix, 0)};

    gather_patches(*pass_.trace.pixels, model_.config.patch_px, model_.config.patch_pad, patches,
                   buffers_.patches.span());  // (N-1, 3·P·P)
    if (model_.patch_norm) {
      const MatrixSpan pixels = buffers_.patches.span();
      norm_rows(pixels, *model_.patch_norm, pixels, patches);
      done(Op::patch_norm);
    }
    const MatrixView later = model_.embed_norm ? MatrixView() : without_first_rows(position, prefix);
    linear_part(rounded_.patch_embed, buffers_.patches.view(), model_.patch_embed, {.residual = later},
                {without_first_rows(tokens, prefix)}, patches);  // (N-1, C)
    if (model_.embed_norm) place_normed(tokens, position, patches);
    for (int t = rows_.begin; t < std::min(rows_.end, prefix); ++t) {
      for (int c = 0; c < x.cols; ++c) tokens.row(t)[c] = model_.prefix(t, c) + (position.data ? position(t, c) : 0.f);
    }
    done(Op::patch_embed);
    if (model_.norm_pre) norm(tokens, *model_.norm_pre, x, Op::norm_pre);  // (N, C)
  }

  /// Patches are normalised before their positions are added.
  void place_normed(MatrixSpan tokens, MatrixView position, Share patches) {
    const int prefix = pass_.trace.grid.prefix;
    done(Op::patch_embed);
    norm_rows(tokens, *model_.embed_norm, tokens, {patches.begin + prefix, patches.end + prefix});
    done(Op::embed_norm);
    for (int t = patches.begin + prefix; position.data != nullptr && t < patches.end + prefix; ++t) {
      for (int c = 0; c < tokens.cols; ++c) tokens.row(t)[c] += position(t, c);
    }
    done(Op::position);
  }

  /// y = x₁ + MLP(norm2(x₁)), x₁ = x + Attention(norm1(x)), or in another order. All (N, C)
  void run_block(int b, MatrixView x, MatrixSpan y) {
    const BlockWeights& w = model_.blocks[static_cast<std::size_t>(b)];
    const bool behind = model_.config.order == ModelConfig::Order::post_norm;
    const bool parallel = model_.config.order == ModelConfig::Order::parallel;
    const Attention attention = pass_.attention(b);
    const MatrixSpan normed = buffers_.normed.span(), heads = buffers_.heads.span(), middle = buffers_.middle.span();
    const MatrixSpan q = pass_.q(b), k = pass_.k(b), v = pass_.v(b);

    if (!behind) norm(x, w.norm1, normed, Op::norm1);                                      // (N, C)
    linear(behind ? x : normed, w.qkv, {.bias = settings_.qkv_bias}, {q, k, v}, Op::qkv);  // 3 × (N, C)
    if (w.q_norm) normalise_heads(w, q, k);                                                // 2 × (N, C)
    turn(b, q, k);
    if (!goes_on(b)) return;
    attend(attention);                                                                                  // (N, C)
    if (w.attn_norm) norm(heads, *w.attn_norm, heads, Op::attn_norm);                                   // (N, C)
    project(b, heads, {.scale = data(w.layer_scale1), .residual = behind ? MatrixView() : x}, middle);  // (N, C)
    if (behind) add_normed(w.norm1, Op::norm1, x, Op::residual1, middle);                               // (N, C)
    if (!behind && !parallel) norm(middle, w.norm2, normed, Op::norm2);                                 // (N, C)
    mlp(w, behind ? middle : normed, {.scale = data(w.layer_scale2), .residual = behind ? MatrixView() : middle},
        y);                                                                // (N, C)
    if (behind) add_normed(w.norm2, Op::norm2, middle, Op::residual2, y);  // (N, C)
    place_again(b, y);                                                     // (N, C)
  }

  /// y = x + norm(y), where norms stand behind the branches.
  void add_normed(const NormWeights& w, Op norm_op, MatrixView x, Op residual_op, MatrixSpan y) {
    norm(y, w, y, norm_op);
    for (int t = rows_.begin; t < rows_.end; ++t) {
      for (int c = 0; c < y.cols; ++c) y.row(t)[c] += x(t, c);
    }
    done(residual_op);
  }

  /// Of every head for itself.
  void normalise_heads(const BlockWeights& w, MatrixSpan q, MatrixSpan k) {
    const int dim = model_.config.channels / model_.config.num_heads;
    for (int column = 0; column < q.cols; column += dim) {
      const MatrixSpan queries = {q.data + column, q.rows, dim, q.stride},
                       keys = {k.data + column, k.rows, dim, k.stride};
      norm_rows(queries, *w.q_norm, queries, rows_);
      norm_rows(keys, *w.k_norm, keys, rows_);
    }
    done(Op::qk_norm);
  }

  /// YOLOS adds positions between its blocks, too.
  void place_again(int b, MatrixSpan y) {
    if (static_cast<std::size_t>(b) >= buffers_.mid_positions.size()) return;
    const Matrix& position = buffers_.mid_positions[static_cast<std::size_t>(b)];
    for (int t = rows_.begin; t < rows_.end; ++t) {
      for (int c = 0; c < y.cols; ++c) y.row(t)[c] += position(t, c);
    }
    lane_.enter_block(-1);
    done(Op::mid_position);
  }

  /// From here on, this thread's rows are its share of the tokens that are asked for: all of them, but for the last
  /// block of a shorter pass.
  bool goes_on(int b) {
    const int tokens = pass_.tokens_after_keys(b);
    rows_ = member_.share(tokens);
    return tokens > 0;
  }

  /// Rotary positions. 2 × (N, C)
  void turn(int b, MatrixSpan q, MatrixSpan k) {
    if (buffers_.rotations.empty()) return;
    const ModelConfig& config = model_.config;
    for (const MatrixSpan x : {q, k}) {
      rotate(buffers_.rotation_of(b), config.position.rotary, config.channels / config.num_heads, rows_.begin,
             rows_.end, x);
    }
    done(Op::rope);
  }

  void attend(const Attention& attention) {
    const auto run = settings_.kernel == Kernel::eager ? attend_eager : attend_tiled;
    run(attention, buffers_, member_, pass_.meter, lane_);
  }

  /// The attention module's projection. Dropout acts before layer scale and residual, so that it cannot be fused.
  void project(int b, MatrixView heads, const Epilogue& epilogue, MatrixSpan y) {
    const Linear& proj = model_.blocks[static_cast<std::size_t>(b)].proj;
    const float drop = settings_.active_proj_drop();
    if (drop == 0.f) return linear(heads, proj, epilogue, {y}, Op::proj);
    linear(heads, proj, {}, {y}, Op::proj);
    for (int t = rows_.begin; t < rows_.end; ++t) {
      dropout_row(proj_drop_key(settings_.seed, b, t), drop, y.row(t), y.row(t), y.cols);
    }
    done(Op::proj_drop);
    if (epilogue.residual.data == nullptr) return;  // a norm comes first
    for (int t = rows_.begin; t < rows_.end; ++t) {
      const float* residual = epilogue.residual.row(t);
      for (int c = 0; c < y.cols; ++c) {
        const float scale = epilogue.scale != nullptr ? epilogue.scale[c] : 1.f;
        y.row(t)[c] = residual[c] + scale * y.row(t)[c];
      }
    }
    done(Op::residual1);
  }

  /// fc1, the activation and fc2. x, y: (N, C)
  void mlp(const BlockWeights& w, MatrixView x, const Epilogue& epilogue, MatrixSpan y) {
    if (pairs_hidden(model_.config, settings_)) return rounded_mlp(w, x, epilogue, y);
    const MatrixSpan hidden = expand(w, x);                           // (N, M)
    if (w.mlp_norm) norm(hidden, *w.mlp_norm, hidden, Op::mlp_norm);  // (N, M)
    linear(hidden, w.fc2, epilogue, {y}, Op::fc2);
  }

  /// Where nothing comes between the activation and fc2, its numbers are rounded as they are made.
  void rounded_mlp(const BlockWeights& w, MatrixView x, const Epilogue& epilogue, MatrixSpan y) {
    const int cols = pairs_of(buffers_.hidden.cols());
    const MatrixSpan hidden = {buffers_.hidden.row(0), buffers_.hidden.rows(), cols, Matrix::padded_stride(cols)};
    linear(x, w.fc1, {.activation = model_.config.activation, .pairs = true}, {hidden}, Op::fc1);
    in_parts(w.fc2, rows_, [&](const Part& part) { linear_bf16(hidden, w.fc2, epilogue, {y}, part); });
    done(Op::fc2);
  }

  /// fc1 and the activation. (N, M)
  MatrixSpan expand(const BlockWeights& w, MatrixView x) {
    MatrixSpan hidden = buffers_.hidden.span();
    if (!model_.config.swiglu) {
      linear(x, w.fc1, {.activation = model_.config.activation}, {hidden}, Op::fc1);
      return hidden;
    }
    linear(x, w.fc1, {}, {hidden}, Op::fc1);  // (N, 2M)
    const int m = hidden.cols / 2;
    for (int t = rows_.begin; t < rows_.end; ++t) {
      w.fc1.table().swiglu(hidden.row(t), hidden.row(t) + m, hidden.row(t), m);
    }
    done(Op::gelu);
    return {hidden.data, hidden.rows, m, hidden.stride};
  }

  /// Tokens to logits.
  void classify(MatrixView x) {
    const MatrixSpan features = pass_.trace.features.span();  // (N, C)
    if (model_.norm) {
      norm(x, *model_.norm, features, Op::norm);
    } else {
      for (int t = rows_.begin; t < rows_.end; ++t) std::memcpy(features.row(t), x.row(t), sizeof(float) * x.cols);
      lane_.restart();  // no row of the table
    }
    if (model_.attention_pool) attend_pooled(features);
    if (!model_.class_blocks.empty()) attend_class_token(x);
    if (!model_.head) return;
    member_.sync();  // pooling looks at all tokens
    lane_.restart();
    // Every thread pools for itself (one row), and computes its part of the classes.
    const Share panels = member_.share(panels_of(*model_.head));
    const Part part = {0, 1, panels.begin, panels.end};
    const MatrixSpan logits = {pass_.trace.logits.data(), 1, model_.head->outputs(), model_.head->outputs()};
    vit::linear(head_input().view(), *model_.head, {}, {logits}, part);  // (1, K)
    if (model_.head_distilled) {
      vit::linear(pool_tokens(pass_.trace, 1).view(), *model_.head_distilled, {.residual = logits}, {logits}, part);
      const int panel = model_.head->table().panel;
      for (int c = panels.begin * panel; c < std::min(panels.end * panel, logits.cols); ++c) logits.data[c] *= 0.5f;
    }
    done(Op::head);
  }

  /// Every thread makes keys and values of its tokens, and then the one pooled token for itself. (1, C)
  void attend_pooled(MatrixView features) {
    const AttentionPool& pool = *model_.attention_pool;
    const MatrixSpan keys = buffers_.normed.span(), values = buffers_.heads.span();
    linear_part(false, features, pool.keys_values, {}, {keys, values}, rows_);  // 2 × (N, C)
    lane_.lap(Op::pool);
    member_.sync();  // the query looks at all keys
    lane_.restart();
    const Matrix attended =
        attend_pool(pool, keys, values, pool.prefix_too ? 0 : pass_.trace.grid.prefix, model_.config.eps, shares_of(0));
    pooled_ = pool_tokens(pass_.trace, 0, &attended);
    if (member_.thread() == 0) std::copy_n(pooled_.row(0), pooled_.cols(), pass_.trace.pooled.data());
    done(Op::pool);
  }

  /// CaiT: as with a pool, every thread makes keys and values of its tokens, and the class token for itself. (1, C)
  void attend_class_token(MatrixView x) {
    const MatrixSpan normed = buffers_.normed.span(), keys = buffers_.middle.span(), values = buffers_.heads.span();
    Matrix token(1, x.cols);
    std::copy(model_.class_query.begin(), model_.class_query.end(), token.row(0));
    for (std::size_t i = 0; i < model_.class_blocks.size(); ++i) {
      const ClassBlock& block = model_.class_blocks[i];
      member_.sync();  // nobody reads the keys of the class block before
      lane_.restart();
      norm_rows(x, block.norm1, normed, rows_);
      linear_part(false, normed, block.keys_values, {}, {keys, values}, rows_);  // 2 × (N, C)
      lane_.lap(Op::pool);
      member_.sync();  // the class token looks at all keys
      lane_.restart();
      token = attend_class(block, model_.config, token.view(), keys, values, shares_of(i));
      done(Op::pool);
    }
    pooled_ = Matrix(1, x.cols);
    norm_rows(token.span(), *model_.norm, pooled_.span(), {0, 1});
    if (member_.thread() == 0) std::copy_n(pooled_.row(0), pooled_.cols(), pass_.trace.pooled.data());
    done(Op::pool);
  }

  /// Where a pool's query looks is written down once.
  MatrixSpan shares_of(std::size_t pool) const {
    return member_.thread() == 0 ? pass_.trace.pool_shares.at(pool).span() : MatrixSpan();
  }

  /// The pooled token, through the first of two layers if the head has two. (1, C), (1, 2C) or (1, hidden)
  Matrix head_input() const {
    const bool attended = model_.config.pool == ModelConfig::Pool::attention;
    Matrix pooled = attended ? Matrix(pooled_.view()) : pool_tokens(pass_.trace, 0);
    if (!model_.head_hidden) return pooled;
    Matrix hidden(1, model_.head_hidden->outputs());
    vit::linear(pooled.view(), *model_.head_hidden, {.activation = model_.config.head_activation}, {hidden.span()},
                {0, 1, 0, -1});
    if (model_.config.head_tanh) {
      for (int i = 0; i < hidden.cols(); ++i) hidden(0, i) = std::tanh(hidden(0, i));
    }
    return hidden;
  }

  void norm(MatrixView x, const NormWeights& w, MatrixSpan y, Op op) {
    norm_rows(x, w, y, rows_);
    done(op);
  }

  void norm_rows(MatrixView x, const NormWeights& w, MatrixSpan y, Share rows) {
    pass_.table.layer_norm({.x = x.data,
                            .x_stride = x.stride,
                            .y = y.data,
                            .y_stride = y.stride,
                            .row_begin = rows.begin,
                            .row_end = rows.end,
                            .columns = x.cols,
                            .weight = w.weight.data(),
                            .bias = w.bias.data(),
                            .eps = eps_of(w, model_.config),
                            .centred = w.centred});
  }

  void linear(MatrixView x, const Linear& layer, const Epilogue& epilogue, std::initializer_list<MatrixSpan> y, Op op) {
    linear_part(rounded_.includes(op), x, layer, epilogue, y, rows_);
    done(op);
  }

  void linear_part(bool bf16, MatrixView x, const Linear& layer, const Epilogue& epilogue,
                   std::initializer_list<MatrixSpan> y, Share rows) {
    in_parts(layer, rows, [&](const Part& part) {
      if (bf16)
        linear_bf16(pairs_of_rows(x, {part.row_begin, part.row_end}), layer, epilogue, y, part);
      else
        vit::linear(x, layer, epilogue, y, part);
    });
  }

  /// multiply(part) for parts of the rows that take a few milliseconds, so that a stop request is heard soon.
  template <typename Multiply>
  void in_parts(const Linear& layer, Share rows, Multiply&& multiply) {
    constexpr double kMacs = 2e8;
    constexpr int kFewestRows = 112;  // all weights are read once for each part
    const double row_macs = static_cast<double>(layer.inputs()) * layer.outputs();
    const int most = std::max(kFewestRows, static_cast<int>(kMacs / row_macs));
    for (int parts = (rows.count() + most - 1) / most; parts > 0; --parts) {
      pass_.meter.throw_if_stopped();
      const Part part = {rows.begin, rows.begin + (rows.count() + parts - 1) / parts};
      rows.begin = part.row_end;
      multiply(part);
    }
  }

  /// Rows of x rounded to pairs in this thread's own memory. The view's other rows do not exist.
  MatrixView pairs_of_rows(MatrixView x, Share rows) {
    const int cols = pairs_of(x.cols);
    const std::ptrdiff_t stride = Matrix::padded_stride(cols);
    float* first = buffers_.pairs[static_cast<std::size_t>(member_.thread())].data();
    for (int t = rows.begin; t < rows.end; ++t)
      bf16_kernels(pass_.table)->pair(x.row(t), x.cols, first + (t - rows.begin) * stride);
    return {first - rows.begin * stride, x.rows, cols, stride};
  }

  void done(Op op) {
    lane_.lap(op);
    pass_.meter.throw_if_stopped();
  }

  static const float* data(const std::vector<float>& values) { return values.empty() ? nullptr : values.data(); }

  template <typename View>
  static View without_first_rows(View matrix, int rows) {
    if (matrix.data == nullptr) return matrix;
    return {matrix.row(rows), matrix.rows - rows, matrix.cols, matrix.stride};
  }

  Pass& pass_;
  PassBuffers& buffers_;
  const Model& model_;
  const Settings& settings_;
  const Rounded rounded_;
  Member& member_;
  Meter::Lane& lane_;
  Share rows_;     // tokens
  Matrix pooled_;  // (1, C) what an attention pool makes
};

/// The block to begin with: what comes before it is the same in the previous trace.
int first_block_to_run(const PassInput& input, const TokenGrid& grid, const Trace* previous) {
  if (previous == nullptr || previous->model != input.model || previous->pixels != input.pixels) return 0;
  if (previous->blocks.empty() || input.settings.keep == Keep::none || !(previous->grid == grid)) return 0;
  if (!previous->extent.whole() || !input.extent.whole()) return 0;
  const auto rows = [&](const Settings& settings) { return whole_rows(input.model->config, settings, grid.tokens()); };
  if (rows(previous->settings) != rows(input.settings)) return 0;  // their bits differ
  return first_changed_block(previous->settings, input.settings);
}

/// Buffers of the thread that calls forward(), which is a program's one worker.
PassBuffers& buffers_of_this_thread() {
  thread_local PassBuffers buffers;
  return buffers;
}

}  // namespace

int threads_worth_while(const ModelConfig& config, int tokens) {
  constexpr double kMacs = 2e6;  // of a block, for each thread
  const double n = tokens, c = config.channels, hidden = config.hidden;
  const double block = n * (4 * c * c + (config.swiglu ? 3 : 2) * c * hidden) + 2 * n * n * c;
  return std::max(1, static_cast<int>(std::min(block / kMacs, 1e6)));
}

std::shared_ptr<const Trace> forward(const PassInput& input, Meter& meter, Pool& pool, const Trace* previous) {
  const ModelConfig& config = input.model->config;
  validate(input.settings, config);
  validate(input.extent, config);
  const TokenGrid grid = token_grid(config, input.pixels->width, input.pixels->height);
  const int first = first_block_to_run(input, grid, previous);
  const bool reference = input.settings.kernel == Kernel::reference;
  int threads = std::min(input.settings.pass_threads(), pool.threads());
  if (input.most_threads > 0) threads = std::min(threads, input.most_threads);
  meter.start(config.depth, threads, first);
  try {
    const auto trace = begin_trace(input, grid, first, previous);
    trace->run = next_run();
    Pass pass(*trace, buffers_of_this_thread(), meter, first, threads);
    if (reference) {
      run_reference(pass);
    } else {
      pool.team(threads, [&](Member& member) { PassThread(pass, member).run(); });
    }
    meter.report(1.0);
    meter.finish();
    trace->timings = meter.timings();
    trace->not_finite = first_not_finite(*trace);
    return trace;
  } catch (...) {
    meter.finish();
    throw;
  }
}

TokenGrid token_grid(const ModelConfig& config, int width_px, int height_px) {
  const auto size = [](int width, int height) { return std::to_string(width) + "×" + std::to_string(height); };
  const int patch = config.patch_px;
  if (width_px < patch || height_px < patch || width_px % patch != 0 || height_px % patch != 0) {
    throw Error("The input of " + size(width_px, height_px) + " pixels is no whole number of patches of " +
                std::to_string(patch) + " pixels: choose multiples of " + std::to_string(patch) + ".");
  }
  const TokenGrid grid = {config.prefix_tokens(), height_px / patch, width_px / patch};
  if (!config.position.resampled && (grid.rows != config.grid_height || grid.cols != config.grid_width)) {
    const bool relative = config.relative_bias != ModelConfig::RelativeBias::none;
    throw Error(config.family + " runs at its own size only" +
                (relative ? ", for which its relative positions are made"
                 : config.position.looked_up
                     ? ", because its own code rounds the places of others to stored positions, which is not supported"
                     : "") +
                ": give it " + size(config.grid_width * patch, config.grid_height * patch) + " pixels, not " +
                size(width_px, height_px) + ".");
  }
  return grid;
}

}  // namespace vit
