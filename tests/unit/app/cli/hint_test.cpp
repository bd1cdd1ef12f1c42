#include "app/cli/hint.h"

#include <gtest/gtest.h>

namespace headlight {
namespace {

const std::vector<std::string> kOptions = {"--model", "--image", "--num-heads", "--interpolation", "--threads"};

TEST(Hint, FindsTheOptionThatWasMeant) {
  EXPECT_EQ(nearest_word("--modle", kOptions), "--model");
  EXPECT_EQ(nearest_word("--num-head", kOptions), "--num-heads");
  EXPECT_EQ(nearest_word("--numheads", kOptions), "--num-heads");
  EXPECT_EQ(nearest_word("--interp", kOptions), "--interpolation");
}

TEST(Hint, SaysNothingWhereNothingIsNear) {
  EXPECT_EQ(nearest_word("--frobnicate", kOptions), std::nullopt);
  EXPECT_EQ(nearest_word("", kOptions), std::nullopt);
}

}  // namespace
}  // namespace headlight
