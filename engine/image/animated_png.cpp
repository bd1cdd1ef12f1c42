// Animated PNG: each frame's data is put together as a PNG file of its own, decoded, and drawn over the frames before.
#include <algorithm>
#include <cstring>

#include "engine/base/error.h"
#include "engine/image/animation_parts.h"
#include "engine/image/byte_order.h"

namespace vit {
namespace {

using Bytes = std::span<const std::byte>;

enum class Dispose : std::uint8_t { none, background, previous };

struct PngFrame {
  FrameBox box;
  Dispose dispose = Dispose::none;
  bool over = false;                                      // blended with what is there, not in its place
  std::vector<std::pair<std::size_t, std::size_t>> data;  // where its packed pixels stand, and how many bytes
};

/// Calls `each(type, offset, length)` for every chunk, until it returns false. False where the file ends early.
template <class Each>
bool for_chunks(Bytes bytes, Each each) {
  for (std::size_t at = 8; bytes.size() >= 12 && at <= bytes.size() - 12;) {
    const std::size_t length = big(bytes, at, 4);
    if (bytes.size() - at - 12 < length) return false;
    const std::string_view type(reinterpret_cast<const char*>(bytes.data()) + at + 4, 4);
    if (!each(type, at + 8, length)) return true;
    if (type == "IEND") return true;
    at += 12 + length;
  }
  return false;
}

void put(std::vector<std::byte>& to, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) to.push_back(static_cast<std::byte>(value >> shift & 255));
}

/// Without its check sum, which the decoder does not read.
void put_chunk(std::vector<std::byte>& to, std::string_view type, Bytes data) {
  put(to, static_cast<std::uint32_t>(data.size()));
  for (const char c : type) to.push_back(static_cast<std::byte>(c));
  to.insert(to.end(), data.begin(), data.end());
  put(to, 0);
}

class PngFrames : public FrameDrawer {
 public:
  explicit PngFrames(const PictureFile& file) : file_(file) {
    const bool whole = for_chunks(file.bytes, [this](std::string_view type, std::size_t at, std::size_t length) {
      take(type, at, length);
      return true;
    });
    if (!whole) refuse_cut_off(file_);
    if (frames_.empty()) return;
    if (frames_.size() < stated_) refuse_cut_off(file_);
    for (const PngFrame& frame : frames_)
      if (frame.data.empty()) refuse_damaged(file_, "a frame of it has no pixels");
  }

  std::size_t count() const { return frames_.size(); }

  void begin() override {
    check_size(width_, height_, file_.name);
    canvas_.assign(4 * static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_), 0);
    next_ = 0;
    before_.clear();
  }

  void draw_next() override {
    if (next_ > 0) dispose_of(frames_[next_ - 1]);
    const PngFrame& frame = frames_[next_];
    const std::vector<std::uint8_t> pixels = decode(frame);
    if (disposal_of(next_) == Dispose::previous) before_ = canvas_;
    const std::size_t row = 4 * static_cast<std::size_t>(frame.box.width);
    for (int y = 0; y < frame.box.height; ++y) {
      const std::uint8_t* from = pixels.data() + static_cast<std::size_t>(y) * row;
      std::uint8_t* to = at(frame.box, y);
      if (!frame.over) {
        std::memcpy(to, from, row);
        continue;
      }
      for (std::size_t x = 0; x < row; x += 4) blend(from + x, to + x);
    }
    ++next_;
  }

  Image picture() const override {
    Image image = blank_image(width_, height_, file_.name);
    const std::uint8_t* from = canvas_.data();
    for (std::size_t i = 0; i < image.rgb.size(); i += 3, from += 4) std::copy_n(from, 3, image.rgb.data() + i);
    return image;
  }

 private:
  void take(std::string_view type, std::size_t at, std::size_t length) {
    const Bytes bytes = file_.bytes;
    if (type == "IHDR" && length >= 13) {
      header_ = bytes.subspan(at, 13);
      width_ = big(bytes, at, 4);
      height_ = big(bytes, at + 4, 4);
    } else if (type == "PLTE" || type == "tRNS") {
      put_chunk(palette_, type, bytes.subspan(at, length));
    } else if (type == "acTL" && length >= 8) {
      stated_ = big(bytes, at, 4);
    } else if (type == "fcTL") {
      take_control(at, length);
    } else if (type == "IDAT") {  // of a picture that is no frame where no fcTL stands before it
      if (frames_.size() == 1) frames_.front().data.emplace_back(at, length);
    } else if (type == "fdAT") {
      if (frames_.empty() || length < 4) refuse_damaged(file_, "pixels of a frame stand before the frame");
      in_order(at);
      frames_.back().data.emplace_back(at + 4, length - 4);
    }
  }

