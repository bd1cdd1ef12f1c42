// The shipped real network, from file and photo, against Hugging Face's implementation of it: tests/golden/real/.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/checkpoint/load_model.h"
#include "engine/image/preprocessing.h"
#include "tests/unit/engine/network/golden_case.h"

namespace {

const std::filesystem::path kRoot = HEADLIGHT_SOURCE_DIR;
constexpr int kClassToken = 0;

const vit::TensorFile& reference() {
  static const auto file = vit::open_tensor_file(golden::root() / "real" / "golden.safetensors");
  return *file;
}

std::shared_ptr<const vit::Model> load() {
  return vit::load_model((kRoot / reference().metadata().at("checkpoint")).string());
}

std::shared_ptr<const vit::Pixels> pixels_of(const vit::Model& model) {
  const vit::Image photo = vit::load_image(kRoot / reference().metadata().at("photo"));
  return std::make_shared<vit::Pixels>(vit::preprocess(photo, model.preprocessing, model.config.patch_px));
}

/// Largest errors: of attention absolute, of features relative to the largest.
golden::Errors compare(const vit::Trace& trace) {
  golden::Errors errors;
  int rows = 0;
  for (int block = 0; block < trace.model->config.depth; ++block) {
    const std::string name = "attention." + std::to_string(block);
    if (reference().entries().count(name) == 0) continue;
    const vit::Matrix found = vit::attention_rows(trace, block, kClassToken);
    errors.attention =
        std::max(errors.attention, golden::largest_error(reference().read_all(name), golden::flat(found.view())));
    ++rows;
  }
  EXPECT_EQ(rows, 4);
  const std::vector<float> features = golden::flat(trace.features.view());
  const std::vector<float> of_class_token(features.begin(), features.begin() + trace.model->config.channels);
  errors.features = golden::relative_error(reference().read_all("features"), of_class_token);
  return errors;
}

golden::Errors run(const std::shared_ptr<const vit::Model>& model, const std::shared_ptr<const vit::Pixels>& pixels,
                   vit::Kernel kernel) {
  vit::Settings settings = vit::trained_settings(model->config);
  settings.threads = 2;
  settings.kernel = kernel;
  return compare(*golden::run(model, pixels, settings));
}

TEST(GoldenReal, ReadsTheSamePixels) {
  const auto model = load();
  const auto pixels = pixels_of(*model);
  const std::vector<float> expected = reference().read_all("pixels");  // every `step`th row and column
  const int step = std::stoi(reference().metadata().at("pixel step"));
  ASSERT_EQ(pixels->width, 224);
  ASSERT_EQ(pixels->height, 224);
  std::vector<float> found;
  for (int channel = 0; channel < 3; ++channel) {
    for (int y = 0; y < pixels->height; y += step) {
      for (int x = 0; x < pixels->width; x += step) {
        found.push_back(pixels->chw[(static_cast<std::size_t>(channel) * pixels->height + y) * pixels->width + x]);
      }
    }
  }
  EXPECT_LE(golden::largest_error(expected, found), 1e-6) << vit::describe(model->preprocessing);
}

void expect_equal(vit::Kernel kernel) {
  const auto model = load();
  const golden::Errors errors = run(model, pixels_of(*model), kernel);
  golden::print("real", vit::id_of(kernel), errors);
  EXPECT_LE(errors.used(), 1.0) << vit::id_of(kernel);
}

TEST(GoldenReal, TiledEqualsTheReference) {
  expect_equal(vit::Kernel::tiled);
}

TEST(GoldenReal, EagerEqualsTheReference) {
  expect_equal(vit::Kernel::eager);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // minutes there; the small goldens run it
TEST(GoldenReal, ReferenceKernelEqualsTheReference) {
  expect_equal(vit::Kernel::reference);
}
#endif

TEST(GoldenReal, MutationsTurnItRed) {
  struct Mutation {
    const char* name;
    std::function<void(vit::Model&)> apply;
  };
  const std::vector<Mutation> mutations = {
      {"GELU by tanh", [](vit::Model& m) { m.config.activation = vit::Activation::gelu_tanh; }},
      {"positions antialiased", [](vit::Model& m) { m.config.position.antialias = true; }},
      {"positions bilinear", [](vit::Model& m) { m.config.position.bicubic = false; }},
      {"eps 1e-3", [](vit::Model& m) { m.config.eps = 1e-3f; }},
      {"no layer scale in the last block", [](vit::Model& m) {
         std::fill(m.blocks.back().layer_scale2.begin(), m.blocks.back().layer_scale2.end(), 1.f);
       }}};
  for (const Mutation& mutation : mutations) {
    const auto model = load();
    const auto pixels = pixels_of(*model);
    mutation.apply(const_cast<vit::Model&>(*model));  // load_model made it for this test alone
    const golden::Errors errors = run(model, pixels, vit::Kernel::tiled);
    std::printf("%-34s attention %.1e, features %.1e\n", mutation.name, errors.attention, errors.features);
    EXPECT_GT(errors.used(), 1.0) << mutation.name;
  }
}

}  // namespace
