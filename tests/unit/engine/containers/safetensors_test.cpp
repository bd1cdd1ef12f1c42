#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "engine/base/error.h"
#include "engine/containers/tensor_file.h"
#include "tests/unit/temp_folder.h"

namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string with_header(const std::string& header, const std::string& data) {
  std::uint64_t length = header.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + data;
}

std::string message_of(const std::filesystem::path& file) {
  try {
    vit::open_tensor_file(file);
  } catch (const vit::Error& error) {
    return error.what();
  }
  return "no error";
}

vit::NamedTensor tensor(const std::string& name, std::vector<std::int64_t> shape, std::vector<float> values) {
  return {name, std::move(shape), [values](std::int64_t first, std::span<float> out) {
            std::copy_n(values.begin() + first, out.size(), out.begin());
          }};
}

TEST(Safetensors, WhatIsWrittenIsReadBack) {
  const TempFolder folder;
  const auto file = folder.path() / "a.safetensors";
  vit::write_safetensors(file, {tensor("b", {2, 3}, {1, 2, 3, 4, 5, 6}), tensor("a\"\n", {1}, {-7.5f})},
                         {{"made by", "a \"test\""}});
  const auto read = vit::open_tensor_file(file);
  EXPECT_EQ(read->format(), "safetensors");
  EXPECT_EQ(read->metadata().at("made by"), "a \"test\"");
  ASSERT_EQ(read->entries().size(), 2u);
  EXPECT_THAT(read->entries().at("b").shape, ElementsAre(2, 3));
  EXPECT_THAT(read->read_all("b"), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(read->read_all("a\"\n"), ElementsAre(-7.5f));
  std::vector<float> middle(2);
  read->read("b", 3, middle);
  EXPECT_THAT(middle, ElementsAre(4, 5));
  read->release("b");
  EXPECT_THAT(read->read_all("b"), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THROW(read->read_all("c"), vit::Error);
  EXPECT_THROW(read->read("b", 5, middle), vit::Error);
}

TEST(Safetensors, NothingIsLeftWhenWritingFails) {
  const TempFolder folder;
  EXPECT_THROW(vit::write_safetensors(folder.path() / "no" / "a.safetensors", {tensor("a", {1}, {1})}, {}), vit::Error);
  vit::NamedTensor broken = tensor("a", {1}, {1});
  broken.read = [](std::int64_t, std::span<float>) { throw vit::Error("refused"); };
  EXPECT_THROW(vit::write_safetensors(folder.path() / "a.safetensors", {broken}, {}), vit::Error);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Safetensors, EveryTypeBecomesItsValue) {
  const TempFolder folder;
  std::string data;
  const auto append = [&](auto value) { data.append(reinterpret_cast<const char*>(&value), sizeof(value)); };
  append(1.5);
  append(std::int64_t{-3});
  append(7);
  for (const int half : {0x3c00, 0xc100, 0x0001, 0x7c00, 0x03ff, 0x7bff}) append(static_cast<std::uint16_t>(half));
  append(static_cast<std::uint16_t>(0x3fc0));
  append(static_cast<std::uint16_t>(0xc040));
  append(static_cast<std::int8_t>(-2));
  append(static_cast<std::uint8_t>(200));
  const std::string header = R"({"d":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},
    "l":{"dtype":"I64","shape":[],"data_offsets":[8,16]},"i":{"dtype":"I32","shape":[1],"data_offsets":[16,20]},
    "h":{"dtype":"F16","shape":[6],"data_offsets":[20,32]},"b":{"dtype":"BF16","shape":[2],"data_offsets":[32,36]},
    "c":{"dtype":"I8","shape":[1],"data_offsets":[36,37]},"u":{"dtype":"U8","shape":[1],"data_offsets":[37,38]},
    "empty":{"dtype":"F32","shape":[0,5],"data_offsets":[38,38]}})";
  const auto file = vit::open_tensor_file(folder.write("t.safetensors", with_header(header, data)));
  EXPECT_THAT(file->read_all("d"), ElementsAre(1.5f));
  EXPECT_THAT(file->read_all("l"), ElementsAre(-3.f));
  EXPECT_THAT(file->read_all("i"), ElementsAre(7.f));
  EXPECT_THAT(file->read_all("h"),
              ElementsAre(1.f, -2.5f, 0x1p-24f, std::numeric_limits<float>::infinity(), 1023 * 0x1p-24f, 65504.f));
  EXPECT_THAT(file->read_all("b"), ElementsAre(1.5f, -3.f));
  EXPECT_THAT(file->read_all("c"), ElementsAre(-2.f));
  EXPECT_THAT(file->read_all("u"), ElementsAre(200.f));
  EXPECT_TRUE(file->read_all("empty").empty());
}

