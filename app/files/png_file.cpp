#include "app/files/png_file.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <string_view>
#include <system_error>

#include <png.h>

#include "engine/base/error.h"

namespace headlight {
namespace {

struct Sink {
  std::string bytes;
  bool out_of_memory = false;
};

// Exceptions must not cross libpng's frames: a failed append is remembered, and the rest is dropped.
void append(png_structp png, png_bytep data, png_size_t length) {
  auto* sink = static_cast<Sink*>(png_get_io_ptr(png));
  if (sink->out_of_memory) return;
  try {
    sink->bytes.append(reinterpret_cast<const char*>(data), length);
  } catch (...) {
    sink->out_of_memory = true;
  }
}

void no_flush(png_structp) {}

std::vector<png_text> libpng_texts(const TextChunks& text) {
  std::vector<png_text> chunks;
  for (const auto& [keyword, value] : text) {
    png_text chunk{};
    const bool ascii =
        std::all_of(value.begin(), value.end(), [](char c) { return static_cast<unsigned char>(c) < 128; });
    chunk.compression = ascii ? PNG_TEXT_COMPRESSION_NONE : PNG_ITXT_COMPRESSION_NONE;
    chunk.key = const_cast<char*>(keyword.c_str());
    chunk.text = const_cast<char*>(value.c_str());
    (ascii ? chunk.text_length : chunk.itxt_length) = value.size();
    chunks.push_back(chunk);
  }
  return chunks;
}

struct Rows {
  int width = 0, height = 0;
  int channels = 3;
  const std::uint8_t* bytes = nullptr;
  double pixels_per_inch = 0;
};

/// False if libpng gave up or a stop was requested. No object with a destructor lives here: libpng leaves by longjmp.
bool write_all(png_structp png, png_infop info, const Rows& rows, const png_text* texts, int text_count,
               const std::stop_token& stop) {
  constexpr double kMetresPerInch = 0.0254;
  if (setjmp(png_jmpbuf(png))) return false;
  png_set_IHDR(png, info, static_cast<png_uint_32>(rows.width), static_cast<png_uint_32>(rows.height), 8,
               rows.channels == 4 ? PNG_COLOR_TYPE_RGBA : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_set_compression_level(png, 6);
  png_set_sRGB(png, info, PNG_sRGB_INTENT_PERCEPTUAL);
  if (rows.pixels_per_inch > 0) {
    const auto per_metre = static_cast<png_uint_32>(std::lround(rows.pixels_per_inch / kMetresPerInch));
    png_set_pHYs(png, info, per_metre, per_metre, PNG_RESOLUTION_METER);
  }
  if (text_count > 0) png_set_text(png, info, texts, text_count);
  png_write_info(png, info);
  for (int y = 0; y < rows.height; ++y) {
    if (stop.stop_requested()) return false;
    png_write_row(png, rows.bytes + static_cast<std::ptrdiff_t>(y) * rows.width * rows.channels);
  }
  png_write_end(png, nullptr);
  return true;
}

std::string encode(const Rows& rows, const TextChunks& text, const std::stop_token& stop) {
  Sink sink;
  const std::vector<png_text> texts = libpng_texts(text);
  png_structp png = png_create_write_struct(
      PNG_LIBPNG_VER_STRING, nullptr, [](png_structp p, png_const_charp) { png_longjmp(p, 1); },
      [](png_structp, png_const_charp) {});
  png_infop info = png != nullptr ? png_create_info_struct(png) : nullptr;
  bool done = false;
  if (info != nullptr) {
    png_set_write_fn(png, &sink, append, no_flush);
    done = write_all(png, info, rows, texts.data(), static_cast<int>(texts.size()), stop);
  }
  png_destroy_write_struct(&png, &info);
  if (!done && stop.stop_requested()) throw vit::Cancelled();
  if (!done || sink.out_of_memory)
    throw vit::Error("A picture of " + std::to_string(rows.width) + "×" + std::to_string(rows.height) +
                     " pixels cannot be made into a PNG file; choose a smaller size.");
  return std::move(sink.bytes);
}

/// A file that ends the reading once it has given `left` bytes, so that no heap of chunks keeps the reader busy.
struct Source {
  std::ifstream stream;
  std::size_t left = 0;
};

void read_some(png_structp png, png_bytep data, png_size_t length) {
  auto* source = static_cast<Source*>(png_get_io_ptr(png));
  const bool fits = length <= source->left;
  source->left -= fits ? length : 0;
  if (!fits || !source->stream.read(reinterpret_cast<char*>(data), static_cast<std::streamsize>(length)))
    png_error(png, "the file ends");
}

/// The texts before the pixels, which belong to `info`; null where libpng gave up, which it leaves by longjmp.
png_textp read_texts(png_structp png, png_infop info, std::size_t most_bytes, int* count) {
  if (setjmp(png_jmpbuf(png))) return nullptr;
  png_set_chunk_malloc_max(png, most_bytes);
  png_set_chunk_cache_max(png, 64);
  png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  png_read_info(png, info);
  png_textp texts = nullptr;
  png_get_text(png, info, &texts, count);
  return texts;
}

/// Whether the chunks before the pixels lie inside the file: libpng takes as much memory as a length claims. Reads from
/// behind the signature.
bool chunks_lie_inside(std::ifstream& stream, std::uintmax_t file_bytes) {
  constexpr std::uintmax_t kAround = 12;  // length, name and sum of a chunk
  std::uintmax_t at = 8;
  for (std::array<unsigned char, 8> head{}; stream.read(reinterpret_cast<char*>(head.data()), head.size());) {
    const std::string_view name(reinterpret_cast<const char*>(head.data()) + 4, 4);
    if (name == "IDAT" || name == "IEND") break;
    const std::uintmax_t length = std::uintmax_t{head[0]} << 24 | head[1] << 16 | head[2] << 8 | head[3];
    if (at + kAround + length > file_bytes) return false;
    at += kAround + length;
    stream.seekg(static_cast<std::streamoff>(at));
  }
  stream.clear();
  stream.seekg(8);
  return true;
}

}  // namespace

std::optional<std::string> find_png_text(const std::filesystem::path& file, const std::string& keyword,
                                         std::size_t most_bytes) {
  constexpr std::size_t kMostBefore = 64u << 20;  // bytes before the pixels: colour profiles, texts
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) return std::nullopt;
  Source source{std::ifstream(file, std::ios::binary), kMostBefore};
  std::array<unsigned char, 8> signature{};
  source.stream.read(reinterpret_cast<char*>(signature.data()), signature.size());
  if (!source.stream || png_sig_cmp(signature.data(), 0, signature.size()) != 0) return std::nullopt;
  const std::uintmax_t file_bytes = std::filesystem::file_size(file, error);
  if (error || !chunks_lie_inside(source.stream, file_bytes)) return std::nullopt;
  png_structp png = png_create_read_struct(
      PNG_LIBPNG_VER_STRING, nullptr, [](png_structp p, png_const_charp) { png_longjmp(p, 1); },
      [](png_structp, png_const_charp) {});
  png_infop info = png != nullptr ? png_create_info_struct(png) : nullptr;
  std::optional<std::string> found;
  if (info != nullptr) {
    png_set_read_fn(png, &source, read_some);
    png_set_sig_bytes(png, static_cast<int>(signature.size()));
    int count = 0;
    const png_text* texts = read_texts(png, info, most_bytes, &count);
    for (int i = 0; texts != nullptr && i < count && !found; ++i) {
      const std::size_t length = std::max(texts[i].text_length, texts[i].itxt_length);
      if (keyword == texts[i].key && length <= most_bytes) found = std::string(texts[i].text, length);
    }
  }
  png_destroy_read_struct(&png, &info, nullptr);
  return found;
}

std::string encode_png(const vit::Image& image, const TextChunks& text, const std::stop_token& stop) {
  return encode({image.width, image.height, 3, image.rgb.data()}, text, stop);
}

std::string encode_png(const RgbaPicture& picture, const TextChunks& text, const std::stop_token& stop) {
  Rows rows{picture.width, picture.height, 4, picture.rgba.data(), picture.pixels_per_inch};
  std::vector<std::uint8_t> rgb;
  bool opaque = !picture.keeps_alpha;
  for (std::size_t i = 3; i < picture.rgba.size() && opaque; i += 4) opaque = picture.rgba[i] == 255;
  if (opaque) {
    rgb.resize(picture.rgba.size() / 4 * 3);
    const std::uint8_t* from = picture.rgba.data();
    for (std::uint8_t *to = rgb.data(), *end = to + rgb.size(); to != end; to += 3, from += 4) std::copy_n(from, 3, to);
    rows.channels = 3;
    rows.bytes = rgb.data();
  }
  return encode(rows, text, stop);
}

}  // namespace headlight
