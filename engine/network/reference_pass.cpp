#include "engine/network/reference_pass.h"

#include <Eigen/Core>
#include <array>
#include <cmath>
#include <unsupported/Eigen/SpecialFunctions>
#include <utility>
#include <vector>

#include "engine/kernels/bf16_kernels.h"
#include "engine/network/axis_positions.h"
#include "engine/network/dropout.h"
#include "engine/network/position.h"
#include "engine/network/relative_bias.h"

namespace vit {
namespace {

using Dense = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Row = Eigen::RowVectorXf;
using View = Eigen::Map<const Dense, 0, Eigen::OuterStride<>>;
using Span = Eigen::Map<Dense, 0, Eigen::OuterStride<>>;

View dense(MatrixView m) {
  return {m.data, m.rows, m.cols, Eigen::OuterStride<>(m.stride)};
}

Span dense(MatrixSpan m) {
  return {m.data, m.rows, m.cols, Eigen::OuterStride<>(m.stride)};
}

Row row(const std::vector<float>& values) {
  return Eigen::Map<const Row>(values.data(), static_cast<Eigen::Index>(values.size()));
}

/// x as bf16 numbers can hold it, where the precision asks for it.
Dense rounded(bool bf16, Dense x) {
  if (bf16) reference_bf16_kernels().round(x.data(), static_cast<int>(x.size()));
  return x;
}

Dense linear(const Dense& x, const Linear& layer, bool bias = true, bool bf16 = false) {
  Dense weight(layer.outputs(), layer.inputs());
  for (int o = 0; o < layer.outputs(); ++o) {
    for (int i = 0; i < layer.inputs(); ++i) weight(o, i) = layer.weight(o, i);
  }
  Dense y = rounded(bf16, x) * rounded(bf16, weight).transpose();
  if (bias && layer.has_bias()) y.rowwise() += row(layer.bias());
  return y;
}

Dense norm(const Dense& x, const NormWeights& w, float eps) {
  if (w.own_eps > 0) eps = w.own_eps;
  const Eigen::VectorXf mean = w.centred ? Eigen::VectorXf(x.rowwise().mean()) : Eigen::VectorXf::Zero(x.rows());
  const Dense centred = x.colwise() - mean;
  const Eigen::ArrayXf deviation = (centred.rowwise().squaredNorm() / static_cast<float>(x.cols())).array() + eps;
  Dense y = centred.array().colwise() / deviation.sqrt();
  y = (y.array().rowwise() * row(w.weight).array()).rowwise() + row(w.bias).array();
  return y;
}

Dense softmax(const Dense& scores) {
  const Dense e = (scores.colwise() - scores.rowwise().maxCoeff()).array().exp();
  return e.array().colwise() / e.rowwise().sum().array();
}

Dense activate(const Dense& x, Activation activation) {
  const auto a = x.array();
  switch (activation) {
    case Activation::none:
      break;
    case Activation::gelu:
      return 0.5f * a * (1.f + (a * static_cast<float>(M_SQRT1_2)).erf());
    case Activation::gelu_tanh:
      return 0.5f * a * (1.f + (static_cast<float>(M_2_SQRTPI * M_SQRT1_2) * (a + 0.044715f * a.cube())).tanh());
    case Activation::quick_gelu:
      return a / (1.f + (-1.702f * a).exp());
    case Activation::relu:
      return a.max(0.f);
    case Activation::silu:
      return a / (1.f + (-a).exp());
  }
  return x;
}

class ReferencePass {
 public:
  ReferencePass(const Pass& pass, const Watch& watch)
      : pass_(pass),
        model_(*pass.trace.model),
        settings_(pass.trace.settings),
        rounded_(pass.trace.settings.rounded()),
        lane_(pass.meter.lane(0)),
        watch_(watch) {}

  void run() {
    const int first = pass_.first_block, end = pass_.end_block;
    lane_.restart();
    if (first == 0) dense(pass_.input(0)) = embed();
    for (int b = first; b < end; ++b) {
      pass_.report(b);
      lane_.enter_block(b);
      block_ = b;
      // The whole block, whatever the extent: what the shorter ways are compared with.
      const Dense y = block(b, dense(MatrixView(pass_.input(b))));
      if (const MatrixSpan output = pass_.output(b); output.rows > 0) dense(output) = y.topRows(output.rows);
    }
    lane_.enter_block(-1);
    block_ = -1;
    if (pass_.trace.extent.last_maps >= 0) return;
    classify(dense(pass_.trace.output.view()));
  }

