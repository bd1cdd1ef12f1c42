// TIFF by libtiff: the first page. Samples are taken as stored and turned into RGB as PIL does, because libtiff's own
// RGBA reader scales, premultiplies and converts inks by rules of its own.
#include <tiffio.h>

#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>

#include "engine/base/error.h"
#include "engine/image/decoders.h"
#include "engine/image/exif.h"

namespace vit {
namespace {

struct Source {
  std::span<const std::byte> bytes;
  std::size_t at = 0;
  bool ended_early = false;
  std::string reason;  // the first error
};

Source& source_of(thandle_t handle) {
  return *static_cast<Source*>(handle);
}

tmsize_t read_some(thandle_t handle, void* to, tmsize_t count) {
  Source& source = source_of(handle);
  const std::size_t left = source.bytes.size() - std::min(source.at, source.bytes.size());
  const std::size_t got = std::min(left, static_cast<std::size_t>(std::max<tmsize_t>(count, 0)));
  if (got < static_cast<std::size_t>(count)) source.ended_early = true;
  if (got > 0) std::memcpy(to, source.bytes.data() + source.at, got);
  source.at += got;
  return static_cast<tmsize_t>(got);
}

tmsize_t write_nothing(thandle_t, void*, tmsize_t) {
  return 0;
}

toff_t seek(thandle_t handle, toff_t offset, int whence) {
  Source& source = source_of(handle);
  if (whence == SEEK_CUR) offset += source.at;
  if (whence == SEEK_END) offset += source.bytes.size();
  source.at = offset;
  return offset;
}

int stay_open(thandle_t) {
  return 0;
}

toff_t size_of(thandle_t handle) {
  return source_of(handle).bytes.size();
}

int note_error(TIFF*, void* user, const char*, const char* format, va_list arguments) {
  auto& source = *static_cast<Source*>(user);
  std::array<char, 256> text{};
  std::vsnprintf(text.data(), text.size(), format, arguments);
  if (source.reason.empty()) source.reason = text.data();
  return 1;
}

int pass_over(TIFF*, void*, const char*, const char*, va_list) {
  return 1;
}

struct Close {
  void operator()(TIFF* tiff) const noexcept { TIFFClose(tiff); }
  void operator()(TIFFOpenOptions* options) const noexcept { TIFFOpenOptionsFree(options); }
};
using Tiff = std::unique_ptr<TIFF, Close>;

Tiff open_tiff(Source& source) {
  constexpr tmsize_t kMostBytes = tmsize_t{1} << 30;  // a strip of the largest picture; hostile files ask for more
  const std::unique_ptr<TIFFOpenOptions, Close> options(TIFFOpenOptionsAlloc());
  if (!options) throw std::bad_alloc();
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), kMostBytes);
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), note_error, &source);
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), pass_over, nullptr);
  // "m": no memory mapping, which needs functions for it.
  return Tiff(TIFFClientOpenExt("", "rm", &source, read_some, write_nothing, seek, stay_open, size_of, nullptr, nullptr,
                                options.get()));
}

enum class Extra : std::uint8_t { none, unspecified, premultiplied, straight };

/// What the tags say of the samples; all that is not listed in `refusal` is read.
struct Samples {
  std::uint32_t width = 0, height = 0;
  std::uint16_t bits = 1, count = 1, format = SAMPLEFORMAT_UINT, planar = PLANARCONFIG_CONTIG;
  std::uint16_t photometric = PHOTOMETRIC_MINISWHITE, compression = COMPRESSION_NONE;
  Extra extra = Extra::none;  // the first one behind the colours
  std::array<const std::uint16_t*, 3> palette{};

  int colors() const {
    if (photometric == PHOTOMETRIC_SEPARATED) return 4;
    return photometric == PHOTOMETRIC_RGB || photometric == PHOTOMETRIC_YCBCR ? 3 : 1;
  }
  /// Light of 16 bits, of which the picture shows 8.
  bool is_deep() const { return bits == 16 && colors() < 4; }
};

Samples samples_of(TIFF* tiff) {
  Samples s;
  TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &s.width);
  TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &s.height);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &s.bits);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &s.count);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &s.format);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &s.planar);
  TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &s.photometric);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &s.compression);
  std::uint16_t extras = 0;
  const std::uint16_t* kinds = nullptr;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &extras, &kinds);
  if (extras > 0 && kinds != nullptr)
    s.extra = kinds[0] == EXTRASAMPLE_ASSOCALPHA   ? Extra::premultiplied
              : kinds[0] == EXTRASAMPLE_UNASSALPHA ? Extra::straight
                                                   : Extra::unspecified;
  if (s.photometric == PHOTOMETRIC_PALETTE) {
    std::uint16_t *red = nullptr, *green = nullptr, *blue = nullptr;
    if (TIFFGetField(tiff, TIFFTAG_COLORMAP, &red, &green, &blue) != 0) s.palette = {red, green, blue};
  }
  return s;
}

