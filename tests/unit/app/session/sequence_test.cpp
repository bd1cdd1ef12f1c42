// A sequence in a session: frames become the photo, passes follow, and those that were seen come back.
#include "app/session/sequence.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "app/files/png_file.h"
#include "app/files/write_file.h"
#include "app/session/session.h"
#include "tests/unit/session_frames.h"
#include "tests/unit/temp_folder.h"

namespace headlight {
namespace {

constexpr const char* kModel = "random:C=48,L=3,h=4,P=8,S=32,K=5,seed=3";

std::string golden(const char* file) {
  return std::string(HEADLIGHT_SOURCE_DIR) + "/tests/golden/sequences/" + file;
}

class SequenceTest : public testing::Test {
 protected:
  template <class Done>
  bool frames_until(Done done) {
    return session_frames_until(session, failures, done);
  }
  bool settle() {
    return frames_until([this] { return session.settled() && session.trace() && session.photo() == session.image(); });
  }
  void open(const std::string& source) {
    session.open_model(kModel);
    session.open_sequence(source);
    ASSERT_TRUE(settle());
  }
  static RunOptions start() {
    RunOptions options;
    options.threads = 1;
    return options;
  }

  Session session{start(), [] {}};
  Sequence& film = session.sequence();
  std::vector<Failure> failures;
};

TEST_F(SequenceTest, ItsFrameIsThePhotoAndTheMapsAreOfIt) {
  open(golden("gif_whole.gif"));
  EXPECT_TRUE(film.on());
  EXPECT_EQ(film.count(), 4);
  EXPECT_EQ(session.wanted.image, golden("gif_whole.gif") + "#1");
  const auto first = session.trace();
  film.step(1);
  ASSERT_TRUE(settle());
  EXPECT_EQ(film.shown(), 1);
  EXPECT_EQ(session.wanted.image, golden("gif_whole.gif") + "#2");
  EXPECT_NE(session.trace(), first);
  EXPECT_NE(session.trace()->pixels, first->pixels);
  EXPECT_TRUE(failures.empty());
}

TEST_F(SequenceTest, AFrameThatWasSeenComesBackWithItsPass) {
  open(golden("gif_whole.gif"));
  const auto first = session.trace();
  film.step(1);
  ASSERT_TRUE(settle());
  film.step(-1);
  ASSERT_TRUE(settle());
  EXPECT_EQ(session.trace(), first);
  film.step(1);
  ASSERT_TRUE(settle());
  session.settings.qkv_bias = !session.settings.qkv_bias;  // what was seen is of other settings
  ASSERT_TRUE(settle());
  film.step(-1);
  ASSERT_TRUE(settle());
  EXPECT_NE(session.trace(), first);
  EXPECT_EQ(session.trace()->settings.qkv_bias, session.settings.qkv_bias);
}

TEST_F(SequenceTest, StepsOverItsEndsInALoopAndStopsThereWithoutOne) {
  open(golden("gif_whole.gif"));
  film.step(-1);
  EXPECT_EQ(film.wanted(), 3);
  film.step(1);
  EXPECT_EQ(film.wanted(), 0);
  film.loop = false;
  film.step(-1);
  EXPECT_EQ(film.wanted(), 0);
  film.go_to(100);
  EXPECT_EQ(film.wanted(), 3);
}

TEST_F(SequenceTest, PlaysEveryFrameOnce) {
  open(golden("gif_keep_clear.gif"));
  film.loop = false;
  film.frames_per_s = 200;
  std::vector<int> seen = {film.shown()};
  double now = 0;
  film.toggle_playing(now);
  ASSERT_TRUE(frames_until([&] {
    now += 0.004;
    const bool ready = session.answered() && session.photo() == session.image();
    film.play_on(now, ready);
    if (film.shown() != seen.back()) seen.push_back(film.shown());
    return !film.playing();
  }));
  EXPECT_EQ(seen, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST_F(SequenceTest, ItsFramesAreReadAgainWithOtherLevels) {
  open(golden("gif_whole.gif"));
  film.step(1);
  ASSERT_TRUE(settle());
  const auto plain = session.image();
  session.read_photo({.levels = vit::parse_levels("40,200")});
  ASSERT_TRUE(frames_until([this] { return session.image()->levels.has_value() && session.settled(); }));
  EXPECT_TRUE(film.on());
  EXPECT_EQ(film.shown(), 1);
  EXPECT_EQ(session.wanted.image, golden("gif_whole.gif") + "#2");
  EXPECT_EQ(vit::text_of(session.wanted.reading.levels), "40,200");
  EXPECT_NE(session.image()->rgb, plain->rgb);
  film.step(1);
  ASSERT_TRUE(settle());
  EXPECT_TRUE(session.image()->levels);
}

TEST_F(SequenceTest, APhotoThatIsOpenedApartEndsIt) {
  open(golden("gif_whole.gif"));
  session.open_image(std::string(HEADLIGHT_SOURCE_DIR) + "/tests/golden/pictures/icc_wide.jpg");
  ASSERT_TRUE(frames_until([&] { return session.wanted.image.ends_with("icc_wide.jpg"); }));
  EXPECT_FALSE(film.on());
}

TEST_F(SequenceTest, AnAnimationThatIsOpenedAsAPhotoHasItsFramesBehindIt) {
  session.open_model(kModel);
  session.open_image(golden("png_keep.png"));
  ASSERT_TRUE(frames_until([&] { return film.on(); }));
  EXPECT_EQ(film.shown(), 0);
  session.open_image(golden("gif_whole.gif") + "#3");
  ASSERT_TRUE(frames_until([&] { return film.on() && film.source() == golden("gif_whole.gif"); }));
  EXPECT_EQ(film.shown(), 2);
}

TEST_F(SequenceTest, WhatDoesNotOpenLeavesThePhotoAsItIs) {
  open(golden("gif_whole.gif"));
  const auto image = session.image();
  session.open_sequence("/no/such/folder");
  ASSERT_TRUE(frames_until([&] { return !failures.empty(); }));
  EXPECT_EQ(failures.front().what, Failure::What::image);
  EXPECT_EQ(session.image(), image);
  EXPECT_FALSE(film.on());
  EXPECT_TRUE(frames_until([&] { return session.settled(); }));
}

TEST_F(SequenceTest, AFrameThatCannotBeReadIsToldAndPassedOver) {
  const TempFolder folder;
  for (int n = 0; n < 3; ++n) {
    vit::Image image;
    image.width = image.height = 40;
    image.rgb.assign(3 * 1600, static_cast<std::uint8_t>(60 * n));
    write_file(folder.path() / (std::to_string(n) + ".png"), n == 1 ? "no picture" : encode_png(image, {}));
  }
  open(folder.path().string());
  film.loop = false;
  film.step(1);
  ASSERT_TRUE(frames_until([&] { return !failures.empty() && session.settled(); }));
  EXPECT_EQ(film.shown(), 0) << "what was shown stays";
  double now = 0;
  film.toggle_playing(now);
  film.go_to(1);
  ASSERT_TRUE(frames_until([&] { return film.wanted() != 1; }));
}

}  // namespace
}  // namespace headlight
