#include "engine/network/backward.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>

#include "engine/base/error.h"
#include "engine/base/pool.h"
#include "engine/network/attention_paths.h"
#include "engine/network/backward_pass.h"
#include "engine/network/backward_start.h"
#include "engine/network/dropout.h"
#include "engine/network/position.h"
#include "engine/network/transposed.h"

namespace vit {
namespace {

/// One thread's way back. Operators that work on a token alone take this thread's rows, transposed products its
/// columns; between the two the threads wait for each other.
class BackwardThread {
 public:
  BackwardThread(BackwardPass& pass, Member& member)
      : pass_(pass),
        model_(pass.model),
        settings_(pass.trace.settings),
        member_(member),
        lane_(pass.meter.lane(member.thread())),
        rows_(member.share(pass.tokens)) {}

  /// `start`: (N, C) the gradient that start_of() gives.
  void run(const Start& start) {
    lane_.restart();
    const MatrixSpan dx = pass_.dx.span();
    if (start.behind_norm) {
      norm_back(pass_.trace.output.view(), *model_.norm, start.gradient.view(), dx, {}, Op::norm);
    } else {
      for (int t = rows_.begin; t < rows_.end; ++t)
        std::memcpy(dx.row(t), start.gradient.row(t), sizeof(float) * dx.cols);
      lane_.restart();  // no row of the table
    }
    const int last = model_.config.depth - 1, down_to = pass_.hooks.down_to;
    for (int b = last; b >= down_to; --b) {
      if (member_.thread() == 0) pass_.meter.report(static_cast<double>(last - b) / (last - down_to + 1));
      lane_.enter_block(b);
      mlp(b);
      attention(b, b > down_to);
    }
    lane_.enter_block(-1);
  }

 private:
  /// dx, of what leaves the block, becomes that of what leaves its attention branch; what the block did is computed
  /// again on the way: v, the heads' outputs, `middle` and `hidden`.
  void mlp(int b) {
    const BlockWeights& w = pass_.weights(b);
    const MatrixView x = pass_.kept(b).input.view();
    const MatrixSpan dx = pass_.dx.span(), normed = pass_.normed.span(), middle = pass_.middle.span();

    norm(x, w.norm1, normed, Op::norm1);
    values(w.qkv, normed);
    const MatrixView branch = scaled(dx, w.layer_scale2, Op::layer_scale2);
    sync();  // v and branch
    pack_for_attention(pass_, b, member_);
    lane_.lap(Op::scores);
    product(w.fc2, branch, 0, false, pass_.dhidden.span(), Op::fc2);
    sync();  // packed keys and values, and dhidden
    attend_again(pass_, b, rows_, lane_);
    MatrixView heads = pass_.heads.view();
    if (w.attn_norm) heads = norm(heads, *w.attn_norm, normed, Op::attn_norm);
    if (parallel()) {  // the MLP reads what the attention reads
      const MatrixView dhidden = through_activation(w, normed);
      sync();
      product(w.fc1, dhidden, 0, false, pass_.dnormed.span(), Op::fc1);
      return sync();
    }
    project(b, heads, x, middle);
    norm(middle, w.norm2, normed, Op::norm2);
    const MatrixView dhidden = through_activation(w, normed);
    sync();
    product(w.fc1, dhidden, 0, false, pass_.dnormed.span(), Op::fc1);
    sync();
    norm_back(middle, w.norm2, pass_.dnormed.view(), dx, dx, Op::norm2);
  }

