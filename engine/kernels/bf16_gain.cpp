// How quick products of bf16 numbers are on this processor.
#include <algorithm>
#include <array>
#include <chrono>

#include "engine/kernels/bf16_kernels.h"

namespace vit {
namespace {

/// Products a second in one short burst.
double rate(double (*peak)(int rounds, float* sink)) {
  using Clock = std::chrono::steady_clock;
  constexpr int kRounds = 2000;  // some five microseconds in F32, some forty on AMX's tiles
  std::array<float, 16> sink;
  sink.fill(0.5f);  // numbers stay of an ordinary size
  const auto begin = Clock::now();
  const double products = peak(kRounds, sink.data());
  return products / std::max(std::chrono::duration<double>(Clock::now() - begin).count(), 1e-9);
}

/// In turns, so that both meet the same clock rate and neighbours; the best of each, because whatever else the
/// processor does only slows them.
double measured_gain(const KernelTable& table, const Bf16Kernels& bf16) {
  double exact = 0, rounded = 0;
  for (int burst = 0; burst < 8; ++burst) {
    exact = std::max(exact, rate(table.peak));
    rounded = std::max(rounded, rate(bf16.peak));
  }
  return rounded / exact;
}

}  // namespace

double bf16_gain() {
  const Bf16Kernels* bf16 = bf16_kernels(kernels());
  static const double gain = bf16 != nullptr ? measured_gain(kernels(), *bf16) : 0;
  return gain;
}

}  // namespace vit
