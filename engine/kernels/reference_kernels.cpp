// The kernels as one would write them on a blackboard: sums in double, no vectors.
#include <algorithm>
#include <cmath>

#include "engine/kernels/kernels.h"

namespace vit {
namespace {

// More than one column, so that the layout of panels is exercised here, too.
constexpr int kPanel = 4;

double activated(Activation activation, double x) {
  switch (activation) {
    case Activation::none:
      break;
    case Activation::gelu:
      return 0.5 * x * (1.0 + std::erf(x / std::sqrt(2.0)));
    case Activation::gelu_tanh: {
      const double kSqrt2OverPi = std::sqrt(2.0 / std::acos(-1.0));
      return 0.5 * x * (1.0 + std::tanh(kSqrt2OverPi * (x + 0.044715 * x * x * x)));
    }
    case Activation::quick_gelu:
      return x / (1.0 + std::exp(-1.702 * x));
    case Activation::relu:
      return std::max(x, 0.0);
    case Activation::silu:
      return x / (1.0 + std::exp(-x));
  }
  return x;
}

void pack(const float* rows, std::ptrdiff_t stride, int count, int depth, float* panels) {
  for (int first = 0; first < count; first += kPanel)
    for (int k = 0; k < depth; ++k)
      for (int j = first; j < first + kPanel; ++j) *panels++ = j < count ? rows[j * stride + k] : 0.f;
}

void gemm(const Gemm& g) {
  const int column_begin = g.panel_begin * kPanel;
  const int column_end = std::min(g.panel_end * kPanel, g.columns);
  for (int r = g.row_begin; r < g.row_end; ++r) {
    const float* a = g.a + r * g.a_stride;
    for (int j = column_begin; j < column_end; ++j) {
      const float* b = g.b + (j / kPanel) * g.panel_stride + j % kPanel;
      double sum = 0;
      for (int k = 0; k < g.depth; ++k) sum += static_cast<double>(a[k]) * b[k * g.k_stride];
      if (g.bias != nullptr) sum += g.bias[j];
      sum = activated(g.activation, sum);
      if (g.scale != nullptr) sum *= g.scale[j];
      if (g.addend != nullptr) sum += g.addend[r * g.addend_stride + j];
      g.c[r * g.c_stride + j] = static_cast<float>(sum);
    }
  }
}

void layer_norm(const LayerNorm& n) {
  for (int r = n.row_begin; r < n.row_end; ++r) {
    const float* x = n.x + r * n.x_stride;
    float* y = n.y + r * n.y_stride;
    double mean = 0, variance = 0;
    for (int j = 0; n.centred && j < n.columns; ++j) mean += x[j];
    mean /= n.columns;
    for (int j = 0; j < n.columns; ++j) variance += (x[j] - mean) * (x[j] - mean);
    variance /= n.columns;
    const double factor = 1.0 / std::sqrt(variance + n.eps);
    for (int j = 0; j < n.columns; ++j) y[j] = static_cast<float>((x[j] - mean) * factor * n.weight[j] + n.bias[j]);
  }
}

void softmax(const Softmax& s) {
  for (int r = s.row_begin; r < s.row_end; ++r) {
    float* row = s.s + r * s.stride;
    double largest = -HUGE_VAL, sum = 0;
    for (int j = 0; j < s.columns; ++j) largest = std::max(largest, static_cast<double>(s.scale) * row[j]);
    for (int j = 0; j < s.columns; ++j) sum += std::exp(static_cast<double>(s.scale) * row[j] - largest);
    for (int j = 0; j < s.columns; ++j)
      row[j] = static_cast<float>(std::exp(static_cast<double>(s.scale) * row[j] - largest) / sum);
  }
}

void scale(float* x, int count, float factor) {
  for (int i = 0; i < count; ++i) x[i] *= factor;
}

void activate(Activation activation, float* x, int count) {
  for (int i = 0; i < count; ++i) x[i] = static_cast<float>(activated(activation, x[i]));
}

void swiglu(const float* gate, const float* x, float* y, int count) {
  for (int i = 0; i < count; ++i) y[i] = static_cast<float>(gate[i] / (1.0 + std::exp(-gate[i])) * x[i]);
}

constexpr KernelTable kTable = {
    .name = "reference",
    .panel = kPanel,
    .row_block = 1,
    .pack = pack,
    .gemm = gemm,
    .layer_norm = layer_norm,
    .softmax = softmax,
    .scale = scale,
    .activate = activate,
    .swiglu = swiglu,
};

}  // namespace

const KernelTable& reference_kernels() {
  return kTable;
}

}  // namespace vit
