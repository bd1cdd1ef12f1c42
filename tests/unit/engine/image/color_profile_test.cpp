#include "engine/image/color_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/engine/image/golden_pil.h"

namespace vit {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(ColorProfile, OneThatIsNotSrgbIsNamedAndNotApplied) {
  for (const char* name : {"icc_wide.jpg", "icc_wide.png", "icc_wide.webp", "icc_wide.tif"}) {
    const Image image = load_image(golden::picture(name));
    EXPECT_EQ(image.profile, "Wide green") << name;
    EXPECT_THAT(image.remarks, ElementsAre(HasSubstr("\"Wide green\" is not sRGB"))) << name;
  }
  EXPECT_EQ(load_image(golden::picture("icc_grey.png")).profile, "Grey 1.4");
}

TEST(ColorProfile, OnRequestItIsAppliedAndSaid) {
  const Image plain = load_image(golden::picture("icc_wide.png"));
  const Image converted = load_image(golden::picture("icc_wide.png"), {.applies_profile = true});
  EXPECT_NE(converted.rgb, plain.rgb);
  EXPECT_EQ(converted.profile, "Wide green");
  EXPECT_THAT(converted.remarks, ElementsAre(HasSubstr("were converted to sRGB")));
}

TEST(ColorProfile, SrgbIsNotWorthARemark) {
  for (const bool applies : {false, true}) {
    const Image image = load_image(golden::picture("icc_srgb.png"), {.applies_profile = applies});
    EXPECT_EQ(image.profile, "");
    EXPECT_THAT(image.remarks, IsEmpty());
  }
}

TEST(ColorProfile, ADamagedOneIsSaidAndNotApplied) {
  const Image plain = load_image(golden::picture("icc_damaged.png"));
  const Image asked = load_image(golden::picture("icc_damaged.png"), {.applies_profile = true});
  EXPECT_EQ(asked.rgb, plain.rgb);
  EXPECT_THAT(asked.remarks, ElementsAre(HasSubstr("cannot be read")));
}

}  // namespace
}  // namespace vit
