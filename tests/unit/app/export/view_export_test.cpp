// A view as arguments of `headlight export`, and the view in the pictures that it writes.
#include "app/export/view_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "app/cli/commands.h"
#include "app/files/assets.h"
#include "app/files/png_file.h"
#include "app/session/view_file.h"
#include "tests/unit/temp_folder.h"

namespace headlight {
namespace {

using ::testing::Contains;
using ::testing::Not;
using Arguments = std::vector<std::string>;

constexpr const char* kModel = "random:C=48,L=3,h=4,P=8,S=32,K=5,seed=3";
constexpr const char* kOther = "random:C=24,L=2,h=3,P=16,S=48,K=3,seed=4";

class ViewExport : public testing::Test {
 protected:
  ViewExport() {
    std::filesystem::copy_file(sample_images().front(), photo_);
    wanted_.model = kModel;
    wanted_.image = photo_;
    wanted_.settings = vit::trained_settings(model_->config);
    wanted_.settings.threads = 0;
    wanted_.preprocessing = model_->preprocessing;
    wanted_.view.block = 1;
  }

  int run(Arguments arguments) {
    std::vector<const char*> argv = {"headlight"};
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code = run_command_line(static_cast<int>(argv.size()), argv.data());
    testing::internal::GetCapturedStdout();
    errors_ = testing::internal::GetCapturedStderr();
    return code;
  }
  /// The one file that these arguments write.
  std::filesystem::path picture(const Arguments& arguments, const std::filesystem::path& folder) {
    EXPECT_EQ(run(arguments), 0) << errors_ << "\n" << shell_line(arguments);
    std::filesystem::path found;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      if (entry.path().extension() == ".png") found = entry.path();  // a table may stand beside it
    return found;
  }
  /// What the arguments of the view write holds the view, and so does what `export --view` writes, byte for byte.
  void expect_comes_back() {
    const auto folder = folder_.path() / std::to_string(++count_);
    const auto file = picture(export_arguments(wanted_, *model_, folder.string()), folder);
    const auto view = find_view(file);
    ASSERT_TRUE(view);
    EXPECT_EQ(to_json(view->wanted), to_json(wanted_));
    const std::string saved = folder_.write("view.json", to_json(wanted_)).string();
    const auto again = folder_.path() / (std::to_string(count_) + "_again");
    const bool lies_on_photo = wanted_.view.page != "matrix";
    const auto written = [&](const std::string& of, const std::filesystem::path& to) {
      Arguments arguments = {"export", "--view", of, "--out", to.string()};
      if (lies_on_photo) arguments.emplace_back("--overlay");
      return picture(arguments, to);
    };
    const auto twin = written(saved, again);
    EXPECT_EQ(testing_files::file_bytes(twin.string()), testing_files::file_bytes(file.string()));
    const auto third = folder_.path() / (std::to_string(count_) + "_third");
    const auto triplet = written(file.string(), third);
    EXPECT_EQ(testing_files::file_bytes(triplet.string()), testing_files::file_bytes(file.string()));
  }

