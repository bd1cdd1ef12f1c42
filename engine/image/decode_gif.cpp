// GIF by giflib: the first frame, its transparent pixels in the colour that the palette gives them, as PIL has it.
#include <cstring>
#include <memory>

#include <gif_lib.h>

#include "engine/base/error.h"
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
    go_to_frame();
    const GifImageDesc& frame = gif_->Image;
    const ColorMapObject* const palette = frame.ColorMap != nullptr ? frame.ColorMap : gif_->SColorMap;
    // A frame that reaches beyond the screen enlarges it.
    Image image =
        blank_image(std::max<std::int64_t>(gif_->SWidth, std::int64_t{frame.Left} + frame.Width),
                    std::max<std::int64_t>(gif_->SHeight, std::int64_t{frame.Top} + frame.Height), file_.name);
    const int behind = std::max(transparent_, 0);
    for (std::size_t i = 0; i < image.rgb.size(); i += 3) paint(palette, behind, image.rgb.data() + i);
    std::vector<GifPixelType> row(static_cast<std::size_t>(frame.Width));
    // Interlaced rows come in four passes.
    static constexpr int kFirst[] = {0, 4, 2, 1}, kStep[] = {8, 8, 4, 2};
    for (int pass = 0; pass < (frame.Interlace ? 4 : 1); ++pass)
      for (int y = kFirst[pass]; y < frame.Height; y += frame.Interlace ? kStep[pass] : 1)
        read_row(row, palette, image.rgb.data() + 3 * (std::size_t(frame.Top + y) * image.width + frame.Left));
    if (has_another_frame()) image.remarks.emplace_back("The file is an animation: this is its first frame.");
    return image;
  }

 private:
  [[noreturn]] void refuse(int error) const {
    if (source_.ended_early) refuse_cut_off(file_);
    const char* reason = GifErrorString(error);
    refuse_damaged(file_, without_end(reason != nullptr ? reason : "for an unknown reason"));
  }
  void check(int result) const {
    if (result == GIF_ERROR) refuse(gif_->Error);
  }

  void go_to_frame() {
    for (;;) {
      GifRecordType type = UNDEFINED_RECORD_TYPE;
      check(DGifGetRecordType(gif_.get(), &type));
      if (type == IMAGE_DESC_RECORD_TYPE) return check(DGifGetImageDesc(gif_.get()));
      if (type != EXTENSION_RECORD_TYPE) refuse_damaged(file_, "it holds no frame");
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
      if (code == GRAPHICS_EXT_FUNC_CODE && DGifExtensionToGCB(block[0], block + 1, &control) == GIF_OK)
        transparent_ = control.TransparentColor;
      check(DGifGetExtensionNext(gif_.get(), &block));
    }
  }

  void read_row(std::vector<GifPixelType>& row, const ColorMapObject* palette, std::uint8_t* to) {
    check(DGifGetLine(gif_.get(), row.data(), static_cast<int>(row.size())));
    for (std::size_t x = 0; x < row.size(); ++x) paint(palette, row[x], to + 3 * x);
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
  int transparent_ = NO_TRANSPARENT_COLOR;
};

}  // namespace

Decoded decode_gif(const PictureFile& file) {
  Decoded decoded;
  decoded.image = Gif(file).first_frame();
  return decoded;
}

}  // namespace vit
