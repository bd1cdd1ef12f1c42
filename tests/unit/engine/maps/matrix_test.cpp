// The whole matrix of a head against the recorded attention of golden networks.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/maps/analysis.h"
#include "tests/unit/engine/maps/golden_trace.h"

namespace {

struct Case {
  const char* network;
  const char* run;
};
constexpr Case kCases[] = {
    {"vit/plain", ""}, {"families/timm_dinov2_reg4", ".wide"}, {"families/timm_rope_gap", ".wide"}};

/// (h, N, N)
std::vector<float> recorded(const Case& at, int block) {
  const auto file = vit::open_tensor_file(golden::root() / at.network / "golden.safetensors");
  return file->read_all("attention." + std::to_string(block) + at.run);
}

TEST(GoldenMatrix, AHeadsMatrixIsTheRecordedOneAndItsSumsAreThose) {
  double largest = 0, sums = 0;
  for (const Case& one : kCases) {
    const auto trace = golden::trace_of(one.network, one.run);
    const auto tokens = static_cast<std::size_t>(trace->grid.tokens());
    for (int head = 0; head < trace->settings.heads(1); ++head) {
      const std::vector<float> all = recorded(one, 1);
      const float* const truth = all.data() + static_cast<std::size_t>(head) * tokens * tokens;
      for (const double scale : {0.0, 1.0}) {
        const auto set = vit::analysis_by_id("matrix")->answer(
            trace,
            {.analysis = "matrix", .block = 1, .values = {{"head", static_cast<double>(head)}, {"scale", scale}}}, {});
        ASSERT_EQ(set->values.size(), tokens * tokens);
        for (std::size_t i = 0; i < set->values.size(); ++i) {
          const double found = scale == 1 ? std::pow(10.0, set->values[i]) : set->values[i];
          // The logarithm stops at a thousandth of the even share.
          const double least = scale == 1 ? 1e-3 / static_cast<double>(tokens) : 0;
          largest = std::max(largest, std::abs(found - std::max<double>(truth[i], least)));
        }
        for (std::size_t t = 0; t < tokens; ++t) {
          double column = 0;
          for (std::size_t q = 0; q < tokens; ++q) column += truth[q * tokens + t];
          sums = std::max({sums, std::abs(set->column_sums[t] - column), std::abs(set->row_sums[t] - 1.0)});
        }
      }
    }
  }
  EXPECT_LT(largest, 2e-5);
  EXPECT_LT(sums, 5e-5);
  std::printf("matrix: largest error %.1e, of a sum %.1e\n", largest, sums);
}

}  // namespace
