// What numbers alone show too weakly: each family's epsilon, and where its prefix tokens end.
#include <gtest/gtest.h>

#include "engine/base/error.h"
#include "engine/checkpoint/load_model.h"
#include "tests/unit/engine/network/golden_case.h"

namespace {

struct Loaded {
  std::string name;
  std::shared_ptr<const vit::TensorFile> golden;
  std::shared_ptr<const vit::Model> model;
};

/// Every family case that is not refused.
std::vector<Loaded> families() {
  std::vector<Loaded> all;
  for (const auto& folder : golden::cases("families")) {
    const auto golden = vit::open_tensor_file(folder / "golden.safetensors");
    const std::string& file = golden->metadata().at("checkpoint");
    vit::LoadOptions options;
    if (golden->metadata().count("num_heads")) options.num_heads = std::stoi(golden->metadata().at("num_heads"));
    try {
      const auto model = vit::load_model((file == "." ? folder : folder / file).string(), options);
      all.push_back({folder.filename().string(), golden, model});
    } catch (const vit::Error&) {
    }
  }
  return all;
}

TEST(GoldenFamilies, EpsIsTheReferences) {
  const auto all = families();
  EXPECT_GE(all.size(), 30u);
  for (const Loaded& family : all) {
    EXPECT_FLOAT_EQ(family.model->config.eps, std::stof(family.golden->metadata().at("eps"))) << family.name;
  }
}

TEST(GoldenFamilies, PrefixTokensAreToldFromPatches) {
  for (const Loaded& family : families()) {
    const auto& entries = family.golden->entries();
    const auto& pixels = entries.at("pixels").shape;
    const std::int64_t p = family.model->config.patch_px;
    EXPECT_EQ(family.model->config.prefix_tokens(), entries.at("hidden.0").shape[0] - (pixels[1] / p) * (pixels[2] / p))
        << family.name;
  }
}

}  // namespace
