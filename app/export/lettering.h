// Text drawn into pictures without a window: captions of exported figures, in the system's own typefaces.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/words/font_files.h"
#include "engine/image/image.h"

namespace headlight {

/// Reads the fonts once; where none is found nothing is drawn and every width is 0. Use it from one thread at a time.
class Lettering {
 public:
  Lettering();
  ~Lettering();
  Lettering(const Lettering&) = delete;
  Lettering& operator=(const Lettering&) = delete;

  bool available() const;
  /// Advance of UTF-8 text in px at a size of `px` from ascender to descender.
  double width(std::string_view text, double px) const;
  /// Draws UTF-8 text that begins at `x` and stands on `baseline`; what lies outside the picture is left out.
  void draw(vit::Image& image, double x, double baseline, std::string_view text, double px,
            std::array<std::uint8_t, 3> color) const;

 private:
  struct Font;
  static std::unique_ptr<Font> read_font(const FontFile& file);  // null if it is not there or no font
  const Font* font_for(int character) const;

  std::unique_ptr<Font> text_;
  mutable std::vector<std::unique_ptr<Font>> others_;       // of other scripts, read when a character needs them
  mutable std::map<int, const Font*> fonts_of_characters_;  // that the text's own font lacks
};

}  // namespace headlight