  void take_control(std::size_t at, std::size_t length) {
    const Bytes bytes = file_.bytes;
    if (length < 26 || header_.empty()) refuse_damaged(file_, "a frame's header is cut short");
    in_order(at);
    const std::int64_t width = big(bytes, at + 4, 4), height = big(bytes, at + 8, 4), left = big(bytes, at + 12, 4),
                       top = big(bytes, at + 16, 4);
    if (width < 1 || height < 1 || left + width > width_ || top + height > height_)
      refuse_damaged(file_, "a frame reaches beyond the picture");
    check_size(width_, height_, file_.name);
    if (frames_.size() >= static_cast<std::size_t>(kMostFrames)) refuse_many_frames(file_.name);
    const double parts = big(bytes, at + 22, 2);
    seconds.push_back(big(bytes, at + 20, 2) / (parts == 0 ? 100 : parts));
    const std::uint32_t dispose = big(bytes, at + 24, 1), blending = big(bytes, at + 25, 1);
    if (dispose > 2 || blending > 1) refuse_damaged(file_, "a frame's header says what the format does not have");
    frames_.push_back(
        {{static_cast<int>(left), static_cast<int>(top), static_cast<int>(width), static_cast<int>(height)},
         static_cast<Dispose>(dispose),
         blending == 1,
         {}});
  }

  /// fcTL and fdAT are numbered through.
  void in_order(std::size_t at) {
    if (big(file_.bytes, at, 4) != sequence_++) refuse_damaged(file_, "its frames are out of order");
  }

  std::vector<std::uint8_t> decode(const PngFrame& frame) const {
    std::vector<std::byte> whole(file_.bytes.begin(), file_.bytes.begin() + 8);
    std::vector<std::byte> header;
    put(header, static_cast<std::uint32_t>(frame.box.width));
    put(header, static_cast<std::uint32_t>(frame.box.height));
    header.insert(header.end(), header_.begin() + 8, header_.end());
    put_chunk(whole, "IHDR", header);
    whole.insert(whole.end(), palette_.begin(), palette_.end());
    for (const auto& [at, length] : frame.data) put_chunk(whole, "IDAT", file_.bytes.subspan(at, length));
    put_chunk(whole, "IEND", {});
    std::vector<std::uint8_t> pixels = png_rgba({whole, file_.name, ImageFormat::png});
    if (pixels.size() != 4 * static_cast<std::size_t>(frame.box.width) * static_cast<std::size_t>(frame.box.height))
      refuse_damaged(file_, "a frame has another size than its header says");
    return pixels;
  }

  std::uint8_t* at(const FrameBox& box, int y) {
    const std::size_t row = static_cast<std::size_t>(box.top) + static_cast<std::size_t>(y);
    return canvas_.data() + 4 * (row * static_cast<std::size_t>(width_) + static_cast<std::size_t>(box.left));
  }

  /// Nothing is there before the first frame.
  Dispose disposal_of(std::size_t frame) const {
    const Dispose own = frames_[frame].dispose;
    return frame == 0 && own == Dispose::previous ? Dispose::background : own;
  }

  void dispose_of(const PngFrame& frame) {
    const Dispose how = disposal_of(static_cast<std::size_t>(&frame - frames_.data()));
    const std::size_t row = 4 * static_cast<std::size_t>(frame.box.width);
    if (how == Dispose::previous) canvas_ = before_;
    if (how == Dispose::background)
      for (int y = 0; y < frame.box.height; ++y) std::memset(at(frame.box, y), 0, row);
  }

  /// The format's "over": colours are not multiplied with their alpha.
  static void blend(const std::uint8_t* from, std::uint8_t* to) {
    const unsigned above = from[3], below = to[3];
    if (above == 0) return;
    if (above == 255 || below == 0) {
      std::memcpy(to, from, 4);
      return;
    }
    if (below == 255) {
      for (int c = 0; c < 3; ++c) {
        const unsigned sum = from[c] * above + to[c] * (255 - above) + 128;
        to[c] = static_cast<std::uint8_t>((sum + (sum >> 8)) >> 8);
      }
      return;
    }
    const unsigned share = above * 255, rest = (255 - above) * below, all = share + rest;
    for (int c = 0; c < 3; ++c) to[c] = static_cast<std::uint8_t>((from[c] * share + to[c] * rest + all / 2) / all);
    to[3] = static_cast<std::uint8_t>((all + 127) / 255);
  }

  const PictureFile file_;
  Bytes header_;  // of IHDR
  std::int64_t width_ = 0, height_ = 0;
  std::vector<std::byte> palette_;  // the chunks that all frames share
  std::vector<PngFrame> frames_;
  std::size_t stated_ = 0;  // frames, as acTL has it
  std::uint32_t sequence_ = 0;
  std::vector<std::uint8_t> canvas_, before_;  // (height, width, 4)
  std::size_t next_ = 0;
};

}  // namespace

bool is_animated_png(std::span<const std::byte> bytes) {
  bool animated = false;
  for_chunks(bytes, [&](std::string_view type, std::size_t at, std::size_t length) {
    if (type == "acTL" && length >= 8) animated = big(bytes, at, 4) > 1;
    return type != "IDAT";
  });
  return animated;
}

std::unique_ptr<FrameDrawer> png_frames(const PictureFile& file) {
  if (!is_animated_png(file.bytes)) return nullptr;
  auto frames = std::make_unique<PngFrames>(file);
  if (frames->count() < 2) return nullptr;
  return frames;
}

}  // namespace vit
