// What is told of a file before it is opened: a small picture of a photo, the family of a checkpoint.
#pragma once

#include <filesystem>
#include <string>

#include "engine/image/image.h"

namespace headlight {

struct FileSummary {
  std::string words;   // "976×683" of a picture, "Hugging Face DINOv2" of a checkpoint; empty: nothing to tell
  vit::Image picture;  // upright, its longer side as asked for or smaller; no pixels: none
};

/// Decodes the picture under load_image's limits and scales it down. What cannot be decoded, or is larger than
/// kMostSummaryBytes, has an empty summary. Throws nothing but std::bad_alloc. Takes as long as opening the photo.
FileSummary summarise_picture(const std::filesystem::path& file, int longer_side_px);

/// Reads the names of the tensors of a checkpoint, or of a folder with one, no weights, and tells their family. Empty
/// for what is no checkpoint, or one of no known family. Throws nothing but std::bad_alloc.
FileSummary summarise_checkpoint(const std::filesystem::path& file);

inline constexpr std::uintmax_t kMostSummaryBytes = 64'000'000;

}  // namespace headlight
