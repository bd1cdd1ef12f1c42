// The kernels as one would write them on a blackboard: sums in double, no vectors.
#include <algorithm>
#include <cmath>

#include "engine/kernels/backward_kernels.h"
#include "engine/kernels/kernels.h"

namespace vit {
namespace {

// More than one column, so that the layout of panels is exercised here, too.
constexpr int kPanel = 4;
static_assert(kPanel % 2 == 0, "no pair of columns is torn apart");

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

void softmax_part(const SoftmaxPart& s) {
  for (int r = 0; r < s.rows; ++r) {
    float* row = s.s + r * s.stride;
    const float before = s.largest[r];
    for (int j = 0; j < s.columns; ++j) s.largest[r] = std::max(s.largest[r], row[j]);
    const auto e = [&](float x) {
      return std::exp(static_cast<double>(s.scale) * (static_cast<double>(x) - s.largest[r]));
    };
    double sum = s.sum[r] * e(before);
    for (int j = 0; j < s.columns; ++j) sum += e(row[j]);
    for (int j = 0; j < s.columns; ++j) row[j] = static_cast<float>(e(row[j]));
    s.factor[r] = static_cast<float>(e(before));
    s.sum[r] = static_cast<float>(sum);
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

double slope(Activation activation, double x) {
  const auto of_sigmoid = [x](double z, double z_slope) {
    const double s = 1.0 / (1.0 + std::exp(-z));
    return s + x * s * (1.0 - s) * z_slope;
  };
  switch (activation) {
    case Activation::none:
      break;
    case Activation::gelu:
      return 0.5 * (1.0 + std::erf(x / std::sqrt(2.0))) + x * std::exp(-x * x / 2) / std::sqrt(2 * std::acos(-1.0));
    case Activation::gelu_tanh: {
      const double kSqrt2OverPi = std::sqrt(2.0 / std::acos(-1.0));
      const double t = std::tanh(kSqrt2OverPi * (x + 0.044715 * x * x * x));
      return 0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * kSqrt2OverPi * (1.0 + 3 * 0.044715 * x * x);
    }
    case Activation::quick_gelu:
      return of_sigmoid(1.702 * x, 1.702);
    case Activation::relu:
      return x > 0.0 ? 1.0 : 0.0;
    case Activation::silu:
      return of_sigmoid(x, 1.0);
  }
  return 1.0;
}

void layer_norm_backward(const LayerNormBackward& n) {
  for (int r = n.row_begin; r < n.row_end; ++r) {
    const float* x = n.x + r * n.x_stride;
    const float* dy = n.dy + r * n.dy_stride;
    float* dx = n.dx + r * n.dx_stride;
    double mean = 0, variance = 0, of_mean = 0, along = 0;
    for (int j = 0; n.centred && j < n.columns; ++j) mean += static_cast<double>(x[j]) / n.columns;
    for (int j = 0; j < n.columns; ++j) variance += (x[j] - mean) * (x[j] - mean) / n.columns;
    const double factor = 1.0 / std::sqrt(variance + n.eps);
    const auto g = [&](int j) { return static_cast<double>(dy[j]) * n.weight[j]; };
    for (int j = 0; n.centred && j < n.columns; ++j) of_mean += g(j) / n.columns;
    for (int j = 0; j < n.columns; ++j) along += g(j) * (x[j] - mean) * factor / n.columns;
    for (int j = 0; j < n.columns; ++j) {
      const double d = (g(j) - of_mean - (x[j] - mean) * factor * along) * factor;
      dx[j] = static_cast<float>(n.addend != nullptr ? n.addend[r * n.addend_stride + j] + d : d);
    }
  }
}

void softmax_backward(const SoftmaxBackward& s) {
  for (int r = s.row_begin; r < s.row_end; ++r) {
    const float* p = s.p + r * s.p_stride;
    float* dp = s.dp + r * s.dp_stride;
    double along = 0;
    for (int j = 0; j < s.columns; ++j) along += static_cast<double>(p[j]) * dp[j];
    for (int j = 0; j < s.columns; ++j)
      dp[j] = static_cast<float>(s.scale * static_cast<double>(p[j]) * (dp[j] - along));
  }
}

void activation_backward(Activation activation, const float* x, float* dy, int count) {
  for (int i = 0; i < count; ++i) dy[i] = static_cast<float>(dy[i] * slope(activation, x[i]));
}

void swiglu_backward(const float* gate, const float* x, const float* dy, float* dgate, float* dx, int count) {
  for (int i = 0; i < count; ++i) {
    const double g = gate[i], up = x[i], d = dy[i];
    dgate[i] = static_cast<float>(d * up * slope(Activation::silu, g));
    dx[i] = static_cast<float>(d * activated(Activation::silu, g));
  }
}

double peak(int rounds, float* sink) {
  constexpr int kChains = 14;
  float x[kChains];
  std::copy_n(sink + 2, kChains, x);
  const float a = sink[0], b = sink[1];
  for (int i = 0; i < rounds; ++i)
    for (float& chain : x) chain = chain * a + b;
  sink[0] = 0;
  for (const float chain : x) sink[0] += chain;
  return static_cast<double>(rounds) * kChains;
}

constexpr BackwardKernels kBackward = {
    .layer_norm = layer_norm_backward,
    .softmax = softmax_backward,
    .activation = activation_backward,
    .swiglu = swiglu_backward,
};

constexpr KernelTable kTable = {
    .name = "reference",
    .panel = kPanel,
    .row_block = 1,
    .pack = pack,
    .gemm = gemm,
    .layer_norm = layer_norm,
    .softmax = softmax,
    .softmax_part = softmax_part,
    .scale = scale,
    .activate = activate,
    .swiglu = swiglu,
    .peak = peak,
};

}  // namespace

const KernelTable& reference_kernels() {
  return kTable;
}

const BackwardKernels& reference_backward_kernels() {
  return kBackward;
}

}  // namespace vit
