#include "app/ui/fonts.h"

#include <algorithm>
#include <cfloat>
#include <cmath>

#include "app/words/text.h"

namespace headlight::ui {

namespace {

// Everything but the digits, which are added with one width: columns of numbers must not dance.
constexpr std::array<ImWchar, 17> kTextRanges = {0x0020, 0x002F, 0x003A, 0x024F, 0x0370, 0x052F, 0x1E00, 0x1EFF, 0x2010,
                                                 0x2044, 0x2070, 0x209F, 0x20A0, 0x20BF, 0x2100, 0x22FF, 0};
constexpr std::array<ImWchar, 3> kDigitRanges = {0x0030, 0x0039, 0};
constexpr std::array<ImWchar, 5> kSymbolRanges = {0x1D40, 0x1D40, 0x2190, 0x27BF, 0};  // what the text has not
constexpr char32_t kSymbolSample[] = U"ᵀ←↑→√∞≈";                                       // a font of symbols has these

bool covered(char32_t c) {
  if (c < 0x20 || (c >= 0x30 && c <= 0x39)) return true;
  for (std::size_t i = 0; i + 1 < kTextRanges.size() && kTextRanges[i] != 0; i += 2)
    if (c >= kTextRanges[i] && c <= kTextRanges[i + 1]) return true;
  return (c >= 0x2190 && c <= 0x27BF) || c == 0x1D40;
}

}  // namespace

Fonts::Fonts(float scale) {
  const std::array<float, kTypeCount> points = {15.f, 15.f, 12.5f, 17.f};
  for (std::size_t i = 0; i < points.size(); ++i) sizes_[i] = std::round(points[i] * scale);
}

bool Fonts::need(std::string_view text) {
  bool grown = false;
  while (!text.empty()) {
    const char32_t c = next_character(text);
    if (c <= 0xFFFF && !covered(c)) grown |= extra_.insert(static_cast<ImWchar>(c)).second;
  }
  return grown;
}

void Fonts::find_extra_fonts() {
  extra_fonts_.clear();
  for (const ImWchar c : extra_) {
    const char32_t wanted = c;
    const FontFile font = font_with({&wanted, 1});
    if (font.path.empty()) continue;
    auto same = std::find_if(extra_fonts_.begin(), extra_fonts_.end(), [&](const Extra& e) { return e.font == font; });
    if (same == extra_fonts_.end()) same = extra_fonts_.insert(same, {font, {}});
    same->ranges.insert(same->ranges.end(), {c, c});
  }
  for (Extra& extra : extra_fonts_) extra.ranges.push_back(0);
}

void Fonts::load() {
  ImFontAtlas& atlas = *ImGui::GetIO().Fonts;
  atlas.Clear();
  find_extra_fonts();

  const std::array<FontFile, 2> texts = {text_font(Weight::regular), text_font(Weight::strong)};
  const FontFile symbols = font_with(kSymbolSample);
  for (std::size_t i = 0; i < kTypeCount; ++i) {
    const Type type = static_cast<Type>(i);
    const float px = sizes_[i];
    const FontFile& text = texts[type == Type::strong || type == Type::title ? 1 : 0];
    if (text.path.empty()) {
      fonts_[i] = atlas.AddFontDefault();
      continue;
    }
    ImFontConfig config;
    config.OversampleH = 2;
    config.OversampleV = 1;
    const auto add = [&atlas](const FontFile& font, float size, ImFontConfig how, const ImWchar* ranges) {
      how.FontNo = font.index;
      return atlas.AddFontFromFileTTF(font.path.c_str(), size, &how, ranges);
    };
    fonts_[i] = add(text, px, config, kTextRanges.data());
    config.MergeMode = true;
    ImFontConfig digits = config;
    digits.GlyphMinAdvanceX = digits.GlyphMaxAdvanceX = std::round(px * 0.515f);
    add(text, px, digits, kDigitRanges.data());
    config.OversampleH = 1;
    if (!symbols.path.empty()) add(symbols, px, config, kSymbolRanges.data());
    if (type != Type::title)
      for (const Extra& extra : extra_fonts_) add(extra.font, std::round(px * 1.15f), config, extra.ranges.data());
  }
  ImGui::GetIO().FontDefault = font(Type::body);
}

}  // namespace headlight::ui
