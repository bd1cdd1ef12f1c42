// What a user types, and what comes back: exit status, hints, one sentence an error.
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/cli/commands.h"
#include "app/cli/exit_codes.h"
#include "app/files/assets.h"
#include "engine/image/image.h"
#include "tests/unit/temp_folder.h"

namespace headlight {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kSmallModel = "random:C=24,L=2,h=3,P=8,S=32,K=5,seed=1";

struct Answer {
  int code = 0;
  std::string out, err;
};

Answer run(std::initializer_list<const char*> arguments) {
  std::vector<const char*> argv = {"headlight"};
  argv.insert(argv.end(), arguments);
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  Answer answer;
  answer.code = run_command_line(static_cast<int>(argv.size()), argv.data());
  std::fflush(stdout);
  answer.out = ::testing::internal::GetCapturedStdout();
  answer.err = ::testing::internal::GetCapturedStderr();
  return answer;
}

TEST(CommandLine, HelpAndVersionEverywhere) {
  for (const char* command : {"info", "cost", "bench", "lab", "export", "predict", "eval", "get"}) {
    EXPECT_EQ(run({command, "--help"}).code, kExitOk) << command;
    EXPECT_THAT(run({command, "--version"}).out, HasSubstr("instruction set")) << command;
  }
  EXPECT_THAT(run({"--help"}).out, HasSubstr("Exit status"));
  EXPECT_THAT(run({"--version"}).out, HasSubstr("Eigen"));
}

TEST(CommandLine, LevelsAreChosenForEveryCommandThatReadsPictures) {
  const TempFolder folder;
  const std::string photo = HEADLIGHT_SOURCE_DIR "/tests/golden/levels/grey12.png";
  for (const char* command : {"info", "cost", "bench", "export", "predict", "eval"})
    EXPECT_THAT(run({command, "--help"}).out, HasSubstr("--levels")) << command;
  EXPECT_THAT(run({"predict", "--model", kSmallModel, "--image", photo.c_str()}).err, HasSubstr("--levels auto"));
  EXPECT_THAT(run({"predict", "--model", kSmallModel, "--image", photo.c_str(), "--levels", "auto"}).err,
              HasSubstr("Levels 26 to 3,359 of 65,535: its least and greatest value."));
  const Answer info =
      run({"info", "--model", kSmallModel, "--image", photo.c_str(), "--levels", "0,4095", "--json", "-"});
  EXPECT_THAT(info.out, HasSubstr("Levels 0 to 4,095 of 65,535, as asked"));
  const Answer wrong = run({"predict", "--model", kSmallModel, "--image", photo.c_str(), "--levels", "9,3"});
  EXPECT_EQ(wrong.code, kExitUsage);
  EXPECT_THAT(wrong.err, HasSubstr("LOW,HIGH"));
  const std::string bright = HEADLIGHT_SOURCE_DIR "/tests/golden/levels/grey8.png";
  const Answer outside = run({"predict", "--model", kSmallModel, "--image", bright.c_str(), "--levels", "0,4095"});
  EXPECT_EQ(outside.code, kExitError);
  EXPECT_THAT(outside.err, HasSubstr("has values from 0 to 255"));
}

TEST(CommandLine, ManyPhotosAreExportedAndThoseThatFailAreNamed) {
  const TempFolder folder;
  const std::string photos = (folder.path() / "photos").string(), out = (folder.path() / "out").string();
  std::filesystem::create_directory(photos);
  const auto chelsea = sample_images().front();
  std::filesystem::copy(chelsea, std::filesystem::path(photos) / chelsea.filename());
  const auto again = [&](const char* head) {
    return run({"export", "--model", kSmallModel, "--images", photos.c_str(), "--out", out.c_str(), "--block", "1",
                "--head", head, "--size", "32"});
  };
  EXPECT_EQ(again("0").code, kExitOk);
  EXPECT_THAT(again("0").out, HasSubstr("1 photo: their files are in"));
  EXPECT_THAT(again("1").out, HasSubstr("1 photo: 1 file in"));
  EXPECT_EQ(again("7").code, kExitUsage) << "there is no such head";

  folder.write("photos/zebra.jpg", "no picture");
  const Answer answer = again("1");
  EXPECT_EQ(answer.code, kExitError);
  EXPECT_THAT(answer.err, HasSubstr("zebra.jpg"));
  EXPECT_THAT(answer.err, HasSubstr("1 photo failed; the same command tries it again"));
  EXPECT_THAT(run({"export", "--images", photos.c_str()}).err, HasSubstr("--images needs --out"));
  EXPECT_EQ(
      run({"export", "--images", photos.c_str(), "--out", out.c_str(), "--block", "9", "--model", kSmallModel}).code,
      kExitUsage)
      << "what no photo could meet is said before the first one is read";
}

TEST(CommandLine, AReportIsAnHtmlFile) {
  const TempFolder folder;
  const std::string photo = sample_images().front().string(), file = (folder.path() / "new" / "r.html").string();
  EXPECT_EQ(
      run({"export", "--model", kSmallModel, "--image", photo.c_str(), "--report", file.c_str(), "--runs", "1"}).code,
      kExitOk);
  EXPECT_TRUE(std::filesystem::exists(file));
  EXPECT_THAT(run({"export", "--model", kSmallModel, "--image", photo.c_str(), "--report", "r.txt"}).err,
              HasSubstr("let its name end in .html"));
}

TEST(CommandLine, AnUnknownOptionFailsWithTheOneThatWasMeant) {
  const Answer answer = run({"cost", "--modle", "x"});
  EXPECT_EQ(answer.code, kExitUsage);
  EXPECT_THAT(answer.err, HasSubstr("did you mean --model?"));
  EXPECT_EQ(answer.out, "");
}

TEST(CommandLine, AnUnknownCommandFailsWithTheOneThatWasMeant) {
  const Answer answer = run({"exprot"});
  EXPECT_EQ(answer.code, kExitUsage);
  EXPECT_THAT(answer.err, HasSubstr("did you mean the command export?"));
}

TEST(CommandLine, OptionsBeforeTheCommandAreRefusedNotIgnored) {
  const Answer answer = run({"--model", kSmallModel, "cost"});
  EXPECT_EQ(answer.code, kExitUsage);
  EXPECT_THAT(answer.err, HasSubstr("options follow it"));
}

TEST(CommandLine, WhatAViewSaysIsNotSaidTwiceToTheWindow) {
  for (const char* option : {"--model", "--num-heads", "--crop", "--tab"}) {
    const Answer answer = run({"--view", "view.json", option, std::strcmp(option, "--tab") == 0 ? "grid" : "4"});
    EXPECT_EQ(answer.code, kExitUsage) << option;
    EXPECT_THAT(answer.err, HasSubstr(std::string(option) + " and --view exclude each other"));
  }
}

TEST(CommandLine, ValuesOutOfRangeAreUsageErrors) {
  EXPECT_EQ(run({"cost", "--model", kSmallModel, "--threads", "0"}).code, kExitUsage);
  EXPECT_EQ(run({"cost", "--model", kSmallModel, "--kernel", "fast"}).code, kExitUsage);
  EXPECT_EQ(run({"cost", "--model", kSmallModel, "--mean", "a"}).code, kExitUsage);
  EXPECT_EQ(run({"cost", "--model", kSmallModel, "--block", "2", "--runs", "0"}).code, kExitUsage);
  EXPECT_EQ(run({"bench", "--model", kSmallModel, "--runs", "0"}).code, kExitUsage);
}

TEST(CommandLine, ThePageOfAPdfNeedsAWidthWithItsUnit) {
  const TempFolder folder;
  const std::string photo = HEADLIGHT_SOURCE_DIR "/assets/images/moose.jpg";
  const std::string pdf = (folder.path() / "x.pdf").string(), png = (folder.path() / "x.png").string();
  const auto figure = [&](const std::string& file, const char* width) {
    return run({"export", "--model", kSmallModel, "--image", photo.c_str(), "--block", "1", "--head", "0", "--width",
                width, "--figure", file.c_str()});
  };
  const Answer bare = figure(pdf, "85");
  EXPECT_EQ(bare.code, kExitUsage);
  EXPECT_THAT(bare.err,
              HasSubstr("--width 85: the width of a PDF or SVG needs its unit; write 85mm, or cm, in (inches) "
                        "or px."));
  EXPECT_FALSE(std::filesystem::exists(pdf));
  EXPECT_EQ(figure(pdf, "8.5cm").code, kExitOk);
  EXPECT_EQ(figure(png, "320").code, kExitOk) << "a picture is made of pixels";
}

TEST(CommandLine, ColumnsOfAFigureAreAskedFor) {
  const TempFolder folder;
  const std::string photo = HEADLIGHT_SOURCE_DIR "/assets/images/moose.jpg";
  const auto size = [&](const char* columns) {
    const std::string file = (folder.path() / "grid.png").string();
    const Answer answer = run({"export", "--model", kSmallModel, "--image", photo.c_str(), "--head", "each", "--width",
                               "600px", "--columns", columns, "--figure", file.c_str()});
    EXPECT_EQ(answer.code, kExitOk) << answer.err;
    return vit::load_image(file).height;
  };
  EXPECT_LT(size("6"), 0.7 * size("3")) << "both blocks side by side, or one below the other";
  EXPECT_EQ(run({"export", "--image", photo.c_str(), "--columns", "0", "--figure", "x.png"}).code, kExitUsage);
}

TEST(CommandLine, WhatTheUserCanFixIsOneSentence) {
  const Answer answer = run({"cost", "--model", "no-such-file.safetensors"});
  EXPECT_EQ(answer.code, kExitError);
  EXPECT_THAT(answer.err, HasSubstr("no-such-file.safetensors"));
  const Answer heads = run({"cost", "--model", kSmallModel, "--num-heads", "5"});
  EXPECT_EQ(heads.code, kExitError);
  EXPECT_THAT(heads.err, HasSubstr("1, 2, 3, 4, 6, 8, 12, 24"));
}

TEST(CommandLine, CostWritesTheAgreedJson) {
  const Answer answer = run({"cost", "--model", kSmallModel, "--runs", "2", "--warmup", "0", "--json", "-"});
  ASSERT_EQ(answer.code, kExitOk) << answer.err;
  const auto json = nlohmann::json::parse(answer.out);
  EXPECT_EQ(json.at("tokens"), 17);
  EXPECT_EQ(json.at("total").at("calls"), 2);
  const double N = 17, C = 24, K = 5, P = 8, L = 2;
  EXPECT_EQ(json.at("total").at("macs").get<double>(),
            L * (12 * N * C * C + 2 * N * N * C) + (N - 1) * C * 3 * P * P + C * K);
}

TEST(CommandLine, CostPrintsTheTableAndTheSweep) {
  const Answer answer = run({"cost", "--model", kSmallModel, "--runs", "1", "--warmup", "0", "--sweep", "heads"});
  ASSERT_EQ(answer.code, kExitOk) << answer.err;
  for (const char* part : {"qkv ×2", "B·N·3C²", "in fc1", "Attention module ×2", "predicted ms", "trained"})
    EXPECT_THAT(answer.out, HasSubstr(part));
}

TEST(CommandLine, HeadCountsAndBiasReachThePass) {
  const Answer answer = run({"cost", "--model", kSmallModel, "--runs", "0", "--num-heads", "1:12", "--no-qkv-bias",
                             "--kernel", "eager", "--threads", "1", "--json", "-"});
  ASSERT_EQ(answer.code, kExitOk) << answer.err;
  const auto settings = nlohmann::json::parse(answer.out).at("settings");
  EXPECT_EQ(settings.at("num_heads"), (std::vector<int>{3, 12}));
  EXPECT_EQ(settings.at("qkv_bias"), false);
  EXPECT_EQ(settings.at("kernel"), "eager");
}

/// A sample photo as the program finds it.
std::string photo() {
  return (assets_folder() / "images" / "chelsea.png").string();
}

TEST(CommandLine, HeadsThatAreOffReachThePassAndTheJson) {
  const std::string image = photo();
  const auto predicted = [&](const char* off) {
    const Answer answer =
        run({"predict", "--model", kSmallModel, "--image", image.c_str(), "--heads-off", off, "--json", "-"});
    EXPECT_EQ(answer.code, kExitOk) << answer.err;
    return nlohmann::json::parse(answer.out);
  };
  const auto none =
      nlohmann::json::parse(run({"predict", "--model", kSmallModel, "--image", image.c_str(), "--json", "-"}).out);
  const auto some = predicted("1:0,2");
  EXPECT_FALSE(none.contains("heads_off"));
  EXPECT_EQ(some.at("heads_off"), nlohmann::json({nlohmann::json::array(), {0, 2}}));
  EXPECT_NE(some.at("top"), none.at("top"));
  const Answer missing = run({"predict", "--model", kSmallModel, "--image", image.c_str(), "--heads-off", "1:3"});
  EXPECT_EQ(missing.code, kExitError);
  EXPECT_THAT(missing.err, HasSubstr("head 3 of block 1"));
  EXPECT_THAT(run({"cost", "--model", kSmallModel, "--runs", "0", "--heads-off", "0:1"}).out,
              HasSubstr("head 1 of block 0 off"));
}

TEST(CommandLine, APredictionIsTheSameInEveryWayOfRunningIt) {
  const std::string image = photo();
  const Answer tiled = run({"predict", "--model", kSmallModel, "--image", image.c_str()});
  ASSERT_EQ(tiled.code, kExitOk) << tiled.err;
  EXPECT_THAT(tiled.out, HasSubstr(" %  "));
  for (const char* kernel : {"eager", "reference"})
    EXPECT_EQ(run({"predict", "--model", kSmallModel, "--image", image.c_str(), "--kernel", kernel}).out, tiled.out);
  EXPECT_EQ(run({"predict", "--model", kSmallModel, "--image", image.c_str(), "--class-token-only"}).out, tiled.out);
}

TEST(CommandLine, TensorsOfTheClassTokenAloneHaveItsRowsAlone) {
  const TempFolder folder;
  const std::string image = photo(), file = (folder.path() / "pass.safetensors").string();
  const Answer answer = run(
      {"export", "--model", kSmallModel, "--image", image.c_str(), "--tensors", file.c_str(), "--class-token-only"});
  ASSERT_EQ(answer.code, kExitOk) << answer.err;
  const std::string bytes = testing_files::file_bytes(file);
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof length);
  const auto header = nlohmann::json::parse(bytes.substr(sizeof length, length));
  const auto shape = [&](const char* name) { return header.at(name).at("shape").get<std::vector<int>>(); };
  EXPECT_EQ(shape("attention.1"), (std::vector<int>{3, 17, 17}));
  EXPECT_EQ(shape("hidden.0"), (std::vector<int>{17, 24}));
  EXPECT_EQ(shape("hidden.1"), (std::vector<int>{1, 24}));
  EXPECT_EQ(shape("features"), (std::vector<int>{1, 24}));
  EXPECT_EQ(shape("logits"), (std::vector<int>{5}));
}

