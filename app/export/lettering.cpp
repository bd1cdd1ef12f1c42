#include "app/export/lettering.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

#define STB_TRUETYPE_IMPLEMENTATION
#define STBTT_STATIC
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#include <stb/stb_truetype.h>
#pragma GCC diagnostic pop

#include "app/words/text.h"

namespace headlight {

struct Lettering::Font {
  FontFile source;
  std::vector<unsigned char> file;
  stbtt_fontinfo info{};
};

namespace {

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
  text_ = read_font(text_font(Weight::regular));
}

Lettering::~Lettering() = default;

std::unique_ptr<Lettering::Font> Lettering::read_font(const FontFile& file) {
  std::ifstream stream(file.path, std::ios::binary);
  if (!stream) return nullptr;
  auto font = std::make_unique<Font>();
  font->source = file;
  font->file.assign(std::istreambuf_iterator<char>(stream), {});
  const int offset = stbtt_GetFontOffsetForIndex(font->file.data(), file.index);
  if (offset < 0 || !stbtt_InitFont(&font->info, font->file.data(), offset)) return nullptr;
  return font;
}

bool Lettering::available() const {
  return text_ != nullptr;
}

const Lettering::Font* Lettering::font_for(int character) const {
  if (!text_ || stbtt_FindGlyphIndex(&text_->info, character) != 0) return text_.get();
  const auto [known, is_new] = fonts_of_characters_.try_emplace(character, text_.get());
  if (!is_new) return known->second;
  const char32_t wanted = static_cast<char32_t>(character);
  const FontFile file = font_with({&wanted, 1});
  auto font = std::find_if(others_.begin(), others_.end(), [&](const auto& other) { return other->source == file; });
  if (font == others_.end()) {
    auto read = read_font(file);
    if (!read) return text_.get();
    font = others_.insert(others_.end(), std::move(read));
  }
  if (stbtt_FindGlyphIndex(&(*font)->info, character) != 0) known->second = font->get();
  return known->second;
}

double Lettering::width(std::string_view text, double px) const {
  double total = 0;
  while (!text.empty() && available()) {
    const auto character = static_cast<int>(next_character(text));
    const Font* font = font_for(character);
    int advance = 0, bearing = 0;
    stbtt_GetCodepointHMetrics(&font->info, character, &advance, &bearing);
    total += static_cast<float>(advance) * stbtt_ScaleForPixelHeight(&font->info, static_cast<float>(px));
  }
  return total;
}

void Lettering::draw(vit::Image& image, double x, double baseline, std::string_view text, double px,
                     std::array<std::uint8_t, 3> color) const {
  std::vector<unsigned char> coverage;
  while (!text.empty() && available()) {
    const auto character = static_cast<int>(next_character(text));
    const Font* font = font_for(character);
    const float scale = stbtt_ScaleForPixelHeight(&font->info, static_cast<float>(px));
    const double left = std::floor(x);
    const auto shift = static_cast<float>(x - left);
    int x0 = 0, y0 = 0, x1 = 0, y1 = 0;
    stbtt_GetCodepointBitmapBoxSubpixel(&font->info, character, scale, scale, shift, 0, &x0, &y0, &x1, &y1);
    const int width = x1 - x0, height = y1 - y0;
    if (width > 0 && height > 0) {
      coverage.assign(static_cast<std::size_t>(width) * height, 0);
      stbtt_MakeCodepointBitmapSubpixel(&font->info, coverage.data(), width, height, width, scale, scale, shift, 0,
                                        character);
      blend(image, static_cast<int>(left) + x0, static_cast<int>(std::lround(baseline)) + y0, coverage.data(), width,
            height, color);
    }
    int advance = 0, bearing = 0;
    stbtt_GetCodepointHMetrics(&font->info, character, &advance, &bearing);
    x += static_cast<float>(advance) * scale;
  }
}

}  // namespace headlight
