// The same drawing as pixels, PDF and SVG.
#include "app/export/paper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "app/words/font_files.h"
#include "engine/base/error.h"
#include "tests/unit/temp_folder.h"

namespace headlight {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr Color kBlack = {0, 0, 0}, kWhite = {255, 255, 255};

Drawing drawing(double width, double height, std::function<void(Paper&)> draw) {
  return {.width = width, .height = height, .ground = kWhite, .draw = std::move(draw)};
}

Color color_at(const Raster& raster, int x, int y) {
  const std::uint8_t* p = raster.rgba.data() + 4 * (static_cast<std::size_t>(y) * raster.width + x);
  return {p[0], p[1], p[2]};
}

/// Pixels that are no longer white, from column `left` to before column `right`.
int inked(const Raster& raster, int left, int right) {
  int count = 0;
  for (int y = 0; y < raster.height; ++y)
    for (int x = left; x < right; ++x) count += color_at(raster, x, y) != kWhite ? 1 : 0;
  return count;
}

vit::Image checkers(int width, int height) {
  vit::Image image;
  image.width = width;
  image.height = height;
  for (int i = 0; i < width * height; ++i)
    image.rgb.insert(image.rgb.end(), {static_cast<std::uint8_t>(37 * i % 256), static_cast<std::uint8_t>(i % 256), 3});
  return image;
}

std::string output_of(const std::string& command) {
  FILE* pipe = ::popen(command.c_str(), "r");
  std::string out;
  for (int c; pipe != nullptr && (c = std::fgetc(pipe)) != EOF;) out += static_cast<char>(c);
  return pipe != nullptr && ::pclose(pipe) == 0 ? out : "(failed)";
}

class PaperWords : public ::testing::Test {
 protected:
  void SetUp() override {
    if (text_font(Weight::regular).path.empty()) GTEST_SKIP() << "no typeface is installed";
  }
};

TEST(Paper, PicturesKeepTheirColoursExactly) {
  const Raster raster = raster_of(drawing(20, 10, [](Paper& paper) {
    paper.picture({2, 1, 8, 6}, 0, 0, [](int width, int height) { return checkers(width, height); });
  }));
  const vit::Image expected = checkers(8, 6);
  for (int y = 0; y < 6; ++y)
    for (int x = 0; x < 8; ++x) {
      const std::uint8_t* p = expected.pixel(x, y);
      EXPECT_EQ(color_at(raster, 2 + x, 1 + y), (Color{p[0], p[1], p[2]})) << x << " " << y;
    }
  EXPECT_EQ(color_at(raster, 1, 1), kWhite);
}

TEST(Paper, WithoutGroundItIsTransparent) {
  Drawing plain = drawing(4, 4, [](Paper& paper) { paper.fill({0, 0, 2, 4}, {200, 100, 50}); });
  plain.ground.reset();
  const Raster raster = raster_of(plain);
  EXPECT_EQ(raster.rgba[3], 255);
  EXPECT_EQ(color_at(raster, 0, 0), (Color{200, 100, 50}));
  EXPECT_EQ(raster.rgba[4 * 3 + 3], 0);
}

TEST(Paper, AreasEndBetweenPixels) {
  const Raster raster = raster_of(drawing(10, 4, [](Paper& paper) { paper.fill({1.4, 0.3, 3.3, 2.9}, kBlack); }), 1);
  EXPECT_EQ(inked(raster, 0, 10), 4 * 3) << "columns 1 to 4, rows 0 to 2, and no grey";
  EXPECT_EQ(color_at(raster, 1, 0), kBlack);
}

TEST(Paper, PicturesOnPaperWithoutPixelsGetWholePixelsForEachCell) {
  EXPECT_EQ(pixels_for({0, 0, 100, 50}, 16, 12, 1), (std::pair{112, 60}));
  EXPECT_EQ(pixels_for({0, 0, 100, 50}, 0, 0, 300.0 / 72), (std::pair{417, 209}));
}

TEST(Paper, APictureThatIsTooLargeIsRefusedWithWhatToDo) {
  try {
    raster_of(drawing(9000, 10, [](Paper&) {}), 2);
    FAIL() << "18000 px wide";
  } catch (const vit::Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("18000 × 20 px"));
    EXPECT_THAT(error.what(), HasSubstr("fewer dpi"));
  }
}

