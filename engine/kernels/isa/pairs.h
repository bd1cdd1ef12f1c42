// Rounding to bf16, and pairs of such numbers, with the conversions of AVX-512 BF16.
#pragma once

#include <immintrin.h>

#include "engine/kernels/bf16_kernels.h"
#include "engine/kernels/isa/simd.h"

namespace vit {
namespace {

/// None where `count` is not positive.
VIT_INLINE __mmask16 first_mask(int count) {
  return static_cast<__mmask16>(count >= kLanes ? 0xffff : count > 0 ? (1u << count) - 1 : 0);
}

/// The floats at `from` as far as the mask goes, and zeros.
VIT_INLINE __m512 load_masked(const float* from, __mmask16 mask) {
  return _mm512_maskz_loadu_ps(mask, from);
}

/// 16 floats to 16 bf16 numbers, each in the lower half of 32 bits.
VIT_INLINE __m512i rounded(__m512 x) {
  return _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(x));
}

/// The first `count` of 16 floats as pairs; behind an odd count stands 0.
VIT_INLINE void store_pairs(Bf16Pair* to, __m512 x, int count) {
  const __m256i pairs = (__m256i)_mm512_cvtneps_pbh(_mm512_maskz_mov_ps(first_mask(count), x));
  _mm256_mask_storeu_epi32(to, static_cast<__mmask8>(first_mask(pairs_of(count))), pairs);
}

/// What `pair` and `pair_less` share: at(i, mask) are the numbers from i on.
template <typename At>
VIT_INLINE void pair_all(int count, Bf16Pair* y, At&& at) {
  constexpr __mmask16 kAll = 0xffff;
  int i = 0;
  for (; i + 2 * kLanes <= count; i += 2 * kLanes, y += kLanes)
    _mm512_storeu_si512(y, (__m512i)_mm512_cvtne2ps_pbh(at(i + kLanes, kAll), at(i, kAll)));
  const int left = count - i;
  if (left == 0) return;
  const __m512 first = at(i, first_mask(left));
  const __m512 second = left > kLanes ? at(i + kLanes, first_mask(left - kLanes)) : _mm512_setzero_ps();
  _mm512_mask_storeu_epi32(y, first_mask(pairs_of(left)), (__m512i)_mm512_cvtne2ps_pbh(second, first));
}

void pair(const float* x, int count, Bf16Pair* y) {
  pair_all(count, y, [x](int i, __mmask16 mask) VIT_INLINE_LAMBDA { return load_masked(x + i, mask); });
}

void pair_less(const float* x, const float* less, int count, Bf16Pair* y) {
  pair_all(count, y, [x, less](int i, __mmask16 mask) VIT_INLINE_LAMBDA {
    return _mm512_sub_ps(load_masked(x + i, mask), load_masked(less + i, mask));
  });
}

void mean(const float* x, std::ptrdiff_t stride, int rows, int count, float* y) {
  constexpr int kTogether = 4;  // vectors, because one would wait for its own sum
  const __m512 divisor = _mm512_set1_ps(static_cast<float>(rows));
  for (int j = 0; j < count; j += kTogether * kLanes) {
    __mmask16 masks[kTogether];
    __m512 sums[kTogether];
    unroll<kTogether>([&](auto v) VIT_INLINE_LAMBDA {
      masks[v.value] = first_mask(count - j - v.value * kLanes);
      sums[v.value] = _mm512_setzero_ps();
    });
    for (int r = 0; r < rows; ++r) {
      const float* row = x + r * stride + j;
      unroll<kTogether>([&](auto v) VIT_INLINE_LAMBDA {
        sums[v.value] = _mm512_add_ps(sums[v.value], load_masked(row + v.value * kLanes, masks[v.value]));
      });
    }
    unroll<kTogether>([&](auto v) VIT_INLINE_LAMBDA {
      _mm512_mask_storeu_ps(y + j + v.value * kLanes, masks[v.value], _mm512_div_ps(sums[v.value], divisor));
    });
  }
}

void pair_rows(const float* upper, const float* lower, int count, Bf16Pair* y) {
  for (int j = 0; j < count; j += kLanes) {
    const __mmask16 mask = first_mask(count - j);
    const __m512i first = rounded(load_masked(upper + j, mask));
    const __m512i second = lower != nullptr ? rounded(load_masked(lower + j, mask)) : _mm512_setzero_si512();
    _mm512_mask_storeu_epi32(y + j, mask, _mm512_or_si512(first, _mm512_slli_epi32(second, 16)));
  }
}

void round(float* x, int count) {
  for (int i = 0; i < count; i += kLanes) {
    const __mmask16 mask = first_mask(count - i);
    _mm512_mask_storeu_epi32(x + i, mask, _mm512_slli_epi32(rounded(load_masked(x + i, mask)), 16));
  }
}

}  // namespace
}  // namespace vit
