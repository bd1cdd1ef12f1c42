// What all figures with axes share: colours, size, caption, and the names of lines at their right.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/export/export_style.h"
#include "app/export/paper.h"

namespace headlight {

/// Colours of a figure on its ground.
struct Inks {
  Color paper, ink, faint, line;
};
Inks inks_of(Ground ground);

/// The sheet that a plot is drawn on, in units: points of 1/72 inch where its width is in mm, else pixels.
struct PlotSheet {
  /// The caption stands on it where the style wants one.
  PlotSheet(const std::string& title, const std::string& subtitle, const ExportStyle& style);

  double small() const { return 0.9 * text; }
  double line() const { return 1.3 * text; }
  double margin() const { return 1.2 * text; }
  double room() const { return width - 2 * margin(); }
  double top() const;  // below the caption
  Letters letters(Color color, Align align = Align::left) const;

  void draw_caption(Paper& paper) const;

  /// The name of a line that ends at `y`.
  struct EndName {
    double y;
    std::string name;
    Color color;
  };
  /// Behind the right end of `area`, each as near to its line's end as the others let it.
  void draw_end_names(Paper& paper, const Rect& area, std::vector<EndName> names) const;

  Drawing drawing(double height, std::function<void(Paper&)> draw) const;

  Inks inks;
  double width = 0, text = 0;  // `text`: size of the letters' em

 private:
  double pixels_ = 1, fine_pixels_ = 1, points_ = 0.75;  // of a unit, see Drawing
  bool has_size_ = false, has_ground_ = true;
  std::vector<std::string> title_, subtitle_;  // as lines
};

}  // namespace headlight
