// Rounding to bf16, and pairs of such numbers, with the conversions of AVX-512 BF16.
#pragma once

#include <immintrin.h>

#include "engine/kernels/bf16_kernels.h"
#include "engine/kernels/isa/simd.h"

namespace vit {
namespace {

VIT_INLINE __mmask16 first_mask(int count) {
  return static_cast<__mmask16>(count >= kLanes ? 0xffff : (1u << count) - 1);
}

/// The floats at `from` as far as the mask goes, and zeros.
VIT_INLINE __m512 load_masked(const float* from, __mmask16 mask) {
  return _mm512_maskz_loadu_ps(mask, from);
}

/// 16 floats to 16 bf16 numbers, each in the lower half of 32 bits.
VIT_INLINE __m512i rounded(__m512 x) {
  return _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(x));
}

void pair(const float* x, int count, Bf16Pair* y) {
  int i = 0;
  for (; i + 2 * kLanes <= count; i += 2 * kLanes, y += kLanes)
    _mm512_storeu_si512(y, (__m512i)_mm512_cvtne2ps_pbh(_mm512_loadu_ps(x + i + kLanes), _mm512_loadu_ps(x + i)));
  const int left = count - i;
  if (left == 0) return;
  const __m512 first = load_masked(x + i, first_mask(left));
  const __m512 second = left > kLanes ? load_masked(x + i + kLanes, first_mask(left - kLanes)) : _mm512_setzero_ps();
  _mm512_mask_storeu_epi32(y, first_mask(pairs_of(left)), (__m512i)_mm512_cvtne2ps_pbh(second, first));
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