constexpr std::uint16_t kLinearRaw = 34892;  // of DNG; libtiff 4.5 has no name for it

/// Why samples of this kind are not read, or empty.
std::string refusal(const Samples& s) {
  if (s.format == SAMPLEFORMAT_IEEEFP) return "holds floating-point numbers";
  if (s.format != SAMPLEFORMAT_UINT && s.format != SAMPLEFORMAT_VOID) return "holds signed or complex numbers";
  const bool small = s.bits == 1 || s.bits == 2 || s.bits == 4;
  if (!small && s.bits != 8 && s.bits != 16) return "has " + std::to_string(s.bits) + " bits in each sample";
  if (small && s.colors() > 1) return "has " + std::to_string(s.bits) + " bits in each colour";
  if (small && s.count > 1) return "has several samples of less than a byte in each pixel";
  switch (s.photometric) {
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_MINISBLACK:
    case PHOTOMETRIC_RGB:
    case PHOTOMETRIC_SEPARATED:
      break;
    case PHOTOMETRIC_YCBCR:
      if (s.bits != 8) return "has YCbCr colours of more than 8 bits";
      break;
    case PHOTOMETRIC_PALETTE:
      if (s.palette[0] == nullptr) return "has a palette without colours";
      if (s.bits > 8) return "has a palette of more than 256 colours";
      break;
    case PHOTOMETRIC_CIELAB:
    case PHOTOMETRIC_ICCLAB:
    case PHOTOMETRIC_ITULAB:
      return "has Lab colours";
    case PHOTOMETRIC_CFA:
    case kLinearRaw:
      return "holds a camera's raw data";
    default:
      return "has colours of kind " + std::to_string(s.photometric);
  }
  if (s.count < s.colors()) return "has fewer samples than colours";
  return "";
}

/// A strip or tile in memory: rows of `width` pixels, either pixel by pixel or one plane after the other.
struct Block {
  const std::uint8_t* bytes = nullptr;
  std::size_t row_bytes = 0;    // of a row, or of a row of one plane
  std::size_t plane_bytes = 0;  // 0: pixel by pixel
};

class RowReader {
 public:
  RowReader(const Samples& samples, ValueCollector& values) : s_(samples), values_(values) {}

  /// `at`: the first pixel's number in the picture.
  void convert(const Block& block, std::uint32_t y, std::uint32_t count, std::size_t at, std::uint8_t* rgb) const {
    for (std::uint32_t x = 0; x < count; ++x, rgb += 3) {
      pixel(block, y, x, rgb);
      if (s_.is_deep()) collect(block, y, x, at + x);
    }
  }

 private:
  /// Of 16 bits the upper 8.
  unsigned sample(const Block& block, std::uint32_t y, std::uint32_t x, unsigned channel) const {
    return s_.bits == 16 ? value(block, y, x, channel) >> 8 : value(block, y, x, channel);
  }

  unsigned value(const Block& block, std::uint32_t y, std::uint32_t x, unsigned channel) const {
    const std::uint8_t* row = block.bytes + y * block.row_bytes;
    std::size_t index = std::size_t{x} * s_.count + channel;
    if (block.plane_bytes > 0) {
      row += channel * block.plane_bytes;
      index = x;
    }
    if (s_.bits == 8) return row[index];
    if (s_.bits == 16) {
      std::uint16_t stored = 0;  // in this machine's byte order
      std::memcpy(&stored, row + 2 * index, 2);
      return stored;
    }
    const std::size_t bit = index * s_.bits;
    return (row[bit / 8] >> (8 - s_.bits - bit % 8)) & ((1u << s_.bits) - 1);
  }

  void pixel(const Block& block, std::uint32_t y, std::uint32_t x, std::uint8_t* rgb) const {
    std::array<std::uint8_t, 4> levels{};
    const int colors = s_.colors();
    for (int c = 0; c < colors; ++c)
      levels[c] = static_cast<std::uint8_t>(sample(block, y, x, static_cast<unsigned>(c)));
    if (colors == 4) return rgb_of_inks(levels.data(), rgb);
    if (s_.photometric == PHOTOMETRIC_PALETTE) {
      for (std::size_t c = 0; c < 3; ++c) rgb[c] = static_cast<std::uint8_t>(s_.palette[c][levels[0]] >> 8);
      return;
    }
    if (s_.bits < 8) levels[0] = static_cast<std::uint8_t>(levels[0] * (255u / ((1u << s_.bits) - 1)));
    if (s_.photometric == PHOTOMETRIC_MINISWHITE) levels[0] = static_cast<std::uint8_t>(255 - levels[0]);
    if (s_.extra == Extra::premultiplied && s_.count > colors) {
      const unsigned alpha = sample(block, y, x, static_cast<unsigned>(colors));
      for (int c = 0; c < colors; ++c)
        levels[c] = static_cast<std::uint8_t>(alpha == 0 ? 0u : std::min(255u, levels[c] * 255u / alpha));
    }
    for (int c = 0; c < 3; ++c) rgb[c] = levels[colors == 1 ? 0 : c];
  }

