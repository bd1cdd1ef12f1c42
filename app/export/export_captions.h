// The words that exports carry: text chunks of pictures, titles of figures, metadata of tensors.
#pragma once

#include <optional>
#include <string>

#include "app/export/export.h"
#include "app/files/png_file.h"

namespace headlight {

/// "0.00123"; four significant digits.
std::string short_number(float value);

/// "0,0.05", as --range reads it.
std::string range_text(const vit::Range& range);

/// The analysis and all its parameters, for the texts that a file carries about itself: "Rollout, Fusion mean, Discard
/// 0.9", "Grad-CAM, class tabby (281)". A figure says it in a sentence, see vit::Analysis::caption.
std::string analysis_words(const ExportRequest& request, const vit::Trace& trace);

/// The class that the request asks about; none where it asks about no class.
struct AskedClass {
  int index = 0;
  bool named = false;  // else it is the likeliest one
};
std::optional<AskedClass> class_of(const ExportRequest& request, const vit::Trace& trace);

/// Software, model, image, block (-1: several), head, query, stage, range, colormap, preprocessing, settings, and
/// `view` unless it is empty; see view_of().
TextChunks text_chunks(const ExportSource& source, const ExportRequest& request, int block, const std::string& head,
                       const std::string& range, const std::string& view);

/// The same in one line, without the view, for files that hold one text about themselves.
std::string chunks_in_words(const TextChunks& chunks);

/// The name of a file without the folders above it; "random:…" stays as it is.
std::string short_source_name(const std::string& source);

}  // namespace headlight
