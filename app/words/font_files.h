// The system's font files, as fontconfig knows them, for the window and for exported pictures alike.
#pragma once

#include <string>
#include <string_view>

namespace headlight {

struct FontFile {
  std::string path;  // of an OpenType or TrueType file with outlines; empty where the system has none that fits
  int index = 0;     // of the face in a collection

  bool operator==(const FontFile&) const = default;
};

enum class Weight : bool { regular, strong };

/// Inter, or else the system's own sans-serif.
FontFile text_font(Weight weight);

/// The font nearest to that one which has every one of these characters.
FontFile font_with(std::u32string_view characters);

}  // namespace headlight
