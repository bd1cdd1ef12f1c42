// Google Benchmark over every kernel of every instruction set that the processor has:
//   kernels_bench --benchmark_filter='gemm/avx512'
//   kernels_bench --limit   what the processor can multiply and add at most, and nothing else
//   kernels_bench --limit-bf16   the same in products of bf16 numbers
// The counters hold for the best repetition (other programs only ever slow one down): GFLOP/s and the share of the
// processor's limit for products, nanoseconds for the rest.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <limits>
#include <map>
#include <string>
#include <vector>

// Compiled as any user's code would be, without the kernels' flags: what they must beat.
#include <Eigen/Core>

#include "engine/base/matrix.h"
#include "engine/kernels/bf16_kernels.h"
#include "engine/kernels/kernels.h"
#include "tests/bench/fma_limit.h"

namespace vit {
namespace {

double wall_ns() {
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Nanoseconds that this program has computed: work longer than a turn on the processor is interrupted by others on a
/// busy machine, and the wall clock would count them. Too coarse for short work, whose best run is undisturbed anyhow.
double computed_ns() {
#if defined(CLOCK_PROCESS_CPUTIME_ID)
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return 1e9 * static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec);
#else
  return wall_ns();
#endif
}
constexpr double kLongWork = 1e6;  // ns

constexpr int kTokens = 197;
// As many different weights in turn as a network has blocks: none stays in the nearest cache.
constexpr int kWeights = 12;

Matrix numbers(int rows, int cols) {
  Matrix m(rows, cols);
  unsigned state = 1;
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < cols; ++c) {
      state = state * 1664525u + 1013904223u;
      m(r, c) = static_cast<float>(state >> 8) / (1 << 23) - 1.f;
    }
  return m;
}

/// Repeats `work` and returns the nanoseconds of the quickest.
template <typename F>
double best_ns(benchmark::State& state, F&& work) {
  const double first = wall_ns();
  work();
  double (*const clock_ns)() = wall_ns() - first > kLongWork ? computed_ns : wall_ns;
  double best = std::numeric_limits<double>::infinity();
  for (auto _ : state) {
    const double begin = clock_ns();
    work();
    const double ns = clock_ns() - begin;
    state.SetIterationTime(ns * 1e-9);
    best = std::min(best, ns);
  }
  return best;
}

double limit_gflops(const std::string& isa) {
  static std::map<std::string, double> known;
  if (known.count(isa) == 0) known[isa] = fma_limit_gflops(isa).value_or(0.0);
  return known[isa];
}

void report_gflops(benchmark::State& state, const std::string& isa, double flops, double ns) {
  state.counters["GFLOP/s"] = flops / ns;
  if (const double limit = limit_gflops(isa); limit > 0) state.counters["% of limit"] = 100.0 * flops / ns / limit;
}

struct Product {
  const char* name;
  int rows, depth, columns;
  Activation activation = Activation::none;
  bool residual = false;
};

void gemm(benchmark::State& state, const KernelTable& table, Product p) {
  const Matrix x = numbers(p.rows, p.depth), weight = numbers(p.columns, p.depth), bias = numbers(1, p.columns);
  Matrix y(p.rows, p.columns);
  std::vector<AlignedFloats> packed;
  for (int i = 0; i < kWeights; ++i) {
    packed.push_back(allocate_floats(table.packed_floats(p.columns, p.depth)));
    table.pack(weight.row(0), weight.stride(), p.columns, p.depth, packed.back().get());
  }
  Gemm g;
  g.a = x.row(0);
  g.a_stride = x.stride();
  g.panel_stride = static_cast<std::ptrdiff_t>(p.depth) * table.panel;
  g.k_stride = table.panel;
  g.depth = p.depth;
  g.columns = p.columns;
  g.row_end = p.rows;
  g.panel_end = (p.columns + table.panel - 1) / table.panel;
  g.c = y.row(0);
  g.c_stride = y.stride();
  g.bias = bias.row(0);
  g.activation = p.activation;
  if (p.residual) g.addend = y.row(0), g.addend_stride = y.stride();
  int turn = 0;
  const double ns = best_ns(state, [&] {
    g.b = packed[turn++ % kWeights].get();
    table.gemm(g);
  });
  report_gflops(state, table.name, 2.0 * p.rows * p.depth * p.columns, ns);
}

/// Rows of q times all keys, packed: the scores of one head, tile by tile.
void scores(benchmark::State& state, const KernelTable& table, int tokens, int head_dim) {
  const Matrix q = numbers(tokens, head_dim), k = numbers(tokens, head_dim);
  Matrix s(tokens, tokens);
  AlignedFloats packed = allocate_floats(table.packed_floats(tokens, head_dim));
  table.pack(k.row(0), k.stride(), tokens, head_dim, packed.get());
  Gemm g;
  g.a = q.row(0);
  g.a_stride = q.stride();
  g.b = packed.get();
  g.panel_stride = static_cast<std::ptrdiff_t>(head_dim) * table.panel;
  g.k_stride = table.panel;
  g.depth = head_dim;
  g.columns = tokens;
  g.panel_end = (tokens + table.panel - 1) / table.panel;
  g.c = s.row(0);
  g.c_stride = s.stride();
  const double ns = best_ns(state, [&] {
    for (g.row_begin = 0; g.row_begin < tokens; g.row_begin = g.row_end) {
      g.row_end = std::min(tokens, g.row_begin + table.row_block);
      table.gemm(g);
    }
  });
  report_gflops(state, table.name, 2.0 * tokens * tokens * head_dim, ns);
}

/// Rows of the maps times V where it lies in a matrix of 768 columns.
void attn_v(benchmark::State& state, const KernelTable& table, int tokens, int head_dim) {
  const Matrix a = numbers(tokens, tokens), v = numbers(tokens, std::max(768, head_dim));
  Matrix out(tokens, head_dim);
  Gemm g;
  g.a = a.row(0);
  g.a_stride = a.stride();
  g.b = v.row(0);
  g.panel_stride = table.panel;
  g.k_stride = v.stride();
  g.depth = tokens;
  g.columns = head_dim;
  g.panel_end = (head_dim + table.panel - 1) / table.panel;
  g.c = out.row(0);
  g.c_stride = out.stride();
  const double ns = best_ns(state, [&] {
    for (g.row_begin = 0; g.row_begin < tokens; g.row_begin = g.row_end) {
      g.row_end = std::min(tokens, g.row_begin + table.row_block);
      table.gemm(g);
    }
  });
  report_gflops(state, table.name, 2.0 * tokens * tokens * head_dim, ns);
}

void softmax(benchmark::State& state, const KernelTable& table, int columns) {
  const int rows = kTokens;
  const Matrix start = numbers(rows, columns);
  Matrix s(start.view());
  const double ns = best_ns(state, [&] {
    table.softmax({.s = s.row(0), .stride = s.stride(), .row_end = rows, .columns = columns, .scale = 1.f});
  });
  state.counters["ns/row"] = ns / rows;
}

void layer_norm(benchmark::State& state, const KernelTable& table, int columns) {
  const Matrix x = numbers(kTokens, columns), weight = numbers(2, columns);
  Matrix y(kTokens, columns);
  const double ns = best_ns(state, [&] {
    table.layer_norm({.x = x.row(0),
                      .x_stride = x.stride(),
                      .y = y.row(0),
                      .y_stride = y.stride(),
                      .row_end = kTokens,
                      .columns = columns,
                      .weight = weight.row(0),
                      .bias = weight.row(1)});
  });
  state.counters["ns/row"] = ns / kTokens;
}

void activate(benchmark::State& state, const KernelTable& table, Activation activation) {
  const Matrix start = numbers(64, 768);
  Matrix x(64, 768);
  const double ns = best_ns(state, [&] {
    for (int r = 0; r < x.rows(); ++r) {
      std::copy_n(start.row(r), x.cols(), x.row(r));  // or the numbers would shrink to denormals
      table.activate(activation, x.row(r), x.cols());
    }
  });
  state.counters["ns/16 floats"] = ns / x.rows() / x.cols() * 16;
}

void pack(benchmark::State& state, const KernelTable& table, int rows, int depth) {
  const Matrix k = numbers(rows, depth);
  AlignedFloats packed = allocate_floats(table.packed_floats(rows, depth));
  const double ns = best_ns(state, [&] { table.pack(k.row(0), k.stride(), rows, depth, packed.get()); });
  state.counters["ns/16 floats"] = ns / rows / depth * 16;
}

void plain_eigen(benchmark::State& state, int depth, int columns) {
  using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const RowMajor x = RowMajor::Random(kTokens, depth), weight = RowMajor::Random(columns, depth);
  RowMajor y(kTokens, columns);
  const double ns = best_ns(state, [&] { y.noalias() = x * weight.transpose(); });
  report_gflops(state, "baseline", 2.0 * kTokens * depth * columns, ns);
}

constexpr Product kProducts[] = {
    {"64x197", kTokens, 64, kTokens},
    {"192x576", kTokens, 192, 576},
    {"192x192+residual", kTokens, 192, 192, Activation::none, true},
    {"192x768+gelu", kTokens, 192, 768, Activation::gelu},
    {"768x192+residual", kTokens, 768, 192, Activation::none, true},
    {"384x1152", kTokens, 384, 1152},
    {"384x384+residual", kTokens, 384, 384, Activation::none, true},
    {"384x1536+gelu", kTokens, 384, 1536, Activation::gelu},
    {"1536x384+residual", kTokens, 1536, 384, Activation::none, true},
    {"768x2304", kTokens, 768, 2304},
    {"768x768+residual", kTokens, 768, 768, Activation::none, true},
    {"768x3072+gelu", kTokens, 768, 3072, Activation::gelu},
    {"3072x768+residual", kTokens, 3072, 768, Activation::none, true},
    {"99rows.768x2304", 99, 768, 2304},
    {"99rows.192x576", 99, 192, 576},
};

void register_all() {
  const auto add = [](const std::string& name, auto run) {
    benchmark::RegisterBenchmark(name.c_str(), run)->UseManualTime()->Unit(benchmark::kMicrosecond)->MinTime(0.3);
  };
  for (const std::string& isa : available_instruction_sets()) {
    if (isa == "reference") continue;
    const KernelTable& t = *kernels_by_name(isa);
    for (const Product& p : kProducts)
      add("gemm/" + isa + "/" + p.name, [&t, p](benchmark::State& s) { gemm(s, t, p); });
    for (const int head_dim : {1, 4, 12, 32, 64, 192, 768}) {
      const std::string size = std::to_string(kTokens) + "x" + std::to_string(head_dim);
      add("scores/" + isa + "/" + size, [&t, head_dim](benchmark::State& s) { scores(s, t, kTokens, head_dim); });
      add("attn_v/" + isa + "/" + size, [&t, head_dim](benchmark::State& s) { attn_v(s, t, kTokens, head_dim); });
    }
    for (const int columns : {50, 197, 1370})
      add("softmax/" + isa + "/" + std::to_string(columns),
          [&t, columns](benchmark::State& s) { softmax(s, t, columns); });
    for (const int columns : {192, 384, 768})
      add("layer_norm/" + isa + "/" + std::to_string(columns),
          [&t, columns](benchmark::State& s) { layer_norm(s, t, columns); });
    add("gelu/" + isa, [&t](benchmark::State& s) { activate(s, t, Activation::gelu); });
    add("gelu_tanh/" + isa, [&t](benchmark::State& s) { activate(s, t, Activation::gelu_tanh); });
    add("quick_gelu/" + isa, [&t](benchmark::State& s) { activate(s, t, Activation::quick_gelu); });
    add("pack/" + isa + "/197x64", [&t](benchmark::State& s) { pack(s, t, kTokens, 64); });
  }
  for (const auto& [depth, columns] :
       {std::pair(64, kTokens), std::pair(192, 576), std::pair(384, 1536), std::pair(768, 768)})
    add("plain_eigen/" + std::to_string(depth) + "x" + std::to_string(columns),
        [depth = depth, columns = columns](benchmark::State& s) { plain_eigen(s, depth, columns); });
}

/// One line for each instruction set, the one that the engine chooses first.
void print_limits() {
  std::vector<std::string> names = available_instruction_sets();
  std::stable_partition(names.begin(), names.end(), [](const std::string& name) { return name == kernels().name; });
  for (const std::string& name : names) {
    if (const double limit = limit_gflops(name); limit > 0) {
      std::printf("limit of %s, one thread: %.1f GFLOP/s\n", name.c_str(), limit);
    }
  }
}

void print_bf16_limit() {
  if (const Bf16Kernels* bf16 = bf16_kernels(kernels()))
    std::printf("limit of %s, one thread: %.1f GFLOP/s\n", bf16->name, limit_gflops(bf16->name));
}

}  // namespace
}  // namespace vit

int main(int argc, char** argv) {
  if (argc == 2 && std::string(argv[1]) == "--limit") {
    vit::print_limits();
    return 0;
  }
  if (argc == 2 && std::string(argv[1]) == "--limit-bf16") {
    vit::print_bf16_limit();
    return 0;
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  vit::register_all();
  benchmark::RunSpecifiedBenchmarks();
  vit::print_limits();
}
