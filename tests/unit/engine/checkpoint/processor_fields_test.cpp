// What files of image processors say beside what is read of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "engine/checkpoint/model_hints.h"
#include "tests/unit/temp_folder.h"

namespace vit {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

ModelHints hints_of(const std::string& processor, const std::string& name = "preprocessor_config.json") {
  const TempFolder folder;
  folder.write(name, processor);
  return read_hints(folder.path() / "model.safetensors");
}

std::string problem(const std::string& processor) {
  const ModelHints hints = hints_of(processor);
  return hints.problems.empty() ? "none" : hints.problems.front().sentence;
}

TEST(ProcessorFields, UnknownOnesAreNamed) {
  const ModelHints hints = hints_of(R"({"image_processor_type": "MiniCPMVImageProcessor", "max_slice_nums": 9,
    "scale_resolution": 448, "norm_mean": [0.1, 0.1, 0.1], "size": {"height": 64, "width": 64}, "do_resize": true})");
  EXPECT_THAT(hints.problems, IsEmpty());
  EXPECT_THAT(hints.warnings, ElementsAre("fields of preprocessor_config.json that are not known here and could change "
                                          "the numbers: max_slice_nums, scale_resolution, norm_mean"));
  const ModelHints both = hints_of(R"({"image_processor": {"slices": 2}})", "processor_config.json");
  EXPECT_THAT(both.warnings, ElementsAre(HasSubstr("fields of processor_config.json")));
}

TEST(ProcessorFields, UnknownStepsThatAreTakenAreRefused) {
  for (const char* step :
       {"do_pan_and_scan", "do_grayscale", "do_something_new", "crop_to_patches", "rescale_offset"}) {
    const std::string field = "{\"" + std::string(step) + "\": ";
    EXPECT_THAT(problem(field + "true}"),
                HasSubstr(std::string(step) + " in preprocessor_config.json is true, not false"));
    EXPECT_EQ(problem(field + "false}"), "none") << step;
    EXPECT_THAT(hints_of(field + "null}").warnings, IsEmpty()) << step;
  }
}

TEST(ProcessorFields, SizesOfStepsThatAreNotTakenSayNothing) {
  EXPECT_THAT(hints_of(R"({"do_pan_and_scan": null, "pan_and_scan_min_crop_size": 256, "crop_to_patches": false,
                           "min_patches": 1, "max_patches": 12})")
                  .warnings,
              IsEmpty());
}

TEST(ProcessorFields, GoldenFamiliesHaveNoUnknownOnes) {
  const std::filesystem::path families = std::filesystem::path(HEADLIGHT_SOURCE_DIR) / "tests/golden/families";
  int files = 0;
  for (const auto& folder : std::filesystem::directory_iterator(families)) {
    for (const std::string& warning : read_hints(folder.path() / "model.safetensors").warnings)
      EXPECT_THAT(warning, testing::Not(HasSubstr("processor_config.json"))) << folder.path();
    files += std::filesystem::exists(folder.path() / "preprocessor_config.json") ? 1 : 0;
  }
  EXPECT_GE(files, 15);
}

TEST(ProcessorFields, ACropOfOtherProportionsThanTheSquashIsRefused) {
  const auto sizes = [](int height, int width, int crop_height, int crop_width) {
    return R"({"do_resize": true, "do_center_crop": true, "size": {"height": )" + std::to_string(height) +
           R"(, "width": )" + std::to_string(width) + R"(}, "crop_size": {"height": )" + std::to_string(crop_height) +
           R"(, "width": )" + std::to_string(crop_width) + "}}";
  };
  EXPECT_THAT(problem(sizes(96, 72, 64, 64)), HasSubstr("of other proportions than crop_size"));
  EXPECT_THAT(problem(sizes(96, 96, 64, 48)), HasSubstr("of other proportions than crop_size"));
  const ModelHints square = hints_of(sizes(256, 256, 224, 224)), high = hints_of(sizes(96, 48, 64, 32));
  EXPECT_THAT(square.problems, IsEmpty());
  EXPECT_EQ(square.squash_px->value, 256);
  EXPECT_THAT(high.problems, IsEmpty());
  EXPECT_EQ(high.squash_px->value, 48);  // of the shorter side
}

}  // namespace
}  // namespace vit
