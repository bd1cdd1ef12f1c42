#include "app/files/video_frames.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <utility>

#include <nlohmann/json.hpp>

#include "app/files/child_process.h"
#include "app/files/picture_stream.h"
#include "engine/base/error.h"

namespace headlight {
namespace {

namespace fs = std::filesystem;

constexpr int kKeptBefore = 24;  // frames that a step back reads again from before it

/// What a file from a stranger may open is the file alone: a playlist could name others.
std::vector<std::string> files_alone() {
  return {"-v", "error", "-protocol_whitelist", "file,pipe"};
}

std::string whole_path(const std::string& file) {
  std::error_code error;
  const fs::path whole = fs::absolute(file, error);
  return "file:" + (error ? fs::path(file) : whole).string();
}

std::string last_line(const std::string& text) {
  const std::size_t start = text.find_last_of("\r\n");
  return start == std::string::npos ? text : text.substr(start + 1);
}

std::string all_of(ChildProcess& child) {
  constexpr std::size_t kMost = 1 << 20;
  std::string text;
  std::array<char, 4096> part{};
  for (std::size_t got = 0; text.size() < kMost && (got = child.read(part.data(), part.size())) > 0;)
    text.append(part.data(), got);
  return text;
}

/// "30000/1001"; 0 where it says nothing.
double ratio(const std::string& text) {
  const std::size_t slash = text.find('/');
  const double above = std::atof(text.c_str());
  const double below = slash == std::string::npos ? 1 : std::atof(text.c_str() + slash + 1);
  return above > 0 && below > 0 ? above / below : 0;
}

struct VideoFacts {
  std::optional<int> frames;
  double rate = 0;  // frames a second; 0: unknown
};

/// What ffmpeg's companion says of the file; nothing where it is not there.
VideoFacts probe(const std::string& file, bool counts) {
  VideoFacts facts;
  const auto program = find_program("ffprobe");
  if (!program) return facts;
  std::vector<std::string> arguments = files_alone();
  if (counts) arguments.emplace_back("-count_packets");
  for (const char* word : {"-select_streams", "v:0", "-show_entries",
                           "stream=nb_frames,nb_read_packets,avg_frame_rate,r_frame_rate", "-of", "json"})
    arguments.emplace_back(word);
  arguments.push_back(whole_path(file));
  ChildProcess child(*program, arguments);
  const auto json = nlohmann::json::parse(all_of(child), nullptr, false);
  if (!json.is_object() || !json.contains("streams") || !json["streams"].is_array() || json["streams"].empty())
    return facts;
  const auto word = [&](const char* key) {
    const auto& stream = json["streams"][0];
    return stream.is_object() && stream.contains(key) && stream[key].is_string() ? stream[key].get<std::string>()
                                                                                 : std::string();
  };
  const int frames = std::atoi(word(counts ? "nb_read_packets" : "nb_frames").c_str());
  if (frames > 0) facts.frames = frames;
  facts.rate = ratio(word("avg_frame_rate"));
  if (facts.rate == 0) facts.rate = ratio(word("r_frame_rate"));
  return facts;
}

class VideoFrames : public FrameSource {
 public:
  VideoFrames(std::string file, const vit::ImageReading& reading)
      : file_(std::move(file)), program_(ffmpeg_for(file_ + " is a video")), reading_(reading) {
    facts_ = probe(file_, false);
    if (!facts_.frames) facts_.frames = probe(file_, true).frames;
  }

  std::optional<int> count() const override { return facts_.frames; }
  bool jumps() const override { return false; }
  std::string source_of(int index) const override { return file_ + "#" + std::to_string(index + 1); }

  std::optional<Frame> read(int index) override {
    if (index < 0) return std::nullopt;
    if (!child_ || index < next_) begin(index < next_ ? std::max(0, index - kKeptBefore) : index);
    std::optional<std::vector<std::byte>> bytes;
    do {
      bytes = stream_->next();
      if (!bytes) return end();
    } while (next_++ < index);
    vit::Image image = vit::decode_image(*bytes, source_of(index), reading_);
    return Frame{index, image.name, std::make_shared<const vit::Image>(std::move(image)),
                 facts_.rate > 0 ? 1 / facts_.rate : 0};
  }

