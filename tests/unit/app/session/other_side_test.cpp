// Side B of a comparison in a window without a window: it follows side A in what it has not of its own, loads, runs,
// and fails with a sentence.
#include "app/session/other_side.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include "app/files/assets.h"
#include "app/session/session.h"
#include "app/session/wanted_options.h"
#include "tests/unit/session_frames.h"
#include "tests/unit/temp_folder.h"

namespace headlight {
namespace {

using ::testing::HasSubstr;

constexpr const char* kModel = "random:C=48,L=3,h=4,P=8,S=32,K=5,seed=3";
constexpr const char* kOther = "random:C=24,L=2,h=2,P=8,S=32,K=3,seed=4";

std::string photo(const char* name) {
  return (assets_folder() / "images" / name).string();
}

class OtherSideTest : public testing::Test {
 protected:
  template <class Done>
  bool frames_until(Done done) {
    return session_frames_until(session, failures, done);
  }
  bool settle() {
    return frames_until([this] { return session.settled(); });
  }
  void SetUp() override {
    session.open_model(kModel);
    session.open_image(photo("chelsea.png"));
    ASSERT_TRUE(frames_until([this] { return session.settled() && session.trace() != nullptr; }));
  }
  const OtherShown& other() const { return session.shown().other; }

  static RunOptions start() {
    RunOptions options;
    options.threads = 1;
    return options;
  }
  Session session{start(), [] {}};
  std::vector<Failure> failures;
};

TEST_F(OtherSideTest, ThereIsNoneAtFirst) {
  EXPECT_FALSE(session.wanted.other.on());
  EXPECT_EQ(other().trace, nullptr);
  EXPECT_TRUE(session.other_settled());
}

TEST_F(OtherSideTest, SwappedSidesAreTheSameTwoBlocksAndSwappedBackAllIsAsBefore) {
  session.choose_other_model(kOther);
  session.view.page = "difference";
  session.select_block(2);
  ASSERT_TRUE(settle());
  const auto of_a = [this] { return session.view.block; };
  const auto of_b = [this] {
    const auto chosen = session.view.parameters.find("difference.block_b");
    const int last = other().trace->settings.depth() - 1;
    return chosen == session.view.parameters.end() ? std::min(session.view.block, last)
                                                   : static_cast<int>(chosen->second);
  };
  ASSERT_EQ(of_a(), 2);
  ASSERT_EQ(of_b(), 1) << "side B has two blocks";
  const View before = session.view;
  session.swap_sides();
  ASSERT_TRUE(frames_until([this] { return session.settled() && session.can_swap_sides(); }));
  ASSERT_EQ(session.trace()->model->config.depth, 2);
  EXPECT_EQ(of_a(), 1);
  EXPECT_EQ(of_b(), 2);
  session.swap_sides();
  ASSERT_TRUE(frames_until([this] { return session.settled() && session.can_swap_sides(); }));
  EXPECT_EQ(session.view, before);
}

TEST_F(OtherSideTest, ASecondPhotoRunsTheSameNetworkWithTheSameSettings) {
  session.settings.set_heads(8);
  session.choose_other_image(photo("coffee.png"));
  ASSERT_TRUE(settle());
  ASSERT_NE(other().trace, nullptr);
  EXPECT_EQ(other().trace->model, session.model());
  EXPECT_EQ(other().trace->settings, session.settings);
  EXPECT_EQ(other().photo->name, photo("coffee.png"));
  EXPECT_NE(other().trace->pixels->chw, session.trace()->pixels->chw);
  EXPECT_FALSE(session.subject_of(session.trace()).same_photo);
  // What it has not of its own follows.
  session.settings.qkv_bias = false;
  session.set_input(Fit::crop, 64);
  ASSERT_TRUE(settle());
  EXPECT_FALSE(other().trace->settings.qkv_bias);
  EXPECT_EQ(other().trace->grid, session.trace()->grid);
  EXPECT_EQ(other().trace->grid.rows, 8);
  EXPECT_TRUE(failures.empty());
}

TEST_F(OtherSideTest, ASecondNetworkReadsTheSamePhotoAsItWasTrained) {
  session.settings.set_heads(8);
  session.choose_other_model(kOther);
  ASSERT_TRUE(settle());
  ASSERT_NE(other().trace, nullptr);
  EXPECT_EQ(other().trace->model->config.channels, 24);
  EXPECT_EQ(other().trace->settings.head_counts(), (std::vector<int>{2, 2}));
  EXPECT_EQ(other().photo, session.photo()) << "the same object, which says that it is the same photo";
  EXPECT_TRUE(session.subject_of(session.trace()).same_photo);
  session.open_image(photo("coffee.png"));
  ASSERT_TRUE(frames_until([this] { return session.settled() && session.wanted.image == photo("coffee.png"); }));
  EXPECT_EQ(other().photo, session.photo());
  EXPECT_EQ(session.take_opened_model(), kOther) << "for the recent files";
}

TEST_F(OtherSideTest, WhatIsPinnedStaysWhateverSideADoes) {
  session.pin_other();
  ASSERT_TRUE(settle());
  const auto pinned = other().trace;
  ASSERT_NE(pinned, nullptr);
  EXPECT_EQ(pinned->model, session.model());
  session.settings.set_heads(2);
  session.set_input(Fit::crop, 64);
  ASSERT_TRUE(settle());
  EXPECT_EQ(other().trace, pinned) << "nothing of it ran again";
  session.open_model(kOther);
  ASSERT_TRUE(frames_until([this] { return session.settled() && session.wanted.model == kOther; }));
  EXPECT_EQ(other().trace, pinned);
  EXPECT_EQ(session.trace()->model->config.channels, 24);
  EXPECT_TRUE(failures.empty());
}

TEST_F(OtherSideTest, AFileThatDoesNotOpenIsSaidAndSideBStaysAsItWas) {
  session.choose_other_image(photo("coffee.png"));
  ASSERT_TRUE(settle());
  const auto before = session.wanted.other;
  const auto trace = other().trace;
  session.choose_other_model("no such model.safetensors");
  ASSERT_TRUE(frames_until([this] { return !failures.empty() && session.settled(); }));
  EXPECT_THAT(failures[0].sentence, HasSubstr("no such model.safetensors"));
  EXPECT_EQ(session.wanted.other, before);
  EXPECT_EQ(other().trace, trace);
  session.choose_other_image("no such picture.png");
  ASSERT_TRUE(frames_until([this] { return failures.size() == 2 && session.settled(); }));
  EXPECT_THAT(failures[1].sentence, HasSubstr("no such picture.png"));
  EXPECT_EQ(session.wanted.other, before);
  EXPECT_EQ(other().trace, trace);
  EXPECT_EQ(session.wanted.model, kModel) << "side A lost nothing, either";
}

TEST_F(OtherSideTest, WithoutOneBeforeAFileThatDoesNotOpenLeavesNone) {
  session.choose_other_model("no such model.safetensors");
  ASSERT_TRUE(frames_until([this] { return !failures.empty() && session.settled(); }));
  EXPECT_FALSE(session.wanted.other.on());
  EXPECT_EQ(other().trace, nullptr);
}

TEST_F(OtherSideTest, APassThatCannotRunIsSaidAndShowsNothing) {
  session.pin_other();
  ASSERT_TRUE(settle());
  session.wanted.other.numbers->blocks[1].heads = 7;
  ASSERT_TRUE(frames_until([this] { return !failures.empty() && session.settled(); }));
  EXPECT_THAT(failures[0].sentence, HasSubstr("48"));
  EXPECT_EQ(session.why_no_other(), failures[0].sentence);
  EXPECT_EQ(other().trace, nullptr);
  EXPECT_NE(session.trace(), nullptr);
  session.wanted.other.numbers->blocks[1].heads = 8;
  ASSERT_TRUE(settle());
  EXPECT_EQ(session.why_no_other(), "");
  EXPECT_EQ(other().trace->settings.heads(1), 8);
}

TEST_F(OtherSideTest, EndedItIsGoneAndBeginsAgainOnANewPhoto) {
  session.choose_other_image(photo("coffee.png"));
  ASSERT_TRUE(settle());
  session.end_other();
  ASSERT_TRUE(frames_until([this] { return session.settled() && other().trace == nullptr; }));
  session.choose_other_image(photo("rocket.jpg"));
  ASSERT_TRUE(settle());
  EXPECT_EQ(other().photo->name, photo("rocket.jpg"));
}

TEST_F(OtherSideTest, UndoTakesItBackAndRedoBringsItAgain) {
  double time_s = 0;
  const auto rest = [&] {
    ASSERT_TRUE(settle());
    session.note_changes(time_s += 1, false);
    session.note_changes(time_s += 1, false);
  };
  rest();
  session.choose_other_image(photo("coffee.png"));
  rest();
  session.undo();
  ASSERT_TRUE(settle());
  EXPECT_FALSE(session.wanted.other.on());
  EXPECT_EQ(other().trace, nullptr);
  session.redo();
  ASSERT_TRUE(settle());
  EXPECT_EQ(other().photo->name, photo("coffee.png"));
}

TEST_F(OtherSideTest, AViewBringsItBackAndWhatIsGoneIsSaid) {
  const TempFolder folder;
  const std::string file = (folder.path() / "copy.png").string();
  std::filesystem::copy_file(photo("coffee.png"), file);
  session.choose_other_model(kOther);
  session.choose_other_image(file);
  session.wanted.view.curtain = true;
  ASSERT_TRUE(settle());
  const std::string text = to_json(session.wanted_view());
  session.end_other();
  ASSERT_TRUE(settle());
  session.open_view(from_json(text));
  ASSERT_TRUE(settle());
  EXPECT_EQ(to_json(session.wanted_view()), text);
  EXPECT_EQ(other().trace->model->config.channels, 24);
  EXPECT_EQ(other().photo->name, file);
  EXPECT_TRUE(failures.empty());

  const SavedView view = from_json(text);
  std::filesystem::remove(file);
  session.open_view(view);
  ASSERT_TRUE(settle());
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_THAT(failures[0].sentence, HasSubstr(file + " is gone"));
  EXPECT_EQ(session.wanted.other.image, "") << "the same photo takes its place";
  EXPECT_EQ(session.wanted.other.model, kOther);
}

TEST_F(OtherSideTest, SideAIsAnsweredWhileSideBLoads) {
  session.choose_other_model("random:C=384,L=12,h=6,P=8,S=224,K=5,seed=4");
  session.request_wanted();
  session.settings.qkv_bias = false;
  ASSERT_TRUE(frames_until([this] { return !session.trace()->settings.qkv_bias; }));
  EXPECT_EQ(other().trace, nullptr) << "side B's load gave way";
  ASSERT_TRUE(settle());
  ASSERT_NE(other().trace, nullptr) << "and was begun again";
  EXPECT_EQ(other().trace->model->config.channels, 384);
}

TEST(OtherSide, ItsOptionsSayWhetherItHasSettingsAndAnInputOfItsOwn) {
  const auto model = vit::load_model(kModel);
  OtherSide other;
  other.model = kOther;
  EXPECT_FALSE(has_numbers(options_of(other)));
  EXPECT_FALSE(has_preprocessing(options_of(other)));
  other.numbers = vit::trained_settings(model->config);
  EXPECT_TRUE(has_numbers(options_of(other))) << "as trained, but its own";
  EXPECT_FALSE(has_preprocessing(options_of(other)));
  other.preprocessing = model->preprocessing;
  EXPECT_TRUE(has_preprocessing(options_of(other)));
  const RunOptions options = options_of(other);
  EXPECT_EQ(static_cast<const vit::Numbers&>(settings_for(options, model->config)), *other.numbers);
  EXPECT_EQ(preprocessing_for(options.preprocessing, model->preprocessing), *other.preprocessing);
}

}  // namespace
}  // namespace headlight
