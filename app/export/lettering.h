// Text of figures: in the system's own typefaces, with others for the characters that these lack. For Paper alone.
#pragma once

#include <cairo.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/words/font_files.h"

namespace headlight {

/// Reads the fonts once; where none is found nothing is drawn and every width is 0. Use it from one thread at a time.
class Lettering {
 public:
  Lettering();
  ~Lettering();
  Lettering(const Lettering&) = delete;
  Lettering& operator=(const Lettering&) = delete;

  bool available() const;
  /// Advance of UTF-8 text at a size of the em.
  double width(std::string_view text, double size, Weight weight = Weight::regular) const;
  /// Draws UTF-8 text that begins at `x` and stands on `baseline`, in the context's colour.
  void draw(cairo_t* context, double x, double baseline, std::string_view text, double size,
            Weight weight = Weight::regular) const;

 private:
  struct Face;
  struct Run {  // of characters with one face
    const Face* face = nullptr;
    std::string text;
  };
  static std::unique_ptr<Face> read_face(const FontFile& file);  // null if it is not there or no font
  const Face* face_for(char32_t character, Weight weight) const;
  std::vector<Run> runs(std::string_view text, Weight weight) const;

  std::unique_ptr<Face> regular_, strong_;
  mutable std::vector<std::pair<FontFile, std::unique_ptr<Face>>> others_;  // read when a character needs them
  mutable std::map<char32_t, const Face*> faces_of_characters_;             // that the text's own face lacks
};

/// The one of this thread.
const Lettering& lettering();

}  // namespace headlight