  /// dx, of what leaves the attention branch, becomes that of what enters the block, if the pass goes on.
  void attention(int b, bool goes_on) {
    const BlockWeights& w = pass_.weights(b);
    const MatrixView x = pass_.kept(b).input.view();
    const MatrixSpan dx = pass_.dx.span(), dheads = pass_.dheads.span(), dnormed = pass_.dnormed.span();
    const bool to_tokens = goes_on || pass_.hooks.tokens;

    MatrixView branch = scaled(dx, w.layer_scale1, Op::layer_scale1);
    if (const float drop = settings_.active_proj_drop(); drop > 0.f) {
      for (int t = rows_.begin; t < rows_.end; ++t)
        dropout_row(proj_drop_key(settings_.seed, b, t), drop, branch.row(t), pass_.branch.row(t), branch.cols);
      done(Op::proj_drop);
      branch = pass_.branch.view();
    }
    sync();
    product(w.proj, branch, 0, false, dheads, Op::proj);
    sync();
    if (w.attn_norm) norm_back(pass_.heads.view(), *w.attn_norm, dheads, dheads, {}, Op::attn_norm);
    const int d = pass_.head_dim(b);
    for (int head = 0; head < settings_.heads(b); ++head)
      apply_factor(settings_.blocks[static_cast<std::size_t>(b)].factor(head),
                   {dheads.row(rows_.begin) + head * d, rows_.count(), d, dheads.stride});
    if (to_tokens) {
      turn(pass_.kept(b).q.view(), pass_.q_turned.span());
      turn(dheads, pass_.dheads_turned.span());
      done(Op::split);
    }
    sync();
    attend_backward(pass_, b, to_tokens, rows_, member_, lane_);
    if (pass_.hooks.block_done) {
      if (!to_tokens) sync();  // else the threads have just met
      if (member_.thread() == 0) pass_.hooks.block_done(b);
      lane_.restart();
    }
    if (!to_tokens) return;
    if (!pass_.turns_back.empty()) {
      const ModelConfig& config = model_.config;
      const Matrix& back = pass_.turns_back[pass_.turns_back.size() == 1 ? 0 : static_cast<std::size_t>(b)];
      for (const MatrixSpan turned : {pass_.dq.span(), pass_.dk.span()}) {
        rotate(back, config.position.rotary, config.channels / config.num_heads, rows_.begin, rows_.end, turned);
      }
      done(Op::rope);
      sync();
    }
    int group = 0;
    for (const MatrixView part : {pass_.dq.view(), pass_.dk.view(), pass_.dv.view()}) {
      product(w.qkv, part, group, group > 0 || parallel(), dnormed, Op::qkv);
      ++group;
    }
    sync();
    if (pass_.hooks.tokens) {
      norm(x, w.norm1, pass_.normed.span(), Op::norm1);
      sync();
      if (member_.thread() == 0) pass_.hooks.tokens(b, pass_.normed.view(), dnormed);
      sync();
    }
    if (goes_on) norm_back(x, w.norm1, dnormed, dx, dx, Op::norm1);
  }

  /// Then dnormed holds the MLP's part of its gradient before the attention's comes.
  bool parallel() const { return model_.config.order == ModelConfig::Order::parallel; }

  /// v, a third of qkv. (N, C)
  void values(const Linear& qkv, MatrixView x) {
    const KernelTable& table = pass_.table;
    const int channels = pass_.v.cols();
    const bool bias = settings_.qkv_bias && qkv.has_bias();
    table.gemm({.a = x.data,
                .a_stride = x.stride,
                .b = qkv.group_panels(2),
                .panel_stride = static_cast<std::ptrdiff_t>(channels) * table.panel,
                .k_stride = table.panel,
                .depth = channels,
                .columns = channels,
                .row_begin = rows_.begin,
                .row_end = rows_.end,
                .panel_begin = 0,
                .panel_end = panels_of(qkv),
                .c = pass_.v.row(0),
                .c_stride = pass_.v.stride(),
                .bias = bias ? qkv.bias().data() + 2 * static_cast<std::ptrdiff_t>(channels) : nullptr});
    done(Op::qkv);
  }

  /// As in the forward pass: y = x + layer scale·proj(heads), with dropout between. (N, C)
  void project(int b, MatrixView heads, MatrixView x, MatrixSpan y) {
    const BlockWeights& w = pass_.weights(b);
    const float drop = settings_.active_proj_drop();
    const float* scale = w.layer_scale1.empty() ? nullptr : w.layer_scale1.data();
    if (drop == 0.f) return linear(heads, w.proj, {.scale = scale, .residual = x}, y, Op::proj);
    linear(heads, w.proj, {}, y, Op::proj);
    for (int t = rows_.begin; t < rows_.end; ++t) {
      float* row = y.row(t);
      dropout_row(proj_drop_key(settings_.seed, b, t), drop, row, row, y.cols);
      for (int c = 0; c < y.cols; ++c) row[c] = x(t, c) + (scale != nullptr ? scale[c] : 1.f) * row[c];
    }
    done(Op::proj_drop);
  }

  /// fc1 again, and from dhidden to the gradient of what fc1 gives: (N, M), or (N, 2M) with SwiGLU.
  MatrixView through_activation(const BlockWeights& w, MatrixView x) {
    const ModelConfig& config = model_.config;
    const MatrixSpan hidden = pass_.hidden.span(), dhidden = pass_.dhidden.span();
    const int m = config.hidden;
    linear(x, w.fc1, {}, hidden, Op::fc1);
    if (w.mlp_norm) {
      for (int t = rows_.begin; t < rows_.end; ++t) {
        float* a = pass_.activated.row(t);
        if (config.swiglu) {
          pass_.table.swiglu(hidden.row(t), hidden.row(t) + m, a, m);
        } else {
          std::memcpy(a, hidden.row(t), sizeof(float) * static_cast<std::size_t>(m));
          pass_.table.activate(config.activation, a, m);
        }
      }
      done(Op::gelu);
      norm_back(pass_.activated.view(), *w.mlp_norm, dhidden, dhidden, {}, Op::mlp_norm);
    }
    for (int t = rows_.begin; t < rows_.end; ++t) {
      float* u = hidden.row(t);
      if (config.swiglu) {
        pass_.slopes.swiglu(u, u + m, dhidden.row(t), u, u + m, m);
      } else {
        pass_.slopes.activation(config.activation, u, dhidden.row(t), m);
      }
    }
    done(Op::gelu);
    return config.swiglu ? hidden : dhidden;
  }

