// The figure of every frame of a sequence, as one film: `headlight export --images FRAMES --film FILE`.
#pragma once

#include <filesystem>
#include <string>

#include "app/export/batch.h"
#include "app/files/frame_source.h"

namespace headlight {

struct FilmTarget {
  std::filesystem::path file;  // .png: animated; .mp4: by ffmpeg
  double frames_per_s = 0;     // 0: as the frames say
  std::string name = {};       // in all captions, so that the figures are of one size; empty: each frame's own
};

/// Several threads each take a frame; what is written is in order. A frame that fails ends the film, and nothing is
/// left. Throws vit::Error, vit::Cancelled.
BatchResult export_film(const BatchJob& job, FrameSource& frames, const FilmTarget& target);

}  // namespace headlight