 private:
  Dense embed() {
    const TokenGrid& grid = pass_.trace.grid;
    Matrix patches(grid.rows * grid.cols, model_.patch_embed.inputs());
    gather_patches(*pass_.trace.pixels, model_.config.patch_px, model_.config.patch_pad, {0, patches.rows()},
                   patches.span());
    Dense x(grid.tokens(), model_.config.channels);
    Dense pixels = dense(patches.view());
    if (model_.patch_norm) {
      pixels = norm(pixels, *model_.patch_norm, model_.config.eps);
      done(Op::patch_norm, pixels);
    }
    x.bottomRows(patches.rows()) = linear(pixels, model_.patch_embed, true, rounded_.patch_embed);
    done(Op::patch_embed, x.bottomRows(patches.rows()));
    if (model_.embed_norm) {
      x.bottomRows(patches.rows()) = norm(x.bottomRows(patches.rows()), *model_.embed_norm, model_.config.eps);
      done(Op::embed_norm, x.bottomRows(patches.rows()));
    }
    if (grid.prefix > 0) x.topRows(grid.prefix) = dense(model_.prefix.view());
    if (!pass_.buffers.position.empty()) x += dense(pass_.buffers.position.view());
    done(Op::position, x);
    if (model_.norm_pre) x = norm(x, *model_.norm_pre, model_.config.eps);
    if (model_.norm_pre) done(Op::norm_pre, x);
    return x;
  }

  Dense block(int b, const Dense& x) {
    using Order = ModelConfig::Order;
    const BlockWeights& w = model_.blocks[static_cast<std::size_t>(b)];
    const bool behind = model_.config.order == Order::post_norm;
    Dense before = x;  // what both branches read where they are parallel
    if (!behind) {
      before = norm(x, w.norm1, model_.config.eps);
      done(Op::norm1, before);
    }
    Dense y = attention(b, before);
    if (w.attn_norm) {
      y = norm(y, *w.attn_norm, model_.config.eps);
      done(Op::attn_norm, y);
    }
    y = linear(y, w.proj, true, rounded_.proj);
    done(Op::proj, y);
    if (const float p = settings_.active_proj_drop(); p > 0.f) {
      for (int t = 0; t < y.rows(); ++t) {
        drop_row(y, t, p, proj_drop_key(settings_.seed, b, t));
      }
      done(Op::proj_drop, y);
    }
    if (behind) {
      y = norm(y, w.norm1, model_.config.eps);
      done(Op::norm1, y);
    }
    y = scaled(y, w.layer_scale1);
    made(Op::layer_scale1, y);
    const Dense middle = x + y;
    done(Op::residual1, middle);
    y = behind ? middle : before;
    if (model_.config.order == Order::pre_norm) {
      y = norm(middle, w.norm2, model_.config.eps);
      done(Op::norm2, y);
    }
    y = linear(y, w.fc1, true, rounded_.fc1);
    done(Op::fc1, y);
    if (model_.config.swiglu) {
      const auto gate = y.leftCols(y.cols() / 2).array();
      y = Dense(gate / (1.f + (-gate).exp()) * y.rightCols(y.cols() / 2).array());
    } else {
      y = activate(y, model_.config.activation);
    }
    done(Op::gelu, y);
    if (w.mlp_norm) {
      y = norm(y, *w.mlp_norm, model_.config.eps);
      done(Op::mlp_norm, y);
    }
    y = linear(y, w.fc2, true, rounded_.fc2);
    done(Op::fc2, y);
    if (behind) {
      y = norm(y, w.norm2, model_.config.eps);
      done(Op::norm2, y);
    }
    y = scaled(y, w.layer_scale2);
    made(Op::layer_scale2, y);
    y += middle;
    done(Op::residual2, y);
    if (const auto& again = pass_.buffers.mid_positions; static_cast<std::size_t>(b) < again.size()) {
      y += dense(again[static_cast<std::size_t>(b)].view());
      lane_.enter_block(-1);
      done(Op::mid_position, y);
    }
    return y;
  }

