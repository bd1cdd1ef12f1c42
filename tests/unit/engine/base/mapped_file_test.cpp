#include "engine/base/mapped_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <vector>

#include "engine/base/error.h"
#include "tests/unit/temp_folder.h"

#if defined(__SANITIZE_ADDRESS__)
/// AddressSanitizer leaves this signal to the program: it would report an access of its own in place of the one that is
/// guarded, or of the end that is expected.
extern "C" const char* __asan_default_options() {  // NOLINT(bugprone-reserved-identifier)
  return "handle_sigbus=0";
}
#endif

namespace vit {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr std::size_t kSize = std::size_t{1} << 20;

std::string complaint(const MappedFile& file) {
  try {
    file.check();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(MappedFile, AFileThatIsCutShortReadsAsZerosAndSaysSo) {
  const TempFolder folder;
  const fs::path path = folder.write("big", std::string(kSize, 'x'));
  const MappedFile file(path);
  EXPECT_EQ(complaint(file), "");
  fs::resize_file(path, 5000);
  const auto bytes = file.bytes();
  EXPECT_EQ(bytes.front(), std::byte{'x'});
  EXPECT_TRUE(std::all_of(bytes.end() - 100000, bytes.end(), [](std::byte b) { return b == std::byte{0}; }));
  EXPECT_THAT(complaint(file), HasSubstr("cut short"));
}

TEST(MappedFile, ManyFilesAreGuardedAtATime) {
  const TempFolder folder;
  std::vector<std::unique_ptr<MappedFile>> files;
  for (int i = 0; i < 40; ++i)
    files.push_back(std::make_unique<MappedFile>(folder.write(std::to_string(i), std::string(20000, 'x'))));
  files.erase(files.begin() + 10, files.begin() + 20);
  for (const auto& file : files) fs::resize_file(file->path(), 0);
  for (const auto& file : files) EXPECT_EQ(file->bytes().back(), std::byte{0});
}

TEST(MappedFile, AFileThatIsWrittenIntoSaysSo) {
  const TempFolder folder;
  const fs::path path = folder.write("file", std::string(kSize, 'x'));
  const MappedFile file(path);
  fs::last_write_time(path, fs::last_write_time(path) + std::chrono::seconds(2));
  EXPECT_THAT(complaint(file), HasSubstr("written into"));
}

TEST(MappedFile, AnotherBusErrorStillEndsTheProcess) {
  const TempFolder folder;
  const MappedFile file(folder.write("file", "x"));
  EXPECT_EXIT(raise(SIGBUS), ::testing::KilledBySignal(SIGBUS), "");
}

}  // namespace
}  // namespace vit
