// Damaged and hostile checkpoints: whatever is done to a file, opening it gives a network or one sentence.
// HEADLIGHT_FUZZ_ROUNDS=N tries N mutations of each file in place of a few, HEADLIGHT_FUZZ_SEED=S others.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "engine/base/error.h"
#include "engine/checkpoint/load_model.h"
#include "engine/containers/tensor_file.h"
#include "engine/network/model.h"
#include "tests/unit/mutator.h"
#include "tests/unit/temp_folder.h"

namespace vit {
namespace {

namespace fs = std::filesystem;

const fs::path kGolden = fs::path(HEADLIGHT_SOURCE_DIR) / "tests/golden";

std::string bytes_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// Opens and reads all of it. Anything but an Error escapes.
void open_all(const fs::path& file) {
  try {
    const auto tensors = open_tensor_file(file);
    for (const auto& [name, entry] : tensors->entries()) {
      if (entry.elements() <= 1 << 22) tensors->read_all(name);
    }
  } catch (const Error&) {
  }
  try {
    load_model(file.string());
  } catch (const Error&) {
  }
}

/// Mutations of one file of the folder, the others beside it as they are.
void attack(const fs::path& folder, const fs::path& victim, const fs::path& opened, unsigned rounds) {
  const TempFolder copy;
  fs::copy(folder, copy.path());
  const std::string bytes = bytes_of(folder / victim);
  Mutator mutator(from_environment("HEADLIGHT_FUZZ_SEED", 1) * 2654435761u +
                  static_cast<unsigned>(std::hash<std::string>()((folder / victim).filename().string())));
  for (unsigned round = 0; round < rounds; ++round) {
    copy.write(victim.string(), mutator.mutated(bytes));
    try {
      open_all(copy.path() / opened);
    } catch (const std::exception& exception) {
      const fs::path kept = fs::temp_directory_path() / ("headlight-fuzz-" + victim.string());
      fs::copy_file(copy.path() / victim, kept, fs::copy_options::overwrite_existing);
      ADD_FAILURE() << folder / victim << ", round " << round << " (kept as " << kept << "): " << exception.what();
      return;
    }
  }
}

TEST(ReaderFuzz, EveryContainer) {
  for (const auto& entry : fs::directory_iterator(kGolden / "formats")) {
    const fs::path name = entry.path().filename();
    attack(entry.path().parent_path(), name, name, from_environment("HEADLIGHT_FUZZ_ROUNDS", 150));
  }
}

TEST(ReaderFuzz, EveryFamily) {
  for (const auto& entry : fs::directory_iterator(kGolden / "families")) {
    if (!entry.is_directory()) continue;
    std::vector<fs::path> files;
    fs::path checkpoint;
    for (const auto& file : fs::directory_iterator(entry.path())) {
      const fs::path name = file.path().filename();
      if (name == "golden.safetensors") continue;
      files.push_back(name);
      if (name.extension() != ".json") checkpoint = name;
    }
    std::sort(files.begin(), files.end());
    for (const fs::path& victim : files) {
      attack(entry.path(), victim, checkpoint, from_environment("HEADLIGHT_FUZZ_ROUNDS", 40));
    }
  }
}

}  // namespace
}  // namespace vit
