#include "app/files/png_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>

#include "engine/base/error.h"
#include "engine/maps/heatmap.h"
#include "tests/unit/app/files/png_chunks.h"
#include "tests/unit/temp_folder.h"

namespace headlight {
namespace {

vit::Image noise(int width, int height) {
  vit::Image image;
  image.width = width;
  image.height = height;
  image.name = "noise";
  unsigned state = 7;
  for (int i = 0; i < 3 * width * height; ++i) {
    state = state * 1664525u + 1013904223u;
    image.rgb.push_back(static_cast<std::uint8_t>(state >> 24));
  }
  return image;
}

TEST(PngFile, DecodesToTheSamePixels) {
  for (int width : {1, 7, 64}) {
    const vit::Image image = noise(width, 5);
    const std::string png = encode_png(image, {});
    EXPECT_EQ(vit::decode_image(std::as_bytes(std::span(png)), "noise"), image) << width;
  }
}

TEST(PngFile, CarriesItsTextInAnyScript) {
  const TextChunks text = {{"model", "vit_tiny"}, {"image", "猫.png"}, {"empty", ""}};
  const auto read = testing_files::png_texts(encode_png(noise(3, 3), text));
  EXPECT_EQ(read, (std::map<std::string, std::string>(text.begin(), text.end())));
}

TEST(PngFile, TheSamePictureGivesTheSameBytes) {
  EXPECT_EQ(encode_png(noise(20, 20), {{"a", "b"}}), encode_png(noise(20, 20), {{"a", "b"}}));
}

TEST(PngFile, AStopRequestIsHeard) {
  std::stop_source source;
  EXPECT_EQ(encode_png(noise(20, 20), {}, source.get_token()), encode_png(noise(20, 20), {}));
  source.request_stop();
  EXPECT_THROW(encode_png(noise(20, 20), {}, source.get_token()), vit::Cancelled);
  EXPECT_THROW(vit::render({1, 1, {0.5f}}, {}, {}, 8, 8, source.get_token()), vit::Cancelled);
}

/// A chunk with its checksum.
std::string chunk(const std::string& kind, const std::string& data) {
  const auto big_endian = [](std::uint32_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
    return bytes;
  };
  std::uint32_t crc = 0xffffffffu;
  for (const char c : kind + data) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0u);
  }
  return big_endian(static_cast<std::uint32_t>(data.size())) + kind + data + big_endian(~crc);
}

/// A picture with chunks behind its header.
std::string with_chunks(const std::string& chunks) {
  const std::string png = encode_png(noise(3, 3), {});
  constexpr std::size_t kHeader = 8 + 12 + 13;
  return png.substr(0, kHeader) + chunks + png.substr(kHeader);
}

/// `data` as zlib has it without compression, in blocks of at most 65535 bytes.
std::string stored(const std::string& data) {
  std::string bytes = "\x78\x01";
  for (std::size_t at = 0; at < data.size() || at == 0; at += 65535) {
    const std::size_t size = std::min<std::size_t>(65535, data.size() - at);
    const bool last = at + size >= data.size();
    for (const std::size_t value : {size, ~size & 0xffff}) {
      if (value == size) bytes += static_cast<char>(last ? 1 : 0);
      bytes += static_cast<char>(value & 0xff);
      bytes += static_cast<char>(value >> 8);
    }
    bytes += data.substr(at, size);
  }
  std::uint32_t a = 1, b = 0;
  for (const char c : data) {
    a = (a + static_cast<unsigned char>(c)) % 65521;
    b = (b + a) % 65521;
  }
  for (const std::uint32_t half : {b, a}) {
    bytes += static_cast<char>(half >> 8);
    bytes += static_cast<char>(half & 0xff);
  }
  return bytes;
}

class PngText : public testing::Test {
 protected:
  std::optional<std::string> text(const std::string& png, std::size_t most = 1000) {
    return find_png_text(folder_.write("file.png", png), "view", most);
  }
  TempFolder folder_;
};

TEST_F(PngText, IsReadInEveryKindOfChunk) {
  EXPECT_EQ(text(encode_png(noise(3, 3), {{"a", "b"}, {"view", "plain"}})), "plain");
  EXPECT_EQ(text(encode_png(noise(3, 3), {{"view", "猫"}})), "猫");
  const std::string zero(1, '\0');
  EXPECT_EQ(text(with_chunks(chunk("zTXt", "view" + zero + zero + stored("packed")))), "packed");
  EXPECT_EQ(text(with_chunks(chunk("iTXt", "view" + zero + "\1" + zero + zero + zero + stored("packed 猫")))),
            "packed 猫");
  EXPECT_EQ(text(encode_png(noise(3, 3), {{"another", "text"}})), std::nullopt);
}

TEST_F(PngText, OfTooManyBytesIsNotThere) {
  const std::string zero(1, '\0');
  EXPECT_EQ(text(encode_png(noise(3, 3), {{"view", std::string(2000, 'x')}})), std::nullopt);
  EXPECT_EQ(text(with_chunks(chunk("zTXt", "view" + zero + zero + stored(std::string(100000, 'x'))))), std::nullopt);
  EXPECT_EQ(
      text(with_chunks(chunk("iTXt", "view" + zero + "\1" + zero + zero + zero + stored(std::string(100000, 'x'))))),
      std::nullopt);
  std::string many;
  for (int i = 0; i < 5000; ++i) many += chunk("tEXt", "k" + std::to_string(i) + zero + "v");
  EXPECT_EQ(text(with_chunks(many + chunk("tEXt", "view" + zero + "late"))), std::nullopt);
}

TEST_F(PngText, OfADamagedFileIsNotThereOrWhole) {
  const std::string whole = encode_png(noise(3, 3), {{"view", "plain text"}});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto read = text(whole.substr(0, size));
    EXPECT_TRUE(!read || *read == "plain text") << size;
  }
  for (std::size_t at = 0; at < whole.size(); ++at)
    for (const char flip : {'\x01', '\x80', '\xff'}) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ flip);
      const auto read = text(damaged);
      EXPECT_TRUE(!read || *read == "plain text") << at;
    }
  EXPECT_EQ(text("no picture"), std::nullopt);
  EXPECT_EQ(find_png_text(folder_.path() / "gone.png", "view", 1000), std::nullopt);
  EXPECT_EQ(find_png_text(folder_.path(), "view", 1000), std::nullopt);
}

}  // namespace
}  // namespace headlight
