// Damaged and hostile checkpoints: whatever is done to a file, opening it gives a network or one sentence.
// HEADLIGHT_FUZZ_ROUNDS=N tries N mutations of each file in place of a few, HEADLIGHT_FUZZ_SEED=S others.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <random>
#include <vector>

#include "engine/base/error.h"
#include "engine/checkpoint/load_model.h"
#include "engine/containers/tensor_file.h"
#include "engine/network/model.h"
#include "tests/unit/temp_folder.h"

namespace vit {
namespace {

namespace fs = std::filesystem;

const fs::path kGolden = fs::path(HEADLIGHT_SOURCE_DIR) / "tests/golden";

unsigned from_environment(const char* name, unsigned otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? static_cast<unsigned>(std::atoi(text)) : otherwise;
}

std::string bytes_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// Changes bytes where it hurts: headers stand at the beginning, a zip's directory at the end.
class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed) {}

  std::string mutated(std::string bytes) {
    for (std::size_t left = 1 + below(4); left > 0; --left) change(bytes);
    return bytes;
  }

 private:
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : random_() % limit; }

  std::size_t place(const std::string& bytes) {
    const std::size_t edge = std::min<std::size_t>(bytes.size(), 1024);
    switch (below(4)) {
      case 0:
        return below(bytes.size());
      case 1:
        return bytes.size() - 1 - below(edge);
      default:
        return below(edge);
    }
  }

  void change(std::string& bytes) {
    if (bytes.empty()) return;
    constexpr std::uint64_t kNumbers[] = {0,          1,          0x7f,       0xff,
                                          0x7fffffff, 0xffffffff, 1ull << 32, 0x7fffffffffffffff,
                                          ~0ull,      1ull << 62, 1000000,    0x8000000000000000};
    const std::size_t at = place(bytes), count = std::min(bytes.size() - at, 1 + below(16));
    switch (below(8)) {
      case 0:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
        break;
      case 1:
        bytes[at] = static_cast<char>(random_());
        break;
      case 2: {
        const std::uint64_t number = kNumbers[below(std::size(kNumbers))];
        std::memcpy(bytes.data() + at, &number, std::min(bytes.size() - at, std::size_t{1} << below(4)));
        break;
      }
      case 3:
        bytes.resize(at);
        break;
      case 4:
        bytes.erase(at, count);
        break;
      case 5:
        bytes.insert(place(bytes), bytes.substr(at, count));
        break;
      case 6:
        bytes.replace(at, count, bytes.substr(place(bytes), count));
        break;
      default:  // a digit: sizes stand as text in headers
        if (const std::size_t digit = bytes.find_first_of("0123456789", at); digit != std::string::npos) {
          bytes.replace(digit, 1, below(2) ? std::to_string(random_()) : "-1");
        }
    }
  }

  std::mt19937 random_;
};

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
