// Frames of a video, decoded by the ffmpeg on the PATH and handed over through a pipe; and a stream of pictures.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "app/files/frame_source.h"

namespace headlight {

/// The program, or vit::Error with what to do. `why`: "walk.mp4 is a video".
std::filesystem::path ffmpeg_for(const std::string& why);

/// Every frame of the first video stream, turned as the file says, none left out and none twice. Throws vit::Error.
std::unique_ptr<FrameSource> open_video(const std::string& file, const vit::ImageReading& reading);

}  // namespace headlight
