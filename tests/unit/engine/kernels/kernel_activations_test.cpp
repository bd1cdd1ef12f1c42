#include <limits>
#include <string>

#include "tests/unit/engine/kernels/kernel_support.h"

namespace vit {
namespace {

class KernelActivations : public EveryKernel {};
INSTANTIATE_TEST_SUITE_P(Isa, KernelActivations, KernelActivations::instances(), KernelActivations::name_of);

constexpr Activation kActivations[] = {Activation::none,       Activation::gelu, Activation::gelu_tanh,
                                       Activation::quick_gelu, Activation::relu, Activation::silu};

/// -range … range in steps that fall on no special number.
std::vector<float> ramp(float range, int count) {
  std::vector<float> x(count);
  const auto last = static_cast<float>(count - 1);
  for (int i = 0; i < count; ++i) x[i] = range * (2.f * static_cast<float>(i) / last - 1.f);
  return x;
}

TEST_P(KernelActivations, AgreeWithTheReference) {
  for (const Activation activation : kActivations)
    for (const float range : {0.01f, 1.f, 6.f, 12.f, 200.f, 1e4f}) {
      std::vector<float> got = ramp(range, 20011), expected = got;
      const std::vector<float> x = got;
      table().activate(activation, got.data(), static_cast<int>(got.size()));
      reference_kernels().activate(activation, expected.data(), static_cast<int>(expected.size()));
      float largest = 0, at = 0;
      for (std::size_t i = 0; i < x.size(); ++i) {
        // Φ(x) is held to a few ulp of 1, so x·Φ(x) to a few ulp of x: what a float implementation of erf gives.
        const float error = std::abs(got[i] - expected[i]) / std::max(std::abs(x[i]), 1e-20f);
        if (!(error <= largest)) largest = error, at = x[i];
      }
      EXPECT_LE(largest, 2.5e-7f) << table().name << " activation " << static_cast<int>(activation) << " at " << at;
    }
}

/// AVX-512's table (isa/gelu.h) is held to what it promises: less than one ulp of x.
TEST_P(KernelActivations, GeluLiesNearTheTruth) {
  const double most = std::string(table().name) == "avx512" ? 1e-7 : 2.5e-7;
  for (const float range : {0.01f, 1.f, 6.f, 12.f, 1e4f}) {
    std::vector<float> got = ramp(range, 20011);
    const std::vector<float> x = got;
    table().activate(Activation::gelu, got.data(), static_cast<int>(got.size()));
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double truth = 0.5 * x[i] * std::erfc(-x[i] / std::sqrt(2.0));
      ASSERT_LE(std::abs(got[i] - truth), most * std::abs(x[i])) << table().name << " at " << x[i];
    }
  }
}

TEST_P(KernelActivations, FarTailsAreZeroAndIdentity) {
  for (const Activation activation :
       {Activation::gelu, Activation::gelu_tanh, Activation::quick_gelu, Activation::silu}) {
    std::vector<float> x = {-1e30f, -1e6f, -100.f, 100.f, 1e6f, 1e12f, 0.f};
    const std::vector<float> expected = {0.f, 0.f, 0.f, 100.f, 1e6f, 1e12f, 0.f};
    table().activate(activation, x.data(), static_cast<int>(x.size()));
    for (std::size_t i = 0; i < x.size(); ++i)
      EXPECT_NEAR(x[i], expected[i], 1e-7f * std::abs(expected[i]) + 1e-6f)
          << table().name << " activation " << static_cast<int>(activation) << " entry " << i;
  }
}

TEST_P(KernelActivations, NotANumberStaysSoAndInfinityIsNotLost) {
  const float infinity = std::numeric_limits<float>::infinity();
  for (const Activation activation : kActivations) {
    std::vector<float> x(40, 1.f);
    x[3] = x[37] = std::numeric_limits<float>::quiet_NaN();
    x[5] = x[39] = infinity;
    table().activate(activation, x.data(), static_cast<int>(x.size()));
    for (const std::size_t i : {std::size_t{3}, std::size_t{37}})
      EXPECT_TRUE(std::isnan(x[i])) << table().name << " activation " << static_cast<int>(activation);
    for (const std::size_t i : {std::size_t{5}, std::size_t{39}})
      EXPECT_EQ(x[i], infinity) << table().name << " activation " << static_cast<int>(activation);
  }
}

TEST_P(KernelActivations, EveryCountTouchesNothingElse) {
  for (int count = 0; count < 70; ++count) {
    const std::vector<float> gate = random_floats(count), other = random_floats(count);
    WatchedMatrix activated(1, count, count + 20), scaled = activated, gated = activated, expected = activated;
    activated.fill(gate);
    scaled.fill(gate);
    table().activate(Activation::gelu, activated.data(), count);
    table().scale(scaled.data(), count, 3.f);
    table().swiglu(gate.data(), other.data(), gated.data(), count);
    reference_kernels().swiglu(gate.data(), other.data(), expected.data(), count);
    EXPECT_EQ(activated.trampled(0, 1, 0, count), 0) << table().name << " " << count;
    EXPECT_EQ(scaled.trampled(0, 1, 0, count), 0) << table().name << " " << count;
    EXPECT_EQ(gated.trampled(0, 1, 0, count), 0) << table().name << " " << count;
    for (int i = 0; i < count; ++i) {
      EXPECT_EQ(scaled.at(0, i), gate[i] * 3.f) << table().name;
      EXPECT_NEAR(gated.at(0, i), expected.at(0, i), 2e-7f) << table().name << " " << i << " of " << count;
    }
  }
}

TEST_P(KernelActivations, SwigluOfLargeGates) {
  const std::vector<float> gate = {-1e4f, -90.f, -20.f, 20.f, 90.f, 1e4f}, x(gate.size(), 2.f);
  std::vector<float> y(gate.size());
  table().swiglu(gate.data(), x.data(), y.data(), static_cast<int>(gate.size()));
  const std::vector<float> expected = {0.f, 0.f, -8.2446e-8f, 40.f, 180.f, 2e4f};
  for (std::size_t i = 0; i < gate.size(); ++i)
    EXPECT_NEAR(y[i], expected[i], 1e-6f * std::abs(expected[i]) + 1e-10f) << table().name << " gate " << gate[i];
}

}  // namespace
}  // namespace vit