  void collect(const Block& block, std::uint32_t y, std::uint32_t x, std::size_t at) const {
    const auto colors = static_cast<unsigned>(s_.colors());
    const bool divides = s_.extra == Extra::premultiplied && s_.count > colors;
    const unsigned alpha = divides ? value(block, y, x, colors) : 0;
    for (unsigned c = 0; c < colors; ++c) {
      unsigned light = value(block, y, x, c);
      if (s_.photometric == PHOTOMETRIC_MINISWHITE) light = kLargestValue - light;
      if (divides) light = alpha == 0 ? 0u : std::min(kLargestValue, light * kLargestValue / alpha);
      values_.put(at * colors + c, static_cast<std::uint16_t>(light));
    }
  }

  const Samples& s_;
  ValueCollector& values_;
};

class Pixels {
 public:
  Pixels(const PictureFile& file, Source& source, TIFF* tiff, const Samples& samples)
      : file_(file), source_(source), tiff_(tiff), s_(samples) {}

  void read(Decoded& decoded) {
    decoded.image = blank_image(s_.width, s_.height, file_.name);
    if (s_.photometric == PHOTOMETRIC_YCBCR && !unpacks_to_rgb()) return read_rgba(decoded.image);
    ValueCollector values(file_, kLargestValue, s_.colors(),
                          s_.is_deep() ? std::size_t{s_.width} * s_.height : std::size_t{0});
    read_blocks(decoded.image, values);
    if (s_.is_deep()) values.finish(decoded);
  }

 private:
  [[noreturn]] void refuse() const {
    if (source_.ended_early) refuse_cut_off(file_);
    refuse_damaged(file_, source_.reason.empty() ? "for an unknown reason" : without_end(source_.reason));
  }

  /// JPEG data in a TIFF file: its decoder converts the colours, at their full resolution.
  bool unpacks_to_rgb() const {
    if (s_.compression != COMPRESSION_JPEG || s_.planar != PLANARCONFIG_CONTIG) return false;
    return TIFFSetField(tiff_, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB) != 0;
  }

  void read_blocks(Image& image, ValueCollector& values) const {
    const bool tiled = TIFFIsTiled(tiff_) != 0;
    std::uint32_t width = s_.width, height = s_.height;
    if (tiled) {
      TIFFGetField(tiff_, TIFFTAG_TILEWIDTH, &width);
      TIFFGetField(tiff_, TIFFTAG_TILELENGTH, &height);
    } else {
      TIFFGetFieldDefaulted(tiff_, TIFFTAG_ROWSPERSTRIP, &height);
      height = std::min(height, s_.height);
    }
    check_size(width, height, file_.name);
    const tmsize_t bytes = tiled ? TIFFTileSize(tiff_) : TIFFStripSize(tiff_);
    const tmsize_t row_bytes = tiled ? TIFFTileRowSize(tiff_) : TIFFScanlineSize(tiff_);
    const std::uint32_t planes = s_.planar == PLANARCONFIG_SEPARATE ? s_.count : 1;
    const std::uint64_t needed = (std::uint64_t{width} * s_.bits * (planes > 1 ? 1 : s_.count) + 7) / 8;
    if (row_bytes <= 0 || static_cast<std::uint64_t>(row_bytes) < needed ||
        bytes / row_bytes < static_cast<tmsize_t>(height))
      refuse_damaged(file_, "its sizes contradict each other");
    constexpr std::uint64_t kMostBlock = std::uint64_t{1} << 30;
    if (static_cast<std::uint64_t>(bytes) > kMostBlock / planes)
      refuse_damaged(file_, "its strips or tiles are larger than 1 GB");

    std::vector<std::uint8_t> buffer(static_cast<std::size_t>(bytes) * planes);
    const Block block = {buffer.data(), static_cast<std::size_t>(row_bytes),
                         planes > 1 ? static_cast<std::size_t>(bytes) : 0};
    const RowReader reader(s_, values);
    for (std::uint32_t top = 0; top < s_.height; top += height) {
      const std::uint32_t rows = std::min(height, s_.height - top);
      for (std::uint32_t left = 0; left < s_.width; left += width) {
        for (std::uint32_t plane = 0; plane < planes; ++plane)
          read_block(tiled, left, top, plane, buffer.data() + plane * static_cast<std::size_t>(bytes), bytes);
        for (std::uint32_t y = 0; y < rows; ++y) {
          const std::size_t at = (std::size_t{top} + y) * s_.width + left;
          reader.convert(block, y, std::min(width, s_.width - left), at, image.rgb.data() + 3 * at);
        }
      }
    }
  }

