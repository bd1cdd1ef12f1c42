#include "app/export/lettering.h"

#include <cairo-ft.h>
#include <fontconfig/fontconfig.h>

#include <algorithm>

#include "app/words/text.h"

namespace headlight {
namespace {

constexpr double kMeasuredAt = 1000;  // size of the em that advances are taken at

/// Free of the pixels' grid, so that a figure has the same lines in every format and at every size.
cairo_font_options_t* plain_options() {
  cairo_font_options_t* options = cairo_font_options_create();
  cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
  cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
  return options;
}

std::string utf8(char32_t c) {
  const auto tail = [c](int shift) { return static_cast<char>(0x80 | ((c >> shift) & 0x3F)); };
  if (c < 0x80) return {static_cast<char>(c)};
  if (c < 0x800) return {static_cast<char>(0xC0 | (c >> 6)), tail(0)};
  if (c < 0x10000) return {static_cast<char>(0xE0 | (c >> 12)), tail(6), tail(0)};
  return {static_cast<char>(0xF0 | (c >> 18)), tail(12), tail(6), tail(0)};
}

}  // namespace

struct Lettering::Face {
  cairo_font_face_t* cairo = nullptr;
  cairo_scaled_font_t* measure = nullptr;

  explicit Face(const FontFile& file) {
    FcPattern* pattern = FcPatternCreate();
    FcPatternAddString(pattern, FC_FILE, reinterpret_cast<const FcChar8*>(file.path.c_str()));
    FcPatternAddInteger(pattern, FC_INDEX, file.index);
    cairo = cairo_ft_font_face_create_for_pattern(pattern);
    FcPatternDestroy(pattern);
    cairo_matrix_t size, identity;
    cairo_matrix_init_scale(&size, kMeasuredAt, kMeasuredAt);
    cairo_matrix_init_identity(&identity);
    cairo_font_options_t* options = plain_options();
    measure = cairo_scaled_font_create(cairo, &size, &identity, options);
    cairo_font_options_destroy(options);
  }
  ~Face() {
    cairo_scaled_font_destroy(measure);
    cairo_font_face_destroy(cairo);
  }
  Face(const Face&) = delete;
  Face& operator=(const Face&) = delete;

  bool usable() const { return cairo_scaled_font_status(measure) == CAIRO_STATUS_SUCCESS; }
  bool has(char32_t character) const {
    cairo_glyph_t* glyphs = nullptr;
    int count = 0;
    const std::string text = utf8(character);
    if (cairo_scaled_font_text_to_glyphs(measure, 0, 0, text.data(), static_cast<int>(text.size()), &glyphs, &count,
                                         nullptr, nullptr, nullptr) != CAIRO_STATUS_SUCCESS)
      return false;
    const bool there = count == 1 && glyphs[0].index != 0;
    cairo_glyph_free(glyphs);
    return there;
  }
  double advance(const std::string& text) const {
    cairo_text_extents_t extents;
    cairo_scaled_font_text_extents(measure, text.c_str(), &extents);
    return extents.x_advance / kMeasuredAt;
  }
};

Lettering::Lettering()
    : regular_(read_face(text_font(Weight::regular))), strong_(read_face(text_font(Weight::strong))) {}

Lettering::~Lettering() = default;

std::unique_ptr<Lettering::Face> Lettering::read_face(const FontFile& file) {
  if (file.path.empty()) return nullptr;
  auto face = std::make_unique<Face>(file);
  return face->usable() ? std::move(face) : nullptr;
}

bool Lettering::available() const {
  return regular_ != nullptr;
}

const Lettering::Face* Lettering::face_for(char32_t character, Weight weight) const {
  const Face* own = weight == Weight::strong && strong_ ? strong_.get() : regular_.get();
  if (own->has(character)) return own;
  const auto [known, is_new] = faces_of_characters_.try_emplace(character, nullptr);
  if (is_new) {
    const FontFile file = font_with({&character, 1});
    auto other = std::find_if(others_.begin(), others_.end(), [&](const auto& read) { return read.first == file; });
    if (other == others_.end()) {
      others_.emplace_back(file, read_face(file));
      other = others_.end() - 1;
    }
    if (other->second && other->second->has(character)) known->second = other->second.get();
  }
  return known->second != nullptr ? known->second : own;
}

std::vector<Lettering::Run> Lettering::runs(std::string_view text, Weight weight) const {
  std::vector<Run> runs;
  while (!text.empty() && available()) {
    const char32_t c = next_character(text);
    const char32_t character = c < 0x20 || c == 0x7F ? U' ' : c;
    const Face* face = face_for(character, weight);
    if (runs.empty() || runs.back().face != face) runs.push_back({face, {}});
    runs.back().text += utf8(character);
  }
  return runs;
}

double Lettering::width(std::string_view text, double size, Weight weight) const {
  double total = 0;
  for (const Run& run : runs(text, weight)) total += run.face->advance(run.text) * size;
  return total;
}

void Lettering::draw(cairo_t* context, double x, double baseline, std::string_view text, double size,
                     Weight weight) const {
  cairo_font_options_t* options = plain_options();
  cairo_set_font_options(context, options);
  cairo_font_options_destroy(options);
  for (const Run& run : runs(text, weight)) {
    cairo_set_font_face(context, run.face->cairo);
    cairo_set_font_size(context, size);
    cairo_move_to(context, x, baseline);
    cairo_show_text(context, run.text.c_str());
    x += run.face->advance(run.text) * size;
  }
}

const Lettering& lettering() {
  thread_local const Lettering of_this_thread;
  return of_this_thread;
}

}  // namespace headlight
