// What figures are drawn on: the same few marks become pixels, PDF or SVG.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/words/font_files.h"
#include "engine/image/image.h"

namespace headlight {

using Color = std::array<std::uint8_t, 3>;

/// In the units of a figure, from its top left corner.
struct Rect {
  double x = 0, y = 0, width = 0, height = 0;
  double right() const { return x + width; }
  double bottom() const { return y + height; }
  bool operator==(const Rect&) const = default;
};

enum class Align : std::uint8_t { left, center, right };

struct Letters {
  double size = 12;  // of the em
  Color color{};
  Weight weight = Weight::regular;
  Align align = Align::left;
};

class Paper {
 public:
  /// Makes a picture of exactly so many pixels.
  using Render = std::function<vit::Image(int width, int height)>;

  Paper() = default;
  Paper(const Paper&) = delete;
  Paper& operator=(const Paper&) = delete;
  virtual ~Paper() = default;

  virtual void fill(const Rect& area, Color color) = 0;
  /// A line of `thickness` along the inside of the area's border.
  virtual void frame(const Rect& area, Color color, double thickness) = 0;
  /// From point to point, with round corners.
  virtual void line(const std::vector<std::pair<double, double>>& points, Color color, double thickness) = 0;
  /// A picture, whose pixels become visible squares where they are few. `cols` and `rows`: it is a grid of so many
  /// equal cells, each of which gets whole pixels where the paper has none of its own; 0: a photograph.
  virtual void picture(const Rect& area, int cols, int rows, const Render& render) = 0;
  /// UTF-8 text that begins, is centred or ends at `x` and stands on `baseline`.
  virtual void text(double x, double baseline, std::string_view text, const Letters& letters) = 0;
  /// The area whose borders lie between pixels, where the paper has pixels.
  virtual Rect snapped(const Rect& area) const { return area; }
};

/// Pixels of a picture for an area on a paper without any: at least `pixels` a unit, and whole ones for each cell of a
/// grid (0: no grid).
std::pair<int, int> pixels_for(const Rect& area, int cols, int rows, double pixels);

/// A figure before it is known on what it will be drawn.
struct Drawing {
  double width = 0, height = 0;  // units
  double pixels = 1;             // a unit, as a picture
  double fine_pixels = 1;        // a unit, for pictures inside PDF and SVG
  double points = 0.75;          // 1/72 inch a unit
  bool has_size = false;         // it was made for a size on paper, which a PNG file then says
  std::optional<Color> ground;   // none: transparent
  std::function<void(Paper&)> draw;
};

struct Raster {
  int width = 0, height = 0;       // px
  std::vector<std::uint8_t> rgba;  // (height, width, 4), colours not multiplied by alpha
  bool operator==(const Raster&) const = default;
};

/// As pixels, `pixels` a unit. Throws vit::Error for a picture above 16384 px, and what `draw` throws.
Raster raster_of(const Drawing& drawing, double pixels);
inline Raster raster_of(const Drawing& drawing) {
  return raster_of(drawing, drawing.pixels);
}

/// As a PDF file of one page whose text can be searched and copied, its typeface inside. The same bytes for the same
/// drawing. `title` and `subject` are its properties.
std::string pdf_of(const Drawing& drawing, const std::string& title, const std::string& subject);

/// As an SVG file whose text stays text: an editor can change it, in Inter where that is installed and else in the
/// reader's sans-serif. (Cairo's own SVG files hold outlines in place of text.) `metadata` becomes its description.
std::string svg_of(const Drawing& drawing, const std::string& title, const std::string& metadata);

}  // namespace headlight