  /// softmax(q·kᵀ·scale)·v of every head, side by side; the projection follows. (N, C)
  Dense attention(int b, const Dense& x) {
    const Attention at = pass_.attention(b);
    Dense qkv = linear(x, model_.blocks[static_cast<std::size_t>(b)].qkv, settings_.qkv_bias, rounded_.qkv);  // (N, 3C)
    const int channels = at.channels();
    done(Op::qkv, qkv);
    if (const BlockWeights& w = model_.blocks[static_cast<std::size_t>(b)]; w.q_norm) {
      for (int head = 0; head < at.heads; ++head) {
        auto q = qkv.middleCols(head * at.head_dim, at.head_dim);
        auto k = qkv.middleCols(channels + head * at.head_dim, at.head_dim);
        q = norm(q, *w.q_norm, model_.config.eps);
        k = norm(k, *w.k_norm, model_.config.eps);
      }
      done(Op::qk_norm, qkv);
    }
    if (!pass_.buffers.rotations.empty()) {
      for (const int column : {0, channels}) {
        const MatrixSpan part{qkv.data() + column, at.tokens, channels, qkv.cols()};
        rotate(pass_.buffers.rotation_of(b), model_.config.position.rotary, channels / model_.config.num_heads, 0,
               at.tokens, part);
      }
      done(Op::rope, qkv);
    }
    dense(pass_.q(b)) = qkv.leftCols(channels);
    dense(pass_.k(b)) = qkv.middleCols(channels, channels);
    if (at.window > 0) return window_attention(b, at, qkv);
    qkv.rightCols(channels) = rounded(rounded_.attn_v, qkv.rightCols(channels));
    if (rounded_.scores) {
      auto keys = qkv.middleCols(channels, channels);
      keys = keys.rowwise() - Row(keys.colwise().mean());  // as bf16_scores.h says
      qkv.leftCols(2 * channels) = rounded(true, qkv.leftCols(2 * channels));
    }
    if (at.mix_scores != nullptr) return talking_attention(b, at, qkv);
    Dense y(at.tokens, channels);
    const bool biased = model_.config.relative_bias != ModelConfig::RelativeBias::none;
    const Matrix ways = biased ? relative_ways(model_, pass_.trace.grid, b) : Matrix();
    for (int head = 0; head < at.heads; ++head) {
      const int column = head * at.head_dim;
      const Dense q = qkv.middleCols(column, at.head_dim);
      const Dense k = qkv.middleCols(channels + column, at.head_dim);
      const Dense v = qkv.middleCols(2 * channels + column, at.head_dim);
      head_ = head;
      done(Op::split, q);
      Dense p = q * k.transpose();  // (N, N)
      done(Op::scores, p);
      p *= at.scale();
      done(Op::scale, p);
      if (biased) {
        p += relative_bias(ways, head, at.head_dim);
        done(Op::relative_bias, p);
      }
      if (model_.config.axis_positions) {
        p += axis_positions(b, pass_.trace.grid, dense(MatrixView(pass_.q(b))).middleCols(column, at.head_dim));
        done(Op::relative_bias, p);
      }
      p = softmax(p);
      done(Op::softmax, p);
      if (at.maps != nullptr) {
        float* map = at.maps + static_cast<std::ptrdiff_t>(head) * at.tokens * at.map_stride;
        dense(MatrixSpan{map, at.tokens, at.tokens, at.map_stride}) = p;
      }
      if (at.drop > 0.f) {
        for (int query = 0; query < at.tokens; ++query) {
          drop_row(p, query, at.drop, attn_drop_key(at.seed, b, head, query));
        }
        done(Op::attn_drop, p);
      }
      Dense out = rounded(rounded_.attn_v, p) * v;
      const float factor = settings_.blocks[static_cast<std::size_t>(b)].factor(head);
      if (factor == 0.f) out.setZero();
      out *= factor;
      done(Op::attn_v, out);
      y.middleCols(column, at.head_dim) = out;
      done(Op::merge, out);
    }
    head_ = -1;
    return y;
  }

  /// A window of a head at a time, with its padding as rows of their own. (N, C)
  Dense window_attention(int b, const Attention& at, const Dense& qkv) {
    const int channels = at.channels(), side = at.window, places = at.keys();
    Dense y(at.tokens, channels);
    for (int head = 0; head < at.heads; ++head) {
      head_ = head;
      for (int top = 0; top < at.grid.rows; top += side)
        for (int left = 0; left < at.grid.cols; left += side) {
          std::vector<int> tokens;  // of each place, -1: padding
          for (int place = 0; place < places; ++place) {
            const int row = top + place / side, col = left + place % side;
            tokens.push_back(row < at.grid.rows && col < at.grid.cols ? row * at.grid.cols + col : -1);
          }
          const auto part = [&](int group) {
            Dense x = Dense::Zero(places, at.head_dim);
            const int column = group * channels + head * at.head_dim;
            const Linear& layer = model_.blocks[static_cast<std::size_t>(b)].qkv;
            for (int place = 0; place < places; ++place) {
              const int token = tokens[static_cast<std::size_t>(place)];
              if (token >= 0)
                x.row(place) = qkv.row(token).segment(column, at.head_dim);
              else if (settings_.qkv_bias && layer.has_bias())
                x.row(place) = row(layer.bias()).segment(column, at.head_dim);
            }
            return x;
          };
          attend_window(b, at, tokens, {part(0), part(1), part(2)}, y);
        }
    }
    head_ = -1;
    return y;
  }

