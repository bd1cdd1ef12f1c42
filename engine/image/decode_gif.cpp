// GIF by giflib: the first frame, its transparent pixels in the colour that the palette gives them, and the frames of
// an animation, each over what the ones before have left: as PIL has them.
#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include <gif_lib.h>

#include "engine/base/error.h"
#include "engine/image/animation_parts.h"
#include "engine/image/decoders.h"

namespace vit {
namespace {

struct Source {
  std::span<const std::byte> left;
  bool ended_early = false;
};

int read_some(GifFileType* gif, GifByteType* to, int count) {
  auto& source = *static_cast<Source*>(gif->UserData);
  const std::size_t got = std::min(source.left.size(), static_cast<std::size_t>(count));
  if (got < static_cast<std::size_t>(count)) source.ended_early = true;
  if (got > 0) std::memcpy(to, source.left.data(), got);
  source.left = source.left.subspan(got);
  return static_cast<int>(got);
}

struct Close {
  void operator()(GifFileType* gif) const noexcept { DGifCloseFile(gif, nullptr); }
};

class Gif {
 public:
  explicit Gif(const PictureFile& file) : file_(file), source_{file.bytes} {
    int error = 0;
    gif_.reset(DGifOpen(&source_, read_some, &error));
    if (!gif_) refuse(error);
    check_size(gif_->SWidth, gif_->SHeight, file.name);
  }

  Image first_frame() {
    Image image = drawn_first();
    if (has_another_frame()) image.remarks.emplace_back("The file is an animation: this is its first frame.");
    return image;
  }

  /// Seconds of each frame, without decoding them. Throws where the file ends before its end.
  std::vector<double> delays() {
    std::vector<double> seconds;
    while (find_frame()) {
      int size = 0;
      GifByteType* block = nullptr;
      check(DGifGetCode(gif_.get(), &size, &block));
      while (block != nullptr) check(DGifGetCodeNext(gif_.get(), &block));
      if (seconds.size() >= static_cast<std::size_t>(kMostFrames)) refuse_many_frames(file_.name);
      seconds.push_back(control_.delay_s);
    }
    return seconds;
  }

  void draw_next(Image& canvas) {
    if (canvas.rgb.empty()) {
      canvas = drawn_first();
      left_ = remains_of({}, canvas);
      return;
    }
    if (!find_frame()) refuse_damaged(file_, "it lost a frame");
    // What the frame before leaves goes before this one is drawn.
    if (const auto left = std::exchange(left_, {})) put(*left, canvas);
    const GifImageDesc& frame = gif_->Image;
    enlarge(canvas, frame.Left + frame.Width, frame.Top + frame.Height);
    left_ = remains_of(canvas, canvas);
    draw(canvas, control_.transparent);
  }

 private:
  struct Control {  // of the next frame
    int transparent = NO_TRANSPARENT_COLOR;
    double delay_s = 0;
  };
  struct Remains {  // what a frame's box is to hold once the frame goes
    FrameBox box;
    std::vector<std::uint8_t> rgb;  // (height, width, 3)
  };

  const ColorMapObject* palette() const {
    return gif_->Image.ColorMap != nullptr ? gif_->Image.ColorMap : gif_->SColorMap;
  }

  Image drawn_first() {
    if (!find_frame()) refuse_damaged(file_, "it holds no frame");
    const GifImageDesc& frame = gif_->Image;
    // A frame that reaches beyond the screen enlarges it.
    Image image =
        blank_image(std::max<std::int64_t>(gif_->SWidth, std::int64_t{frame.Left} + frame.Width),
                    std::max<std::int64_t>(gif_->SHeight, std::int64_t{frame.Top} + frame.Height), file_.name);
    const int behind = std::max(control_.transparent, 0);
    for (std::size_t i = 0; i < image.rgb.size(); i += 3) paint(palette(), behind, image.rgb.data() + i);
    draw(image, NO_TRANSPARENT_COLOR);
    return image;
  }

  /// Pixels of the colour `clear` stay as they are.
  void draw(Image& image, int clear) {
    const GifImageDesc& frame = gif_->Image;
    std::vector<GifPixelType> row(static_cast<std::size_t>(frame.Width));
    // Interlaced rows come in four passes.
    static constexpr int kFirst[] = {0, 4, 2, 1}, kStep[] = {8, 8, 4, 2};
    for (int pass = 0; pass < (frame.Interlace ? 4 : 1); ++pass)
      for (int y = kFirst[pass]; y < frame.Height; y += frame.Interlace ? kStep[pass] : 1)
        read_row(row, clear, image.rgb.data() + 3 * (std::size_t(frame.Top + y) * image.width + frame.Left));
  }

  void enlarge(Image& canvas, std::int64_t width, std::int64_t height) const {
    if (width <= canvas.width && height <= canvas.height) return;
    Image larger = blank_image(std::max<std::int64_t>(width, canvas.width),
                               std::max<std::int64_t>(height, canvas.height), file_.name);
    for (int y = 0; y < canvas.height; ++y)
      std::copy_n(canvas.pixel(0, y), 3 * static_cast<std::size_t>(canvas.width),
                  larger.rgb.data() + 3 * static_cast<std::size_t>(y) * larger.width);
    canvas = std::move(larger);
  }

