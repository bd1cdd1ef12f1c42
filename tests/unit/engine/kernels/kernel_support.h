// What the kernel tests share: random numbers, memory whose surroundings are watched, and every table at hand.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "engine/kernels/kernels.h"

namespace vit {

/// One test for each table that this processor runs, the reference left out: it is what they are compared with.
class EveryKernel : public testing::TestWithParam<std::string> {
 protected:
  const KernelTable& table() const { return *kernels_by_name(GetParam()); }

  static std::vector<std::string> names() {
    std::vector<std::string> all = available_instruction_sets();
    all.pop_back();
    return all;
  }

 public:
  static auto instances() { return testing::ValuesIn(names()); }
  static std::string name_of(const testing::TestParamInfo<std::string>& info) { return info.param; }
};

inline std::vector<float> random_floats(std::size_t count, float low = -1.f, float high = 1.f) {
  static std::mt19937 generator(7);
  std::uniform_real_distribution<float> distribution(low, high);
  std::vector<float> x(count);
  for (float& value : x) value = distribution(generator);
  return x;
}

/// A value that no kernel computes: where it is gone, somebody wrote.
inline constexpr float kCanary = -7.625e22f;

/// A (rows, columns) matrix whose rows are `stride` apart, every other float a canary.
struct WatchedMatrix {
  int rows, columns;
  std::ptrdiff_t stride;
  std::vector<float> floats;

  WatchedMatrix(int rows_, int columns_, std::ptrdiff_t stride_)
      : rows(rows_), columns(columns_), stride(stride_), floats(kMargin * 2 + rows_ * stride_, kCanary) {}

  float* data() { return floats.data() + kMargin; }
  const float* data() const { return floats.data() + kMargin; }
  float& at(int r, int c) { return data()[r * stride + c]; }
  float at(int r, int c) const { return data()[r * stride + c]; }

  void fill(const std::vector<float>& values) {
    for (int r = 0; r < rows; ++r)
      for (int c = 0; c < columns; ++c) at(r, c) = values[static_cast<std::size_t>(r) * columns + c];
  }

  /// Floats outside of rows [row_begin, row_end) and columns [column_begin, column_end) that are not canaries.
  int trampled(int row_begin, int row_end, int column_begin, int column_end) const {
    int count = 0;
    for (std::ptrdiff_t i = 0; i < static_cast<std::ptrdiff_t>(floats.size()); ++i) {
      const std::ptrdiff_t place = i - kMargin;
      const std::ptrdiff_t r = place < 0 ? -1 : place / stride, c = place < 0 ? -1 : place % stride;
      const bool inside = r >= row_begin && r < row_end && c >= column_begin && c < column_end;
      if (!inside && floats[i] != kCanary) ++count;
    }
    return count;
  }

 private:
  static constexpr std::ptrdiff_t kMargin = 64;
};

}  // namespace vit
