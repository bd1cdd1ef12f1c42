// GELU with the exact Φ, x·Φ(x): by the error function, and with AVX-512 from a table that stands in registers.
#pragma once

#include "engine/kernels/isa/simd.h"

namespace vit {
namespace {

#if defined(EIGEN_VECTORIZE_AVX512)

/// Φ(x) - ½ for x >= 0: in each of kPieces pieces, whose middles lie kWidth apart, a polynomial in the distance from
/// the middle, measured in widths. The last piece is ½ itself, up to infinity: there is 1.5e-8 left at its beginning.
struct NormalTable {
  static constexpr int kPieces = 32, kDegree = 4;
  static constexpr double kWidth = 1 / 5.5;
  float coefficients[kDegree + 1][kPieces] = {};

  constexpr NormalTable() {
    for (int piece = 0; piece + 1 < kPieces; ++piece) {
      const double x = piece * kWidth, w = kWidth;
      // φ(x) = 1 / (√(2π)·e^(x²/2)), and Φ(x) - ½ = φ(x)·(x + x³/3 + x⁵/(3·5) + …): both series have positive terms.
      double growth = 1, term = 1, sum = x, odd = x;
      for (int n = 1; n < 100; ++n) {
        growth += term *= x * x / 2 / n;
        sum += odd *= x * x / (2 * n + 1);
      }
      const double density = 0.39894228040143267794 / growth;
      // Taylor's series. Its r⁵ is nearly (5/16)·r³ - (5/256)·r for |r| <= ½ (Chebyshev): 5e-9 are left.
      const double fifth = density * (x * x * x * x - 6 * x * x + 3) / 120 * w * w * w * w * w;
      const double terms[] = {density * sum, density * w - fifth * 5 / 256, -density * x / 2 * w * w,
                              density * (x * x - 1) / 6 * w * w * w + fifth * 5 / 16,
                              -density * (x * x * x - 3 * x) / 24 * w * w * w * w};
      for (int n = 0; n <= kDegree; ++n) coefficients[n][piece] = static_cast<float>(terms[n]);
    }
    coefficients[0][kPieces - 1] = 0.5f;
  }
};
constexpr NormalTable kNormal;

/// |error| <= 1e-7·|x|.
VIT_INLINE Packet gelu(Packet x) {
  const Packet size = packet::pabs(x);
  const Packet widths = broadcast(static_cast<float>(1 / NormalTable::kWidth));
  const Packet at = at_most(size, broadcast(static_cast<float>((NormalTable::kPieces - 1) * NormalTable::kWidth)));
  // Adding 1.5·2^23 rounds to an integer, the number of the piece, that then stands in the low bits.
  const Packet magic = broadcast(12582912.f);
  const Packet shifted = multiply_add(at, widths, magic);
  const Packet r = _mm512_fmsub_ps(at, widths, subtract(shifted, magic));
  const auto coefficient = [&](int n) VIT_INLINE_LAMBDA {
    const float* all = kNormal.coefficients[n];
    return _mm512_permutex2var_ps(load(all), _mm512_castps_si512(shifted), load(all + kLanes));
  };
  Packet p = coefficient(NormalTable::kDegree);
  for (int n = NormalTable::kDegree - 1; n >= 0; --n) p = multiply_add(p, r, coefficient(n));
  return multiply_add(size, p, multiply(x, broadcast(0.5f)));  // |x|·(Φ(|x|) - ½) = x·(Φ(x) - ½)
}

#else

VIT_INLINE Packet gelu(Packet x) {
  const Packet half = multiply(x, broadcast(0.5f));
  return multiply_add(half, erf(multiply(x, broadcast(0.70710678f))), half);
}

#endif

}  // namespace
}  // namespace vit
