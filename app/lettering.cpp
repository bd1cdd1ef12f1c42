#include "app/lettering.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <vector>

#define STB_TRUETYPE_IMPLEMENTATION
#define STBTT_STATIC
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#include <stb/stb_truetype.h>
#pragma GCC diagnostic pop

namespace headlight {

struct Lettering::Face {
  std::vector<unsigned char> file;
  stbtt_fontinfo info{};
};

namespace {

constexpr std::array kTextFonts = {
    "/usr/share/fonts/opentype/inter/Inter-Regular.otf",
    "/usr/share/fonts/truetype/inter/Inter-Regular.ttf",
    "/usr/share/fonts/inter/Inter-Regular.otf",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/TTF/DejaVuSans.ttf",
    "/usr/share/fonts/dejavu/DejaVuSans.ttf",
};
constexpr std::array kWideFonts = {
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
};

/// The next code point of UTF-8 text, U+FFFD for bytes that are none; `text` moves behind it.
int next_character(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  text.remove_prefix(1);
  if (first < 0x80) return first;
  const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
  if (more == 0) return 0xFFFD;
  int value = first & (0x3F >> more);
  for (int i = 0; i < more; ++i) {
    if (text.empty() || (static_cast<unsigned char>(text.front()) & 0xC0) != 0x80) return 0xFFFD;
    value = value << 6 | (text.front() & 0x3F);
    text.remove_prefix(1);
  }
  return value;
}

/// Mixes `color` into the picture by the coverage of a glyph.
void blend(vit::Image& image, int left, int top, const unsigned char* coverage, int width, int height,
           const std::array<std::uint8_t, 3>& color) {
  for (int y = std::max(0, -top); y < std::min(height, image.height - top); ++y) {
    for (int x = std::max(0, -left); x < std::min(width, image.width - left); ++x) {
      const int share = coverage[y * width + x];
      std::uint8_t* pixel =
          image.rgb.data() + 3 * (static_cast<std::size_t>(top + y) * static_cast<std::size_t>(image.width) + left + x);
      for (std::size_t c = 0; c < 3; ++c)
        pixel[c] = static_cast<std::uint8_t>((pixel[c] * (255 - share) + color[c] * share + 127) / 255);
    }
  }
}

}  // namespace

Lettering::Lettering() {
  for (const char* file : kTextFonts)
    if ((text_ = read_face(file))) return;
}

Lettering::~Lettering() = default;

std::unique_ptr<Lettering::Face> Lettering::read_face(const char* file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return nullptr;
  auto face = std::make_unique<Face>();
  face->file.assign(std::istreambuf_iterator<char>(stream), {});
  const int offset = stbtt_GetFontOffsetForIndex(face->file.data(), 0);
  if (offset < 0 || !stbtt_InitFont(&face->info, face->file.data(), offset)) return nullptr;
  return face;
}

bool Lettering::available() const {
  return text_ != nullptr;
}

const Lettering::Face* Lettering::face_for(int character) const {
  if (!text_ || stbtt_FindGlyphIndex(&text_->info, character) != 0) return text_.get();
  if (!wide_tried_) {
    wide_tried_ = true;
    for (const char* file : kWideFonts)
      if ((wide_ = read_face(file))) break;
  }
  return wide_ && stbtt_FindGlyphIndex(&wide_->info, character) != 0 ? wide_.get() : text_.get();
}

double Lettering::width(std::string_view text, double px) const {
  double total = 0;
  while (!text.empty() && available()) {
    const int character = next_character(text);
    const Face* face = face_for(character);
    int advance = 0, bearing = 0;
    stbtt_GetCodepointHMetrics(&face->info, character, &advance, &bearing);
    total += advance * stbtt_ScaleForPixelHeight(&face->info, static_cast<float>(px));
  }
  return total;
}

void Lettering::draw(vit::Image& image, double x, double baseline, std::string_view text, double px,
                     std::array<std::uint8_t, 3> color) const {
  std::vector<unsigned char> coverage;
  while (!text.empty() && available()) {
    const int character = next_character(text);
    const Face* face = face_for(character);
    const float scale = stbtt_ScaleForPixelHeight(&face->info, static_cast<float>(px));
    const double left = std::floor(x);
    const auto shift = static_cast<float>(x - left);
    int x0 = 0, y0 = 0, x1 = 0, y1 = 0;
    stbtt_GetCodepointBitmapBoxSubpixel(&face->info, character, scale, scale, shift, 0, &x0, &y0, &x1, &y1);
    const int width = x1 - x0, height = y1 - y0;
    if (width > 0 && height > 0) {
      coverage.assign(static_cast<std::size_t>(width) * height, 0);
      stbtt_MakeCodepointBitmapSubpixel(&face->info, coverage.data(), width, height, width, scale, scale, shift, 0,
                                        character);
      blend(image, static_cast<int>(left) + x0, static_cast<int>(std::lround(baseline)) + y0, coverage.data(), width,
            height, color);
    }
    int advance = 0, bearing = 0;
    stbtt_GetCodepointHMetrics(&face->info, character, &advance, &bearing);
    x += advance * scale;
  }
}

}  // namespace headlight
