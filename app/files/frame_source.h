// The frames of a sequence, wherever they come from: a folder of pictures, an animated picture, a video, a stream.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/image/image.h"

namespace headlight {

struct Frame {
  int index = 0;       // 0 is the first
  std::string source;  // what opens this frame alone: its own file, or "walk.gif#12", counted from 1
  std::shared_ptr<const vit::Image> image;
  double seconds = 0;  // how long it is to be shown; 0: nobody says
};

/// Belongs to one thread.
class FrameSource {
 public:
  virtual ~FrameSource() = default;
  /// None where it is known only when the last one was read.
  virtual std::optional<int> count() const = 0;
  /// Reading back and forth costs the frame alone, not all that lie between.
  virtual bool jumps() const = 0;
  /// None behind the last one. Throws vit::Error for a frame that cannot be read; the next ones may be.
  virtual std::optional<Frame> read(int index) = 0;
  /// What opens a frame alone, without reading it.
  virtual std::string source_of(int index) const = 0;
};

/// A folder (the pictures that lie in it, by their names, 2 before 10), an animated GIF or PNG, or a video, which an
/// ffmpeg on the PATH decodes. Throws vit::Error with what to do where it is none of these.
std::unique_ptr<FrameSource> open_frames(const std::string& source, const vit::ImageReading& reading);

/// Pictures one behind the other, as `ffmpeg -f image2pipe` writes them: PPM, PNG or JPEG, from a file descriptor that
/// stays open. Each can be read once, in order.
std::unique_ptr<FrameSource> frames_from(int descriptor, const vit::ImageReading& reading);

/// "walk.gif#12": the twelfth frame of a file. A file that is called so is that file.
struct FrameName {
  std::string file;
  int number = 0;  // from 1; 0: a picture alone
};
FrameName frame_name(const std::string& source);
/// The same of the text alone, whatever files there are.
FrameName parsed_frame_name(const std::string& text);
/// The file without the frame: "walk.gif".
std::string file_of_frame(const std::string& source);

/// Of a sequence, for people: the file's or folder's own name; "standard input" for "-".
std::string sequence_name(const std::string& source);

/// A picture's file, or one frame of a sequence. Throws vit::Error.
vit::Image load_photo(const std::string& source, const vit::ImageReading& reading);

/// ".mp4", …, in lower case.
std::span<const std::string_view> video_endings();
bool is_named_as_video(const std::filesystem::path& file);
/// Whether pictures lie in that folder.
bool holds_pictures(const std::filesystem::path& folder);

}  // namespace headlight
