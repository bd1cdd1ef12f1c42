// What this machine can do at most: multiply-adds, and bytes from its caches and its memory.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "engine/network/settings.h"

namespace vit {

class Pool;

/// Measured with the instruction set of the kernels, all threads at once; the best of many short bursts.
struct Ceilings {
  std::string processor;        // "AMD EPYC 9355", or "unknown processor"
  std::string instruction_set;  // of the kernels: "avx512"
  int threads = 1;
  double gflops = 0;         // 10⁹ operations a second, two a multiply-add
  double cache_gbytes = 0;   // 10⁹ bytes a second, read and written within the level-2 cache
  double memory_gbytes = 0;  // likewise, of arrays that no cache holds
  bool known() const { return gflops > 0 && cache_gbytes > 0 && memory_gbytes > 0; }
  bool operator==(const Ceilings&) const = default;

  /// The most that arithmetic of so many operations a byte can reach, in 10⁹ operations a second.
  double roof(double intensity) const;
  double memory_roof(double intensity) const;  // with every byte from memory
};

/// The processor's name as the system tells it.
std::string processor_name();

/// The instruction set whose ceilings hold for passes that run so: "avx512", or with bf16 products "avx512bf16".
std::string instruction_set_of(const Execution& execution);

/// Takes `seconds`, in three nearly equal parts. Multiply-adds are those of the precision. Throws Cancelled, and Error
/// where memory for the arrays is lacking.
Ceilings calibrate(const Execution& execution, Pool& pool, double seconds = 5,
                   const std::function<void(double)>& progress = {}, const std::stop_token& stop = {});

}  // namespace vit
