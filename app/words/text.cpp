#include "app/words/text.h"

#include <filesystem>
#include <vector>

namespace headlight {

namespace {

using Files = std::vector<const char*>;

const Files& candidates(Face face) {
  static const Files regular = {
      "/usr/share/fonts/opentype/inter/Inter-Regular.otf",
      "/usr/share/fonts/truetype/inter/Inter-Regular.ttf",
      "/usr/share/fonts/inter/Inter-Regular.otf",
      "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
      "/usr/share/fonts/TTF/DejaVuSans.ttf",
      "/usr/share/fonts/dejavu/DejaVuSans.ttf",
      "/System/Library/Fonts/Supplemental/Arial.ttf",
      "C:/Windows/Fonts/segoeui.ttf",
  };
  static const Files strong = {
      "/usr/share/fonts/opentype/inter/Inter-SemiBold.otf", "/usr/share/fonts/truetype/inter/Inter-SemiBold.ttf",
      "/usr/share/fonts/inter/Inter-SemiBold.otf",          "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf",
      "/usr/share/fonts/TTF/DejaVuSans-Bold.ttf",           "/usr/share/fonts/dejavu/DejaVuSans-Bold.ttf",
      "/System/Library/Fonts/Supplemental/Arial Bold.ttf",  "C:/Windows/Fonts/segoeuib.ttf",
  };
  static const Files symbols = {
      "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
      "/usr/share/fonts/TTF/DejaVuSans.ttf",
      "/usr/share/fonts/dejavu/DejaVuSans.ttf",
      "/System/Library/Fonts/Supplemental/Arial Unicode.ttf",
      "C:/Windows/Fonts/seguisym.ttf",
  };
  static const Files wide = {
      "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
      "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
      "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
      "/usr/share/fonts/truetype/noto/NotoSansCJK-Regular.ttc",
      "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
      "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
      "/usr/share/fonts/truetype/unfonts-core/UnDotum.ttf",
      "/System/Library/Fonts/Supplemental/Arial Unicode.ttf",
      "C:/Windows/Fonts/msyh.ttc",
  };
  switch (face) {
    case Face::regular:
      return regular;
    case Face::strong:
      return strong;
    case Face::symbols:
      return symbols;
    case Face::wide:
      return wide;
  }
  return regular;
}

}  // namespace

char32_t next_character(std::string_view& text) {
  constexpr char32_t kNone = 0xFFFD;
  const auto first = static_cast<unsigned char>(text.front());
  text.remove_prefix(1);
  if (first < 0x80) return first;
  const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
  if (more == 0) return kNone;
  char32_t value = first & (0x3Fu >> more);
  for (int i = 0; i < more; ++i) {
    if (text.empty() || (static_cast<unsigned char>(text.front()) & 0xC0u) != 0x80) return kNone;
    value = value << 6 | (static_cast<unsigned char>(text.front()) & 0x3Fu);
    text.remove_prefix(1);
  }
  return value;
}

std::string font_file(Face face) {
  for (const char* file : candidates(face))
    if (std::error_code error; std::filesystem::is_regular_file(file, error)) return file;
  return {};
}

}  // namespace headlight