  void read_block(bool tiled, std::uint32_t x, std::uint32_t y, std::uint32_t plane, void* to, tmsize_t bytes) const {
    const auto sample = static_cast<std::uint16_t>(plane);
    const tmsize_t got = tiled ? TIFFReadEncodedTile(tiff_, TIFFComputeTile(tiff_, x, y, 0, sample), to, bytes)
                               : TIFFReadEncodedStrip(tiff_, TIFFComputeStrip(tiff_, y, sample), to, bytes);
    if (got < 0) refuse();
  }

  /// YCbCr outside of JPEG data: PIL, too, leaves it to libtiff's reader.
  void read_rgba(Image& image) const {
    std::array<char, 1024> reason{};
    TIFFRGBAImage rgba{};
    if (TIFFRGBAImageOK(tiff_, reason.data()) == 0 || TIFFRGBAImageBegin(&rgba, tiff_, 1, reason.data()) == 0)
      refuse_damaged(file_, without_end(reason.data()));
    const std::unique_ptr<TIFFRGBAImage, void (*)(TIFFRGBAImage*)> end(&rgba, TIFFRGBAImageEnd);
    rgba.req_orientation = rgba.orientation;
    // In steps of whole strips or tiles; a picture of one strip in one.
    std::uint32_t step = s_.height;
    TIFFGetField(tiff_, TIFFIsTiled(tiff_) != 0 ? TIFFTAG_TILELENGTH : TIFFTAG_ROWSPERSTRIP, &step);
    step = std::min(std::max(step, 1u), s_.height);
    std::vector<std::uint32_t> raster(std::size_t{step} * s_.width);
    for (std::uint32_t top = 0; top < s_.height; top += step) {
      const std::uint32_t rows = std::min(step, s_.height - top);
      rgba.row_offset = static_cast<int>(top);
      if (TIFFRGBAImageGet(&rgba, raster.data(), s_.width, rows) == 0) refuse();
      std::uint8_t* to = image.rgb.data() + std::size_t{3} * top * s_.width;
      for (std::size_t i = 0; i < std::size_t{rows} * s_.width; ++i, to += 3) {
        to[0] = static_cast<std::uint8_t>(TIFFGetR(raster[i]));
        to[1] = static_cast<std::uint8_t>(TIFFGetG(raster[i]));
        to[2] = static_cast<std::uint8_t>(TIFFGetB(raster[i]));
      }
    }
  }

  const PictureFile& file_;
  Source& source_;
  TIFF* tiff_;
  const Samples& s_;
};

int orientation_of(TIFF* tiff) {
  std::uint16_t orientation = 0;
  if (TIFFGetField(tiff, TIFFTAG_ORIENTATION, &orientation) != 0)
    return orientation >= 1 && orientation <= 8 ? orientation : 1;
  std::uint32_t count = 0;
  const void* xmp = nullptr;
  if (TIFFGetField(tiff, TIFFTAG_XMLPACKET, &count, &xmp) == 0) return 1;
  return orientation_in({}, {static_cast<const std::byte*>(xmp), count});
}

}  // namespace

Decoded decode_tiff(const PictureFile& file) {
  Source source;
  source.bytes = file.bytes;
  const Tiff tiff = open_tiff(source);
  if (!tiff) {
    if (source.ended_early) refuse_cut_off(file);
    refuse_damaged(file, without_end(source.reason));
  }
  const Samples samples = samples_of(tiff.get());
  check_size(samples.width, samples.height, file.name);
  if (const std::string reason = refusal(samples); !reason.empty())
    throw Error(file.name + " is a TIFF file that " + reason + ", which Headlight does not read; save it as PNG.");

  Decoded decoded;
  Pixels(file, source, tiff.get(), samples).read(decoded);
  decoded.orientation = orientation_of(tiff.get());
  std::uint32_t count = 0;
  const void* profile = nullptr;
  if (TIFFGetField(tiff.get(), TIFFTAG_ICCPROFILE, &count, &profile) != 0) {
    const auto* bytes = static_cast<const std::byte*>(profile);
    decoded.profile.assign(bytes, bytes + count);
  }
  if (TIFFLastDirectory(tiff.get()) == 0)
    decoded.image.remarks.emplace_back("The file has several pages: this is the first.");
  return decoded;
}

}  // namespace vit