TEST_F(PaperWords, AlignedTextStandsWhereItIsAsked) {
  for (const Align align : {Align::left, Align::center, Align::right}) {
    const Raster raster = raster_of(drawing(300, 40, [align](Paper& paper) {
      paper.text(150, 28, "head 12", {.size = 16, .color = kBlack, .align = align});
    }));
    const int left = inked(raster, 0, 150), right = inked(raster, 150, 300);
    EXPECT_EQ(left > 20, align != Align::left) << left << " and " << right;
    EXPECT_EQ(right > 20, align != Align::right) << left << " and " << right;
  }
}

TEST_F(PaperWords, BrokenTextAndTextOutsideAreNoHarm) {
  const Raster raster = raster_of(drawing(20, 10, [](Paper& paper) {
    for (double x : {-30.0, -3.5, 15.0, 50.0})
      for (double y : {-5.0, 4.0, 12.0, 60.0}) paper.text(x, y, "W\xC3g\n\x01", {.size = 18, .color = kBlack});
  }));
  EXPECT_GT(inked(raster, 0, 20), 0);
}

TEST_F(PaperWords, APdfFileHoldsItsWordsAndIsThatLarge) {
  const TempFolder folder;
  Drawing page = drawing(85 * 72 / 25.4, 100, [](Paper& paper) {
    paper.text(10, 20, "moose, head 1 – Élan 猫", {.size = 8, .color = kBlack});
    paper.text(10, 40, "bold words", {.size = 8, .color = kBlack, .weight = Weight::strong});
    paper.picture({10, 50, 40, 40}, 4, 4, [](int width, int height) { return checkers(width, height); });
  });
  page.points = 1;
  const std::string bytes = pdf_of(page, "A title", "What it shows");
  EXPECT_EQ(bytes.substr(0, 5), "%PDF-");
  EXPECT_EQ(bytes, pdf_of(page, "A title", "What it shows")) << "twice the same";
  const std::string file = folder.write("page.pdf", bytes).string();
  if (output_of("pdftotext -v 2>&1; true").find("pdftotext") == std::string::npos) GTEST_SKIP() << "no poppler-utils";
  const std::string text = output_of("pdftotext '" + file + "' -");
  EXPECT_THAT(text, HasSubstr("moose, head 1 – Élan"));
  EXPECT_THAT(text, HasSubstr("bold words"));
  const std::string facts = output_of("pdfinfo '" + file + "'");
  EXPECT_THAT(facts, HasSubstr("240.945 x 100 pts"));
  EXPECT_THAT(facts, HasSubstr("A title"));
  const std::string fonts = output_of("pdffonts '" + file + "'");
  EXPECT_THAT(fonts, HasSubstr("yes yes yes")) << "embedded, a subset, with its characters:\n" << fonts;
}

TEST(Paper, AnSvgFileHoldsItsWordsAsText) {
  Drawing page = drawing(300, 100, [](Paper& paper) {
    paper.text(10, 20, "a < b & \"c\" \x01", {.size = 12, .color = {255, 0, 16}, .align = Align::right});
    paper.picture({10, 50, 40, 40}, 4, 4, [](int width, int height) { return checkers(width, height); });
  });
  const std::string svg = svg_of(page, "T & t", "model <m>");
  EXPECT_THAT(svg, HasSubstr("text-anchor=\"end\">a &lt; b &amp; &quot;c&quot;  </text>"));
  EXPECT_THAT(svg, HasSubstr("fill=\"#ff0010\""));
  EXPECT_THAT(svg, HasSubstr("<title>T &amp; t</title>"));
  EXPECT_THAT(svg, HasSubstr("data:image/png;base64,iVBORw0KGgo"));
  EXPECT_THAT(svg, HasSubstr("width=\"300\" height=\"100\""));
  page.points = 1;
  page.has_size = true;
  EXPECT_THAT(svg_of(page, "", ""), HasSubstr("width=\"105.833mm\" height=\"35.278mm\""));
}

}  // namespace
}  // namespace headlight
