#include "engine/image/animation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "engine/base/error.h"

namespace vit {
namespace {

using ::testing::HasSubstr;

std::filesystem::path sequence(const std::string& file) {
  return std::filesystem::path(HEADLIGHT_SOURCE_DIR) / "tests/golden/sequences" / file;
}

std::vector<std::byte> bytes_of(const std::string& file) {
  std::ifstream stream(sequence(file), std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(stream)), {});
  const auto* from = reinterpret_cast<const std::byte*>(text.data());
  return {from, from + text.size()};
}

/// "" where the frame is as PIL sees it, or what is otherwise.
std::string difference(const Image& image, const nlohmann::json& frame, const std::uint8_t* expected) {
  if (image.width != frame["width"] || image.height != frame["height"]) return "has another size";
  std::size_t others = 0;
  for (std::size_t i = 0; i < image.rgb.size(); ++i) others += image.rgb[i] != expected[i];
  return others == 0 ? "" : std::to_string(others) + " of " + std::to_string(image.rgb.size()) + " levels differ";
}

TEST(Animation, EveryPixelOfEveryFrameIsPils) {
  const auto items = nlohmann::json::parse(std::ifstream(sequence("frames.json")));
  const Image levels = load_image(sequence("pixels.png"));
  ASSERT_GE(items.size(), 15u);
  for (const auto& item : items) {
    const auto animation = open_animation(sequence(item["file"]));
    ASSERT_NE(animation, nullptr) << item["file"];
    ASSERT_EQ(animation->count(), static_cast<int>(item["frames"].size())) << item["file"];
    for (int n = 0; n < animation->count(); ++n) {
      const auto& frame = item["frames"][static_cast<std::size_t>(n)];
      EXPECT_EQ(difference(animation->read(n), frame, levels.rgb.data() + frame["at"].get<std::size_t>()), "")
          << item["file"] << " frame " << n;
      EXPECT_NEAR(animation->seconds(n), frame["seconds"].get<double>(), 1e-9) << item["file"] << " frame " << n;
    }
  }
}

TEST(Animation, FramesAreTheSameInAnyOrder) {
  for (const char* file : {"gif_previous_clear.gif", "png_previous.png"}) {
    const auto in_order = open_animation(sequence(file)), mixed = open_animation(sequence(file));
    std::vector<Image> frames;
    for (int n = 0; n < in_order->count(); ++n) frames.push_back(in_order->read(n));
    for (const int n : {4, 1, 1, 3, 0, 4, 2})
      EXPECT_EQ(mixed->read(n), frames[static_cast<std::size_t>(n)]) << file << " " << n;
  }
}

TEST(Animation, ItsFirstFrameIsThePictureThatIsOpenedAlone) {
  for (const char* file : {"gif_whole.gif", "gif_part_first.gif", "png_rgb.png", "png_keep.png"}) {
    const Image alone = load_image(sequence(file)), first = open_animation(sequence(file))->read(0);
    EXPECT_TRUE(is_animation(sequence(file))) << file;
    EXPECT_THAT(alone.remarks, ::testing::ElementsAre(HasSubstr("is an animation"))) << file;
    EXPECT_EQ(alone.rgb, first.rgb) << file;
  }
}

TEST(Animation, OnePictureIsNone) {
  EXPECT_EQ(open_animation(sequence("pixels.png")), nullptr);
  EXPECT_FALSE(is_animation(sequence("pixels.png")));
  EXPECT_FALSE(is_animation(sequence("not_there.gif")));
  EXPECT_EQ(open_animation(std::filesystem::path(HEADLIGHT_SOURCE_DIR) / "assets/images/rocket.jpg"), nullptr);
}

TEST(Animation, AFrameThatThereIsNotIsRefused) {
  const auto animation = open_animation(sequence("gif_whole.gif"));
  for (const int frame : {-1, 4}) {
    try {
      animation->read(frame);
      ADD_FAILURE();
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("it has 4."));
    }
  }
}

/// What opening or reading any frame of it says; empty: all is well.
std::string refusal(std::vector<std::byte> bytes) {
  try {
    const auto animation = open_animation(std::move(bytes), "film");
    for (int n = 0; animation && n < animation->count(); ++n) animation->read(n);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Animation, AFileThatEndsTooEarlySaysSo) {
  for (const char* file : {"gif_keep_clear.gif", "png_keep.png"}) {
    std::vector<std::byte> bytes = bytes_of(file);
    bytes.resize(bytes.size() * 2 / 3);
    EXPECT_THAT(refusal(bytes), HasSubstr("ends too early")) << file;
  }
}

TEST(Animation, SizesAreRefusedBeforeMemory) {
  std::vector<std::byte> gif = bytes_of("gif_whole.gif"), png = bytes_of("png_rgb.png");
  for (const std::size_t at : {6, 7, 8, 9}) gif[at] = std::byte{0xFF};
  EXPECT_THAT(refusal(gif), HasSubstr("megapixels"));
  for (const std::size_t at : {17, 18, 21, 22}) png[at] = std::byte{0xFF};
  EXPECT_THAT(refusal(png), HasSubstr("megapixels"));
}

TEST(Animation, FramesOfAPngThatReachBeyondItOrAreOutOfOrderAreRefused) {
  const std::vector<std::byte> whole = bytes_of("png_keep.png");
  const std::string text(reinterpret_cast<const char*>(whole.data()), whole.size());
  const std::size_t second = text.find("fcTL", text.find("fcTL") + 1);
  auto wide = whole, swapped = whole;
  wide[second + 4 + 7] = std::byte{200};  // its width
  EXPECT_THAT(refusal(wide), HasSubstr("reaches beyond"));
  swapped[second + 4 + 3] = std::byte{9};  // its number
  EXPECT_THAT(refusal(swapped), HasSubstr("out of order"));
}

/// Whatever is in the file, what comes is a sentence or pictures.
TEST(Animation, ChangedBytesEndInASentence) {
  const auto items = nlohmann::json::parse(std::ifstream(sequence("frames.json")));
  unsigned state = 1;
  int refused = 0, tried = 0;
  for (const auto& item : items) {
    const std::vector<std::byte> whole = bytes_of(item["file"]);
    for (int round = 0; round < 40; ++round, ++tried) {
      std::vector<std::byte> bytes = whole;
      for (int change = 0; change < 1 + round % 4; ++change) {
        state = state * 1664525u + 1013904223u;
        bytes[(state >> 8) % bytes.size()] = static_cast<std::byte>(state >> 24);
      }
      refused += !refusal(std::move(bytes)).empty();
    }
  }
  EXPECT_GT(refused, tried / 20);
}

}  // namespace
}  // namespace vit
