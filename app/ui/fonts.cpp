#include "app/ui/fonts.h"

#include <cfloat>
#include <cmath>
#include <filesystem>
#include <initializer_list>

namespace headlight::ui {

namespace {

// Everything but the digits, which are added with one width: columns of numbers must not dance.
constexpr std::array<ImWchar, 17> kTextRanges = {0x0020, 0x002F, 0x003A, 0x024F, 0x0370, 0x052F, 0x1E00, 0x1EFF, 0x2010,
                                                 0x2044, 0x2070, 0x209F, 0x20A0, 0x20BF, 0x2100, 0x22FF, 0};
constexpr std::array<ImWchar, 3> kDigitRanges = {0x0030, 0x0039, 0};
constexpr std::array<ImWchar, 5> kSymbolRanges = {0x1D40, 0x1D40, 0x2190, 0x27BF, 0};  // what Inter may lack

std::string first_file(std::initializer_list<const char*> candidates) {
  for (const char* candidate : candidates)
    if (std::error_code error; std::filesystem::is_regular_file(candidate, error)) return candidate;
  return {};
}

std::string text_font(bool strong) {
  if (strong)
    return first_file(
        {"/usr/share/fonts/opentype/inter/Inter-SemiBold.otf", "/usr/share/fonts/truetype/inter/Inter-SemiBold.ttf",
         "/usr/share/fonts/inter/Inter-SemiBold.otf", "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf",
         "/usr/share/fonts/TTF/DejaVuSans-Bold.ttf", "/usr/share/fonts/dejavu/DejaVuSans-Bold.ttf"});
  return first_file({"/usr/share/fonts/opentype/inter/Inter-Regular.otf",
                     "/usr/share/fonts/truetype/inter/Inter-Regular.ttf", "/usr/share/fonts/inter/Inter-Regular.otf",
                     "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "/usr/share/fonts/TTF/DejaVuSans.ttf",
                     "/usr/share/fonts/dejavu/DejaVuSans.ttf"});
}

std::string symbol_font() {
  return first_file({"/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "/usr/share/fonts/TTF/DejaVuSans.ttf",
                     "/usr/share/fonts/dejavu/DejaVuSans.ttf"});
}

std::string wide_font() {
  return first_file(
      {"/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
       "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
       "/usr/share/fonts/truetype/noto/NotoSansCJK-Regular.ttc",
       "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf", "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
       "/usr/share/fonts/truetype/unfonts-core/UnDotum.ttf"});
}

bool covered(unsigned c) {
  if (c < 0x20 || (c >= 0x30 && c <= 0x39)) return true;
  for (std::size_t i = 0; i + 1 < kTextRanges.size() && kTextRanges[i] != 0; i += 2)
    if (c >= kTextRanges[i] && c <= kTextRanges[i + 1]) return true;
  return (c >= 0x2190 && c <= 0x27BF) || c == 0x1D40;
}

/// The next character of UTF-8 text, U+FFFD for bytes that are none; `at` moves behind it.
unsigned next_character(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(at++);
  const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
  if (more == 0) return first < 0x80 ? first : 0xFFFD;
  unsigned c = first & (0x3Fu >> more);
  for (int i = 0; i < more; ++i) {
    if (at >= text.size() || (byte(at) & 0xC0u) != 0x80) return 0xFFFD;
    c = (c << 6) | (byte(at++) & 0x3Fu);
  }
  return c;
}

}  // namespace

Fonts::Fonts(float scale) {
  const std::array<float, kTypeCount> points = {15.f, 15.f, 12.5f, 17.f};
  for (std::size_t i = 0; i < points.size(); ++i) sizes_[i] = std::round(points[i] * scale);
}

bool Fonts::need(std::string_view text) {
  bool grown = false;
  for (std::size_t at = 0; at < text.size();) {
    const unsigned c = next_character(text, at);
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

  const std::string symbols = symbol_font();
  const std::string wide = extra_.empty() ? std::string() : wide_font();
  for (std::size_t i = 0; i < kTypeCount; ++i) {
    const Type type = static_cast<Type>(i);
    const float px = sizes_[i];
    const std::string text = text_font(type == Type::strong || type == Type::title);
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
