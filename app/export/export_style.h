// How exported maps look: what they lie on, how large they are, what stands beside them, and as which files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "engine/base/choices.h"
#include "engine/maps/heatmap.h"

namespace headlight {

/// What a figure stands on.
enum class Ground : std::uint8_t { white, transparent, dark };
std::span<const vit::Choice<Ground>> choices(Ground);

/// How wide a whole figure is.
struct FigureWidth {
  enum class Unit : std::uint8_t { natural, px, mm } unit = Unit::natural;  // natural: as wide as its pictures make it
  double amount = 0;                                                        // of the unit
  double dpi = 300;  // pixels an inch of a width in mm, and of the pictures inside PDF and SVG files
  bool operator==(const FigureWidth&) const = default;
};

struct ExportStyle {
  vit::Look look;
  bool overlay = false;      // over the photo; otherwise the map alone
  bool whole_photo = false;  // over all of the photo, dark where the network does not look; else that part alone
  int size_px = 512;         // of the longer side of a picture, where the width is natural
  FigureWidth width = {};
  int columns = 0;                             // of tiles, in a figure of several maps; 0: as suits the page
  std::optional<bool> bar = {}, caption = {};  // none: where it is usual, see decorated()
  Ground ground = Ground::white;
  bool operator==(const ExportStyle&) const = default;
};

/// The style with bar and caption decided: a figure has both, a file of one map in a folder has neither unless it is an
/// overlay.
ExportStyle decorated(ExportStyle style, bool is_figure);

/// "85mm", "8.5cm", "3.35in", "1200px", "1200": a width as the command line has it; the dpi stay as they are. Throws
/// vit::Error.
FigureWidth parse_width(const std::string& text, const FigureWidth& usual);
/// Whether such a text says what its number counts: on a page, "85" could be anything.
bool names_unit(const std::string& text);
std::string width_text(const FigureWidth& width);
/// The largest possible amount.
double widest(FigureWidth::Unit unit);
/// The least amount, a round number, that is at least `needed`.
double round_width(double needed, FigureWidth::Unit unit);
/// The next wider width at which the figure fits; none: it does at no possible one.
std::optional<FigureWidth> wider_that_fits(const ExportStyle& style,
                                           const std::function<bool(const ExportStyle&)>& fits);

/// Kinds of figures and of files with numbers.
enum class FileKind : std::uint8_t { png, pdf, svg, npy, csv, json };
std::span<const vit::Choice<FileKind>> choices(FileKind);
/// By the file's ending. Throws vit::Error that names the endings.
FileKind kind_of(const std::filesystem::path& file);

}  // namespace headlight