 private:
  /// Frames are numbered, not timed: each that is decoded gets the next moment of a steady clock, so that none is left
  /// out and none comes twice.
  void begin(int first) {
    stream_.reset();
    child_.reset();
    std::string filter = "setpts=N/(25*TB)";
    if (first > 0) filter = "select=gte(n\\," + std::to_string(first) + ")," + filter;
    std::vector<std::string> arguments = files_alone();
    arguments.insert(arguments.begin(), "-nostdin");
    for (const std::string& word :
         std::vector<std::string>{"-i", whole_path(file_), "-map", "0:v:0", "-vf", filter, "-r", "25", "-f",
                                  "image2pipe", "-c:v", "ppm", "-pix_fmt", "rgb24", "pipe:1"})
      arguments.push_back(word);
    child_ = std::make_unique<ChildProcess>(program_, arguments);
    stream_ = std::make_unique<PictureStream>([this](void* to, std::size_t most) { return child_->read(to, most); },
                                              file_ + ", as ffmpeg decodes it,");
    first_ = next_ = first;
  }

  /// Behind the last frame, or where ffmpeg gave up.
  std::optional<Frame> end() {
    const int status = child_->wait();
    const std::string why = last_line(child_->complaint());
    const int read = next_;
    stream_.reset();
    child_.reset();
    if (read == first_ && first_ > 0) {  // it began behind the end
      facts_.frames = std::min(facts_.frames.value_or(read), read);
      return std::nullopt;
    }
    if (status != 0 || read == 0)
      throw vit::Error(file_ + " cannot be decoded by ffmpeg" + (why.empty() ? "" : " (" + why + ")") +
                       "; check that it is a video, or turn it into a folder of pictures.");
    facts_.frames = read;
    return std::nullopt;
  }

  std::string file_;
  fs::path program_;
  vit::ImageReading reading_;
  VideoFacts facts_;
  std::unique_ptr<ChildProcess> child_;
  std::unique_ptr<PictureStream> stream_;
  int first_ = 0, next_ = 0;  // frames: that the child began with, and that it is at
};

class StreamFrames : public FrameSource {
 public:
  StreamFrames(int descriptor, const vit::ImageReading& reading)
      : reading_(reading),
        stream_(
            [descriptor](void* to, std::size_t most) {
              ssize_t got = 0;
              while ((got = ::read(descriptor, to, most)) < 0 && errno == EINTR) {
              }
              return static_cast<std::size_t>(std::max<ssize_t>(got, 0));
            },
            "The standard input") {}
  std::optional<int> count() const override { return ended_ ? std::optional(next_) : std::nullopt; }
  bool jumps() const override { return false; }
  std::string source_of(int index) const override { return "frame#" + std::to_string(index + 1); }

  std::optional<Frame> read(int index) override {
    if (index < next_) throw vit::Error("The standard input cannot be read twice; write the frames into a folder.");
    std::optional<std::vector<std::byte>> bytes;
    do {
      bytes = stream_.next();
      if (!bytes) {
        ended_ = true;
        return std::nullopt;
      }
    } while (next_++ < index);
    vit::Image image = vit::decode_image(*bytes, source_of(index), reading_);
    return Frame{index, image.name, std::make_shared<const vit::Image>(std::move(image)), 0};
  }

 private:
  vit::ImageReading reading_;
  PictureStream stream_;
  int next_ = 0;
  bool ended_ = false;
};

}  // namespace

fs::path ffmpeg_for(const std::string& why) {
  const auto program = find_program("ffmpeg");
  if (!program)
    throw vit::Error(why +
                     ", for which Headlight needs the program ffmpeg, and there is none on the PATH; install it, "
                     "or work with a folder of pictures.");
  return *program;
}

std::unique_ptr<FrameSource> open_video(const std::string& file, const vit::ImageReading& reading) {
  return std::make_unique<VideoFrames>(file, reading);
}

std::unique_ptr<FrameSource> frames_from(int descriptor, const vit::ImageReading& reading) {
  return std::make_unique<StreamFrames>(descriptor, reading);
}

}  // namespace headlight
