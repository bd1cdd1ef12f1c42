// The arithmetic below the forward pass: one table of functions per instruction set, chosen when the program starts.
//
// Every function works on one thread and on the range it is given; threads, times and cancellation live above.
// Sizes are arbitrary (any rows, columns, head dims from 1 to 1024); nothing need be a multiple of a vector.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace vit {

enum class Activation : std::uint8_t {
  none,
  gelu,        // x·Φ(x) with the exact erf: timm, DINO, Hugging Face ViT
  gelu_tanh,   // the tanh approximation
  quick_gelu,  // x·σ(1.702·x): OpenAI CLIP
  relu,        // max(x, 0)
  silu,        // x·σ(x)
};

/// c[r, j] = addend[r, j] + scale[j]·act(Σ_k a[r, k]·b[k, j] + bias[j]) for rows [row_begin, row_end) and the columns
/// of panels [panel_begin, panel_end). A panel is `KernelTable::panel` columns; the last one may hold fewer (`columns`
/// in all). b[k, j] lies at b[(j / panel)·panel_stride + k·k_stride + j % panel]: with panel_stride = depth·panel and
/// k_stride = panel these are packed panels; with panel_stride = panel and k_stride = the row stride it is a plain
/// row-major matrix (which then must be readable up to a whole panel beyond its last column).
/// `addend` may be `c` itself (a residual). Columns beyond `columns` are never written.
struct Gemm {
  const float* a = nullptr;
  std::ptrdiff_t a_stride = 0;
  const float* b = nullptr;
  std::ptrdiff_t panel_stride = 0;
  std::ptrdiff_t k_stride = 0;
  int depth = 0;    // length of the sum
  int columns = 0;  // of c, all panels together
  int row_begin = 0, row_end = 0;
  int panel_begin = 0, panel_end = 0;
  float* c = nullptr;
  std::ptrdiff_t c_stride = 0;
  const float* bias = nullptr;    // (columns) or none
  const float* scale = nullptr;   // (columns) or none: LayerScale
  const float* addend = nullptr;  // (rows, columns) or none
  std::ptrdiff_t addend_stride = 0;
  Activation activation = Activation::none;
  /// For Bf16Kernels::gemm alone: c becomes pairs of bf16 numbers, columns 2j and 2j + 1 of a row in its float j. Then
  /// `addend` must be another matrix.
  bool pairs = false;
};

/// y[r] = (x[r] - mean) / sqrt(variance + eps) · weight + bias, variance over the row, biased as PyTorch's LayerNorm.
/// Not centred it is RMSNorm (Zhang and Sennrich 2019): the mean counts as 0.
struct LayerNorm {
  const float* x = nullptr;
  std::ptrdiff_t x_stride = 0;
  float* y = nullptr;
  std::ptrdiff_t y_stride = 0;
  int row_begin = 0, row_end = 0;
  int columns = 0;
  const float* weight = nullptr;  // (columns)
  const float* bias = nullptr;    // (columns)
  float eps = 1e-6f;
  bool centred = true;
};

/// Softmax over each row of scale·s, in place: rows [row_begin, row_end) of `columns` scores each.
/// Columns up to the next whole vector may be overwritten with zeros (the row's padding).
struct Softmax {
  float* s = nullptr;
  std::ptrdiff_t stride = 0;
  int row_begin = 0, row_end = 0;
  int columns = 0;
  float scale = 1.f;
};

/// One step of a softmax whose rows come in parts (the online softmax of Milakov and Gimelshein 2018): s becomes
/// e^(scale·(s - m)), m being the largest s of the row so far. What was summed with the parts before then counts
/// `factor` times. After the last part, dividing by `sum` makes probabilities of it all. The scale is positive.
/// Columns up to the next whole vector may be overwritten with zeros (the row's padding).
struct SoftmaxPart {
  float* s = nullptr;  // (rows, columns)
  std::ptrdiff_t stride = 0;
  int rows = 0;
  int columns = 0;
  float scale = 1.f;
  float* largest = nullptr;  // (rows) m: -inf before the first part
  float* sum = nullptr;      // (rows) of all e^(scale·(s - m)): 0 before the first part
  float* factor = nullptr;   // (rows) only written: e^(scale·(m before - m now)), 0 at the first part
};

/// The functions of one instruction set.
struct KernelTable {
  const char* name = "";  // "reference", "baseline", "avx2", "avx512", "neon"
  int panel = 1;          // columns of a packed panel
  int row_block = 1;      // rows that the inner tile holds: split work at multiples of it

  /// Packs `count` rows of `depth` floats into panels [ceil(count / panel)][depth][panel], zero beyond `count`: a
  /// weight (out, in) or the keys (tokens, head_dim) of a head become the right-hand side of a product.
  void (*pack)(const float* rows, std::ptrdiff_t stride, int count, int depth, float* panels) = nullptr;
  void (*gemm)(const Gemm&) = nullptr;
  void (*layer_norm)(const LayerNorm&) = nullptr;
  void (*softmax)(const Softmax&) = nullptr;
  void (*softmax_part)(const SoftmaxPart&) = nullptr;
  void (*scale)(float* x, int count, float factor) = nullptr;                        // x *= factor
  void (*activate)(Activation, float* x, int count) = nullptr;                       // in place
  void (*swiglu)(const float* gate, const float* x, float* y, int count) = nullptr;  // y = silu(gate)·x

  /// The most multiply-adds that the instruction set allows: `rounds` steps of chains in registers, nothing from
  /// memory. Returns how many there were. `sink`: 16 floats, a factor, an addend and where the chains begin; they are
  /// overwritten with what depends on all of them.
  double (*peak)(int rounds, float* sink) = nullptr;

  std::size_t packed_floats(int count, int depth) const {
    return static_cast<std::size_t>((count + panel - 1) / panel) * panel * depth;
  }
};

/// Plain loops: what every other table is compared with.
const KernelTable& reference_kernels();

/// The best table that this processor runs, or the one that the environment variable HEADLIGHT_ISA names
/// (throws Error if that is unknown or the processor lacks it). The same answer for the life of the process.
const KernelTable& kernels();

/// Names of the tables that this processor can run, best first.
std::vector<std::string> available_instruction_sets();
/// A table by name, or null where this build or processor has none: for tests and benches.
const KernelTable* kernels_by_name(const std::string& name);

}  // namespace vit