TEST(Safetensors, HalfPrecisionNanStaysNan) {
  const TempFolder folder;
  const std::string header = R"({"h":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}})";
  const auto file = vit::open_tensor_file(folder.write("n.safetensors", with_header(header, "\x01\x7e")));
  EXPECT_TRUE(std::isnan(file->read_all("h").front()));
}

TEST(Safetensors, DamageIsNamed) {
  const TempFolder folder;
  const auto says = [&](const std::string& header, const std::string& data = std::string(16, 'x')) {
    return message_of(folder.write("bad.safetensors", with_header(header, data)));
  };
  EXPECT_THAT(says(R"({"a":{"dtype":"F32","shape":[8],"data_offsets":[0,32]}})"), HasSubstr("beyond the end"));
  EXPECT_THAT(says(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,16]}})"), HasSubstr("does not fit"));
  EXPECT_THAT(says(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[16,8]}})"), HasSubstr("beyond the end"));
  EXPECT_THAT(says(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},
                       "b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})"),
              HasSubstr("overlap"));
  EXPECT_THAT(says(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},
                       "a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}})"),
              HasSubstr("twice"));
  EXPECT_THAT(says(R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}})"),
              HasSubstr("absurd"));
  EXPECT_THAT(says(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,8]}})"), HasSubstr("impossible number"));
  EXPECT_THAT(says(R"({"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,8]}})"), HasSubstr("impossible number"));
  EXPECT_THAT(says(R"({"a":{"dtype":"Q4","shape":[2],"data_offsets":[0,8]}})"), HasSubstr("Q4"));
  EXPECT_THAT(says(R"({"a":3})"), HasSubstr("no element type"));
  EXPECT_THAT(says(R"({"a":{"dtype":"F32",)"), HasSubstr("no valid JSON"));
  EXPECT_THAT(says("{\"a\":" + std::string(100000, '[')), HasSubstr("nests deeper"));
  EXPECT_THAT(message_of(folder.write("short.safetensors", std::string("\xff\xff\x00\x00\x00\x00\x00\x00{}", 10))),
              HasSubstr("claims a header"));
  EXPECT_THAT(message_of(folder.write("empty.safetensors", "")), HasSubstr("empty"));
  EXPECT_THAT(message_of(folder.path() / "none.safetensors"), HasSubstr("no file"));
  EXPECT_THAT(message_of(folder.path()), HasSubstr("folder"));
}

TEST(Safetensors, CutAndFlippedFilesGiveASentenceOrGoodTensors) {
  const TempFolder folder;
  const auto whole = folder.path() / "whole.safetensors";
  vit::write_safetensors(whole, {tensor("one", {3, 2}, {1, 2, 3, 4, 5, 6}), tensor("two", {4}, {1, 2, 3, 4})}, {});
  std::ifstream stream(whole, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  int refused = 0;
  const auto open = [&](const std::string& damaged) {
    try {
      const auto file = vit::open_tensor_file(folder.write("damaged", damaged));
      for (const auto& [name, entry] : file->entries()) file->read_all(name);
    } catch (const vit::Error&) {
      ++refused;
    }
  };
  for (std::size_t length = 0; length < bytes.size(); ++length) open(bytes.substr(0, length));
  EXPECT_EQ(refused, static_cast<int>(bytes.size()));
  std::mt19937 random(1);
  for (int i = 0; i < 500; ++i) {
    std::string damaged = bytes;
    for (int flips = 0; flips < 1 + i % 3; ++flips) {
      damaged[random() % damaged.size()] ^= static_cast<char>(1 << random() % 8);
    }
    open(damaged);
  }
}

TEST(Safetensors, AFileCutWhileOpenIsAnError) {
  const TempFolder folder;
  const auto path = folder.path() / "a.safetensors";
  vit::write_safetensors(path, {tensor("a", {5000}, std::vector<float>(5000, 1.f))}, {});
  const auto file = vit::open_tensor_file(path);
  std::filesystem::resize_file(path, 100);
  EXPECT_THROW(file->read_all("a"), vit::Error);
}

}  // namespace
