#include "app/files/frame_source.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <span>

#include "app/files/child_process.h"
#include "app/files/file_mark.h"
#include "app/files/picture_stream.h"
#include "app/files/png_file.h"
#include "app/files/write_file.h"
#include "engine/base/error.h"
#include "tests/unit/temp_folder.h"

namespace headlight {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const vit::ImageReading kAsStored;

vit::Image picture(int level, int width = 4, int height = 3) {
  vit::Image image;
  image.width = width;
  image.height = height;
  image.rgb.assign(static_cast<std::size_t>(3 * width * height), static_cast<std::uint8_t>(level));
  return image;
}

std::string ppm(int level) {
  std::string text = "P6\n4 3\n255\n";
  text.append(36, static_cast<char>(level));
  return text;
}

int level_of(const Frame& frame) {
  return frame.image->rgb.front();
}

std::string sequence(const char* file) {
  return std::string(HEADLIGHT_SOURCE_DIR) + "/tests/golden/sequences/" + file;
}

/// The sentence of what it throws; empty: nothing.
template <class Work>
std::string refusal(Work work) {
  try {
    work();
  } catch (const vit::Error& error) {
    return error.what();
  }
  return "";
}

TEST(FrameSource, AFolderIsReadByItsNumbers) {
  const TempFolder folder;
  for (const int n : {1, 2, 10, 9})
    write_file(folder.path() / ("f" + std::to_string(n) + ".png"), encode_png(picture(n), {}));
  folder.write("words.txt", "no picture");
  folder.write(".hidden.png", "no picture");
  const auto frames = open_frames(folder.path().string(), kAsStored);
  ASSERT_EQ(frames->count(), 4);
  EXPECT_TRUE(frames->jumps());
  std::vector<int> levels;
  for (int i = 0; i < 4; ++i) levels.push_back(level_of(*frames->read(i)));
  EXPECT_THAT(levels, ElementsAre(1, 2, 9, 10));
  EXPECT_EQ(frames->read(2)->source, (folder.path() / "f9.png").string());
  EXPECT_FALSE(frames->read(4));
}

TEST(FrameSource, AFrameHasANameThatOpensItAlone) {
  const auto frames = open_frames(sequence("gif_whole.gif"), kAsStored);
  const auto third = frames->read(2);
  EXPECT_EQ(third->source, sequence("gif_whole.gif") + "#3");
  EXPECT_DOUBLE_EQ(third->seconds, 1.0);
  EXPECT_EQ(load_photo(third->source, kAsStored).rgb, third->image->rgb);
  EXPECT_THAT(refusal([] { load_photo(sequence("gif_whole.gif") + "#5", kAsStored); }), HasSubstr("it has 4."));
  EXPECT_EQ(mark_file(third->source).sha256, mark_file(sequence("gif_whole.gif")).sha256);
}

TEST(FrameSource, AFileThatIsCalledLikeAFrameIsThatFile) {
  const TempFolder folder;
  const fs::path file = folder.write("cat#2", encode_png(picture(7), {}));
  EXPECT_EQ(frame_name(file.string()).number, 0);
  EXPECT_EQ(load_photo(file.string(), kAsStored).rgb, picture(7).rgb);
  EXPECT_EQ(parsed_frame_name("walk.gif#12").number, 12);
  for (const char* other : {"walk.gif", "walk#.gif", "walk.gif#", "walk.gif#0", "walk.gif#-1", "#3"})
    EXPECT_EQ(parsed_frame_name(other).number, 0) << other;
}

TEST(FrameSource, WhatIsNoSequenceSaysWhatOneIs) {
  const TempFolder folder;
  EXPECT_THAT(refusal([&] { open_frames(folder.path().string(), kAsStored); }), HasSubstr("holds no pictures"));
  EXPECT_THAT(refusal([&] { open_frames((folder.path() / "no.gif").string(), kAsStored); }),
              HasSubstr("does not exist"));
  const fs::path one = folder.write("one.png", encode_png(picture(7), {}));
  EXPECT_THAT(refusal([&] { open_frames(one.string(), kAsStored); }), HasSubstr("holds one picture"));
}

/// The PATH for as long as it lives.
class Path {
 public:
  explicit Path(const std::string& path) : before_(std::getenv("PATH")) { ::setenv("PATH", path.c_str(), 1); }
  ~Path() { ::setenv("PATH", before_.c_str(), 1); }
  Path(const Path&) = delete;
  Path& operator=(const Path&) = delete;

