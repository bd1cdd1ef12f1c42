// Attention rollout against an independent NumPy implementation in double precision: tests/golden/rollout/.
#include <gtest/gtest.h>

#include <map>

#include "engine/base/json.h"
#include "engine/checkpoint/load_model.h"
#include "engine/maps/analysis.h"
#include "tests/unit/engine/network/golden_case.h"

namespace {

const vit::Json& field(const vit::Json& one, const char* name) {
  const vit::Json* found = one.find(name);
  EXPECT_NE(found, nullptr) << name;
  return *found;
}

int integer(const vit::Json& one) {
  return static_cast<int>(one.integer.value());
}

std::shared_ptr<const vit::Trace> trace_of(const std::string& network) {
  static std::map<std::string, std::shared_ptr<const vit::Trace>> known;
  auto& trace = known[network];
  if (trace) return trace;
  const std::filesystem::path folder = golden::root() / network;
  const auto recorded = vit::open_tensor_file(folder / "golden.safetensors");
  vit::LoadOptions options;
  if (recorded->metadata().count("num_heads") > 0) options.num_heads = std::stoi(recorded->metadata().at("num_heads"));
  const bool named = recorded->metadata().count("checkpoint") > 0;
  const auto model = vit::load_model(
      (folder / (named ? recorded->metadata().at("checkpoint") : "model.safetensors")).string(), options);
  vit::Settings settings = vit::trained_settings(model->config);
  settings.threads = 1;
  return trace = golden::run(model, golden::pixels_of(*recorded), settings);
}

TEST(GoldenRollout, EveryCaseIsThatOfTheReference) {
  const vit::Analysis& rollout = *vit::analysis_by_id("rollout");
  const auto reference = vit::open_tensor_file(golden::root() / "rollout" / "rollout.safetensors");
  const std::map<std::string, double> fusions = {{"mean", 0}, {"max", 1}, {"min", 2}};
  int compared = 0;
  double largest = 0;
  const vit::Json cases = vit::read_json(golden::root() / "rollout" / "rollout.json");
  for (const vit::Json& one : cases.items) {
    const auto trace = trace_of(field(one, "network").text);
    const std::vector<float> rows = reference->read_all(field(one, "tensor").text);
    const int tokens = trace->grid.tokens(), prefix = trace->grid.prefix;
    const int start = integer(field(one, "start")), block = integer(field(one, "block"));
    ASSERT_EQ(prefix, integer(field(one, "prefix")));
    std::size_t row = 0;
    for (const vit::Json& query : field(one, "queries").items) {
      const vit::Question question{.analysis = "rollout",
                                   .query = integer(query),
                                   .values = {{"fusion", fusions.at(field(one, "fusion").text)},
                                              {"discard", field(one, "discard").number},
                                              {"start", static_cast<double>(start)}}};
      const auto set = rollout.answer(trace, question, {});
      const int index = set->find(block, vit::kNoHead);
      ASSERT_EQ(set->labels[static_cast<std::size_t>(index)].block, block);
      for (int token = 0; token < tokens; ++token) {
        const float found = token < prefix ? set->prefix_of(index)[static_cast<std::size_t>(token)]
                                           : set->map(index)[static_cast<std::size_t>(token - prefix)];
        const double error = std::abs(found - rows[row * static_cast<std::size_t>(tokens) + token]);
        largest = std::max(largest, error);
        EXPECT_LT(error, 2e-6) << field(one, "tensor").text << " token " << token;
      }
      ++row;
      ++compared;
    }
  }
  EXPECT_GT(compared, 100);
  std::printf("rollout: %d rows, largest error %.1e\n", compared, largest);
}

}  // namespace
