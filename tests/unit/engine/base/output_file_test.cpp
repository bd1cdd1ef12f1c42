// What a written file replaces and what it leaves alone: links, pipes, neighbours, long names.
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <span>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "app/files/write_file.h"
#include "engine/base/error.h"
#include "engine/base/output_file.h"
#include "engine/containers/tensor_file.h"
#include "tests/unit/temp_folder.h"

namespace headlight {
namespace {

namespace fs = std::filesystem;
using testing_files::file_bytes;

class OutputFiles : public ::testing::Test {
 protected:
  fs::path at(const std::string& name) const { return folder_.path() / name; }
  auto count() const { return std::distance(fs::directory_iterator(folder_.path()), {}); }

  /// What a reader of the pipe hears while `write` writes.
  template <typename Write>
  std::string through_a_pipe(const Write& write) {
    const fs::path pipe = at("pipe");
    EXPECT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    std::string heard;
    std::thread reader([&] { heard = file_bytes(pipe); });
    write(pipe);
    reader.join();
    EXPECT_TRUE(fs::is_fifo(pipe));
    EXPECT_EQ(count(), 1);
    return heard;
  }

  vit::NamedTensor ones(int elements) const {
    return {"a", {elements}, [](std::int64_t, std::span<float> out) { std::fill(out.begin(), out.end(), 1.f); }};
  }

  TempFolder folder_;
};

TEST_F(OutputFiles, APipeStaysAPipeAndHearsEverything) {
  const std::string bytes(300'000, 'x');  // more than a pipe holds
  EXPECT_TRUE(through_a_pipe([&](const fs::path& pipe) { write_file(pipe, bytes); }) == bytes);
}

TEST_F(OutputFiles, TensorsGoThroughAPipe) {
  vit::write_safetensors(at("file"), {ones(100'000)}, {});
  const std::string expected = file_bytes(at("file"));
  fs::remove(at("file"));
  EXPECT_TRUE(through_a_pipe([&](const fs::path& pipe) { vit::write_safetensors(pipe, {ones(100'000)}, {}); }) ==
              expected);
}

TEST_F(OutputFiles, ALinkStaysALinkAndItsTargetIsWritten) {
  fs::create_directory(at("there"));
  fs::create_symlink("there/file", at("second"));
  fs::create_symlink("second", at("first"));
  for (const char* text : {"missing before", "there before"}) {
    write_file(at("first"), text);
    EXPECT_EQ(file_bytes(at("there/file")), text);
    EXPECT_TRUE(fs::is_symlink(at("first")) && fs::is_symlink(at("second")));
  }
  EXPECT_EQ(count(), 3);
}

TEST_F(OutputFiles, LinksInACircleAndFoldersAreRefused) {
  fs::create_symlink("b", at("a"));
  fs::create_symlink("a", at("b"));
  EXPECT_THROW(write_file(at("a"), "x"), vit::Error);
  fs::create_directory(at("folder"));
  EXPECT_THROW(write_file(at("folder"), "x"), vit::Error);
  EXPECT_EQ(count(), 3);
}

TEST_F(OutputFiles, NeighboursWithSimilarNamesAreLeftAlone) {
  folder_.write("x.st.part", "the user's");
  vit::write_safetensors(at("x.st"), {ones(3)}, {});
  EXPECT_EQ(file_bytes(at("x.st.part")), "the user's");
  EXPECT_EQ(count(), 2);
}

TEST_F(OutputFiles, TheLongestNamePossibleFits) {
  const std::string name(255, 'n');
  write_file(at(name), "whole");
  EXPECT_EQ(file_bytes(at(name)), "whole");
  vit::write_safetensors(at(name), {ones(3)}, {});
  EXPECT_EQ(vit::open_tensor_file(at(name))->read_all("a").size(), 3u);
}

TEST_F(OutputFiles, WhatIsNotFinishedLeavesTheOldFile) {
  folder_.write("file", "old");
  {
    vit::OutputFile output(at("file"));
    output.write("new", 3);
  }
  EXPECT_EQ(file_bytes(at("file")), "old");
  EXPECT_EQ(count(), 1);
}

}  // namespace
}  // namespace headlight