  /// Of the current head. `tokens`: of each place; `qkv`: queries, keys and values of the places, (places, d).
  void attend_window(int b, const Attention& at, const std::vector<int>& tokens, const std::array<Dense, 3>& qkv,
                     Dense& y) {
    Dense p = qkv[0] * qkv[1].transpose();
    done(Op::scores, p);
    p *= at.scale();
    done(Op::scale, p);
    if (model_.config.axis_positions) {
      p += axis_positions(b, {0, at.window, at.window}, qkv[0]);
      done(Op::relative_bias, p);
    }
    p = softmax(p);
    done(Op::softmax, p);
    for (int place = 0; place < p.rows(); ++place) {
      const int token = tokens[static_cast<std::size_t>(place)];
      if (token < 0) continue;
      const std::ptrdiff_t map = (static_cast<std::ptrdiff_t>(head_) * at.tokens + token) * at.map_stride;
      for (int key = 0; at.maps != nullptr && key < p.cols(); ++key) at.maps[map + key] = p(place, key);
      if (at.drop > 0.f) drop_row(p, place, at.drop, attn_drop_key(at.seed, b, head_, token));
    }
    Dense out = p * qkv[2];
    const float factor = at.factor(head_);
    if (factor == 0.f) out.setZero();
    out *= factor;
    done(Op::attn_v, out);
    for (int place = 0; place < p.rows(); ++place)
      if (const int token = tokens[static_cast<std::size_t>(place)]; token >= 0)
        y.row(token).segment(head_ * at.head_dim, at.head_dim) = out.row(place);
  }

  /// Each query's own product with the rows of both tables for its way from a key. (places, places)
  Dense axis_positions(int b, const TokenGrid& grid, const Dense& q) const {
    const BlockWeights& weights = model_.blocks[static_cast<std::size_t>(b)];
    const Matrix rows = axis_table(weights.row_positions.view(), grid.rows);
    const Matrix columns = axis_table(weights.column_positions.view(), grid.cols);
    Dense term(q.rows(), q.rows());
    for (int query = 0; query < q.rows(); ++query)
      for (int key = 0; key < q.rows(); ++key) {
        const int down = query / grid.cols - key / grid.cols + grid.rows - 1;
        const int right = query % grid.cols - key % grid.cols + grid.cols - 1;
        term(query, key) = q.row(query).dot(dense(rows.view()).row(down) + dense(columns.view()).row(right));
      }
    return term;
  }

  /// All heads at once: their scores are mixed, and their probabilities. (N, C)
  Dense talking_attention(int b, const Attention& at, const Dense& qkv) {
    const int channels = at.channels(), d = at.head_dim;
    std::vector<Dense> p;
    for (int head = 0; head < at.heads; ++head) {
      const Dense q = qkv.middleCols(head * d, d), k = qkv.middleCols(channels + head * d, d);
      p.emplace_back(q * k.transpose() * at.scale());
    }
    done_heads(Op::scores, p);
    p = mixed(p, *at.mix_scores);
    done_heads(Op::mix_scores, p);
    for (int head = 0; head < at.heads; ++head) {
      p[static_cast<std::size_t>(head)] = softmax(p[static_cast<std::size_t>(head)]);
      if (at.maps == nullptr) continue;
      float* map = at.maps + static_cast<std::ptrdiff_t>(head) * at.tokens * at.map_stride;
      dense(MatrixSpan{map, at.tokens, at.tokens, at.map_stride}) = p[static_cast<std::size_t>(head)];
    }
    done_heads(Op::softmax, p);
    p = mixed(p, *at.mix_attention);
    done_heads(Op::mix_attention, p);
    Dense y(at.tokens, channels);
    for (int head = 0; head < at.heads; ++head) {
      Dense& own = p[static_cast<std::size_t>(head)];
      for (int query = 0; at.drop > 0.f && query < at.tokens; ++query)
        drop_row(own, query, at.drop, attn_drop_key(at.seed, b, head, query));
      Dense out = rounded(rounded_.attn_v, own) * qkv.middleCols(2 * channels + head * d, d);
      const float factor = at.factor(head);
      if (factor == 0.f) out.setZero();
      y.middleCols(head * d, d) = out * factor;
    }
    done(Op::attn_v, y);
    return y;
  }

