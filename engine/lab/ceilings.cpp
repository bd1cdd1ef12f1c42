#include "engine/lab/ceilings.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/matrix.h"
#include "engine/base/memory.h"
#include "engine/base/pool.h"
#include "engine/kernels/bf16_kernels.h"
#include "engine/kernels/kernels.h"

namespace vit {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kCacheFloats = 32 << 10;  // a thread: 128 KiB, more than the nearest cache, less than the next
constexpr std::size_t kMostMemoryBytes = 512 << 20;  // of all threads: more than the last cache
constexpr double kBurst = 0.02;                      // s
constexpr double kBytesMoved = 8;                    // read and written, of a float

double seconds_between(Clock::time_point begin, Clock::time_point end) {
  return std::chrono::duration<double>(end - begin).count();
}

/// The best rate of bursts until the time is over: `work(member)` returns what one thread did.
class Bursts {
 public:
  Bursts(Pool& pool, int threads, double share, const std::function<void(double)>& progress,
         const std::stop_token& stop)
      : pool_(pool), threads_(threads), share_(share), progress_(progress), stop_(stop) {}

  template <class Work>
  double best(double seconds, const Work& work) {
    double found = 0;
    const Clock::time_point begin = Clock::now();
    const double before = done_;
    while (seconds_between(begin, Clock::now()) < seconds) {
      if (stop_.stop_requested()) throw Cancelled();
      std::vector<double> amounts(static_cast<std::size_t>(threads_), 0), times(amounts);
      pool_.team(threads_, [&](Member& member) {
        member.sync();
        const Clock::time_point from = Clock::now();
        const auto thread = static_cast<std::size_t>(member.thread());
        amounts[thread] = work(member.thread());
        times[thread] = seconds_between(from, Clock::now());
      });
      double amount = 0;
      for (const double one : amounts) amount += one;
      found = std::max(found, amount / *std::max_element(times.begin(), times.end()));
      done_ = before + share_ * std::min(1.0, seconds_between(begin, Clock::now()) / seconds);
      if (progress_) progress_(std::min(1.0, done_));
    }
    return found;
  }

 private:
  Pool& pool_;
  int threads_;
  double share_, done_ = 0;
  const std::function<void(double)>& progress_;
  const std::stop_token& stop_;
};

std::vector<AlignedFloats> arrays(int threads, std::size_t floats) {
  std::vector<AlignedFloats> made;
  for (int i = 0; i < threads; ++i) {
    made.push_back(allocate_floats(floats));
    std::fill_n(made.back().get(), floats, 1.f);  // so that its pages are there
  }
  return made;
}

/// Bytes a second that every thread reads, scales and writes in an array of its own, again and again.
double bandwidth(Bursts& bursts, const KernelTable& table, int threads, std::size_t floats, double seconds) {
  const std::vector<AlignedFloats> own = arrays(threads, floats);
  return bursts.best(seconds, [&](int thread) {
    double bytes = 0;
    const Clock::time_point begin = Clock::now();
    do {
      table.scale(own[static_cast<std::size_t>(thread)].get(), static_cast<int>(floats), 1.f);
      bytes += kBytesMoved * static_cast<double>(floats);
    } while (seconds_between(begin, Clock::now()) < kBurst);
    return bytes;
  });
}

double multiply_adds(Bursts& bursts, double (*peak)(int rounds, float* sink), double seconds) {
  return bursts.best(seconds, [&](int) {
    constexpr int kRounds = 100000;
    std::array<float, 16> sink{};
    double done = 0;
    const Clock::time_point begin = Clock::now();
    do {
      for (std::size_t i = 0; i < sink.size(); ++i) sink[i] = 1e-3f * static_cast<float>(i + 1);
      sink[0] = 0.999f;  // numbers stay of an ordinary size
      done += peak(kRounds, sink.data());
    } while (seconds_between(begin, Clock::now()) < kBurst);
    return done;
  });
}

const KernelTable& table_of(const Execution& execution) {
  return execution.kernel == Kernel::reference ? reference_kernels() : kernels();
}

/// None: its products are F32, or the naive kernel's, which are plain F32 multiply-adds in either precision.
const Bf16Kernels* bf16_of(const Execution& execution) {
  const bool rounds = execution.precision == Precision::bf16 && execution.kernel != Kernel::reference;
  return rounds ? bf16_kernels(kernels()) : nullptr;
}

}  // namespace

double Ceilings::roof(double intensity) const {
  return std::min(gflops, intensity * cache_gbytes);
}

double Ceilings::memory_roof(double intensity) const {
  return std::min(gflops, intensity * memory_gbytes);
}

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(':');
    if (line.rfind("model name", 0) != 0 || colon == std::string::npos) continue;
    const std::size_t first = line.find_first_not_of(" \t", colon + 1);
    if (first != std::string::npos) return line.substr(first);
  }
  return "unknown processor";
}

std::string instruction_set_of(const Execution& execution) {
  const Bf16Kernels* bf16 = bf16_of(execution);
  return bf16 != nullptr ? bf16->name : table_of(execution).name;
}

Ceilings calibrate(const Execution& execution, Pool& pool, double seconds, const std::function<void(double)>& progress,
                   const std::stop_token& stop) {
  const KernelTable& table = table_of(execution);
  const Bf16Kernels* bf16 = bf16_of(execution);
  const int used = std::min(execution.pass_threads(), pool.threads());
  const std::size_t bytes = std::min(kMostMemoryBytes, available_memory() / 4) / static_cast<std::size_t>(used);
  if (bytes < std::size_t{16} << 20)
    throw Error("The memory does not suffice to measure how fast it is: close other programs, or use fewer threads.");
  Ceilings found{.processor = processor_name(), .instruction_set = instruction_set_of(execution), .threads = used};
  Bursts bursts(pool, used, 1.0 / 3, progress, stop);
  found.gflops = 2e-9 * multiply_adds(bursts, bf16 != nullptr ? bf16->peak : table.peak, seconds / 3);
  found.cache_gbytes = 1e-9 * bandwidth(bursts, table, used, kCacheFloats, seconds / 3);
  found.memory_gbytes = 1e-9 * bandwidth(bursts, table, used, bytes / sizeof(float), seconds / 3);
  return found;
}

}  // namespace vit
