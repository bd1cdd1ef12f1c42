#include "engine/lab/attention_module.h"

#include <cmath>
#include <cstdint>
#include <string>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/pool.h"
#include "engine/base/quantity.h"
#include "engine/network/attention_paths.h"
#include "engine/network/dropout.h"
#include "engine/network/flash_attention.h"

namespace vit {
namespace {

constexpr std::uint64_t kDropSeed = 1;

/// Numbers from -1 to 1: SplitMix64 (Steele, Lea and Flood 2014).
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : state_(seed) {}
  float next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    return static_cast<float>(static_cast<double>(z >> 11) * 0x1p-52 - 1.0);
  }

 private:
  std::uint64_t state_;
};

const KernelTable& table_for(Kernel kernel) {
  return kernel == Kernel::reference ? reference_kernels() : kernels();
}

/// The reference takes the eager steps.
Kernel path_of(Kernel kernel) {
  return kernel == Kernel::tiled ? Kernel::tiled : Kernel::eager;
}

Attention attention_of(const ModuleSpec& spec, const KernelTable& table) {
  return {.table = &table,
          .tokens = spec.tokens,
          .queries = spec.tokens,
          .heads = spec.heads,
          .head_dim = spec.channels / spec.heads,
          .whole_rows = spec.tokens < kManyTokens,
          .q = {},
          .k = {},
          .v = {},
          .out = {},
          .map_stride = Matrix::padded_stride(spec.tokens),
          .drop = spec.attn_drop,
          .seed = kDropSeed};
}

/// One thread's way through a call. Threads wait for each other only where a query looks at all keys.
class ModuleThread {
 public:
  ModuleThread(const ModuleSpec& spec, const Linear& qkv, const Linear& proj, PassBuffers& buffers, Member& member,
               Meter& meter)
      : spec_(spec),
        qkv_(qkv),
        proj_(proj),
        buffers_(buffers),
        member_(member),
        meter_(meter),
        lane_(meter.lane(member.thread())),
        rows_(member.share(spec.tokens)) {
    lane_.enter_block(0);
    lane_.restart();
  }

  /// y = proj(attention(qkv(x))), all (N, C). Images take turns with two matrices of values, since a slower thread may
  /// still read those of the image before.
  void image(int index, MatrixView x, MatrixSpan q, MatrixSpan k, MatrixSpan y) {
    const MatrixSpan v = buffers_.v[static_cast<std::size_t>(index) % 2].span(), heads = buffers_.heads.span();
    const Part part = {rows_.begin, rows_.end};
    linear(x, qkv_, {.bias = spec_.qkv_bias}, {q, k, v}, part);  // 3 × (N, C)
    done(Op::qkv);
    Attention at = attention_of(spec_, proj_.table());
    at.q = q;
    at.k = k;
    at.v = v;
    at.out = heads;
    at.block = index;
    const auto attend = path_of(spec_.kernel) == Kernel::tiled ? attend_tiled : attend_eager;
    attend(at, buffers_, member_, meter_, lane_);  // (N, C)
    linear(heads, proj_, {}, {y}, part);           // (N, C)
    done(Op::proj);
    if (spec_.proj_drop == 0.f) return;
    for (int t = rows_.begin; t < rows_.end; ++t)
      dropout_row(proj_drop_key(kDropSeed, index, t), spec_.proj_drop, y.row(t), y.row(t), y.cols);
    done(Op::proj_drop);
  }

 private:
  void done(Op op) {
    lane_.lap(op);
    meter_.throw_if_stopped();
  }

  const ModuleSpec& spec_;
  const Linear &qkv_, &proj_;
  PassBuffers& buffers_;
  Member& member_;
  Meter& meter_;
  Meter::Lane& lane_;
  Share rows_;  // tokens
};

AttentionRoom room_of(const ModuleSpec& spec) {
  return room_for(path_of(spec.kernel), attention_of(spec, table_for(spec.kernel)));
}

std::size_t matrix_bytes(int rows, int cols) {
  return static_cast<std::size_t>(rows) * static_cast<std::size_t>(Matrix::padded_stride(cols)) * sizeof(float);
}

void check_size(const char* name, int value, int most) {
  if (value >= 1 && value <= most) return;
  throw Error(std::string(name) + " = " + std::to_string(value) + " cannot be: possible is 1 to " +
              std::to_string(most) + ".");
}

void check_drop(const char* name, float p) {
  if (std::isfinite(p) && p >= 0.f && p < 1.f) return;
  throw Error(std::string(name) + " = " + std::to_string(p) +
              " is no drop probability: it must be at least 0 and below 1.");
}

}  // namespace

std::size_t bytes_needed(const ModuleSpec& spec) {
  const AttentionRoom room = room_of(spec);
  const std::size_t floats =
      room.packed_keys + room.split + room.scores + static_cast<std::size_t>(spec.pass_threads()) * room.tile;
  return floats * sizeof(float) +
         (2 * static_cast<std::size_t>(spec.batch) + 5) * matrix_bytes(spec.tokens, spec.channels) +
         matrix_bytes(4 * spec.channels, spec.channels);
}

