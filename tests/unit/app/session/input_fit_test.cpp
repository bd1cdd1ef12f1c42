// Fits and sizes of the input: the same rules as the command line has, and never more than memory holds.
#include "app/session/input_fit.h"

#include <gtest/gtest.h>

#include "app/session/view.h"
#include "engine/checkpoint/load_model.h"
#include "engine/cost/estimate.h"
#include "engine/network/forward.h"

namespace headlight {
namespace {

vit::Preprocessing native(int size, int resize) {
  vit::Preprocessing p;
  p.resize_px = resize;
  p.width = p.height = size;
  return p;
}

TEST(InputFit, EveryFitIsFoundAgainInItsRules) {
  const vit::Preprocessing own = native(224, 248);
  for (const Fit fit : vit::choice_values<Fit>()) {
    const vit::Preprocessing p = fitted(fit, 448, own, own, 16);
    EXPECT_EQ(fit_of(p), fit) << vit::describe(p);
    EXPECT_EQ(size_of(p), 448) << vit::describe(p);
  }
}

TEST(InputFit, NativeSizeAndFitAreTheModelsOwnRules) {
  const vit::Preprocessing crop = native(224, 248);
  EXPECT_EQ(fitted(Fit::crop, 224, crop, crop, 16), crop);
  vit::Preprocessing squash = native(224, 224);
  squash.resize = vit::ResizeRule::squash;
  squash.squash_scale = 1.1;
  EXPECT_EQ(fitted(Fit::squash, 224, squash, squash, 16), squash);
  vit::Preprocessing wide = native(224, 256);
  wide.width = 448;
  EXPECT_EQ(fitted(Fit::crop, 224, wide, wide, 16), wide);
}

TEST(InputFit, LargerCropShowsTheSamePartOfThePhoto) {
  const vit::Preprocessing p = fitted(Fit::crop, 448, native(224, 248), native(224, 248), 16);
  EXPECT_EQ(p.resize_px, 496);
  EXPECT_EQ(p.width, 448);
}

TEST(InputFit, ColoursAndFilterStay) {
  vit::Preprocessing changed = native(224, 248);
  changed.mean = {0.1f, 0.2f, 0.3f};
  changed.interpolation = vit::Interpolation::lanczos;
  const vit::Preprocessing p = fitted(Fit::longer, 320, native(224, 248), changed, 16);
  EXPECT_EQ(p.mean, changed.mean);
  EXPECT_EQ(p.interpolation, vit::Interpolation::lanczos);
}

TEST(InputFit, CommandLineOfAWholePhoto) {
  EXPECT_EQ(command_line(options_for(Fit::longer, 448, native(224, 248), 16)), "--resize longer:448 --crop multiple");
  EXPECT_EQ(command_line(options_for(Fit::crop, 448, native(224, 248), 16)), "--crop 448");
  EXPECT_EQ(command_line(options_for(Fit::squash, 448, native(224, 248), 16)), "--resize squash --crop 448");
}

TEST(InputFit, InputSizeIsWhatPreprocessingMakes) {
  vit::Image photo{.width = 90, .height = 61, .rgb = {}, .name = "grey"};
  photo.rgb.assign(std::size_t{3} * 90 * 61, 128);
  for (const Fit fit : vit::choice_values<Fit>()) {
    const vit::Preprocessing p = fitted(fit, 48, native(32, 36), native(32, 36), 8);
    const vit::Pixels pixels = vit::preprocess(photo, p, 8);
    EXPECT_EQ(vit::input_size(90, 61, p, 8), (vit::InputSize{pixels.width, pixels.height})) << vit::describe(p);
  }
  vit::Preprocessing tiny = fitted(Fit::longer, 8, native(32, 36), native(32, 36), 8);
  EXPECT_EQ(vit::input_size(90, 61, tiny, 8), vit::InputSize{}) << "less than a patch high";
}

TEST(InputFit, SizesEndWhereMemoryDoes) {
  const auto model = vit::load_model("random:C=24,L=2,h=4,P=8,S=32,K=5,seed=2");
  const vit::Settings settings = vit::trained_settings(model->config);
  const vit::Preprocessing whole = fitted(Fit::shorter, 32, model->preprocessing, model->preprocessing, 8);
  const auto sizes_in = [&](std::size_t bytes) { return possible_sizes(*model, 90, 61, whole, settings, bytes); };
  const std::vector<int> all = sizes_in(std::size_t{1} << 40);
  EXPECT_EQ(all.front(), 16);
  EXPECT_EQ(all.back(), 512);
  const vit::TokenGrid grid{1, 20, 29};  // of 160 px: 236 × 160 cut to 232 × 160
  const vit::Estimate need = vit::estimate(model->config, grid, settings);
  EXPECT_EQ(sizes_in(need.trace_bytes + need.workspace_bytes).back(), 160);
  EXPECT_EQ(sizes_in(1), std::vector<int>{32}) << "the own size is always offered";
}

TEST(SamePlace, AQueryStaysWhereItIsOnThePhoto) {
  const vit::TokenGrid coarse{1, 4, 4}, fine{1, 8, 8}, wide{1, 4, 8};
  const vit::Box box{100, 0, 200, 200}, whole{0, 0, 400, 200};
  EXPECT_EQ(same_place(0, coarse, box, fine, box), 0) << "the class token has no place";
  EXPECT_EQ(same_place(coarse.token_of(1, 2), coarse, box, fine, box), fine.token_of(3, 5));
  EXPECT_EQ(same_place(coarse.token_of(1, 2), coarse, box, wide, whole), wide.token_of(1, 4));
  EXPECT_EQ(same_place(wide.token_of(2, 0), wide, whole, coarse, box), coarse.token_of(2, 0)) << "beyond the crop";
}

}  // namespace
}  // namespace headlight
