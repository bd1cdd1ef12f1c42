// ONNX files that are damaged, hostile or of a kind that is not read: one sentence each.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "engine/base/error.h"
#include "engine/containers/tensor_file.h"
#include "tests/unit/temp_folder.h"

namespace vit {
namespace {

using testing::HasSubstr;

std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 128; value >>= 7) bytes += static_cast<char>(value | 128);
  return bytes + static_cast<char>(value);
}

std::string number(int field, std::uint64_t value) {
  return varint(static_cast<std::uint64_t>(field) << 3) + varint(value);
}

std::string message(int field, const std::string& bytes) {
  return varint(static_cast<std::uint64_t>(field) << 3 | 2) + varint(bytes.size()) + bytes;
}

std::string tensor(const std::string& name, const std::string& rest) {
  return message(5, number(2, 1) + message(8, name) + rest);
}

std::string model(const std::string& graph) {
  return number(1, 8) + message(7, graph);
}

std::string refusal(const std::string& bytes) {
  const TempFolder folder;
  try {
    open_tensor_file(folder.write("m.onnx", bytes));
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Onnx, TensorsAreReadWhereTheyLie) {
  const TempFolder folder;
  const float values[] = {1, 2, 3, 4, 5, 6};
  const std::string raw(reinterpret_cast<const char*>(values), sizeof values);
  const std::string weight = tensor("onnx::MatMul_1", number(1, 2) + number(1, 3) + message(9, raw));
  const std::string bias = tensor("a.fc.bias", number(1, 3) + message(9, raw.substr(0, 12)));
  const std::string product = message(1, message(1, "x") + message(1, "onnx::MatMul_1") + message(2, "y") +
                                             message(3, "/a/fc/MatMul") + message(4, "MatMul"));
  const std::string sum = message(1, message(1, "y") + message(1, "a.fc.bias") + message(2, "z") + message(4, "Add"));
  const auto file = open_tensor_file(folder.write("m.onnx", model(product + sum + weight + bias)));
  EXPECT_EQ(file->format(), "ONNX");
  ASSERT_EQ(file->entries().count("a.fc.weight"), 1u);
  EXPECT_EQ(file->entries().at("a.fc.weight").shape, (std::vector<std::int64_t>{3, 2}));
  EXPECT_EQ(file->read_all("a.fc.weight"), (std::vector<float>{1, 4, 2, 5, 3, 6})) << "it lies the other way round";
  EXPECT_EQ(file->read_all("a.fc.bias"), (std::vector<float>{1, 2, 3}));
}

TEST(Onnx, QuantisedGraphsAreNamed) {
  EXPECT_THAT(refusal(model(message(1, message(4, "DequantizeLinear")))), HasSubstr("quantised"));
  EXPECT_THAT(refusal(model(message(1, message(4, "MatMulInteger")))), HasSubstr("quantised"));
}

/// A node of ONNX Runtime's that joins attention with its products, and the product behind it.
std::string joined_attention(const std::string& mask, const std::string& behind) {
  const std::string weight =
      tensor("Attention_0_qkv_weight", number(1, 2) + number(1, 6) + message(9, std::string(48, 'w')));
  const std::string bias = tensor("Attention_0_qkv_bias", number(1, 6) + message(9, std::string(24, 'b')));
  const std::string node =
      message(1, message(1, "x") + message(1, "Attention_0_qkv_weight") + message(1, "Attention_0_qkv_bias") +
                     message(1, mask) + message(2, "y") + message(3, "Attention_0") + message(4, "Attention"));
  const std::string out = tensor("onnx::MatMul_1", number(1, 2) + number(1, 2) + message(9, std::string(16, 'o')));
  const std::string product = message(
      1, message(1, "y") + message(1, "onnx::MatMul_1") + message(2, "z") + message(3, behind) + message(4, "MatMul"));
  return model(node + product + weight + bias + out);
}

TEST(Onnx, AttentionThatWasJoinedWithItsProductsIsPartedByTheNamesBehindIt) {
  const TempFolder folder;
  const auto names = [&](const char* behind) {
    std::string all;
    const auto file = open_tensor_file(folder.write("m.onnx", joined_attention("", behind)));
    for (const auto& [name, entry] : file->entries()) all += name + " ";
    return all;
  };
  EXPECT_EQ(names("/a/self_attn/out_proj/MatMul"),
            "a.self_attn.k_proj.bias a.self_attn.k_proj.weight a.self_attn.out_proj.weight a.self_attn.q_proj.bias "
            "a.self_attn.q_proj.weight a.self_attn.v_proj.bias a.self_attn.v_proj.weight ");
  EXPECT_THAT(names("/a/attention/output/dense/MatMul"), HasSubstr("a.attention.attention.query.weight"));
  EXPECT_THAT(refusal(joined_attention("mask", "/a/self_attn/out_proj/MatMul")), HasSubstr("joined attention"));
  EXPECT_THAT(refusal(joined_attention("", "/a/strange/MatMul")), HasSubstr("without optimisation"));
}

TEST(Onnx, WeightsOfAnotherFolderAreRefused) {
  for (const char* place : {"../secret.bin", "/etc/passwd", "..", "a\\b"}) {
    const std::string beside =
        tensor("a.weight", number(1, 1) + number(14, 1) + message(13, message(1, "location") + message(2, place)));
    EXPECT_THAT(refusal(model(beside)), HasSubstr("its own folder")) << place;
  }
}

TEST(Onnx, SizesBeyondTheBytesAreRefused) {
  EXPECT_THAT(refusal(model(tensor("a.weight", number(1, 4) + message(9, "1234")))), HasSubstr("fewer bytes"));
  EXPECT_THAT(refusal(model(tensor("a.weight", number(1, 1ull << 62) + number(1, 1ull << 62) + message(9, "1234")))),
              HasSubstr("fewer bytes"));
  EXPECT_THAT(refusal(model(tensor("a.weight", number(1, ~0ull) + message(9, "1234")))), HasSubstr("fewer bytes"));
}

TEST(Onnx, EveryTruncationIsASentence) {
  std::ifstream stream(std::string(HEADLIGHT_SOURCE_DIR) + "/tests/golden/families/onnx_timm/vit.onnx",
                       std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(stream), {}};
  ASSERT_GT(whole.size(), 10000u);
  for (std::size_t length = 1; length < whole.size(); length += 997)
    EXPECT_THAT(refusal(whole.substr(0, length)), HasSubstr("truncated")) << length;
}

TEST(Onnx, AProductWithoutANameIsNamed) {
  const std::string weight = tensor("onnx::MatMul_1", number(1, 1) + number(1, 1) + message(9, "1234"));
  const std::string product =
      message(1, message(1, "x") + message(1, "onnx::MatMul_1") + message(2, "y") + message(4, "MatMul"));
  EXPECT_THAT(refusal(model(product + weight)), HasSubstr("lost its name"));
}

}  // namespace
}  // namespace vit
