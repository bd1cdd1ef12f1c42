#include "tests/bench/fma_limit.h"

#include <algorithm>
#include <chrono>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace vit {
namespace {

// Chains enough to hide the latency of any processor (4 cycles, 2 or 4 a cycle), few enough for 16 registers.
constexpr int kChains = 12;
constexpr int kSteps = 4000;
// What each chain converges to keeps out of the denormals: x = x·0.5 + 0.5.
constexpr float kHalf = 0.5f;

// The body is the same for every width, but a function's vectors must match its own `target`: hence a macro.
#define HEADLIGHT_CHAINS(Vector, set1, step, lane0)                                           \
  Vector x[kChains];                                                                          \
  const Vector half = set1(kHalf);                                                            \
  for (int i = 0; i < kChains; ++i) x[i] = set1(static_cast<float>(i));                       \
  for (int s = 0; s < kSteps; ++s) {                                                          \
    _Pragma("GCC unroll 12") for (int i = 0; i < kChains; ++i) x[i] = step(x[i], half, half); \
  }                                                                                           \
  float sum = 0;                                                                              \
  for (int i = 0; i < kChains; ++i) sum += lane0(x[i]);                                       \
  return sum;

#if defined(__x86_64__)
#define HEADLIGHT_MULTIPLY_THEN_ADD(a, b, c) _mm_add_ps(_mm_mul_ps(a, b), c)
__attribute__((target("avx512f"), noinline)) float chains_avx512() {
  HEADLIGHT_CHAINS(__m512, _mm512_set1_ps, _mm512_fmadd_ps, _mm512_cvtss_f32)
}
#define HEADLIGHT_ADD_PAIRS(sum, a, b) _mm512_dpbf16_ps(sum, (__m512bh)(a), (__m512bh)(b))
__attribute__((target("avx512f,avx512bf16"), noinline)) float chains_avx512bf16() {
  HEADLIGHT_CHAINS(__m512, _mm512_set1_ps, HEADLIGHT_ADD_PAIRS, _mm512_cvtss_f32)
}
__attribute__((target("avx2,fma"), noinline)) float chains_avx2() {
  HEADLIGHT_CHAINS(__m256, _mm256_set1_ps, _mm256_fmadd_ps, _mm256_cvtss_f32)
}
__attribute__((noinline)) float chains_baseline() {
  HEADLIGHT_CHAINS(__m128, _mm_set1_ps, HEADLIGHT_MULTIPLY_THEN_ADD, _mm_cvtss_f32)
}
#elif defined(__aarch64__)
#define HEADLIGHT_NEON_FMA(a, b, c) vfmaq_f32(c, a, b)
#define HEADLIGHT_NEON_LANE0(a) vgetq_lane_f32(a, 0)
__attribute__((noinline)) float chains_neon() {
  HEADLIGHT_CHAINS(float32x4_t, vdupq_n_f32, HEADLIGHT_NEON_FMA, HEADLIGHT_NEON_LANE0)
}
#endif

double best_gflops(float (*chains)(), int lanes) {
  using Clock = std::chrono::steady_clock;
  double best = 0;
  volatile float sink = 0;
  for (int i = 0; i < 4000; ++i) {
    const Clock::time_point begin = Clock::now();
    sink = sink + chains();
    const double ns = std::chrono::duration<double, std::nano>(Clock::now() - begin).count();
    best = std::max(best, 2.0 * kChains * kSteps * lanes / ns);
  }
  return best;
}

}  // namespace

std::optional<double> fma_limit_gflops(const std::string& instruction_set) {
#if defined(__x86_64__)
  if (instruction_set == "avx512bf16") return best_gflops(chains_avx512bf16, 32);
  if (instruction_set == "avx512") return best_gflops(chains_avx512, 16);
  if (instruction_set == "avx2") return best_gflops(chains_avx2, 8);
  if (instruction_set == "baseline") return best_gflops(chains_baseline, 4);
#elif defined(__aarch64__)
  if (instruction_set == "neon") return best_gflops(chains_neon, 4);
#endif
  return std::nullopt;
}

}  // namespace vit