TEST(CommandLine, BenchSaysHowFastAPassIs) {
  const Answer answer = run({"bench", "--model", kSmallModel, "--runs", "3", "--keep", "maps", "--json", "-"});
  ASSERT_EQ(answer.code, kExitOk) << answer.err;
  const auto json = nlohmann::json::parse(answer.out);
  EXPECT_EQ(json.at("ms").size(), 3u);
  EXPECT_GT(json.at("ms_min").get<double>(), 0);
  EXPECT_LE(json.at("ms_min").get<double>(), json.at("ms_median").get<double>());
  EXPECT_EQ(json.at("keep"), "maps");
}

TEST(CommandLine, FilesAreWrittenIntoFoldersThatNeedNotExist) {
  const auto folder = std::filesystem::temp_directory_path() / ("headlight-cli-" + std::to_string(::getpid()));
  const std::string file = (folder / "a/b/cost.csv").string();
  EXPECT_EQ(run({"cost", "--model", kSmallModel, "--runs", "0", "--csv", file.c_str()}).code, kExitOk);
  std::ifstream stream(file);
  std::string first;
  std::getline(stream, first);
  EXPECT_THAT(first, HasSubstr("name,op,block,shape,formula,macs"));
  std::filesystem::remove_all(folder);
}

TEST(CommandLine, InfoSaysWhatWasReadAndGuessed) {
  const Answer answer = run({"info", "--model", kSmallModel, "--json", "-"});
  ASSERT_EQ(answer.code, kExitOk) << answer.err;
  const auto json = nlohmann::json::parse(answer.out);
  EXPECT_EQ(json.at("num_heads"), 3);
  EXPECT_EQ(json.at("channels"), 24);
  EXPECT_EQ(json.at("depth"), 2);
}

}  // namespace
}  // namespace headlight
