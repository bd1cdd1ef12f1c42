// The relative position bias alone, against Hugging Face's own module: tests/golden/bias.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "engine/maps/analysis.h"
#include "tests/unit/engine/maps/golden_trace.h"

namespace {

const vit::Analysis& analysis() {
  return *vit::analysis_by_id("bias");
}

std::shared_ptr<const vit::Trace> pass_of(const std::string& network, const std::string& suffix) {
  return golden::trace_of("families/" + network, suffix);
}

TEST(BiasAlone, IsTheSoftmaxOfWhatTheReferenceAdds) {
  const auto reference = vit::open_tensor_file(golden::root() / "bias" / "bias.safetensors");
  for (const std::string network : {"hf_beit", "hf_beit_masked"}) {
    for (const std::string suffix : {"", ".wide"}) {
      const auto trace = pass_of(network, suffix);
      const int tokens = trace->grid.tokens(), prefix = trace->grid.prefix;
      double largest = 0;
      for (int block = 0; block < trace->model->config.depth; ++block) {
        const std::vector<float> all = reference->read_all(network + suffix + "." + std::to_string(block));
        for (int query = 0; query < tokens; ++query) {
          const auto set = analysis().answer(trace, {.analysis = "bias", .block = block, .query = query}, {});
          for (int head = 0; head < trace->settings.heads(block); ++head) {
            const int index = set->find(block, head);
            const float* row = all.data() + (static_cast<std::ptrdiff_t>(head) * tokens + query) * tokens;
            for (int key = 0; key < tokens; ++key) {
              const float value = key < prefix ? set->prefix_of(index)[static_cast<std::size_t>(key)]
                                               : set->map(index)[static_cast<std::size_t>(key - prefix)];
              largest = std::max(largest, static_cast<double>(std::abs(value - row[key])));
            }
          }
        }
      }
      EXPECT_LE(largest, 1e-6) << network << suffix;
      std::printf("bias alone, %s%s: %.1e\n", network.c_str(), suffix.c_str(), largest);
    }
  }
}

TEST(BiasAlone, NetworksWithoutABiasAreRefused) {
  EXPECT_THAT(analysis().refusal(*pass_of("hf_vit", "")), testing::HasSubstr("adds no relative positions"));
}

}  // namespace
