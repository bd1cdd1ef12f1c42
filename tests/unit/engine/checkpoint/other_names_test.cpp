// Networks whose tensors are called as another family's and that compute something else: small files made of one
// random network's tensors under other names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/pool.h"
#include "engine/checkpoint/load_model.h"
#include "engine/checkpoint/random_model.h"
#include "engine/containers/tensor_file.h"
#include "engine/network/forward.h"
#include "tests/unit/engine/checkpoint/renamed_network.h"
#include "tests/unit/temp_folder.h"

namespace vit {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::vector<float> logits(const std::shared_ptr<const Model>& model) {
  auto pixels = std::make_shared<Pixels>();
  pixels->width = pixels->height = 12;
  for (int i = 0; i < 3 * 12 * 12; ++i) pixels->chw.push_back(static_cast<float>(i * 37 % 101) / 50 - 1);
  Pool pool(1);
  Meter meter;
  Settings settings = trained_settings(model->config);
  settings.threads = 1;
  return forward({model, pixels, settings}, meter, pool)->logits;
}

// ---- Heads ----------------------------------------------------------------------------------------------------------

TEST(OtherNames, MmpretrainsMeanOfPatchesIsNormalisedByLn2) {
  const TempFolder folder;
  Tensors mean = open_mmlab("backbone."), timm = plain();
  rename(mean, "backbone.ln1.", "backbone.ln2.");  // out_type='avg_featmap', final_norm=False
  rename(timm, "norm.", "fc_norm.");
  const auto got = load_model(save(folder, mean, "mean.safetensors").string());
  const auto expected = load_model(save(folder, timm, "timm.safetensors").string());
  EXPECT_EQ(fact(*got, "pooling"), "mean of the patches | implied | there is an fc_norm");
  EXPECT_THAT(got->report.unused, testing::IsEmpty());
  const std::vector<float> a = logits(got), b = logits(expected);
  ASSERT_EQ(a.size(), 5u);
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-5);
}

}  // namespace
}  // namespace vit