  static std::vector<Dense> mixed(const std::vector<Dense>& heads, const HeadMix& mix) {
    std::vector<Dense> result;
    for (std::size_t out = 0; out < heads.size(); ++out) {
      Dense sum = Dense::Constant(heads[0].rows(), heads[0].cols(), mix.bias[out]);
      for (std::size_t in = 0; in < heads.size(); ++in)
        sum += mix.weight(static_cast<int>(out), static_cast<int>(in)) * heads[in];
      result.push_back(std::move(sum));
    }
    return result;
  }

  /// The mean over a head's channels of what their trained heads have for the way from key to query. (N, N)
  Dense relative_bias(const Matrix& ways, int head, int head_dim) const {
    const TokenGrid& grid = pass_.trace.grid;
    const int trained_dim = model_.config.channels / ways.cols(), last = ways.rows() - 1;
    Dense bias(grid.tokens(), grid.tokens());
    for (int query = 0; query < grid.tokens(); ++query) {
      for (int key = 0; key < grid.tokens(); ++key) {
        const int from = query - grid.prefix, to = key - grid.prefix;  // patches; below 0: the class token
        int way = from < 0 && to < 0 ? last : from < 0 ? last - 2 : last - 1;
        if (from >= 0 && to >= 0) {
          const int down = from / grid.cols - to / grid.cols, right = from % grid.cols - to % grid.cols;
          way = (down + grid.rows - 1) * (2 * grid.cols - 1) + right + grid.cols - 1;
        }
        float sum = 0;
        for (int c = head * head_dim; c < (head + 1) * head_dim; ++c) sum += ways(way, c / trained_dim);
        bias(query, key) = sum / static_cast<float>(head_dim);
      }
    }
    return bias;
  }

  /// What the class blocks make of the class token. (1, C)
  Dense class_token(const Dense& x) const {
    const ModelConfig& config = model_.config;
    const int channels = config.channels, dim = channels / config.num_heads;
    Dense token = row(model_.class_query);
    for (std::size_t i = 0; i < model_.class_blocks.size(); ++i) {
      const ClassBlock& block = model_.class_blocks[i];
      Dense all(1 + x.rows(), channels);
      all << token, x;
      all = norm(all, block.norm1, config.eps);
      const Dense q = linear(all.topRows(1), block.query), kv = linear(all, block.keys_values);
      Dense looked(1, channels);
      for (int head = 0; head < config.num_heads; ++head) {
        const Dense scores = q.middleCols(head * dim, dim) * kv.middleCols(head * dim, dim).transpose();
        const Dense shares = softmax(scores / std::sqrt(static_cast<float>(dim)));
        looked.middleCols(head * dim, dim) = shares * kv.middleCols(channels + head * dim, dim);
        dense(pass_.trace.pool_shares.at(i).span()).row(head) = shares.row(0);
      }
      token += scaled(linear(looked, block.proj), block.scale1);
      const Dense hidden = activate(linear(norm(token, block.norm2, config.eps), block.fc1), config.activation);
      token += scaled(linear(hidden, block.fc2), block.scale2);
    }
    return norm(token, *model_.norm, config.eps);
  }

  /// What the one learned query of an attention pool makes of the tokens. (1, C)
  Dense attended(const Dense& features) const {
    const AttentionPool& pool = *model_.attention_pool;
    const Dense tokens =
        pool.prefix_too ? features : Dense(features.bottomRows(features.rows() - pass_.trace.grid.prefix));
    const Dense kv = linear(tokens, pool.keys_values);  // (N, 2C)
    const auto channels = static_cast<int>(tokens.cols());
    const int dim = channels / pool.heads;
    Dense looked(1, channels);
    for (int head = 0; head < pool.heads; ++head) {
      const Row query = row(pool.query).segment(head * dim, dim) / std::sqrt(static_cast<float>(dim));
      const Dense shares = softmax(Dense(query * kv.middleCols(head * dim, dim).transpose()));
      looked.middleCols(head * dim, dim) = shares * kv.middleCols(channels + head * dim, dim);
      dense(pass_.trace.pool_shares.at(0).span()).row(head) = shares.row(0);
    }
    Dense y = linear(looked, pool.proj);
    if (!pool.fc1) return y;
    const Dense x = pool.norm ? norm(y, *pool.norm, model_.config.eps) : y;
    return y + linear(activate(linear(x, *pool.fc1), pool.activation), *pool.fc2);
  }

