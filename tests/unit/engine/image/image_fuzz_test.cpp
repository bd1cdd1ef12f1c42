// Damaged and hostile pictures: whatever is done to a file, decoding it gives pixels or one sentence, soon.
// HEADLIGHT_FUZZ_ROUNDS=N tries N mutations of each file in place of a few, HEADLIGHT_FUZZ_SEED=S others.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <new>
#include <set>

#include "engine/base/error.h"
#include "engine/image/image.h"
#include "engine/image/image_format.h"
#include "tests/unit/mutator.h"

namespace vit {
namespace {

namespace fs = std::filesystem;

std::string bytes_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

struct Tally {
  int decoded = 0, refused = 0;
  double longest_s = 0;
};

/// Anything but an Error escapes. Sizes up to the limit are honest requests for memory that a machine may not have.
void decode(const std::string& bytes, const std::string& name, Tally& tally) {
  const auto start = std::chrono::steady_clock::now();
  try {
    const Image image = decode_image(std::as_bytes(std::span(bytes)), name,
                                     {.applies_profile = true, .levels = {.rule = Levels::Rule::automatic}});
    ASSERT_EQ(image.rgb.size(), std::size_t{3} * image.width * image.height) << name;
    ++tally.decoded;
  } catch (const Error&) {
    ++tally.refused;
  } catch (const std::bad_alloc&) {
    ++tally.refused;
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  tally.longest_s = std::max(tally.longest_s, seconds);
}

TEST(ImageFuzz, EveryFormat) {
  constexpr double kLongest_s = 60;  // under a sanitizer, beside other tests
  const unsigned rounds = from_environment("HEADLIGHT_FUZZ_ROUNDS", 40);
  std::map<std::string, Tally> tallies;
  std::set<fs::path> files;
  for (const auto& entry : fs::directory_iterator(fs::path(HEADLIGHT_SOURCE_DIR) / "tests/golden/pictures"))
    if (entry.path().extension() != ".json") files.insert(entry.path());
  for (const fs::path& file : files) {
    const std::string bytes = bytes_of(file), name = file.filename().string();
    Mutator mutator(from_environment("HEADLIGHT_FUZZ_SEED", 1) * 2654435761u +
                    static_cast<unsigned>(std::hash<std::string>()(name)));
    Tally& tally = tallies[file.extension().string()];
    for (unsigned round = 0; round < rounds; ++round) {
      const std::string mutated = mutator.mutated(bytes);
      try {
        decode(mutated, name, tally);
      } catch (const std::exception& exception) {
        const fs::path kept = fs::temp_directory_path() / ("headlight-fuzz-" + name);
        std::ofstream(kept, std::ios::binary) << mutated;
        FAIL() << name << ", round " << round << " (kept as " << kept << "): " << exception.what();
      }
    }
  }
  for (const auto& [extension, tally] : tallies) {
    std::printf("%-6s %6d decoded, %6d refused, the longest %.2f s\n", extension.c_str(), tally.decoded, tally.refused,
                tally.longest_s);
    EXPECT_LT(tally.longest_s, kLongest_s) << extension;
    EXPECT_GT(tally.refused, 0) << extension;
  }
}

}  // namespace
}  // namespace vit
