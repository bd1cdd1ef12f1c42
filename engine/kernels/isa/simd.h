// Vectors of floats as the instruction set of this translation unit has them, on Eigen's packets.
//
// Everything here is compiled once for each instruction set, with `Eigen` renamed by a macro (see
// engine/CMakeLists.txt) and all else in an anonymous namespace, so that no function built for AVX-512 can stand in for
// its namesake on a processor without it. Use no templates of the standard library that might leave a function behind.
#pragma once

#include <Eigen/Core>
// After the core, whose types it needs.
#include <unsupported/Eigen/SpecialFunctions>

#include <cstddef>
#include <cstdint>

#if defined(EIGEN_VECTORIZE_AVX512)
#include <immintrin.h>
#endif

// Packets are Eigen's own business (Eigen::internal) and carry no promise: every name of them that the kernels use is
// in this file, was read in 3.4.0, and is the place to look when another release does not compile.
#if !EIGEN_VERSION_AT_LEAST(3, 4, 0)
#error "The kernels need the packets of Eigen 3.4 or later"
#endif

#if defined(_MSC_VER) && !defined(__clang__)
#define VIT_INLINE __forceinline
#define VIT_INLINE_LAMBDA
#else
#define VIT_INLINE __attribute__((always_inline)) inline
#define VIT_INLINE_LAMBDA __attribute__((always_inline))
#endif