  /// What the present frame is to leave in its box; `before` is the picture without it, empty before the first frame. A
  /// frame that says nothing does as the last that said something, as PIL has it.
  std::optional<Remains> remains_of(const Image& before, const Image& canvas) const {
    if (disposal_ < DISPOSE_BACKGROUND) return std::nullopt;
    const GifImageDesc& frame = gif_->Image;
    Remains left{{frame.Left, frame.Top, frame.Width, frame.Height}, {}};
    const std::size_t row = 3 * static_cast<std::size_t>(frame.Width);
    left.rgb.resize(row * static_cast<std::size_t>(frame.Height));
    if (disposal_ == DISPOSE_BACKGROUND || before.rgb.empty()) {
      const bool clear = control_.transparent != NO_TRANSPARENT_COLOR;
      if (disposal_ != DISPOSE_BACKGROUND && !clear) return std::nullopt;
      const int index = clear ? control_.transparent : gif_->SBackGroundColor;
      for (std::size_t i = 0; i < left.rgb.size(); i += 3) paint(palette(), index, left.rgb.data() + i);
    } else {
      for (int y = 0; y < frame.Height; ++y)
        std::copy_n(canvas.pixel(frame.Left, frame.Top + y), row, left.rgb.data() + static_cast<std::size_t>(y) * row);
    }
    return left;
  }

  static void put(const Remains& left, Image& canvas) {
    const std::size_t row = 3 * static_cast<std::size_t>(left.box.width);
    for (int y = 0; y < left.box.height; ++y)
      std::copy_n(left.rgb.data() + static_cast<std::size_t>(y) * row, row,
                  canvas.rgb.data() + 3 * (static_cast<std::size_t>(left.box.top + y) * canvas.width + left.box.left));
  }

  [[noreturn]] void refuse(int error) const {
    if (source_.ended_early) refuse_cut_off(file_);
    const char* reason = GifErrorString(error);
    refuse_damaged(file_, without_end(reason != nullptr ? reason : "for an unknown reason"));
  }
  void check(int result) const {
    if (result == GIF_ERROR) refuse(gif_->Error);
  }

  /// False where there is none any more.
  bool find_frame() {
    control_ = {};
    for (;;) {
      GifRecordType type = UNDEFINED_RECORD_TYPE;
      check(DGifGetRecordType(gif_.get(), &type));
      if (type == IMAGE_DESC_RECORD_TYPE) {
        check(DGifGetImageDesc(gif_.get()));
        return true;
      }
      if (type != EXTENSION_RECORD_TYPE) return false;
      read_extension();
    }
  }

  /// Damage behind the first frame does not matter.
  bool has_another_frame() {
    GifRecordType type = UNDEFINED_RECORD_TYPE;
    while (DGifGetRecordType(gif_.get(), &type) == GIF_OK && type == EXTENSION_RECORD_TYPE) {
      int code = 0;
      GifByteType* block = nullptr;
      int result = DGifGetExtension(gif_.get(), &code, &block);
      while (result == GIF_OK && block != nullptr) result = DGifGetExtensionNext(gif_.get(), &block);
      if (result != GIF_OK) return false;
    }
    return type == IMAGE_DESC_RECORD_TYPE;
  }

  void read_extension() {
    int code = 0;
    GifByteType* block = nullptr;  // its length, and what it holds
    check(DGifGetExtension(gif_.get(), &code, &block));
    while (block != nullptr) {
      GraphicsControlBlock control{};
      if (code == GRAPHICS_EXT_FUNC_CODE && DGifExtensionToGCB(block[0], block + 1, &control) == GIF_OK) {
        control_ = {control.TransparentColor, control.DelayTime / 100.0};
        if (control.DisposalMode != DISPOSAL_UNSPECIFIED) disposal_ = control.DisposalMode;
      }
      check(DGifGetExtensionNext(gif_.get(), &block));
    }
  }

  void read_row(std::vector<GifPixelType>& row, int clear, std::uint8_t* to) {
    check(DGifGetLine(gif_.get(), row.data(), static_cast<int>(row.size())));
    for (std::size_t x = 0; x < row.size(); ++x)
      if (row[x] != clear) paint(palette(), row[x], to + 3 * x);
  }

  /// Without a palette an index is a grey level; beyond its end PIL's palettes go on with black.
  static void paint(const ColorMapObject* palette, int index, std::uint8_t* to) {
    if (palette == nullptr) {
      to[0] = to[1] = to[2] = static_cast<std::uint8_t>(index);
    } else if (index < palette->ColorCount) {
      const GifColorType& color = palette->Colors[index];
      to[0] = color.Red, to[1] = color.Green, to[2] = color.Blue;
    } else {
      to[0] = to[1] = to[2] = 0;
    }
  }

  const PictureFile& file_;
  Source source_;
  std::unique_ptr<GifFileType, Close> gif_;
  Control control_;
  int disposal_ = DISPOSAL_UNSPECIFIED;
  std::optional<Remains> left_;
};

class GifFrames : public FrameDrawer {
 public:
  explicit GifFrames(const PictureFile& file) : file_(file) { seconds = Gif(file_).delays(); }

  void begin() override {
    gif_ = std::make_unique<Gif>(file_);
    canvas_ = {};
  }
  void draw_next() override { gif_->draw_next(canvas_); }
  Image picture() const override { return canvas_; }

 private:
  const PictureFile file_;
  std::unique_ptr<Gif> gif_;
  Image canvas_;
};

}  // namespace

std::unique_ptr<FrameDrawer> gif_frames(const PictureFile& file) {
  auto frames = std::make_unique<GifFrames>(file);
  if (frames->seconds.size() < 2) return nullptr;
  return frames;
}

Decoded decode_gif(const PictureFile& file) {
  Decoded decoded;
  decoded.image = Gif(file).first_frame();
  return decoded;
}

}  // namespace vit