  void classify(const Dense& x) {
    Trace& trace = pass_.trace;
    const float eps = model_.config.eps;
    dense(trace.features.span()) = model_.norm ? norm(x, *model_.norm, eps) : x;
    if (model_.norm) done(Op::norm, dense(trace.features.view()));
    lane_.restart();
    if (model_.attention_pool) {
      Dense pooled = attended(dense(trace.features.view()));
      if (model_.fc_norm) pooled = norm(pooled, *model_.fc_norm, eps);
      Eigen::Map<Row>(trace.pooled.data(), pooled.cols()) = pooled.row(0);
      done(Op::pool, pooled);
    }
    if (!model_.class_blocks.empty()) {
      const Dense pooled = class_token(x);
      Eigen::Map<Row>(trace.pooled.data(), pooled.cols()) = pooled.row(0);
      done(Op::pool, pooled);
    }
    if (!model_.head) return;
    const Dense features = model_.config.pool_before_norm ? x : Dense(dense(trace.features.view()));
    const auto logits = [&](const Dense& token, const Linear& head) -> Row {
      return linear(model_.fc_norm && !model_.attention_pool ? norm(token, *model_.fc_norm, eps) : token, head).row(0);
    };
    Dense pooled = features.row(0);
    if (model_.config.pool == ModelConfig::Pool::attention) {
      pooled = Eigen::Map<const Row>(trace.pooled.data(), features.cols());
    } else if (model_.config.pool == ModelConfig::Pool::mean_patches) {
      pooled = features.bottomRows(features.rows() - trace.grid.prefix).colwise().mean();
    } else if (model_.config.pool == ModelConfig::Pool::class_and_mean) {
      const Dense mean = features.bottomRows(features.rows() - trace.grid.prefix).colwise().mean();
      pooled.resize(1, 2 * features.cols());
      pooled << features.row(0), mean;
    } else if (model_.config.pool == ModelConfig::Pool::mean_with_distilled && !model_.head_distilled) {
      pooled = features.topRows(2).colwise().mean();
    }
    if (model_.head_hidden) pooled = activate(linear(pooled, *model_.head_hidden), model_.config.head_activation);
    if (model_.config.head_tanh) pooled = Dense(pooled.array().tanh());
    Row result = logits(pooled, *model_.head);
    if (model_.head_distilled) result = 0.5f * (result + logits(features.row(1), *model_.head_distilled));
    Eigen::Map<Row>(trace.logits.data(), result.size()) = result;
    done(Op::head, result);
  }

  static Dense scaled(const Dense& x, const std::vector<float>& scale) {
    if (scale.empty()) return x;
    return x.array().rowwise() * row(scale).array();
  }

  static void drop_row(Dense& x, int r, float p, const DropKey& key) {
    for (int c = 0; c < x.cols(); ++c) x(r, c) = is_kept(key, p, c) ? x(r, c) / (1.f - p) : 0.f;
  }

  void made(Op op, const Dense& y) {
    if (watch_) watch_(op, block_, head_, {y.data(), static_cast<int>(y.rows()), static_cast<int>(y.cols()), y.cols()});
  }

  void done_heads(Op op, const std::vector<Dense>& heads) {
    for (std::size_t head = 0; head < heads.size(); ++head) {
      head_ = static_cast<int>(head);
      made(op, heads[head]);
    }
    head_ = -1;
    lane_.lap(op);
    pass_.meter.throw_if_stopped();
  }

  void done(Op op, const Dense& y) {
    lane_.lap(op);
    made(op, y);
    pass_.meter.throw_if_stopped();
  }

  const Pass& pass_;
  const Model& model_;
  const Settings& settings_;
  const Rounded rounded_;
  Meter::Lane& lane_;
  const Watch& watch_;
  int block_ = -1, head_ = -1;  // where the pass is, for the watch
};

}  // namespace

void run_reference(const Pass& pass, const Watch& watch) {
  ReferencePass(pass, watch).run();
}

}  // namespace vit
