#include "engine/kernels/backward_kernels.h"
#include "tests/unit/engine/kernels/kernel_support.h"

namespace vit {
namespace {

class KernelBackward : public EveryKernel {
 protected:
  const BackwardKernels& slopes() const { return backward_kernels(table()); }
};
INSTANTIATE_TEST_SUITE_P(Isa, KernelBackward, KernelBackward::instances(), KernelBackward::name_of);

constexpr Activation kActivations[] = {Activation::none,       Activation::gelu, Activation::gelu_tanh,
                                       Activation::quick_gelu, Activation::relu, Activation::silu};
constexpr int kCounts[] = {1, 3, 4, 7, 15, 16, 17, 33, 64, 197};

std::vector<float> grid(float range, int count) {
  std::vector<float> x(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i)
    x[static_cast<std::size_t>(i)] = range * (2.f * static_cast<float>(i) / static_cast<float>(count - 1) - 1.f);
  return x;
}

TEST(ReferenceBackward, SlopesAreThoseOfDifferences) {
  for (const Activation activation : kActivations) {
    const auto at = [&](double x) {
      float value = static_cast<float>(x);
      reference_kernels().activate(activation, &value, 1);
      return static_cast<double>(value);
    };
    for (const float x : {-6.f, -2.5f, -1.f, -0.3f, 0.2f, 0.7f, 1.5f, 3.f, 8.f}) {
      float slope = 1.f;
      reference_backward_kernels().activation(activation, &x, &slope, 1);
      constexpr double kStep = 1.0 / 64;  // exact in floats
      const double difference =
          (8 * (at(x + kStep) - at(x - kStep)) - (at(x + 2 * kStep) - at(x - 2 * kStep))) / (12 * kStep);
      EXPECT_NEAR(slope, difference, 2e-5) << "activation " << static_cast<int>(activation) << " at " << x;
    }
  }
}

TEST_P(KernelBackward, ActivationsAgreeWithTheReference) {
  for (const Activation activation : kActivations)
    for (const float range : {0.01f, 1.f, 6.f, 12.f, 200.f, 1e6f, 1e30f}) {
      const std::vector<float> x = grid(range, 10007);
      std::vector<float> got(x.size(), -1.5f), expected = got;
      slopes().activation(activation, x.data(), got.data(), static_cast<int>(x.size()));
      reference_backward_kernels().activation(activation, x.data(), expected.data(), static_cast<int>(x.size()));
      float largest = 0, at = 0;
      for (std::size_t i = 0; i < x.size(); ++i)
        if (const float error = std::abs(got[i] - expected[i]); !(error <= largest)) largest = error, at = x[i];
      EXPECT_LE(largest, 1e-6f) << table().name << " activation " << static_cast<int>(activation) << " at " << at;
    }
}

TEST_P(KernelBackward, ActivationsAndSwigluTouchNothingElse) {
  for (const int count : kCounts) {
    const auto n = static_cast<std::size_t>(count);
    const std::vector<float> gate = random_floats(n, -4.f, 4.f), x = random_floats(n), dy = random_floats(n);
    WatchedMatrix one(1, count, count + 20), dgate = one, dx = one, expected_gate = one, expected_x = one;
    one.fill(dy);
    slopes().activation(Activation::gelu, gate.data(), one.data(), count);
    EXPECT_EQ(one.trampled(0, 1, 0, count), 0) << table().name << " " << count;
    slopes().swiglu(gate.data(), x.data(), dy.data(), dgate.data(), dx.data(), count);
    reference_backward_kernels().swiglu(gate.data(), x.data(), dy.data(), expected_gate.data(), expected_x.data(),
                                        count);
    EXPECT_EQ(dgate.trampled(0, 1, 0, count) + dx.trampled(0, 1, 0, count), 0) << table().name << " " << count;
    for (int i = 0; i < count; ++i) {
      EXPECT_NEAR(dgate.at(0, i), expected_gate.at(0, i), 1e-6f) << table().name << " " << i << " of " << count;
      EXPECT_NEAR(dx.at(0, i), expected_x.at(0, i), 1e-6f) << table().name << " " << i << " of " << count;
    }
    // In place, as the backward pass calls it.
    std::vector<float> both_gate = gate, both_x = x;
    slopes().swiglu(both_gate.data(), both_x.data(), dy.data(), both_gate.data(), both_x.data(), count);
    for (int i = 0; i < count; ++i) {
      EXPECT_EQ(both_gate[static_cast<std::size_t>(i)], dgate.at(0, i)) << table().name;
      EXPECT_EQ(both_x[static_cast<std::size_t>(i)], dx.at(0, i)) << table().name;
    }
  }
}

TEST_P(KernelBackward, NormsAgreeWithTheReference) {
  constexpr int kRows = 5;
  for (const bool centred : {true, false})
    for (const bool added : {true, false})
      for (const int columns : kCounts) {
        const std::ptrdiff_t stride = columns + 9;
        const auto floats = static_cast<std::size_t>(kRows) * columns;
        WatchedMatrix x(kRows, columns, stride), dy = x, addend = x, got = x, expected = x;
        x.fill(random_floats(floats, -1.f, 3.f));
        dy.fill(random_floats(floats));
        addend.fill(random_floats(floats));
        const std::vector<float> weight = random_floats(static_cast<std::size_t>(columns), 0.5f, 1.5f);
        LayerNormBackward n{.x = x.data(),
                            .x_stride = stride,
                            .dy = dy.data(),
                            .dy_stride = stride,
                            .dx = got.data(),
                            .dx_stride = stride,
                            .addend = added ? addend.data() : nullptr,
                            .addend_stride = stride,
                            .row_begin = 1,
                            .row_end = 4,
                            .columns = columns,
                            .weight = weight.data(),
                            .eps = 1e-3f,
                            .centred = centred};
        slopes().layer_norm(n);
        EXPECT_EQ(got.trampled(1, 4, 0, columns), 0) << table().name << " " << columns;
        n.dx = expected.data();
        reference_backward_kernels().layer_norm(n);
        for (int r = 1; r < 4; ++r)
          for (int j = 0; j < columns; ++j)
            EXPECT_NEAR(got.at(r, j), expected.at(r, j), 2e-5f * (1 + std::abs(expected.at(r, j))))
                << table().name << " " << columns << " columns, row " << r << ", " << j;
      }
}

TEST_P(KernelBackward, SoftmaxAgreesWithTheReference) {
  constexpr int kRows = 4;
  for (const int columns : kCounts) {
    const std::ptrdiff_t stride = columns + 11;
    const auto floats = static_cast<std::size_t>(kRows) * columns;
    WatchedMatrix p(kRows, columns, stride), got = p, expected = p;
    p.fill(random_floats(floats, 0.f, 2.f / static_cast<float>(columns)));
    const std::vector<float> dp = random_floats(floats);
    got.fill(dp);
    expected.fill(dp);
    SoftmaxBackward s{.p = p.data(),
                      .p_stride = stride,
                      .dp = got.data(),
                      .dp_stride = stride,
                      .row_begin = 1,
                      .row_end = 3,
                      .columns = columns,
                      .scale = 0.125f};
    slopes().softmax(s);
    s.dp = expected.data();
    reference_backward_kernels().softmax(s);
    for (int r = 0; r < kRows; ++r)
      for (int j = 0; j < columns; ++j)
        EXPECT_NEAR(got.at(r, j), expected.at(r, j), 1e-6f) << table().name << " " << columns << " row " << r;
    EXPECT_EQ(got.trampled(0, kRows, 0, columns), 0) << table().name << " " << columns;
  }
}

}  // namespace
}  // namespace vit
