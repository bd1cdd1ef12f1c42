// Whatever may carry a number can be read: the contrast of the theme's colours, by WCAG 2.1's relative luminance.
#include "app/ui/theme.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <string>

namespace headlight::ui {
namespace {

constexpr double kLeastContrast = 5.5;

using Rgb = std::array<double, 3>;  // 0 … 1

Rgb rgb_of(ImU32 color) {
  return {(color >> IM_COL32_R_SHIFT & 255u) / 255.0, (color >> IM_COL32_G_SHIFT & 255u) / 255.0,
          (color >> IM_COL32_B_SHIFT & 255u) / 255.0};
}

/// A colour that lets its ground through.
Rgb over(ImU32 color, const Rgb& ground) {
  const double alpha = (color >> IM_COL32_A_SHIFT & 255u) / 255.0;
  Rgb mixed = rgb_of(color);
  for (std::size_t i = 0; i < mixed.size(); ++i) mixed[i] = ground[i] + (mixed[i] - ground[i]) * alpha;
  return mixed;
}

double luminance(const Rgb& color) {
  const auto linear = [](double v) { return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); };
  return 0.2126 * linear(color[0]) + 0.7152 * linear(color[1]) + 0.0722 * linear(color[2]);
}

double contrast(const Rgb& a, const Rgb& b) {
  const double high = std::max(luminance(a), luminance(b)), low = std::min(luminance(a), luminance(b));
  return (high + 0.05) / (low + 0.05);
}

struct Ground {
  const char* name;
  Rgb color;
};

class Contrast : public ::testing::TestWithParam<bool> {};

TEST(ContrastRatio, IsThatOfWcag) {
  EXPECT_NEAR(contrast({0, 0, 0}, {1, 1, 1}), 21, 1e-9);
  EXPECT_NEAR(contrast(rgb_of(IM_COL32(0x76, 0x76, 0x76, 255)), {1, 1, 1}), 4.54, 0.005);
}

TEST_P(Contrast, WordsAndNumbersStandOutFromTheirGrounds) {
  const Theme t = GetParam() ? dark_theme() : light_theme();
  const Rgb window = rgb_of(t.window), panel = rgb_of(t.panel), raised = rgb_of(t.raised);
  const Ground grounds[] = {{"window", window},
                            {"panel", panel},
                            {"raised", raised},
                            {"tinted window", over(t.accent_soft, window)},
                            {"tinted panel", over(t.accent_soft, panel)}};
  const std::pair<const char*, ImU32> inks[] = {{"text", t.text},     {"soft", t.soft}, {"faint", t.faint},
                                                {"accent", t.accent}, {"good", t.good}, {"bad", t.bad}};
  for (const auto& [ink, color] : inks)
    for (const Ground& ground : grounds)
      EXPECT_GE(contrast(rgb_of(color), ground.color), kLeastContrast) << ink << " on " << ground.name;
}

TEST_P(Contrast, WhatIsChosenOrUnderTheCursorCanBeRead) {
  const Theme t = GetParam() ? dark_theme() : light_theme();
  for (const ImU32 ink : {t.text, t.soft, t.accent})
    EXPECT_GE(contrast(rgb_of(ink), rgb_of(t.hovered)), kLeastContrast) << "on hovered";
  for (const ImU32 ink : {t.text, t.accent})
    EXPECT_GE(contrast(rgb_of(ink), rgb_of(t.pressed)), kLeastContrast) << "on pressed";
}

TEST_P(Contrast, QuietTextIsQuieterThanImportantText) {
  const Theme t = GetParam() ? dark_theme() : light_theme();
  const Rgb panel = rgb_of(t.panel);
  EXPECT_GT(contrast(rgb_of(t.text), panel), 1.2 * contrast(rgb_of(t.soft), panel));
  EXPECT_GT(contrast(rgb_of(t.soft), panel), 1.2 * contrast(rgb_of(t.faint), panel));
}

INSTANTIATE_TEST_SUITE_P(Themes, Contrast, ::testing::Bool(),
                         [](const auto& test) { return std::string(test.param ? "dark" : "light"); });

}  // namespace
}  // namespace headlight::ui
