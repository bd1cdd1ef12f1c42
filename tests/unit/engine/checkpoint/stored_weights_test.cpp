// Weights that lie otherwise in a file than in the network, each compared with the same network stored plainly.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>

#include "engine/base/error.h"
#include "engine/checkpoint/load_model.h"
#include "engine/checkpoint/random_model.h"
#include "engine/containers/tensor_file.h"
#include "tests/unit/temp_folder.h"

namespace vit {
namespace {

using testing::HasSubstr;
using Tensors = std::vector<NamedTensor>;

constexpr const char* kSmall = "random:C=12,L=2,h=3,P=4,S=12,K=5,seed=7";

NamedTensor tensor(const std::string& name, std::vector<std::int64_t> shape, std::vector<float> values) {
  return {name, std::move(shape), [values = std::move(values)](std::int64_t first, std::span<float> out) {
            std::copy_n(values.begin() + first, out.size(), out.begin());
          }};
}

Tensors plain() {
  const auto file = random_tensor_file(parse_random_spec(kSmall));
  Tensors tensors;
  for (const auto& [name, entry] : file->entries()) tensors.push_back(tensor(name, entry.shape, file->read_all(name)));
  return tensors;
}

NamedTensor& named(Tensors& tensors, const std::string& name) {
  return *std::find_if(tensors.begin(), tensors.end(), [&](const NamedTensor& t) { return t.name == name; });
}

std::filesystem::path save(const TempFolder& folder, const Tensors& tensors,
                           const std::string& name = "m.safetensors") {
  write_safetensors(folder.path() / name, tensors, {});
  return folder.path() / name;
}

std::string refusal(const std::filesystem::path& file, const LoadOptions& options = {}) {
  try {
    load_model(file.string(), options);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

std::string fact(const Model& model, const std::string& name) {
  for (const Fact& fact : model.report.facts) {
    if (fact.name == name) return fact.value + " | " + name_of(fact.source) + " | " + fact.reason;
  }
  return "";
}

const std::filesystem::path kStored = std::filesystem::path(HEADLIGHT_SOURCE_DIR) / "tests/golden/stored";

/// Files that PyTorch wrote, each beside the network with the weights that it means (tests/golden/make_stored.py).
class StoredWeights : public testing::TestWithParam<const char*> {};

TEST_P(StoredWeights, AreThoseOfThePlainNetwork) {
  const auto plain_file =
      kStored / (std::string(GetParam()).substr(0, std::string(GetParam()).find('.')) + "_plain.safetensors");
  const auto got = load_model((kStored / GetParam()).string()), expected = load_model(plain_file.string());
  ASSERT_EQ(got->config.depth, expected->config.depth);
  for (int b = 0; b < expected->config.depth; ++b) {
    const BlockWeights& g = got->blocks[b];
    const BlockWeights& e = expected->blocks[b];
    for (const auto& [a, c] : {std::pair{&g.qkv, &e.qkv}, {&g.proj, &e.proj}, {&g.fc1, &e.fc1}, {&g.fc2, &e.fc2}}) {
      double largest = 0, scale = 1;
      for (int o = 0; o < c->outputs(); ++o) {
        for (int i = 0; i < c->inputs(); ++i) {
          scale = std::max(scale, std::abs(static_cast<double>(c->weight(o, i))));
          largest = std::max(largest, std::abs(static_cast<double>(a->weight(o, i)) - c->weight(o, i)));
        }
      }
      EXPECT_LE(largest, 2e-7 * scale) << GetParam() << " block " << b;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Files, StoredWeights,
                         testing::Values("w8.safetensors", "quanto.safetensors", "fp8.pth", "peft.pth", "module.pth",
                                         "omegaconf.ckpt"),
                         [](const auto& file) {
                           const std::string name = file.param;
                           return name.substr(0, name.find('.'));
                         });

TEST(StoredWeights, AdaptersWithoutTheirScaleAreRefused) {
  const TempFolder folder;
  Tensors tensors = plain();
  tensors.push_back(tensor("blocks.0.attn.qkv.lora_A", {2, 12}, std::vector<float>(24, 1.f)));
  tensors.push_back(tensor("blocks.0.attn.qkv.lora_B", {36, 2}, std::vector<float>(72, 1.f)));
  EXPECT_THAT(refusal(save(folder, tensors)), HasSubstr("lora_alpha"));
  folder.write("adapter_config.json", R"({"lora_alpha": 4, "r": 2})");
  const auto merged = load_model(save(folder, tensors).string()), base = load_model(kSmall);
  EXPECT_FLOAT_EQ(merged->blocks[0].qkv.weight(3, 4), base->blocks[0].qkv.weight(3, 4) + 2 * 2.f);
  EXPECT_FLOAT_EQ(merged->blocks[1].qkv.weight(3, 4), base->blocks[1].qkv.weight(3, 4));
  folder.write("adapter_config.json", R"({"lora_alpha": 4, "r": 2, "use_dora": true})");
  EXPECT_THAT(refusal(save(folder, tensors)), HasSubstr("use_dora"));
}

TEST(StoredWeights, SeveralAdaptersOfALayerAreRefused) {
  const TempFolder folder;
  folder.write("adapter_config.json", R"({"lora_alpha": 4, "r": 2})");
  Tensors tensors = plain();
  for (const char* name : {"first", "second"}) {
    const std::string layer = "blocks.0.attn.qkv.";
    tensors.push_back(tensor(layer + "lora_A." + name + ".weight", {2, 12}, std::vector<float>(24, 1.f)));
    tensors.push_back(tensor(layer + "lora_B." + name + ".weight", {36, 2}, std::vector<float>(72, 1.f)));
  }
  const std::string sentence = refusal(save(folder, tensors));
  EXPECT_THAT(sentence, HasSubstr("several adapters of the layer \"blocks.0.attn.qkv\", \"first\" and \"second\""));
  std::erase_if(tensors, [](const NamedTensor& t) { return t.name.find("second") != std::string::npos; });
  EXPECT_EQ(refusal(save(folder, tensors)), "no error");
}

TEST(StoredWeights, ALayerThatTwoAdaptersTrainedWholeIsRefused) {
  const TempFolder folder;
  Tensors tensors = plain();
  Tensors saved;
  for (const NamedTensor& t : tensors) {
    if (!t.name.starts_with("head.")) continue;
    for (const char* name : {"default", "second"}) {
      saved.push_back(t);
      saved.back().name.insert(5, "modules_to_save." + std::string(name) + ".");
    }
  }
  std::erase_if(tensors, [](const NamedTensor& t) { return t.name.starts_with("head."); });
  tensors.insert(tensors.end(), saved.begin(), saved.end());
  EXPECT_THAT(refusal(save(folder, tensors)), HasSubstr("\"default\" and \"second\""));
}

TEST(StoredWeights, WrappersAroundBlocksAreTakenOff) {
  for (const char* wrapper : {"_orig_mod.", "_checkpoint_wrapped_module.", "_fsdp_wrapped_module."}) {
    const TempFolder folder;
    Tensors tensors = plain();
    for (NamedTensor& t : tensors) {
      if (t.name.starts_with("blocks.")) t.name.insert(9, wrapper);
      t.name.insert(0, "_orig_mod.");
    }
    const auto got = load_model(save(folder, tensors).string()), expected = load_model(kSmall);
    ASSERT_EQ(got->config.depth, 2) << wrapper;
    EXPECT_EQ(got->blocks[1].fc1.weight(5, 3), expected->blocks[1].fc1.weight(5, 3)) << wrapper;
    EXPECT_EQ(got->report.used.size(), tensors.size()) << wrapper;
  }
}

TEST(StoredWeights, CodesWithoutAPlainSchemeAreRefusedByName) {
  const auto with = [](const std::string& name) {
    const TempFolder folder;
    Tensors tensors = plain();
    tensors.push_back(tensor(name, {1}, {1.f}));
    return refusal(save(folder, tensors));
  };
  EXPECT_THAT(with("blocks.0.attn.qkv.SCB"), HasSubstr("bitsandbytes"));
  EXPECT_THAT(with("blocks.0.attn.qkv.weight.absmax"), HasSubstr("4-bit"));
  EXPECT_THAT(with("blocks.0.attn.qkv.qweight"), HasSubstr("GPTQ"));
  EXPECT_THAT(with("blocks.0.attn.lambda_q1"), HasSubstr("differential attention"));
}

TEST(StoredWeights, ChunksOfBlocksAreJoined) {
  const TempFolder folder;
  Tensors tensors = plain();
  for (NamedTensor& t : tensors) {
    if (t.name.starts_with("blocks.0.")) t.name.insert(7, "0.");
    if (t.name.starts_with("blocks.1.")) t.name.insert(7, "1.");
  }
  const auto chunked = load_model(save(folder, tensors).string()), base = load_model(kSmall);
  EXPECT_EQ(chunked->config.depth, 2);
  EXPECT_EQ(chunked->blocks[1].fc2.weight(5, 7), base->blocks[1].fc2.weight(5, 7));
}

TEST(StoredWeights, AHoleInTheBlocksIsNamed) {
  const TempFolder folder;
  Tensors tensors = plain();
  for (NamedTensor& t : tensors) {
    if (t.name.starts_with("blocks.1.")) t.name[7] = '2';
  }
  EXPECT_THAT(refusal(save(folder, tensors)), HasSubstr("no block 1"));
}

TEST(StoredWeights, NumbersThatAreNoneAreNamed) {
  const TempFolder folder;
  Tensors tensors = plain();
  std::vector<float> values(12, 1.f);
  values[7] = std::nanf("");
  named(tensors, "blocks.1.norm2.weight") = tensor("blocks.1.norm2.weight", {12}, values);
  const std::string said = fact(*load_model(save(folder, tensors).string()), "weights");
  EXPECT_THAT(said, HasSubstr("\"blocks.1.norm2.weight\" holds NaN at element 7"));
}

TEST(StoredWeights, ACopyCanBeChosen) {
  const TempFolder folder;
  Tensors tensors;
  for (const std::string prefix : {"encoder.module.", "target_encoder.module.", "semantic_head.vit."}) {
    for (NamedTensor t : plain()) {
      t.name.insert(0, prefix);
      tensors.push_back(std::move(t));
    }
  }
  const std::string file = save(folder, tensors).string();
  EXPECT_THAT(fact(*load_model(file), "weights"), HasSubstr("target_encoder.module | guessed"));
  LoadOptions options;
  options.weights = "encoder";
  EXPECT_THAT(fact(*load_model(file, options), "weights"), HasSubstr("encoder.module | overridden"));
  EXPECT_EQ(load_model(file, options)->report.used.front().substr(0, 15), "encoder.module.");
  options.weights = "student";
  EXPECT_THAT(refusal(file, options), HasSubstr("target_encoder.module"));
}

TEST(StoredWeights, AGridThatIsNoSquareIsAskedForOrGuessed) {
  const TempFolder folder;
  Tensors tensors = plain();
  named(tensors, "pos_embed") = tensor("pos_embed", {1, 1 + 24, 12}, std::vector<float>(25 * 12, 0.5f));
  const std::string file = save(folder, tensors).string();
  const auto guessed = load_model(file);
  EXPECT_EQ(guessed->config.grid_height, 4);
  EXPECT_EQ(guessed->config.grid_width, 6);
  EXPECT_THAT(fact(*guessed, "grid"), HasSubstr("guessed"));
  LoadOptions options;
  options.grid = {8, 3};
  EXPECT_EQ(load_model(file, options)->config.grid_height, 8);
  options.grid = {7, 7};
  EXPECT_THAT(refusal(file, options), HasSubstr("no 7×7"));
  folder.write("config.json", R"({"img_size": [24, 16]})");
  EXPECT_THAT(fact(*load_model(file), "grid"), HasSubstr("4×6 patches | read"));
}

TEST(StoredWeights, PartsOfACheckpointNeedTheirIndex) {
  const TempFolder folder;
  Tensors first, second;
  for (NamedTensor& t : plain()) (t.name.starts_with("blocks.1.") ? second : first).push_back(std::move(t));
  const auto part = save(folder, first, "model-00001-of-00002.safetensors");
  save(folder, second, "model-00002-of-00002.safetensors");
  EXPECT_THAT(refusal(part), HasSubstr("part 1 of 2"));
  std::string map;
  for (const Tensors* list : {&first, &second}) {
    for (const NamedTensor& t : *list) {
      map += (map.empty() ? "\"" : ", \"") + t.name + "\": \"model-0000" + (list == &first ? "1" : "2") +
             "-of-00002.safetensors\"";
    }
  }
  folder.write("model.safetensors.index.json", "{\"weight_map\": {" + map + "}}");
  folder.write("config.json", R"({"num_attention_heads": 4})");
  for (const std::filesystem::path& source : {part, folder.path()}) {
    const auto model = load_model(source.string());
    EXPECT_EQ(model->config.depth, 2);
    EXPECT_EQ(model->config.num_heads, 4) << "from the config.json beside the parts";
  }
}

TEST(StoredWeights, AModelInTheCacheOfHuggingFaceOpens) {
  const TempFolder folder;
  const auto snapshot = folder.path() / "snapshots" / "abc";
  std::filesystem::create_directories(snapshot);
  std::filesystem::create_directories(folder.path() / "snapshots" / "older");
  std::filesystem::create_directories(folder.path() / "refs");
  folder.write("refs/main", "abc");
  write_safetensors(snapshot / "model.safetensors", plain(), {});
  EXPECT_EQ(load_model(folder.path().string())->config.depth, 2);
}

TEST(StoredWeights, ADamagedConfigWarns) {
  for (const std::string& text : {std::string(""), std::string("<html>404</html>"), std::string("{\"a\": 1,}"),
                                  std::string("// mine\n{}"), std::string("\xff\xfe{\0}\0", 6), std::string("[]")}) {
    const TempFolder folder;
    folder.write("config.json", text);
    EXPECT_THAT(fact(*load_model(save(folder, plain()).string()), "warning"), HasSubstr("config.json")) << text;
  }
}

TEST(StoredWeights, ConfigFieldsOfOtherNetworksAreRefused) {
  const auto with = [](const std::string& config) {
    const TempFolder folder;
    folder.write("config.json", config);
    return refusal(save(folder, plain()));
  };
  EXPECT_THAT(with(R"({"hidden_act": "mish"})"), HasSubstr("hidden_act in config.json is \"mish\""));
  EXPECT_THAT(with(R"({"model_args": {"block_fn": "ParallelScalingBlock"}})"), HasSubstr("block_fn"));
  EXPECT_THAT(with(R"({"model_args": {"norm_layer": "batchnorm"}})"), HasSubstr("norm_layer"));
  EXPECT_THAT(with(R"({"use_relative_position_bias": true})"), HasSubstr("relative_position_bias"));
  EXPECT_THAT(with(R"({"hidden_size": 12, "num_hidden_layers": 3})"), HasSubstr("incomplete"));
  EXPECT_THAT(with(R"({"num_register_tokens": 4})"), HasSubstr("register tokens"));
  EXPECT_THAT(with(R"({"architecture": "vit_dwee_patch16_reg1_gap_256"})"), HasSubstr("differential"));
  EXPECT_EQ(with(R"({"hidden_act": "relu", "some_new_field": 3})"), "no error");
}

TEST(StoredWeights, MlxKeepsTheChannelsOfPatchesLast) {
  const TempFolder folder;
  Tensors tensors = plain();
  NamedTensor& patch = named(tensors, "patch_embed.proj.weight");
  ASSERT_EQ(patch.shape, (std::vector<std::int64_t>{12, 3, 4, 4}));
  std::vector<float> values(12 * 3 * 16), turned(values.size());
  patch.read(0, values);
  for (std::size_t o = 0; o < 12; ++o)
    for (std::size_t c = 0; c < 3; ++c)
      for (std::size_t i = 0; i < 16; ++i) turned[(o * 16 + i) * 3 + c] = values[(o * 3 + c) * 16 + i];
  const auto original = load_model(save(folder, tensors).string());
  patch = tensor("patch_embed.proj.weight", {12, 4, 4, 3}, turned);
  const auto model = load_model(save(folder, tensors, "mlx.safetensors").string());
  for (int o = 0; o < 12; ++o)
    for (int i = 0; i < 48; ++i) ASSERT_EQ(model->patch_embed.weight(o, i), original->patch_embed.weight(o, i));
}

TEST(StoredWeights, PeriodsOfRotaryPositionsTellTheHeads) {
  const TempFolder folder;
  const auto golden =
      std::filesystem::path(HEADLIGHT_SOURCE_DIR) / "tests/golden/families/timm_dinov3/model.safetensors";
  const auto file = open_tensor_file(golden);
  Tensors tensors;
  for (const auto& [name, entry] : file->entries()) {
    tensors.push_back(tensor(name == "reg_token" ? "storage_tokens" : name, entry.shape, file->read_all(name)));
  }
  tensors.push_back(tensor("rope_embed.periods", {2}, {1.f, 9.f}));
  const auto model = load_model(save(folder, tensors).string());
  EXPECT_EQ(model->config.num_heads, 2);
  EXPECT_THAT(fact(*model, "heads"), HasSubstr("read"));
  EXPECT_EQ(model->rope_periods, (std::vector<float>{1.f, 9.f}));
}

}  // namespace
}  // namespace vit
