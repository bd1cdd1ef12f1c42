#include "app/words/font_files.h"

#include <fontconfig/fontconfig.h>

#include <algorithm>
#include <memory>

namespace headlight {
namespace {

struct Destroy {
  void operator()(FcPattern* pattern) const { FcPatternDestroy(pattern); }
  void operator()(FcFontSet* set) const { FcFontSetDestroy(set); }
};

const FcChar8* text(const char* words) {
  return reinterpret_cast<const FcChar8*>(words);
}

/// Every font of the system, the nearest to Inter first.
std::unique_ptr<FcFontSet, Destroy> nearest_fonts(Weight weight) {
  const std::unique_ptr<FcPattern, Destroy> wanted(FcPatternCreate());
  if (!wanted) return nullptr;
  for (const char* family : {"Inter", "sans-serif"}) FcPatternAddString(wanted.get(), FC_FAMILY, text(family));
  FcPatternAddInteger(wanted.get(), FC_WEIGHT, weight == Weight::strong ? FC_WEIGHT_DEMIBOLD : FC_WEIGHT_REGULAR);
  FcPatternAddInteger(wanted.get(), FC_SLANT, FC_SLANT_ROMAN);
  FcConfigSubstitute(nullptr, wanted.get(), FcMatchPattern);
  FcDefaultSubstitute(wanted.get());
  FcResult result = FcResultMatch;
  return std::unique_ptr<FcFontSet, Destroy>(FcFontSort(nullptr, wanted.get(), FcFalse, nullptr, &result));
}

/// The window and the exports read outlines of these two formats alone.
bool is_readable(FcPattern* font) {
  FcChar8* format = nullptr;
  FcBool outline = FcFalse;
  FcPatternGetString(font, FC_FONTFORMAT, 0, &format);
  FcPatternGetBool(font, FC_OUTLINE, 0, &outline);
  if (format == nullptr || outline != FcTrue) return false;
  const std::string_view name = reinterpret_cast<const char*>(format);
  return name == "TrueType" || name == "CFF";
}

bool covers(FcPattern* font, std::u32string_view characters) {
  FcCharSet* set = nullptr;
  return FcPatternGetCharSet(font, FC_CHARSET, 0, &set) == FcResultMatch &&
         std::all_of(characters.begin(), characters.end(),
                     [set](char32_t c) { return FcCharSetHasChar(set, c) == FcTrue; });
}

FontFile first_with(std::u32string_view characters, Weight weight) {
  const auto fonts = nearest_fonts(weight);
  for (int i = 0; fonts && i < fonts->nfont; ++i) {
    FcPattern* font = fonts->fonts[i];
    FcChar8* path = nullptr;
    int index = 0;
    if (!is_readable(font) || !covers(font, characters)) continue;
    if (FcPatternGetString(font, FC_FILE, 0, &path) != FcResultMatch) continue;
    FcPatternGetInteger(font, FC_INDEX, 0, &index);
    return {reinterpret_cast<const char*>(path), index & 0xFFFF};  // above: the instance of a variable font
  }
  return {};
}

}  // namespace

FontFile text_font(Weight weight) {
  return first_with(U"Aa0", weight);
}

FontFile font_with(std::u32string_view characters) {
  return first_with(characters, Weight::regular);
}

}  // namespace headlight