  MatrixView norm(MatrixView x, const NormWeights& w, MatrixSpan y, Op op) {
    pass_.table.layer_norm({.x = x.data,
                            .x_stride = x.stride,
                            .y = y.data,
                            .y_stride = y.stride,
                            .row_begin = rows_.begin,
                            .row_end = rows_.end,
                            .columns = x.cols,
                            .weight = w.weight.data(),
                            .bias = w.bias.data(),
                            .eps = eps_of(w, model_.config),
                            .centred = w.centred});
    done(op);
    return y;
  }

  /// dx = addend + the gradient of x, y = norm(x)
  void norm_back(MatrixView x, const NormWeights& w, MatrixView dy, MatrixSpan dx, MatrixView addend, Op op) {
    pass_.slopes.layer_norm({.x = x.data,
                             .x_stride = x.stride,
                             .dy = dy.data,
                             .dy_stride = dy.stride,
                             .dx = dx.data,
                             .dx_stride = dx.stride,
                             .addend = addend.data,
                             .addend_stride = addend.stride,
                             .row_begin = rows_.begin,
                             .row_end = rows_.end,
                             .columns = x.cols,
                             .weight = w.weight.data(),
                             .eps = eps_of(w, model_.config),
                             .centred = w.centred});
    done(op);
  }

  /// The gradient of a branch before its layer scale: this thread's rows of pass.branch, or x itself.
  MatrixView scaled(MatrixView x, const std::vector<float>& scale, Op op) {
    if (scale.empty()) return x;
    for (int t = rows_.begin; t < rows_.end; ++t) {
      const float* from = x.row(t);
      float* to = pass_.branch.row(t);
      for (int c = 0; c < x.cols; ++c) to[c] = from[c] * scale[static_cast<std::size_t>(c)];
    }
    done(op);
    return pass_.branch.view();
  }

  /// This thread's tokens become columns.
  void turn(MatrixView x, MatrixSpan to) const {
    for (int c = 0; c < x.cols; ++c) {
      float* row = to.row(c);
      for (int t = rows_.begin; t < rows_.end; ++t) row[t] = x(t, c);
    }
  }

  void linear(MatrixView x, const Linear& layer, const Epilogue& epilogue, MatrixSpan y, Op op) {
    for_parts(layer, panels_of(layer), [&](Share panels) {
      vit::linear(x, layer, epilogue, {y}, {rows_.begin, rows_.end, panels.begin, panels.end});
    });
    done(op);
  }

  void product(const Linear& layer, MatrixView dy, int group, bool add, MatrixSpan dx, Op op) {
    const Share mine = member_.share(transposed_panels(layer));
    float* room = pass_.rooms[static_cast<std::size_t>(member_.thread())].data();
    for_parts(layer, mine.count(), [&](Share panels) {
      linear_transposed(layer,
                        {.dy = dy,
                         .group = group,
                         .add = add,
                         .dx = dx,
                         .panels = {mine.begin + panels.begin, mine.begin + panels.end}},
                        room);
    });
    done(op);
  }

  /// In parts that take a few milliseconds, so that a stop request is heard soon.
  template <typename F>
  void for_parts(const Linear& layer, int panels, F&& f) {
    constexpr double kMacs = 2e8;
    const double panel_macs =
        static_cast<double>(pass_.tokens) * layer.table().panel * std::max(layer.inputs(), layer.outputs());
    const int step = std::max(1, static_cast<int>(kMacs / panel_macs));
    for (int first = 0; first < panels; first += step) {
      pass_.meter.throw_if_stopped();
      f(Share{first, std::min(first + step, panels)});
    }
  }

  void sync() {
    member_.sync();
    lane_.restart();
  }

  void done(Op op) {
    lane_.lap(op);
    pass_.meter.throw_if_stopped();
  }

  BackwardPass& pass_;
  const Model& model_;
  const Settings& settings_;
  Member& member_;
  Meter::Lane& lane_;
  Share rows_;  // tokens
};

}  // namespace

void backward(const Trace& trace, const Target& target, const BackwardHooks& hooks, Meter& meter, Pool& pool) {
  if (const std::string why = refused_backward(trace); !why.empty()) throw Error(why);
  validate(target, trace);
  assert(hooks.down_to >= 0 && hooks.down_to < trace.model->config.depth);
  const int threads = std::min(trace.settings.threads, pool.threads());
  meter.start(trace.model->config.depth, threads, hooks.down_to);
  try {
    meter.throw_if_stopped();
    const Start start = start_of(target, trace);
    BackwardPass pass(trace, hooks, meter, threads);
    pool.team(threads, [&](Member& member) { BackwardThread(pass, member).run(start); });
    meter.report(1.0);
    meter.finish();
  } catch (...) {
    meter.finish();
    throw;
  }
}

}  // namespace vit
