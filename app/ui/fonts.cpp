#include "app/ui/fonts.h"

#include <cfloat>
#include <cmath>

#include "app/words/text.h"

namespace headlight::ui {

namespace {

// Everything but the digits, which are added with one width: columns of numbers must not dance.
constexpr std::array<ImWchar, 17> kTextRanges = {0x0020, 0x002F, 0x003A, 0x024F, 0x0370, 0x052F, 0x1E00, 0x1EFF, 0x2010,
                                                 0x2044, 0x2070, 0x209F, 0x20A0, 0x20BF, 0x2100, 0x22FF, 0};
constexpr std::array<ImWchar, 3> kDigitRanges = {0x0030, 0x0039, 0};
constexpr std::array<ImWchar, 5> kSymbolRanges = {0x1D40, 0x1D40, 0x2190, 0x27BF, 0};  // what Inter may lack

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

void Fonts::load() {
  ImFontAtlas& atlas = *ImGui::GetIO().Fonts;
  atlas.Clear();
  extra_ranges_.clear();
  for (const ImWchar c : extra_) extra_ranges_.insert(extra_ranges_.end(), {c, c});
  extra_ranges_.push_back(0);

  const std::string symbols = font_file(Face::symbols);
  const std::string wide = extra_.empty() ? std::string() : font_file(Face::wide);
  for (std::size_t i = 0; i < kTypeCount; ++i) {
    const Type type = static_cast<Type>(i);
    const float px = sizes_[i];
    const std::string text = font_file(type == Type::strong || type == Type::title ? Face::strong : Face::regular);
    if (text.empty()) {
      fonts_[i] = atlas.AddFontDefault();
      continue;
    }
    ImFontConfig config;
    config.OversampleH = 2;
    config.OversampleV = 1;
    fonts_[i] = atlas.AddFontFromFileTTF(text.c_str(), px, &config, kTextRanges.data());
    config.MergeMode = true;
    ImFontConfig digits = config;
    digits.GlyphMinAdvanceX = digits.GlyphMaxAdvanceX = std::round(px * 0.515f);
    atlas.AddFontFromFileTTF(text.c_str(), px, &digits, kDigitRanges.data());
    config.OversampleH = 1;
    if (!symbols.empty() && symbols != text)
      atlas.AddFontFromFileTTF(symbols.c_str(), px, &config, kSymbolRanges.data());
    if (!wide.empty() && type != Type::title)
      atlas.AddFontFromFileTTF(wide.c_str(), std::round(px * 1.15f), &config, extra_ranges_.data());
  }
  ImGui::GetIO().FontDefault = font(Type::body);
}

}  // namespace headlight::ui
