// The most multiply-adds that this instruction set allows: chains in registers, without any memory.
#pragma once

#include "engine/kernels/isa/simd.h"

namespace vit {
namespace {

/// As many chains as hide the latency of a multiply-add and find registers beside the two constants.
constexpr int kPeakChains = 14;

/// The multiply-adds of one instruction, with x as what it waits for.
VIT_INLINE Packet peak_step(Packet x, Packet a, Packet b) {
  if constexpr (kProductsPerLane > 1) return accumulate(a, b, x);
  return multiply_add(x, a, b);
}

/// See KernelTable::peak.
double peak(int rounds, float* sink) {
  const Packet a = broadcast(sink[0]), b = broadcast(sink[1]);
  // Each begins with a number of its own, or the compiler would find them to be one.
  Packet x0 = broadcast(sink[2]), x1 = broadcast(sink[3]), x2 = broadcast(sink[4]), x3 = broadcast(sink[5]),
         x4 = broadcast(sink[6]), x5 = broadcast(sink[7]), x6 = broadcast(sink[8]), x7 = broadcast(sink[9]),
         x8 = broadcast(sink[10]), x9 = broadcast(sink[11]), x10 = broadcast(sink[12]), x11 = broadcast(sink[13]),
         x12 = broadcast(sink[14]), x13 = broadcast(sink[15]);
  for (int i = 0; i < rounds; ++i) {
    x0 = peak_step(x0, a, b);
    x1 = peak_step(x1, a, b);
    x2 = peak_step(x2, a, b);
    x3 = peak_step(x3, a, b);
    x4 = peak_step(x4, a, b);
    x5 = peak_step(x5, a, b);
    x6 = peak_step(x6, a, b);
    x7 = peak_step(x7, a, b);
    x8 = peak_step(x8, a, b);
    x9 = peak_step(x9, a, b);
    x10 = peak_step(x10, a, b);
    x11 = peak_step(x11, a, b);
    x12 = peak_step(x12, a, b);
    x13 = peak_step(x13, a, b);
  }
  const Packet first = add(add(add(x0, x1), add(x2, x3)), add(add(x4, x5), add(x6, x7)));
  const Packet second = add(add(add(x8, x9), add(x10, x11)), add(x12, x13));
  store(sink, add(first, second));
  return static_cast<double>(rounds) * kPeakChains * kLanes * kProductsPerLane;
}

}  // namespace
}  // namespace vit
