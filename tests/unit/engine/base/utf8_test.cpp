// Names in any bytes, in files and on standard output.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/cli/commands.h"
#include "app/cli/exit_codes.h"
#include "app/export/export_captions.h"
#include "app/files/assets.h"
#include "app/files/csv_text.h"
#include "engine/base/utf8.h"
#include "engine/checkpoint/labels.h"
#include "engine/containers/tensor_file.h"
#include "tests/unit/temp_folder.h"

namespace headlight {
namespace {

using testing_files::file_bytes;

constexpr const char* kModel = "random:C=24,L=2,h=3,P=8,S=32,K=3,seed=1";
constexpr const char* kReplaced = "caf\xEF\xBF\xBD";

TEST(Utf8, WhatIsNoneIsReplacedAndTheRestStays) {
  for (const char* good : {"", "a", "caf\xC3\xA9", "\xE4\xB8\xAD", "\xF0\x9F\x98\x80", "\xED\x9F\xBF", "\xEF\xBF\xBD"})
    EXPECT_EQ(vit::valid_utf8(good), good);
  EXPECT_EQ(vit::valid_utf8("caf\xE9"), kReplaced);
  EXPECT_EQ(vit::valid_utf8("caf\xE9!"), std::string(kReplaced) + "!");
  // Cut short, overlong, a surrogate, beyond the last character, a continuation alone.
  for (const char* bad : {"\xE4\xB8", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xBF", "\xFF"}) {
    const std::string text = vit::valid_utf8(bad);
    EXPECT_EQ(vit::valid_utf8(text), text);
    EXPECT_THAT(text, ::testing::StartsWith("\xEF\xBF\xBD"));
  }
}

TEST(Utf8, TensorFilesAndLabelsAndCaptions) {
  const TempFolder folder;
  const auto file = folder.path() / "a.safetensors";
  vit::write_safetensors(file, {}, {{"image", "caf\xE9"}});
  EXPECT_EQ(vit::open_tensor_file(file)->metadata().at("image"), kReplaced);
  EXPECT_EQ(vit::load_labels(folder.write("labels.txt", "caf\xE9\ntea\n")),
            (std::vector<std::string>{kReplaced, "tea"}));
  EXPECT_EQ(short_source_name("folder/caf\xE9"), kReplaced);
}

TEST(Utf8, JsonOfAFileWithSuchAName) {
  const TempFolder folder;
  const std::string image = (folder.path() / "caf\xE9.png").string(), json = (folder.path() / "out.json").string();
  std::filesystem::copy_file(assets_folder() / "images" / "chelsea.png", image);
  const std::string labels = folder.write("labels", "caf\xE9\ntea\nmilk\n").string();
  for (const char* command : {"predict", "cost"}) {
    std::vector<const char*> argv = {"headlight",    command,   "-m",          kModel,   "--labels",
                                     labels.c_str(), "--image", image.c_str(), "--json", json.c_str()};
    ::testing::internal::CaptureStdout();
    const int code = run_command_line(static_cast<int>(argv.size()), argv.data());
    ::testing::internal::GetCapturedStdout();
    ASSERT_EQ(code, kExitOk) << command;
    const auto name = nlohmann::json::parse(file_bytes(json)).at("image").get<std::string>();
    EXPECT_THAT(name, ::testing::EndsWith(std::string(kReplaced) + ".png"));
  }
}

TEST(CsvText, QuotesWhatWouldEndACell) {
  EXPECT_EQ(csv_text("plain"), "plain");
  EXPECT_EQ(csv_text("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_text("a \"b\"\n"), "\"a \"\"b\"\"\n\"");
}

TEST(StandardOutput, TakesOneFormatOnly) {
  const char* argv[] = {"headlight", "cost", "-m", kModel, "--json", "-", "--csv", "-"};
  EXPECT_EQ(run_command_line(8, argv), kExitUsage);
}

TEST(StandardOutput, OneThatIsFullIsAnError) {
  const int full = ::open("/dev/full", O_WRONLY);
  if (full < 0) GTEST_SKIP() << "no /dev/full";
  std::fflush(stdout);
  const int kept = ::dup(STDOUT_FILENO);
  ::dup2(full, STDOUT_FILENO);
  const char* argv[] = {"headlight", "info", "-m", kModel, "--json", "-"};
  ::testing::internal::CaptureStderr();
  const int code = run_command_line(6, argv);
  const std::string said = ::testing::internal::GetCapturedStderr();
  ::dup2(kept, STDOUT_FILENO);
  ::close(kept);
  ::close(full);
  EXPECT_EQ(code, kExitError);
  EXPECT_THAT(said, ::testing::HasSubstr("Standard output cannot be written: No space left"));
}

}  // namespace
}  // namespace headlight