 private:
  std::string before_;
};

fs::path program(const TempFolder& folder, const std::string& name, const std::string& script) {
  const fs::path file = folder.write(name, "#!/bin/sh\n" + script);
  ::chmod(file.c_str(), 0700);
  return file;
}

TEST(FrameSource, WithoutFfmpegAVideoSaysWhatToDo) {
  const TempFolder folder;
  folder.write("film.mp4", "a film");
  const Path path(folder.path().string());
  const std::string said = refusal([&] { open_frames((folder.path() / "film.mp4").string(), kAsStored); });
  EXPECT_THAT(said, HasSubstr("needs the program ffmpeg"));
  EXPECT_THAT(said, HasSubstr("install it"));
}

/// A stand-in that writes five frames from where `select` says, and notes how it was called.
TEST(FrameSource, AVideoIsReadThroughAPipe) {
  const TempFolder folder;
  folder.write("film.mp4", "a film");
  program(folder, "ffmpeg",
          "first=$(printf '%s' \"$*\" | sed -n 's/.*gte(n\\\\,\\([0-9]*\\)).*/\\1/p'); n=${first:-0}\n"
          "echo \"$@\" >> \"" +
              (folder.path() / "calls").string() +
              "\"\n"
              "while [ $n -lt 5 ]; do printf 'P6\\n1 1\\n255\\n%d%d%d' $n $n $n; n=$((n+1)); done\n");
  const Path path(folder.path().string() + ":/bin:/usr/bin");
  const auto frames = open_frames((folder.path() / "film.mp4").string(), kAsStored);
  for (const int n : {0, 1, 4, 2}) EXPECT_EQ(level_of(*frames->read(n)), '0' + n) << n;
  EXPECT_FALSE(frames->read(5));
  EXPECT_EQ(frames->count(), 5);
  const std::string calls = testing_files::file_bytes((folder.path() / "calls").string());
  EXPECT_THAT(calls, HasSubstr("-protocol_whitelist file,pipe"));
  EXPECT_THAT(calls, HasSubstr("file:" + (folder.path() / "film.mp4").string()));
}

TEST(FrameSource, AVideoThatCannotBeDecodedSaysWhy) {
  const TempFolder folder;
  folder.write("film.mp4", "a film");
  program(folder, "ffmpeg", "echo 'moov atom not found' >&2; exit 1\n");
  const Path path(folder.path().string() + ":/bin:/usr/bin");
  const auto frames = open_frames((folder.path() / "film.mp4").string(), kAsStored);
  EXPECT_THAT(refusal([&] { frames->read(0); }), HasSubstr("(moov atom not found)"));
}

TEST(ChildProcess, GivesArgumentsAsTheyAre) {
  ChildProcess child("/bin/echo", {"a b", "$HOME;", "`ls`"});
  char text[64] = {};
  std::size_t got = 0, part = 0;
  while ((part = child.read(text + got, sizeof text - got)) > 0) got += part;
  EXPECT_EQ(std::string(text, got), "a b $HOME; `ls`\n");
  EXPECT_EQ(child.wait(), 0);
}

TEST(ChildProcess, FeedsAndHearsOfAnEnd) {
  ChildProcess cat("/bin/cat", {}, true);
  EXPECT_TRUE(cat.write("hello", 5));
  cat.end_input();
  char text[8] = {};
  EXPECT_EQ(cat.read(text, sizeof text), 5u);
  EXPECT_EQ(cat.wait(), 0);
  ChildProcess ends("/bin/false", {}, true);
  EXPECT_EQ(ends.wait(), 1);
  EXPECT_FALSE(ends.write("hello", 5)) << "an error, no signal";
  EXPECT_THAT(refusal([] { ChildProcess("/no/such/program", {}); }), HasSubstr("cannot be started"));
}

/// A stream that gives a few bytes at a time.
PictureStream stream_of(std::string text) {
  auto left = std::make_shared<std::string>(std::move(text));
  return {[left](void* to, std::size_t most) {
            const std::size_t count = std::min<std::size_t>({most, left->size(), 7});
            left->copy(static_cast<char*>(to), count);
            left->erase(0, count);
            return count;
          },
          "The pipe"};
}

TEST(PictureStream, PartsPicturesOfAnyKind) {
  const std::string jpeg =
      testing_files::file_bytes(std::string(HEADLIGHT_SOURCE_DIR) + "/tests/golden/pictures/icc_wide.jpg");
  const std::string png = encode_png(picture(9), {}), commented = "P6 # a comment\n4 3 255\n" + ppm(5).substr(11);
  const std::vector<std::string> parts = {ppm(1), jpeg, png, jpeg, commented, ppm(2)};
  std::string all;
  for (const std::string& part : parts) all += part;
  PictureStream stream = stream_of(all);
  for (const std::string& part : parts) {
    const auto bytes = stream.next();
    ASSERT_TRUE(bytes);
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size()), part);
  }
  EXPECT_FALSE(stream.next());
}

TEST(PictureStream, WhatItCannotPartEndsInASentence) {
  EXPECT_THAT(refusal([] { stream_of("hello").next(); }), HasSubstr("image2pipe"));
  EXPECT_THAT(refusal([] { stream_of(ppm(1).substr(0, 30)).next(); }), HasSubstr("ends within a picture"));
  EXPECT_THAT(refusal([] { stream_of("P6\n99999 99999\n255\n").next(); }), HasSubstr("1 GB"));
  EXPECT_THAT(refusal([] { stream_of("P6\nx y\n255\n").next(); }), HasSubstr("states no size"));
  EXPECT_THAT(refusal([] { stream_of("\xFF\xD8\xFF").next(); }), HasSubstr("ends within a picture"));
}

TEST(FrameSource, APipeIsReadOnceInOrder) {
  int ends[2] = {};
  ASSERT_EQ(::pipe(ends), 0);
  const std::string all = ppm(1) + ppm(2) + ppm(3);
  ASSERT_EQ(::write(ends[1], all.data(), all.size()), static_cast<ssize_t>(all.size()));
  ::close(ends[1]);
  const auto frames = frames_from(ends[0], kAsStored);
  EXPECT_EQ(frames->count(), std::nullopt);
  EXPECT_EQ(level_of(*frames->read(0)), 1);
  EXPECT_EQ(level_of(*frames->read(2)), 3);
  EXPECT_THAT(refusal([&] { frames->read(1); }), HasSubstr("cannot be read twice"));
  EXPECT_FALSE(frames->read(3));
  EXPECT_EQ(frames->count(), 3);
  ::close(ends[0]);
}

}  // namespace
}  // namespace headlight
