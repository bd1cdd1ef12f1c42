#include "app/export/figure_file.h"

#include "app/export/export_captions.h"
#include "engine/base/error.h"

namespace headlight {

std::string file_of(const Drawing& drawing, FileKind kind, const std::string& title, const TextChunks& chunks,
                    const std::stop_token& stop) {
  if (kind == FileKind::pdf) return pdf_of(drawing, title, chunks_in_words(chunks));
  if (kind == FileKind::svg) return svg_of(drawing, title, chunks_in_words(chunks));
  if (kind != FileKind::png)
    throw vit::Error(std::string("A figure cannot be written as ") + vit::choice_of(kind).name +
                     "; choose PNG, PDF or SVG.");
  const Raster raster = raster_of(drawing);
  constexpr double kPointsPerInch = 72;
  const double pixels_per_inch = drawing.has_size ? drawing.pixels * kPointsPerInch / drawing.points : 0;
  return encode_png({raster.width, raster.height, raster.rgba, pixels_per_inch}, chunks, stop);
}

}  // namespace headlight