namespace vit {
namespace {

namespace packet = Eigen::internal;

using Packet = packet::packet_traits<float>::type;
using IntPacket = packet::unpacket_traits<Packet>::integer_packet;
constexpr int kLanes = packet::unpacket_traits<Packet>::size;

VIT_INLINE Packet broadcast(float x) {
  return packet::pset1<Packet>(x);
}

VIT_INLINE Packet load(const float* from) {
  return packet::ploadu<Packet>(from);
}

VIT_INLINE void store(float* to, Packet x) {
  packet::pstoreu(to, x);
}

/// Into the level-2 cache: what is far ahead must not drive the current tile out of the nearest one.
VIT_INLINE void prefetch([[maybe_unused]] const float* from) {
#if defined(__GNUC__)
  __builtin_prefetch(from, 0, 2);
#endif
}

VIT_INLINE void prefetch_for_writing([[maybe_unused]] float* to) {
#if defined(__GNUC__)
  __builtin_prefetch(to, 1);
#endif
}

/// Keeps the compiler from computing this pointer from others again and again.
VIT_INLINE void forget_origin([[maybe_unused]] const float*& pointer) {
#if defined(__GNUC__)
  asm("" : "+r"(pointer));
#endif
}

VIT_INLINE Packet add(Packet a, Packet b) {
  return packet::padd(a, b);
}

VIT_INLINE Packet subtract(Packet a, Packet b) {
  return packet::psub(a, b);
}

VIT_INLINE Packet multiply(Packet a, Packet b) {
  return packet::pmul(a, b);
}

VIT_INLINE Packet divide(Packet a, Packet b) {
  return packet::pdiv(a, b);
}

/// a·b + c
VIT_INLINE Packet multiply_add(Packet a, Packet b, Packet c) {
  return packet::pmadd(a, b, c);
}

/// sum + left·right in every lane: the step of a matrix product. In the object for bf16 a lane of `left` and `right`
/// holds a pair of numbers, and both products are added.
#if defined(HEADLIGHT_BF16_PAIRS)
constexpr int kProductsPerLane = 2;
VIT_INLINE Packet accumulate(Packet left, Packet right, Packet sum) {
  return _mm512_dpbf16_ps(sum, (__m512bh)left, (__m512bh)right);
}
#else
constexpr int kProductsPerLane = 1;
VIT_INLINE Packet accumulate(Packet left, Packet right, Packet sum) {
  return multiply_add(left, right, sum);
}
#endif

/// Where x is NaN, so is the result: x86 answers with the operand that Eigen lists first.
VIT_INLINE Packet at_least(Packet x, Packet bound) {
  return packet::pmax(x, bound);
}

VIT_INLINE Packet at_most(Packet x, Packet bound) {
  return packet::pmin(x, bound);
}

VIT_INLINE float sum_of_lanes(Packet x) {
  return packet::predux(x);
}

VIT_INLINE float largest_lane(Packet x) {
  return packet::predux_max(x);
}

/// All bits set in the lanes where a < b.
VIT_INLINE Packet less(Packet a, Packet b) {
  return packet::pcmp_lt(a, b);
}

/// x where the mask is clear, 0 where it is set.
VIT_INLINE Packet zero_where(Packet mask, Packet x) {
  return packet::pandnot(x, mask);
}

VIT_INLINE Packet select(Packet mask, Packet if_set, Packet if_clear) {
  return packet::pselect(mask, if_set, if_clear);
}

/// All bits set in the first `count` lanes.
VIT_INLINE Packet first_lanes(int count) {
  return less(packet::plset<Packet>(0.f), broadcast(static_cast<float>(count)));
}

/// The first `count` floats (fewer than a packet holds) and zeros; reads no other memory.
template <typename P = Packet>
VIT_INLINE P load_first(const float* from, int count) {
  using Traits = packet::unpacket_traits<P>;
  if constexpr (Traits::masked_load_available) {
    return packet::ploadu<P>(from, static_cast<typename Traits::mask_t>((1u << count) - 1));
  } else {
    alignas(64) float lanes[kLanes] = {};
    for (int i = 0; i < count; ++i) lanes[i] = from[i];
    return packet::pload<P>(lanes);
  }
}

/// Writes the first `count` lanes (fewer than a packet holds) and no other memory.
template <typename P = Packet>
VIT_INLINE void store_first(float* to, P x, int count) {
  using Traits = packet::unpacket_traits<P>;
  if constexpr (Traits::masked_store_available) {
    packet::pstoreu(to, x, static_cast<typename Traits::mask_t>((1u << count) - 1));
  } else {
    alignas(64) float lanes[kLanes];
    packet::pstore(lanes, x);
    for (int i = 0; i < count; ++i) to[i] = lanes[i];
  }
}

/// The kLanes × kLanes floats that start at rows[0], rows[1], …: out[k][i] = rows[i][k].
using Square = packet::PacketBlock<Packet, kLanes>;
VIT_INLINE void transpose(Square& block) {
  packet::ptranspose(block);
}

template <int kIndex>
struct Constant {
  static constexpr int value = kIndex;
};
template <int... kIndices, typename F>
VIT_INLINE void unroll_indices(F&& f, std::integer_sequence<int, kIndices...>) {
  (f(Constant<kIndices>{}), ...);
}
/// f(Constant<0>{}), f(Constant<1>{}), …, spelled out: what is indexed by `value` can live in registers.
template <int kCount, typename F>
VIT_INLINE void unroll(F&& f) {
  unroll_indices(f, std::make_integer_sequence<int, kCount>{});
}

// 2^x = 2^n·2^r with an integer n and |r| <= 1/2.

/// 2^r = 1 + r·p(r), where p is a fit of degree 5 with a relative error of 2e-9.
VIT_INLINE Packet exp2_of_rest(Packet r) {
  Packet p = multiply_add(broadcast(1.5353362e-4f), r, broadcast(1.33988739e-3f));
  p = multiply_add(p, r, broadcast(9.61843692e-3f));
  p = multiply_add(p, r, broadcast(5.55033237e-2f));
  p = multiply_add(p, r, broadcast(0.240226477f));
  p = multiply_add(p, r, broadcast(0.693147182f));
  return multiply_add(p, r, broadcast(1.f));
}

/// 2^x for x in [kLowestExponent, kHighestExponent]. NaN stays NaN.
constexpr float kLowestExponent = -126.f;  // 2^x is the smallest normal float
constexpr float kHighestExponent = 127.f;
VIT_INLINE Packet exp2_in_range(Packet x) {
  // Adding 1.5·2^23 rounds to an integer that then stands in the low bits; 127 is the bias of a float's exponent.
  const Packet magic = broadcast(12582912.f + 127.f);
  const Packet shifted = add(x, magic);
  const Packet r = subtract(x, subtract(shifted, magic));  // exact
  const IntPacket exponent = packet::plogical_shift_left<23>(packet::preinterpret<IntPacket>(shifted));
  return multiply(exp2_of_rest(r), packet::preinterpret<Packet>(exponent));
}

/// 2^x for x <= 0 (a rounding error above is fine), exactly 0 where 2^x would be denormal.
VIT_INLINE Packet exp2_nonpositive(Packet x) {
  const Packet lowest = broadcast(kLowestExponent);
#if defined(EIGEN_VECTORIZE_AVX512)
  const Packet n = _mm512_roundscale_ps(x, 0);
  return _mm512_maskz_scalef_ps(_mm512_cmp_ps_mask(x, lowest, _CMP_NLT_UQ), exp2_of_rest(subtract(x, n)), n);
#else
  return zero_where(less(x, lowest), exp2_in_range(at_least(x, lowest)));
#endif
}

constexpr float kLog2E = 1.44269504f;  // e^x = 2^(kLog2E·x)

/// e^-x, kept within what a float can hold.
VIT_INLINE Packet exp_of_negative(Packet x) {
  const Packet exponent = multiply(x, broadcast(-kLog2E));
  return exp2_in_range(at_most(at_least(exponent, broadcast(kLowestExponent)), broadcast(kHighestExponent)));
}

/// 1 / (1 + e^-x), within [6e-39, 1].
VIT_INLINE Packet sigmoid(Packet x) {
  return divide(broadcast(1.f), add(broadcast(1.f), exp_of_negative(x)));
}

VIT_INLINE Packet erf(Packet x) {
  return packet::generic_fast_erf_float(x);
}

}  // namespace
}  // namespace vit
