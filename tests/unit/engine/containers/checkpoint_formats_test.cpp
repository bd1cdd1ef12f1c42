// Every container that checkpoints come in: read right, and refused with a sentence when damaged or hostile.
// The files are made by tests/golden/make_formats.py: element i of every tensor is i / 2 - 3.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>
#include <random>

#include "engine/base/error.h"
#include "engine/containers/pickle.h"
#include "engine/containers/tensor_file.h"
#include "engine/containers/tensor_file_sharded.h"
#include "tests/unit/temp_folder.h"

namespace vit {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::filesystem::path kGolden = std::filesystem::path(HEADLIGHT_SOURCE_DIR) / "tests/golden";
const std::filesystem::path kFormats = kGolden / "formats";

std::vector<float> ramp(std::size_t count, float first = 0, float step = 1) {
  std::vector<float> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back((first + step * static_cast<float>(i)) / 2 - 3);
  return values;
}

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string refusal(const std::filesystem::path& file) {
  try {
    const auto tensors = open_tensor_file(file);
    for (const auto& [name, entry] : tensors->entries()) tensors->read_all(name);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

class TorchFormat : public testing::TestWithParam<const char*> {};

TEST_P(TorchFormat, HoldsWhatWasSaved) {
  const auto file = open_tensor_file(kFormats / GetParam());
  const std::string p = "state_dict.";
  for (const char* type : {"f64", "f32", "f16", "bf16", "transposed"}) {
    EXPECT_EQ(file->entries().at(p + type).shape, (std::vector<std::int64_t>{3, 4})) << type;
    EXPECT_EQ(file->read_all(p + type), ramp(12)) << type;
  }
  EXPECT_THAT(file->read_all(p + "i64"), ElementsAre(-3, -2, -2, -1, -1, 0, 0, 0, 1, 1, 2, 2));
  EXPECT_EQ(file->read_all(p + "rows_from_1"), ramp(12, 6));
  EXPECT_EQ(file->read_all(p + "column_2"), ramp(4, 2, 6));
  EXPECT_EQ(file->read_all(p + "parameter"), ramp(6));
  EXPECT_THAT(file->read_all(p + "scalar"), ElementsAre(1.5f));
  EXPECT_THAT(file->read_all("optimizer.state.0.step"), ElementsAre(1.f));
  EXPECT_EQ(file->entries().size(), 11u);
  std::vector<float> part(3);
  file->read(p + "transposed", 5, part);
  EXPECT_EQ(part, ramp(3, 5));
}

INSTANTIATE_TEST_SUITE_P(Files, TorchFormat, testing::Values("today.pth", "before_1.6.pth"),
                         [](const auto& test) { return test.index == 0 ? "today" : "before"; });

TEST(CheckpointFormats, TorchScriptIsReadAsAttributes) {
  const auto file = open_tensor_file(kFormats / "script.pt");
  EXPECT_EQ(file->read_all("inner.weight"), ramp(12));
  EXPECT_EQ(file->read_all("inner.bias"), ramp(3));
}

TEST(CheckpointFormats, NpzIsReadStoredAndDeflated) {
  for (const char* name : {"stored.npz", "deflated.npz"}) {
    const auto file = open_tensor_file(kFormats / name);
    EXPECT_EQ(file->format(), "NumPy npz");
    for (const char* array : {"plain", "half", "double", "fortran", "folder/cube"}) {
      EXPECT_EQ(file->read_all(array), ramp(12)) << name << ' ' << array;
    }
    EXPECT_THAT(file->read_all("scalar"), ElementsAre(1.5f));
    // Backwards and piece by piece: a compressed entry starts anew.
    std::vector<float> part(2);
    file->read("plain", 10, part);
    EXPECT_EQ(part, ramp(2, 10));
    file->read("plain", 1, part);
    EXPECT_EQ(part, ramp(2, 1));
  }
}

TEST(CheckpointFormats, PaddleIsReadInBothProtocols) {
  for (const char* name : {"protocol2.pdparams", "protocol4.pdparams"}) {
    const auto file = open_tensor_file(kFormats / name);
    EXPECT_EQ(file->entries().size(), 4u) << name;
    for (const char* array : {"linear.weight", "half", "pair", "fortran"}) {
      EXPECT_EQ(file->read_all(array), ramp(12)) << name << ' ' << array;
    }
  }
}

TEST(CheckpointFormats, PicklesThatWouldRunSomethingAreRefusedByName) {
  EXPECT_THAT(refusal(kFormats / "evil.pth"), HasSubstr("eval"));
  EXPECT_THAT(refusal(kFormats / "evil_before_1.6.pth"), HasSubstr("eval"));
  EXPECT_THAT(refusal(kFormats / "evil.pdparams"), HasSubstr("print"));
}

std::string pickle_error(const std::string& program) {
  try {
    const Pickle pickle(std::as_bytes(std::span(program)), "p.pkl");
    tensors_in(pickle.root(), "p.pkl");
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Pickle, RefusesGlobalsAndOpcodesByName) {
  EXPECT_THAT(pickle_error("\x80\x02"
                           "cos\nsystem\n."),
              HasSubstr("os.system"));
  EXPECT_THAT(pickle_error("\x80\x02"
                           "cbuiltins\nexec\n."),
              HasSubstr("builtins.exec"));
  EXPECT_THAT(pickle_error("\x80\x02"
                           "csubprocess\nPopen\n(S'x'\ntR."),
              HasSubstr("subprocess.Popen"));
  EXPECT_THAT(pickle_error("\x80\x04\x8c\x02os\x8c\x06system\x93."), HasSubstr("os.system"));
  EXPECT_THAT(pickle_error("(S'x'\nios\nsystem\n."), HasSubstr("INST"));
  EXPECT_THAT(pickle_error("(cos\nsystem\no."), HasSubstr("os.system"));
  EXPECT_THAT(pickle_error("(No."), HasSubstr("OBJ"));
  EXPECT_THAT(pickle_error("N\x82\x01."), HasSubstr("EXT"));
  EXPECT_THAT(pickle_error("NNN\x92."), HasSubstr("NEWOBJ_EX"));
  EXPECT_THAT(pickle_error("ctorch\nFloatStorage\n)R."), HasSubstr("torch.FloatStorage"));
  EXPECT_THAT(pickle_error(std::string("\xfe.", 2)), HasSubstr("0xfe"));
}

TEST(Pickle, DamageGivesASentence) {
  EXPECT_THAT(pickle_error(""), HasSubstr("too early"));
  EXPECT_THAT(pickle_error("."), HasSubstr("empty stack"));
  EXPECT_THAT(pickle_error("(."), HasSubstr("empty stack"));
  EXPECT_THAT(pickle_error("h\x05."), HasSubstr("memo"));
  EXPECT_THAT(pickle_error("}NK\x01"
                           "u."),
              HasSubstr("no mark"));
  EXPECT_THAT(pickle_error("](NNs."), testing::AnyOf(HasSubstr("dictionary"), HasSubstr("empty stack")));
  EXPECT_THAT(pickle_error("X\xff\xff\xff\x7f"
                           "abc."),
              HasSubstr("too early"));
  EXPECT_THAT(pickle_error("\x8d\xff\xff\xff\xff\xff\xff\xff\xff."), HasSubstr("too early"));
}

TEST(Pickle, BombsAreBounded) {
  EXPECT_THAT(pickle_error(std::string(3'000'000, 'N') + "."), HasSubstr("two million"));
  EXPECT_THAT(pickle_error(std::string(3'000'000, '(') + "."), HasSubstr("too many marks"));
  std::string nested = "N";
  for (int i = 0; i < 200; ++i) nested += '\x85';
  EXPECT_THAT(pickle_error(nested + "."), HasSubstr("absurdly"));
  // Each list holds the one before it twice: 2^60 visits if nobody counted.
  std::string shared = "N";
  for (int i = 0; i < 60; ++i) shared += "2\x86";
  EXPECT_THAT(pickle_error(shared + "."), HasSubstr("absurdly"));
  // A list inside itself.
  EXPECT_THAT(pickle_error("]q\x01h\x01"
                           "a."),
              HasSubstr("absurdly"));
}

/// Opens and reads; anything but an Error ends the test program.
bool is_refused(const std::filesystem::path& file) {
  return refusal(file) != "no error";
}

class DamagedCheckpoint : public testing::TestWithParam<const char*> {};

TEST_P(DamagedCheckpoint, CutFilesAreRefused) {
  const TempFolder folder;
  const std::string whole = bytes_of(kGolden / GetParam());
  std::mt19937 random(1);
  for (int i = 0; i < 120; ++i) {
    const std::size_t length = i < 40 ? static_cast<std::size_t>(i) : random() % (whole.size() - 1);
    EXPECT_TRUE(is_refused(folder.write("cut", whole.substr(0, length)))) << length << " bytes";
  }
}

TEST_P(DamagedCheckpoint, FlippedBitsGiveTensorsOrASentence) {
  const TempFolder folder;
  const std::string whole = bytes_of(kGolden / GetParam());
  std::mt19937 random(2);
  for (int i = 0; i < 300; ++i) {
    std::string damaged = whole;
    // Names and sizes stand at both ends; the middle is numbers.
    const std::size_t near_end = std::min<std::size_t>(damaged.size(), 3000);
    for (int flips = 0; flips <= i % 4; ++flips) {
      std::size_t at = random() % damaged.size();
      if (i % 3 == 0) at = random() % near_end;
      if (i % 3 == 1) at = damaged.size() - 1 - random() % near_end;
      damaged[at] ^= static_cast<char>(1 << random() % 8);
    }
    is_refused(folder.write("flipped", damaged));
  }
}

INSTANTIATE_TEST_SUITE_P(Files, DamagedCheckpoint,
                         testing::Values("formats/today.pth", "formats/before_1.6.pth", "formats/script.pt",
                                         "formats/stored.npz", "formats/deflated.npz", "formats/protocol2.pdparams",
                                         "formats/protocol4.pdparams"),
                         [](const auto& test) { return "file" + std::to_string(test.index); });

TEST(CheckpointFormats, OtherFilesAreNamedForWhatTheyAre) {
  const TempFolder folder;
  EXPECT_THAT(refusal(folder.write("a.gguf", "GGUF\x03\0\0\0\0\0")), HasSubstr("GGUF"));
  EXPECT_THAT(refusal(folder.write("a.bin", "version https://git-lfs.github.com/spec/v1\n")), HasSubstr("Git LFS"));
  EXPECT_THAT(refusal(folder.write("a.pth", "<!DOCTYPE html><html>")), HasSubstr("web page"));
  EXPECT_THAT(refusal(folder.write("a.txt", "hello there")), HasSubstr("no checkpoint"));
  EXPECT_THAT(refusal(kFormats / "v1.npy"), HasSubstr("single NumPy array"));
}

NamedTensor one(const std::string& name, float value) {
  return {name, {1}, [value](std::int64_t, std::span<float> out) { out[0] = value; }};
}

TEST(Sharded, TensorsComeFromTheFileThatTheIndexNames) {
  const TempFolder folder;
  write_safetensors(folder.path() / "1.safetensors", {one("a", 1), one("c", 3)}, {});
  write_safetensors(folder.path() / "2.safetensors", {one("b", 2)}, {});
  const auto index = folder.write(
      "model.safetensors.index.json",
      R"({"metadata": {}, "weight_map": {"a": "1.safetensors", "b": "2.safetensors", "c": "1.safetensors"}})");
  const auto file = open_sharded(index);
  EXPECT_EQ(file->format(), "2 × safetensors");
  EXPECT_THAT(file->read_all("b"), ElementsAre(2.f));
  EXPECT_THAT(file->read_all("c"), ElementsAre(3.f));
  EXPECT_EQ(checkpoint_in(folder.path()), index);
}

TEST(Sharded, AnIndexMayNotPointElsewhereOrPromiseTooMuch) {
  const TempFolder folder;
  write_safetensors(folder.path() / "1.safetensors", {one("a", 1)}, {});
  const auto says = [&](const std::string& map) {
    const auto index = folder.write("m.index.json", "{\"weight_map\": " + map + "}");
    try {
      open_sharded(index);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_THAT(says(R"({"a": "../1.safetensors"})"), HasSubstr("own folder"));
  EXPECT_THAT(says(R"({"a": "/1.safetensors"})"), HasSubstr("own folder"));
  EXPECT_THAT(says(R"({"a": 1})"), HasSubstr("own folder"));
  EXPECT_THAT(says(R"({"b": "1.safetensors"})"), HasSubstr("promises"));
  EXPECT_THAT(says(R"({"a": "2.safetensors"})"), HasSubstr("no file"));
  EXPECT_THAT(says("3"), HasSubstr("weight_map"));
}

TEST(CheckpointIn, TheOnlyCheckpointOfAFolderIsTaken) {
  const TempFolder folder;
  EXPECT_THROW(checkpoint_in(folder.path()), Error);
  folder.write("weights.pth", "x");
  EXPECT_EQ(checkpoint_in(folder.path()), folder.path() / "weights.pth");
  folder.write("others.npz", "x");
  EXPECT_THROW(checkpoint_in(folder.path()), Error);
  folder.write("model.safetensors", "x");
  EXPECT_EQ(checkpoint_in(folder.path()), folder.path() / "model.safetensors");
}

}  // namespace
}  // namespace vit