  TempFolder folder_;
  const std::string photo_ = (folder_.path() / "it's a photo.png").string();
  std::shared_ptr<const vit::Model> model_ = vit::load_model(kModel);
  Wanted wanted_;
  std::string errors_;
  int count_ = 0;
};

TEST_F(ViewExport, TheArgumentsMakeThePictureOfTheView) {
  expect_comes_back();
  wanted_.settings.set_heads(8, 1);
  wanted_.settings.switch_head(0, 1, true);
  wanted_.settings.qkv_bias = false;
  wanted_.settings.kernel = vit::Kernel::reference;
  wanted_.settings.precision = vit::Precision::bf16;
  wanted_.preprocessing.resize = vit::ResizeRule::squash;
  wanted_.preprocessing.width = wanted_.preprocessing.height = 64;
  wanted_.preprocessing.squash_scale = 248.0 / 224;
  wanted_.preprocessing.mean = {-0.1f, 0.5f, 0.3f};
  wanted_.view.head = 7;
  wanted_.view.query = 60;
  wanted_.view.look = {.colormap = vit::Colormap::grey,
                       .range_rule = vit::RangeRule::fixed,
                       .fixed_range = {-0.01f, 1.f / 3},
                       .smooth = true,
                       .opacity = 0.35f};
  expect_comes_back();
}

TEST_F(ViewExport, DropoutAndParametersOfAnAnalysisComeBack) {
  wanted_.settings.training = true;
  wanted_.settings.attn_drop = 0.1f;
  wanted_.settings.seed = 18446744073709551615u;
  wanted_.view.stage = vit::Stage::after_dropout;
  wanted_.view.look.range_rule = vit::RangeRule::per_head;
  expect_comes_back();
  wanted_.view.stage = vit::Stage::softmax;
  for (const vit::Analysis* analysis : vit::analyses()) {
    wanted_.view.page = analysis->id;
    wanted_.view.parameters.clear();
    for (const vit::Parameter& parameter : analysis->parameters)
      if (!parameter.without_classes)  // the network of these tests has classes
        wanted_.view.parameters[std::string(analysis->id) + "." + parameter.id] = parameter.initial;
    if (analysis->id == std::string("grid")) continue;  // whose picture is that of the heads
    if (const std::string_view id = analysis->id; id == "bias" || id == "pool")
      continue;  // which the network of these tests has not
    // A matrix and numbers of all heads are of single heads alone.
    wanted_.view.head = analysis->is_matrix || analysis->has_table ? 0 : kMeanOfHeads;
    wanted_.other = {};
    if (analysis->compares) wanted_.other.model = kOther;
    SCOPED_TRACE(analysis->id);
    expect_comes_back();
  }
}

TEST_F(ViewExport, LevelsComeBackAndAreSaid) {
  wanted_.image = HEADLIGHT_SOURCE_DIR "/tests/golden/levels/grey12.png";
  for (const char* levels : {"0,4095", "auto", "auto:2.5"}) {
    SCOPED_TRACE(levels);
    wanted_.reading.levels = vit::parse_levels(levels);
    const Arguments arguments = export_arguments(wanted_, *model_, folder_.path().string());
    EXPECT_THAT(arguments, Contains(levels));
    expect_comes_back();
    const auto folder = folder_.path() / ("said " + std::string(levels));
    const auto file = picture(export_arguments(wanted_, *model_, folder.string()), folder);
    EXPECT_THAT(errors_, testing::HasSubstr("Levels "));
    EXPECT_THAT(find_png_text(file, "levels", 100).value_or(""), testing::EndsWith("of 65,535"));
  }
  wanted_.reading = {};
  EXPECT_THAT(export_arguments(wanted_, *model_, folder_.path().string()), Not(Contains("--levels")));
}

TEST_F(ViewExport, SideBComesBackWithWhatItHasOfItsOwn) {
  const std::string second = (folder_.path() / "second.png").string();
  std::filesystem::copy_file(sample_images().back(), second);
  wanted_.view.page = "difference";
  wanted_.view.head = 1;
  wanted_.view.query = 6;
  wanted_.other.model = kOther;
  expect_comes_back();
  wanted_.other = {};
  wanted_.other.image = second;
  expect_comes_back();
  wanted_.view.parameters["difference.show"] = 2;
  wanted_.other.model = kOther;
  expect_comes_back();
  wanted_.other.numbers = vit::trained_settings(vit::load_model(kOther)->config);
  wanted_.other.numbers->set_heads(4, 1);
  wanted_.other.numbers->switch_head(0, 2, true);
  wanted_.other.numbers->qkv_bias = false;
  wanted_.other.preprocessing = model_->preprocessing;
  wanted_.other.preprocessing->mean = {-0.1f, 0.5f, 0.3f};
  wanted_.other.preprocessing->width = wanted_.other.preprocessing->height = 64;
  expect_comes_back();
  wanted_.view.look.range_rule = vit::RangeRule::fixed;
  wanted_.view.look.fixed_range = {0, 0.25f};
  wanted_.other = {};
  wanted_.other.numbers = vit::trained_settings(model_->config);
  wanted_.other.numbers->set_heads(8);
  expect_comes_back();
}

TEST_F(ViewExport, ASecondPhotoComesBack) {
  const std::string second = (folder_.path() / "second.png").string();
  std::filesystem::copy_file(sample_images().back(), second);
  wanted_.other.image = second;
  wanted_.view.query = 6;
  wanted_.view.page = "similarity";
  wanted_.view.parameters["similarity.photo"] = 1;
  expect_comes_back();
  wanted_.view.page = "components";
  wanted_.view.query = 0;
  wanted_.view.parameters = {{"components.photos", 1}, {"components.foreground", 1}};
  expect_comes_back();
  wanted_.view.parameters["components.photos"] = 2;
  expect_comes_back();
}

TEST_F(ViewExport, SideBIsRefusedWhereNothingAsksAboutItAndMissedWhereItIs) {
  const std::string out = (folder_.path() / "maps").string();
  EXPECT_EQ(run({"export", "--model", kModel, "--image", photo_, "--other-model", kOther, "--out", out}), 2);
  EXPECT_THAT(errors_, testing::HasSubstr("--other-model is for --analysis difference"));
  EXPECT_EQ(run({"export", "--model", kModel, "--image", photo_, "--analysis", "difference", "--out", out}), 2);
  EXPECT_THAT(errors_, testing::HasSubstr("--other-model or --other-image"));
  EXPECT_NE(run({"export", "--model", kModel, "--image", photo_, "--analysis", "similarity", "--set", "photo=second",
                 "--other-model", kOther, "--out", out}),
            0);
  EXPECT_THAT(errors_, testing::HasSubstr("Side B runs another network"));
}

TEST_F(ViewExport, WhatTheCommandLineSaysWins) {
  const std::string saved = folder_.write("view.json", to_json(wanted_)).string();
  const auto folder = folder_.path() / "maps";
  const auto file = picture({"export", "--view", saved, "--out", folder.string(), "--block", "2", "--head", "max",
                             "--no-qkv-bias", "--colormap", "turbo"},
                            folder);
  EXPECT_THAT(file.filename().string(), testing::EndsWith("__b02_max_cls.png"));
  const auto view = find_view(file);
  ASSERT_TRUE(view);
  EXPECT_FALSE(view->wanted.settings.qkv_bias);
  EXPECT_EQ(view->wanted.view.look.colormap, vit::Colormap::turbo);
  EXPECT_EQ(view->wanted.image, photo_);
}

TEST_F(ViewExport, AFileOfTheViewThatIsGoneOrAnotherIsRefusedUnlessOneIsNamed) {
  const std::string saved = folder_.write("view.json", to_json(wanted_)).string();
  const std::string other = (folder_.path() / "other.png").string(), out = (folder_.path() / "maps").string();
  std::filesystem::rename(photo_, other);
  EXPECT_NE(run({"export", "--view", saved, "--out", out}), 0);
  EXPECT_THAT(errors_, testing::HasSubstr("is gone, or cannot be read. Name one with --image."));
  EXPECT_EQ(run({"export", "--view", saved, "--image", other, "--out", out}), 0) << errors_;
  EXPECT_NE(run({"export", "--view", other, "--out", out}), 0);
  EXPECT_THAT(errors_, testing::HasSubstr("holds no view"));
}

TEST_F(ViewExport, WhatTheModelDoesByItselfIsLeftOut) {
  const Arguments arguments = export_arguments(wanted_, *model_, "maps");
  for (const char* option : {"--resize", "--crop", "--num-heads", "--kernel", "--threads", "--range"})
    EXPECT_THAT(arguments, Not(Contains(option)));
}

TEST(ShellLine, PassesEveryArgumentAsItIs) {
  const Arguments arguments = {"export", "plain-1.0/a:b,c=d", "two words", "it's", "$HOME `ls` \"\\\\ * ~ # ! \n", "",
                               "猫"};
  const std::string line = shell_line(arguments);
  EXPECT_EQ(line.rfind("headlight export plain-1.0/a:b,c=d 'two words'", 0), 0u) << line;
  const std::string script = "headlight() { printf '%s\\0' \"$@\"; }\n" + line;
  const TempFolder folder;
  const std::string file = folder.write("script", script).string();
  FILE* shell = ::popen(("sh '" + file + "'").c_str(), "r");
  ASSERT_NE(shell, nullptr);
  std::string out;
  for (int c; (c = std::fgetc(shell)) != EOF;) out += static_cast<char>(c);
  EXPECT_EQ(::pclose(shell), 0);
  std::string expected;
  for (const std::string& argument : arguments) expected += argument + '\0';
  EXPECT_EQ(out, expected);
}

}  // namespace
}  // namespace headlight
