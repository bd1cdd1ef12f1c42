// A window without a window: what is wanted, what is shown, and how the second follows the first.
#include "app/session/session.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "app/files/assets.h"
#include "tests/unit/session_frames.h"
#include "tests/unit/temp_folder.h"

namespace headlight {
namespace {

constexpr const char* kModel = "random:C=48,L=3,h=4,P=8,S=32,K=5,seed=3";
constexpr const char* kOther = "random:C=24,L=2,h=2,P=8,S=32,K=3,seed=4";

std::string photo(const char* name) {
  return (assets_folder() / "images" / name).string();
}

class SessionTest : public testing::Test {
 protected:
  template <class Done>
  bool frames_until(Done done) {
    return session_frames_until(session, failures, done);
  }
  bool settle() {
    return frames_until([this] { return session.settled(); });
  }
  void open(const char* model = kModel, const char* image = "chelsea.png") {
    session.open_model(model);
    session.open_image(photo(image));
    ASSERT_TRUE(frames_until([this] { return session.settled() && session.trace() != nullptr; }));
  }

  static RunOptions start() {
    RunOptions options;
    options.threads = 1;
    options.num_heads = "0:8";
    options.heads_off = "2:1";
    return options;
  }

  Session session{start(), [] {}};
  std::vector<Failure> failures;
};

TEST_F(SessionTest, ShowsWhatWasOpenedWithTheSettingsOfTheCommandLine) {
  open();
  EXPECT_EQ(session.wanted.model, kModel);
  EXPECT_EQ(session.wanted.image, photo("chelsea.png"));
  EXPECT_EQ(session.take_opened_model(), kModel);
  EXPECT_FALSE(session.take_opened_model());
  EXPECT_EQ(session.trace()->settings, session.settings);
  EXPECT_EQ(session.settings.head_counts(), (std::vector<int>{8, 4, 4}));
  EXPECT_TRUE(session.settings.blocks[2].is_off(1));
  EXPECT_EQ(session.view.block, 2) << "the last one";
  EXPECT_EQ(session.photo(), session.image());
  EXPECT_TRUE(failures.empty());
}

TEST_F(SessionTest, TheNextModelStartsAsTrainedAndRunsAsBefore) {
  open();
  session.settings.kernel = vit::Kernel::eager;
  session.open_model(kOther);
  ASSERT_TRUE(frames_until([this] { return session.settled() && session.wanted.model == kOther; }));
  EXPECT_TRUE(session.as_trained());
  EXPECT_EQ(session.settings.kernel, vit::Kernel::eager);
  EXPECT_EQ(session.settings.threads, 1);
  EXPECT_EQ(session.trace()->model, session.model());
  EXPECT_EQ(session.view.block, 1);
}

TEST_F(SessionTest, ALoadThatFailsChangesNothing) {
  open();
  const Wanted before = session.wanted;
  const Shown shown = session.shown();
  const std::uint64_t requested = session.requested_id();
  session.open_model("no such model.safetensors");
  session.open_image("no such picture.png");
  ASSERT_TRUE(frames_until([this] { return failures.size() == 2; }));
  EXPECT_EQ(session.wanted.model, before.model);
  EXPECT_EQ(session.wanted.image, before.image);
  EXPECT_EQ(session.wanted.settings, before.settings);
  EXPECT_EQ(session.wanted.view, before.view);
  EXPECT_EQ(session.trace(), shown.trace);
  EXPECT_EQ(session.photo_version(), shown.photo_version);
  EXPECT_EQ(session.requested_id(), requested);
  EXPECT_TRUE(session.settled());
}

TEST_F(SessionTest, LevelsAreOfTheOpenPhoto) {
  const auto dark = [](const char* name) { return std::string(HEADLIGHT_SOURCE_DIR "/tests/golden/levels/") + name; };
  session.open_model(kModel);
  session.open_image(dark("grey12.png"));
  ASSERT_TRUE(frames_until([this] { return session.settled() && session.trace() != nullptr; }));
  const auto as_stored = session.image();
  EXPECT_FALSE(as_stored->levels);

  session.read_photo({.levels = vit::parse_levels("0,4095")});
  EXPECT_EQ(vit::text_of(session.reading().levels), "0,4095") << "what was asked for is told at once";
  ASSERT_TRUE(settle());
  EXPECT_EQ(vit::text_of(session.wanted.reading.levels), "0,4095");
  EXPECT_NE(session.image()->rgb, as_stored->rgb);
  EXPECT_EQ(session.photo(), session.image());

  session.read_photo({.levels = vit::parse_levels("auto:1")});
  ASSERT_TRUE(settle());
  session.open_image(photo("chelsea.png"));  // a rule goes on
  ASSERT_TRUE(frames_until([this] { return session.settled() && session.image()->name == photo("chelsea.png"); }));
  EXPECT_EQ(vit::text_of(session.wanted.reading.levels), "auto:1");
  EXPECT_TRUE(session.image()->levels);

  session.read_photo({.levels = vit::parse_levels("10,200")});
  ASSERT_TRUE(settle());
  session.open_image(dark("grey12.tif"));  // numbers do not
  ASSERT_TRUE(frames_until([&] { return session.settled() && session.image()->name == dark("grey12.tif"); }));
  EXPECT_EQ(session.wanted.reading, vit::ImageReading());
  EXPECT_TRUE(failures.empty());
}

TEST_F(SessionTest, LevelsThatAreImpossibleLeaveThePhotoAsItIs) {
  open();
  const auto before = session.image();
  session.read_photo({.levels = vit::parse_levels("0,4095")});
  ASSERT_TRUE(frames_until([this] { return !failures.empty(); }));
  EXPECT_NE(failures.front().sentence.find("values from 0 to 255"), std::string::npos);
  EXPECT_EQ(session.image(), before);
  EXPECT_EQ(session.reading(), vit::ImageReading());
}

TEST_F(SessionTest, AsksForADifferenceAlone) {
  open();
  const std::uint64_t asked = session.requested_id();
  session.request_wanted();
  session.view.block = 0;
  session.view.query = 3;
  session.request_wanted();
  EXPECT_EQ(session.requested_id(), asked) << "a view is no new run";
  session.settings.qkv_bias = false;
  session.request_wanted();
  EXPECT_EQ(session.requested_id(), asked + 1);
  ASSERT_TRUE(settle());
  EXPECT_FALSE(session.trace()->settings.qkv_bias);
  EXPECT_EQ(session.shown_id(), asked + 1);
}

TEST_F(SessionTest, SettingsThatCannotRunAreReportedAndThePictureStays) {
  open();
  const auto trace = session.trace();
  session.settings.set_heads(7, 1);
  ASSERT_TRUE(settle());
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_NE(failures[0].sentence.find("48"), std::string::npos) << failures[0].sentence;
  EXPECT_EQ(session.trace(), trace);
}

TEST_F(SessionTest, TheQueryStaysAtItsPlaceAtAnotherInputSize) {
  open();
  const vit::TokenGrid before = session.trace()->grid;
  ASSERT_EQ(before.rows, 4);
  session.set_query(before.token_of(1, 2));
  session.set_input(Fit::crop, 64);
  ASSERT_TRUE(frames_until([this] { return session.settled() && session.trace()->grid.rows == 8; }));
  const int patch = session.view.query - session.trace()->grid.prefix;
  EXPECT_TRUE(patch / 8 == 2 || patch / 8 == 3) << patch;
  EXPECT_TRUE(patch % 8 == 4 || patch % 8 == 5) << patch;
  session.set_query(0);
  session.set_input(Fit::crop, 32);
  ASSERT_TRUE(frames_until([this] { return session.settled() && session.trace()->grid.rows == 4; }));
  EXPECT_EQ(session.view.query, 0) << "the class token stays the class token";
}

TEST_F(SessionTest, TheBaselineIsTheTrainedNetworkOnTheSamePixels) {
  open();
  ASSERT_TRUE(frames_until([this] { return session.baseline() != nullptr; }));
  EXPECT_EQ(session.baseline()->settings.head_counts(), (std::vector<int>{4, 4, 4}));
  EXPECT_FALSE(session.baseline()->settings.any_off());
  EXPECT_EQ(session.baseline()->pixels, session.trace()->pixels);
  session.restore_trained_settings();
  EXPECT_TRUE(session.as_trained());
  ASSERT_TRUE(frames_until([this] { return session.settled() && session.baseline() == session.trace(); }));
  session.open_image(photo("coffee.png"));
  ASSERT_TRUE(frames_until([this] { return session.settled() && session.wanted.image == photo("coffee.png"); }));
  EXPECT_TRUE(!session.baseline() || session.baseline()->pixels == session.trace()->pixels);
  EXPECT_EQ(session.photo_version(), 2u);
}

TEST_F(SessionTest, AnOverrideKeepsWhatTheUserChose) {
  open();
  session.settings.set_heads(16, 1);
  session.view.block = 1;
  session.set_query(5);
  ASSERT_TRUE(settle());
  vit::LoadOptions options = session.load_options();
  options.num_heads = 6;
  session.override_model(options);
  ASSERT_TRUE(frames_until([this] { return session.settled() && session.model()->config.num_heads == 6; }));
  EXPECT_EQ(session.settings.head_counts(), (std::vector<int>{8, 16, 6})) << "blocks as trained follow";
  EXPECT_FALSE(session.settings.any_off()) << "the heads of block 2 are others now";
  EXPECT_EQ(session.view.block, 1);
  EXPECT_EQ(session.view.query, 5);
  EXPECT_EQ(session.wanted.load.num_heads, 6);
  EXPECT_EQ(session.trace()->model, session.model());
}

TEST_F(SessionTest, HeadsGoOffForTheChosenBlockAndAnotherCountSwitchesThemOn) {
  open();
  session.select_block(1);
  session.switch_head(session.view.block, 3, true);
  session.switch_head(session.view.block, 4, true);  // there is none
  EXPECT_EQ(session.settings.blocks[1].off, std::vector<int>{3});
  ASSERT_TRUE(settle());
  EXPECT_EQ(session.trace()->settings, session.settings);
  session.heads_for_all = false;
  session.set_heads(2);
  EXPECT_TRUE(session.settings.blocks[1].off.empty());
  EXPECT_TRUE(session.settings.blocks[2].is_off(1)) << "another block's";
  ASSERT_TRUE(settle());
  EXPECT_TRUE(failures.empty()) << failures[0].sentence;
}

TEST_F(SessionTest, TrainingModeStartsWithDropoutsThatAct) {
  open();
  session.set_training(true);
  EXPECT_TRUE(session.settings.training);
  EXPECT_FLOAT_EQ(session.settings.active_attn_drop(), 0.1f);
  EXPECT_FLOAT_EQ(session.settings.active_proj_drop(), 0.1f);
  session.settings.attn_drop = 0.3f;
  session.settings.proj_drop = 0;
  session.set_training(false);
  EXPECT_EQ(session.settings.active_attn_drop(), 0);
  session.set_training(true);
  EXPECT_FLOAT_EQ(session.settings.active_attn_drop(), 0.3f) << "rates that were chosen stay";
  EXPECT_EQ(session.settings.active_proj_drop(), 0);
}

TEST_F(SessionTest, TheHeadThatIsLookedAtExistsUnderTheWantedCount) {
  open();
  session.view.head = 3;
  session.set_heads(2);
  ASSERT_TRUE(settle());
  EXPECT_EQ(session.view.head, 1);
}

TEST_F(SessionTest, AHeadAloneSwitchesTheOthersOfItsBlockOffAndOnAgain) {
  open();
  const auto others = [this] { return std::pair(session.settings.blocks[0], session.settings.blocks[2]); };
  const auto as_they_were = others();
  session.switch_head(1, 2, true);
  session.solo_head(1, 2);
  EXPECT_EQ(session.settings.blocks[1].off, (std::vector<int>{0, 1, 3})) << "the head itself is on";
  EXPECT_TRUE(session.head_alone(1, 2));
  EXPECT_FALSE(session.head_alone(1, 1));
  session.solo_head(1, 1);
  EXPECT_EQ(session.settings.blocks[1].off, (std::vector<int>{0, 2, 3}));
  session.solo_head(1, 1);
  EXPECT_TRUE(session.settings.blocks[1].off.empty());
  session.solo_head(1, 9);  // there is none
  session.solo_head(7, 0);
  EXPECT_TRUE(session.settings.blocks[1].off.empty());
  EXPECT_EQ(others(), as_they_were);
}

TEST_F(SessionTest, AtRestEverythingIsMeasured) {
  open();
  ASSERT_TRUE(frames_until([this] { return session.measured(); }));
  const MeasuredSetting* times = session.times().find(*session.model(), session.trace()->grid, session.settings);
  ASSERT_NE(times, nullptr);
  EXPECT_GE(times->timings.size(), 1u);
}

TEST_F(SessionTest, AViewBringsBackModelPhotoSettingsAndQuery) {
  open();
  session.settings.qkv_bias = false;
  session.settings.switch_head(1, 2, true);
  session.set_input(Fit::crop, 64);
  session.view.block = 1;
  session.view.head = 3;
  session.view.look.colormap = vit::Colormap::turbo;
  ASSERT_TRUE(frames_until([this] { return session.settled() && session.trace()->grid.rows == 8; }));
  session.set_query(60);
  const std::string text = to_json(session.wanted_view());

  session.open_model(kOther);
  session.open_image(photo("coffee.png"));
  ASSERT_TRUE(frames_until([this] { return session.settled() && session.wanted.model == kOther; }));
  session.open_view(from_json(text));
  ASSERT_TRUE(frames_until([this] { return session.settled() && session.wanted.model == kModel; }));
  EXPECT_EQ(to_json(session.wanted_view()), text);
  EXPECT_EQ(session.view.query, 60);
  EXPECT_EQ(session.trace()->settings, session.settings);
  EXPECT_EQ(session.trace()->grid.rows, 8);
  EXPECT_EQ(session.shown().photo->name, photo("chelsea.png"));
  EXPECT_TRUE(failures.empty()) << failures[0].sentence;
}

TEST_F(SessionTest, AViewOfTheOpenFilesReadsNoneOfThemAgain) {
  open();
  const auto model = session.model();
  const auto image = session.image();
  const SavedView view = mark_files(session.wanted_view());
  session.settings.qkv_bias = false;
  ASSERT_TRUE(settle());
  session.open_view(view);
  EXPECT_TRUE(session.settings.qkv_bias);
  ASSERT_TRUE(settle());
  EXPECT_EQ(session.model(), model);
  EXPECT_EQ(session.image(), image);
}

TEST_F(SessionTest, WhatIsGoneFromAViewIsSaidAndTheRestIsOpened) {
  open();
  const TempFolder folder;
  const std::string file = (folder.path() / "copy.png").string();
  std::filesystem::copy_file(photo("coffee.png"), file);
  SavedView view = mark_files(session.wanted_view());
  view.image = mark_file(file);
  view.wanted.image = file;
  view.wanted.settings.qkv_bias = false;
  view.wanted.view.page = "grid";
  std::filesystem::remove(file);
  session.open_view(view);
  ASSERT_TRUE(settle());
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_EQ(failures[0].sentence, file + " is gone, or cannot be read. The rest of the view is opened.");
  EXPECT_FALSE(session.trace()->settings.qkv_bias);
  EXPECT_EQ(session.view.page, "grid");
  EXPECT_EQ(session.wanted.image, photo("chelsea.png"));

  folder.write("copy.png", "another");
  session.open_view(view);
  ASSERT_TRUE(settle());
  ASSERT_EQ(failures.size(), 2u);
  EXPECT_NE(failures[1].sentence.find("another file"), std::string::npos) << failures[1].sentence;
  EXPECT_EQ(session.wanted.image, photo("chelsea.png"));
}

TEST_F(SessionTest, SettingsOfAViewThatDoNotFitTheModelAreSaidAndLeftOut) {
  open();
  SavedView view = mark_files(session.wanted_view());
  view.wanted.settings.blocks[1].heads = 7;
  view.wanted.view.look.smooth = true;
  const vit::Settings before = session.settings;
  session.open_view(view);
  ASSERT_TRUE(frames_until([this] { return session.settled() && !failures.empty(); }));
  EXPECT_NE(failures[0].sentence.find("do not fit this model"), std::string::npos) << failures[0].sentence;
  EXPECT_EQ(session.settings, before);
  EXPECT_TRUE(session.view.look.smooth);
}

TEST_F(SessionTest, ADraftIsDrawnAndNothingElseUntilTheExactPictureIsThere) {
  session.open_model("random:C=192,L=12,h=4,P=8,S=384,K=5,seed=3");
  session.open_image(photo("chelsea.png"));
  ASSERT_TRUE(frames_until([this] { return session.settled() && session.trace() != nullptr; }));
  const vit::TokenGrid grid = session.trace()->grid;
  const int query = grid.token_of(30, 17);
  session.set_query(query);
  session.heads_for_all = true;
  session.watch_hand(1, true);
  const auto exact = session.trace();
  session.set_heads(16);
  ASSERT_TRUE(frames_until([this] { return session.shown().draft != nullptr; }));
  const Shown& shown = session.shown();
  EXPECT_EQ(session.trace(), exact);
  EXPECT_EQ(shown.picture(), shown.draft);
  EXPECT_EQ(shown.picture_id(), session.requested_id());
  EXPECT_EQ(shown.draft->settings.heads(3), 16);
  EXPECT_FALSE(session.settled());
  // The query stays where it was asked, and is found in the draft.
  EXPECT_EQ(session.view.query, query);
  const int there = session.query_in(*shown.draft) - shown.draft->grid.prefix;
  EXPECT_EQ(there / shown.draft->grid.cols, 61 * shown.draft->grid.rows / (2 * grid.rows));
  EXPECT_EQ(there % shown.draft->grid.cols, 35 * shown.draft->grid.cols / (2 * grid.cols));
  session.set_query_of(*shown.draft, shown.draft->grid.token_of(0, 0));
  const int corner = session.view.query - grid.prefix;
  EXPECT_LT(corner / grid.cols, grid.rows / shown.draft->grid.rows + 1);
  session.watch_hand(2, false);
  ASSERT_TRUE(settle());
  EXPECT_EQ(session.shown().draft, nullptr);
  EXPECT_EQ(session.trace()->settings.heads(3), 16);
  EXPECT_EQ(session.trace()->grid, grid);
  for (const MeasuredSetting* measured : session.times().of_model(*session.model(), grid))
    EXPECT_EQ(measured->grid, grid);
}

TEST_F(SessionTest, UndoAndRedoGiveBackSettingsInputAndQuery) {
  open();
  double time_s = 0;
  const auto rest = [&] {
    ASSERT_TRUE(settle());
    session.note_changes(time_s += 1, false);
    session.note_changes(time_s += 1, false);
  };
  rest();
  const Wanted first = session.wanted_view();
  session.settings.qkv_bias = false;
  rest();
  session.set_input(Fit::crop, 64);
  rest();
  session.set_query(60);
  rest();
  const Wanted last = session.wanted_view();
  session.undo();
  session.undo();
  EXPECT_FALSE(session.settings.qkv_bias);
  EXPECT_EQ(session.preprocessing, first.preprocessing);
  session.undo();
  EXPECT_FALSE(session.can_undo());
  ASSERT_TRUE(settle());
  EXPECT_EQ(session.settings, first.settings);
  EXPECT_EQ(session.view, first.view);
  EXPECT_EQ(session.trace()->grid.rows, 4);
  session.redo();
  session.redo();
  session.redo();
  EXPECT_FALSE(session.can_redo());
  ASSERT_TRUE(settle());
  EXPECT_EQ(session.settings, last.settings);
  EXPECT_EQ(session.view, last.view);
  EXPECT_EQ(session.trace()->grid.rows, 8);
  EXPECT_TRUE(failures.empty()) << failures[0].sentence;
}

TEST_F(SessionTest, AnotherModelForgetsWhatWasChangedAndAnotherPhotoDoesNot) {
  open();
  session.note_changes(1, false);
  session.settings.qkv_bias = false;
  session.note_changes(2, false);
  session.note_changes(3, false);
  session.open_image(photo("coffee.png"));
  ASSERT_TRUE(frames_until([this] { return session.settled() && session.wanted.image == photo("coffee.png"); }));
  session.note_changes(4, false);
  EXPECT_TRUE(session.can_undo());
  session.undo();
  EXPECT_TRUE(session.settings.qkv_bias);
  session.redo();
  session.open_model(kOther);
  ASSERT_TRUE(frames_until([this] { return session.settled() && session.wanted.model == kOther; }));
  session.note_changes(5, false);
  EXPECT_FALSE(session.can_undo());
  EXPECT_FALSE(session.can_redo());
}

}  // namespace
}  // namespace headlight