void validate(const ModuleSpec& spec) {
  check_size("B", spec.batch, 4096);
  check_size("N", spec.tokens, 65536);
  check_size("C", spec.channels, 16384);
  check_size("threads", spec.threads, 1024);
  if (spec.heads < 1 || spec.channels % spec.heads != 0) {
    std::string list;
    for (const int divisor : divisors(spec.channels)) list += (list.empty() ? "" : ", ") + std::to_string(divisor);
    throw Error(std::to_string(spec.heads) + " heads do not divide C = " + std::to_string(spec.channels) +
                ": possible are " + list + ".");
  }
  check_drop("attn_drop", spec.attn_drop);
  check_drop("proj_drop", spec.proj_drop);
  const std::size_t needed = bytes_needed(spec), available = available_memory();
  if (needed > available)
    throw Error("This module needs " + bytes_text(static_cast<double>(needed)) + " of memory, but " +
                bytes_text(static_cast<double>(available)) +
                " are available: choose fewer tokens, images or heads, or the tiled kernel.");
}

CostTable cost_table(const ModuleSpec& spec) {
  ModelConfig config;
  config.family = "Attention module";
  config.depth = 1;
  config.channels = spec.channels;
  config.num_heads = spec.heads;
  config.hidden = spec.channels;
  config.patch_px = 1;
  config.class_token = false;
  config.qkv_bias = spec.qkv_bias;
  Settings settings = trained_settings(config);
  settings.kernel = spec.kernel;
  settings.threads = spec.threads;
  settings.training = spec.attn_drop > 0.f || spec.proj_drop > 0.f;
  settings.attn_drop = spec.attn_drop;
  settings.proj_drop = spec.proj_drop;
  return CostTable(config, {.prefix = 0, .rows = 1, .cols = spec.tokens}, settings, spec.batch);
}

const ModuleRunner::Weights& ModuleRunner::weights(int channels, const KernelTable& table) {
  std::unique_ptr<const Weights>& kept = weights_[{channels, &table}];
  if (kept) return *kept;
  Draw draw(7);
  // So that the outputs of a projection are as large as its inputs.
  const float size = std::sqrt(3.f / static_cast<float>(channels));
  const auto row = [&](int, float* out) {
    for (int c = 0; c < channels; ++c) out[c] = size * draw.next();
  };
  const auto bias = [&](int count) {
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) value = 0.1f * draw.next();
    return values;
  };
  auto made = std::make_unique<Weights>();
  made->qkv = Linear(3 * channels, channels, 3, row, bias(3 * channels), table);
  made->proj = Linear(channels, channels, 1, row, bias(channels), table);
  kept = std::move(made);
  return *kept;
}

void ModuleRunner::make_room(const ModuleSpec& spec, const KernelTable& table) {
  const auto images = static_cast<std::size_t>(spec.batch);
  const bool fits =
      inputs_.size() == images && inputs_.front().rows() == spec.tokens && inputs_.front().cols() == spec.channels;
  if (!fits) {
    inputs_.clear();
    outputs_.clear();
    Draw draw(11);
    for (std::size_t i = 0; i < images; ++i) {
      Matrix& x = inputs_.emplace_back(spec.tokens, spec.channels);
      for (int t = 0; t < spec.tokens; ++t)
        for (int c = 0; c < spec.channels; ++c) x(t, c) = 1.7f * draw.next();
      outputs_.emplace_back(spec.tokens, spec.channels);
    }
  }
  for (Matrix* m : {&q_, &k_, &buffers_.v[0], &buffers_.v[1], &buffers_.heads}) reshape(*m, spec.tokens, spec.channels);
  const AttentionRoom room = room_for(path_of(spec.kernel), attention_of(spec, table));
  buffers_.packed_keys.reserve(room.packed_keys);
  buffers_.split.reserve(room.split);
  buffers_.scores.reserve(room.scores);
  buffers_.tiles.resize(static_cast<std::size_t>(spec.pass_threads()));
  for (Buffer& tile : buffers_.tiles) tile.reserve(room.tile);
}

Timings ModuleRunner::run(const ModuleSpec& spec, Pool& pool, const std::stop_token& stop) {
  const KernelTable& table = table_for(spec.kernel);
  const Weights& w = weights(spec.channels, table);
  weights_of_last_ = &w;
  make_room(spec, table);
  const int threads = std::min(spec.pass_threads(), pool.threads());
  Meter meter(stop);
  meter.start(1, threads, 0);
  pool.team(threads, [&](Member& member) {
    ModuleThread thread(spec, w.qkv, w.proj, buffers_, member, meter);
    for (int i = 0; i < spec.batch; ++i) {
      const auto at = static_cast<std::size_t>(i);
      thread.image(i, inputs_[at].view(), q_.span(), k_.span(), outputs_[at].span());
    }
  });
  meter.finish();
  return meter.timings();
}

}  // namespace vit
