#include "engine/base/quantity.h"

#include <gtest/gtest.h>

#include "engine/base/lower.h"

namespace vit {
namespace {

TEST(Quantity, ThreeDigitsAndAUnit) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(512), "512");
  EXPECT_EQ(count_text(17.5637e9), "17.6 G");
  EXPECT_EQ(count_text(999.6e3), "1.00 M");
  EXPECT_EQ(bytes_text(999), "999 B");
  EXPECT_EQ(bytes_text(1.8629e6), "1.86 MB");
  EXPECT_EQ(three_digits(0.01234), "0.0123");
  EXPECT_EQ(three_digits(-12.345), "-12.3");
  EXPECT_EQ(three_digits(123.4), "123");
}

TEST(Quantity, SharesHaveTwoDigitsAndNeverLookLikeNothing) {
  EXPECT_EQ(share_text(0), "0");
  EXPECT_EQ(share_text(0.00001), "<0.01");
  EXPECT_EQ(share_text(0.00052), "0.052");
  EXPECT_EQ(share_text(0.0052), "0.52");
  EXPECT_EQ(share_text(0.02149), "2.1");
  EXPECT_EQ(share_text(0.0996), "10");
  EXPECT_EQ(share_text(1), "100");
  EXPECT_EQ(percent_text(0.1234), "12 %");
}

TEST(Quantity, MarksOfAnAxisDiffer) {
  EXPECT_EQ(percent_mark(0.25, 0.25), "25 %");
  EXPECT_EQ(percent_mark(0.125, 0.125), "12.5 %");
  EXPECT_EQ(percent_mark(0, 0.025), "0.0 %");
  EXPECT_EQ(percent_mark(0.075, 0.025), "7.5 %");
  EXPECT_EQ(percent_mark(0.0005, 0.00025), "0.050 %");
  EXPECT_EQ(percent_mark(1, 0), "100 %");
  EXPECT_EQ(percent_mark(0.06f, static_cast<double>(0.02f)), "6 %");
}

TEST(Lower, ChangesAsciiLettersOnly) {
  EXPECT_EQ(lower("AZaz09-.JPG"), "azaz09-.jpg");
  EXPECT_EQ(lower("Ä\xC3\x84É"), "Ä\xC3\x84É");
}

}  // namespace
}  // namespace vit
