#include "app/export/sheet_preview.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/words/quantity.h"
#include "engine/base/error.h"

namespace headlight {
namespace {

constexpr int kLines = 24;
constexpr std::size_t kLineBytes = 120;

/// The first lines of a table, each cut where it is long.
std::string beginning_of(const std::string& csv) {
  std::string text;
  std::size_t at = 0;
  for (int line = 0; line < kLines && at < csv.size(); ++line) {
    const std::size_t end = std::min(csv.find('\n', at), csv.size());
    std::size_t length = std::min(end - at, kLineBytes);
    while (length > 0 && length < end - at && (static_cast<unsigned char>(csv[at + length]) & 0xC0) == 0x80) --length;
    text += csv.substr(at, length) + (length < end - at ? "…\n" : "\n");
    at = end + 1;
  }
  return at < csv.size() ? text + "…\n" : text;
}

std::string about_array(const Sheet& sheet, const SheetSubject& subject, std::size_t bytes) {
  const vit::Trace& trace = *subject.source.trace;
  const std::string grid = fmt::format("{} rows × {} columns of patches", trace.grid.rows, trace.grid.cols);
  const bool several = sheet.shows == SheetShows::heads || sheet.shows == SheetShows::grid;
  return "32-bit floats, " + (several ? "maps × " + grid : grid) + ", " + bytes_text(static_cast<double>(bytes)) +
         ".\nIn Python: numpy.load(\"…\")\n";
}

}  // namespace

SheetPreview sheet_preview(const Sheet& sheet, const SheetSubject& subject, int width, int height,
                           const ExportControl& control) {
  SheetPreview preview;
  try {
    preview.file_name = file_name_of(sheet, subject);
    if (!sheet.is_figure()) {
      const std::string bytes = bytes_of(sheet, subject, control);
      preview.text = sheet.kind != FileKind::npy ? beginning_of(bytes) : about_array(sheet, subject, bytes.size());
      return preview;
    }
    const Drawing drawing = drawing_of(sheet, subject, control);
    const double fits = std::min({drawing.pixels, width / drawing.width, height / drawing.height});
    preview.scale = fits / drawing.pixels;
    preview.width_px = static_cast<int>(std::lround(drawing.width * drawing.pixels));
    preview.height_px = static_cast<int>(std::lround(drawing.height * drawing.pixels));
    if (drawing.has_size) {
      preview.width_mm = drawing.width * drawing.points / 72 * 25.4;
      preview.height_mm = drawing.height * drawing.points / 72 * 25.4;
    }
    preview.picture = raster_of(drawing, fits);
  } catch (const vit::Error& error) {
    preview.failure = error.what();
  }
  return preview;
}

}  // namespace headlight
