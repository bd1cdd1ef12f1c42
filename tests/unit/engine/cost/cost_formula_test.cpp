#include "engine/cost/cost_formula.h"

#include <gtest/gtest.h>

namespace vit {
namespace {

const Polynomial B = Symbol::B, N = Symbol::N, T = Symbol::T, P = Symbol::P, C = Symbol::C, h = Symbol::h,
                 K = Symbol::K;

TEST(CostFormula, PrintsAsItIsWritten) {
  EXPECT_EQ(formula(B * N * 3 * C * C), "B·N·3C²");
  EXPECT_EQ(formula(B * N * N * C), "B·N²·C");
  EXPECT_EQ(formula(5 * B * N * N * h), "5·B·N²·h");
  EXPECT_EQ(formula(B * C * K), "B·C·K");
  EXPECT_EQ(formula(Polynomial()), "0");
  EXPECT_EQ(formula(B * N * C - B * K), "B·N·C − B·K");
}

TEST(CostFormula, TokensWithoutPrefixAreFactored) {
  const Polynomial patches = B * (N - T) * 3 * P * P * C;
  EXPECT_EQ(formula(patches), "B·(N−T)·3P²·C");
  EXPECT_EQ(formula(patches, 1), "B·(N−1)·3P²·C");
  EXPECT_EQ(formula(patches, 0), "B·N·3P²·C");
  EXPECT_EQ(formula(patches + T * C, 5), "B·(N−5)·3P²·C + 5C");
}

TEST(CostFormula, BytesAreFourTimesTheNumbers) {
  const auto terms = formula_terms(B * N * C - 5 * B * N * N * h);
  ASSERT_EQ(terms.size(), 2u);
  EXPECT_EQ(terms[0].text, "B·N·C");
  EXPECT_FALSE(terms[0].has_heads);
  EXPECT_EQ(terms[1].text, " − 5·B·N²·h");
  EXPECT_TRUE(terms[1].has_heads);
  EXPECT_EQ(bytes_formula(2 * B * N * C + C * C), "4·(B·N·2C + C²)");
  EXPECT_EQ(bytes_formula(Polynomial()), "0");
}

TEST(CostFormula, LikeTermsAreCollectedAndVanish) {
  EXPECT_EQ(N * C + C * N, 2 * N * C);
  EXPECT_TRUE((N * C - C * N).is_zero());
  EXPECT_TRUE((Polynomial(0) * N).is_zero());
  EXPECT_EQ((N + 1) * (N - 1), N * N - 1);
}

TEST(CostFormula, ValueAndSymbols) {
  const Polynomial cost = 2 * N * N * C + 7 * h - T;
  EXPECT_EQ(cost.at({.N = 3, .T = 4, .C = 5, .h = 2}), 2 * 9 * 5 + 14 - 4);
  EXPECT_TRUE(cost.contains(Symbol::h));
  EXPECT_FALSE(cost.contains(Symbol::K));
  EXPECT_EQ((N * N * h + N * C + N * h).without_maps(), N * C + N * h);
}

}  // namespace
}  // namespace vit
