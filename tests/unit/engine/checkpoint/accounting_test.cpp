// Everything in a checkpoint counts: each golden family with one tensor left out, a foreign one put in, or a field of
// its config.json set to a value that does not exist. The result is a refusal, or the golden's own numbers; never
// others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/json.h"
#include "engine/base/pool.h"
#include "engine/checkpoint/load_model.h"
#include "engine/containers/tensor_file.h"
#include "engine/network/forward.h"
#include "tests/unit/temp_folder.h"

namespace vit {
namespace {

namespace fs = std::filesystem;
const fs::path kFamilies = fs::path(HEADLIGHT_SOURCE_DIR) / "tests/golden/families";

/// Networks that a file without this tensor describes as completely as the one with it.
const std::map<std::string, std::set<std::string>> kAnotherNetwork = {
    // DINOv2 without registers has exactly the other tensors.
    {"dinov2_reg4", {"register_tokens"}},
};

struct Subject {
  std::string name;
  fs::path folder, checkpoint;
  std::shared_ptr<const TensorFile> golden;
  LoadOptions options;
};

std::vector<Subject> subjects() {
  std::vector<Subject> all;
  for (const auto& entry : fs::directory_iterator(kFamilies)) {
    if (!entry.is_directory()) continue;
    Subject s{
        entry.path().filename().string(), entry.path(), "", open_tensor_file(entry.path() / "golden.safetensors"), {}};
    const auto& metadata = s.golden->metadata();
    s.checkpoint = entry.path() / metadata.at("checkpoint");
    for (const char* usual :
         {"model.safetensors", "open_clip_model.safetensors", "pytorch_model.bin", "open_clip_pytorch_model.bin"}) {
      if (metadata.at("checkpoint") == "." && fs::exists(entry.path() / usual)) s.checkpoint = entry.path() / usual;
    }
    if (metadata.count("num_heads") != 0) s.options.num_heads = std::stoi(metadata.at("num_heads"));
    all.push_back(std::move(s));
  }
  std::sort(all.begin(), all.end(), [](const Subject& a, const Subject& b) { return a.name < b.name; });
  return all;
}

/// Everything that a pass makes of the golden's pixels, as one list.
std::vector<float> numbers(const std::shared_ptr<const Model>& model, const Subject& subject) {
  auto pixels = std::make_shared<Pixels>();
  const auto& shape = subject.golden->entries().at("pixels").shape;
  pixels->height = static_cast<int>(shape.at(1));
  pixels->width = static_cast<int>(shape.at(2));
  pixels->chw = subject.golden->read_all("pixels");
  Pool pool(1);
  Meter meter;
  Settings settings = trained_settings(model->config);
  settings.threads = 1;
  settings.keep = Keep::none;
  const auto trace = forward({model, pixels, settings}, meter, pool);
  std::vector<float> all;
  for (int r = 0; r < trace->features.rows(); ++r) {
    all.insert(all.end(), trace->features.row(r), trace->features.row(r) + trace->features.cols());
  }
  all.insert(all.end(), trace->pooled.begin(), trace->pooled.end());
  all.insert(all.end(), trace->logits.begin(), trace->logits.end());
  return all;
}

/// "refused", "same", or how the numbers differ.
std::string outcome(const fs::path& checkpoint, const Subject& subject, const std::vector<float>& expected,
                    std::string* sentence = nullptr) {
  try {
    const std::vector<float> got = numbers(load_model(checkpoint.string(), subject.options), subject);
    if (got.size() != expected.size()) return std::to_string(got.size()) + " numbers";
    double largest = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
      largest = std::max(largest, static_cast<double>(std::abs(got[i] - expected[i])));
    }
    return largest < 1e-4 ? "same" : "differs by " + std::to_string(largest);
  } catch (const Error& error) {
    if (sentence != nullptr) *sentence = error.what();
    return "refused";
  }
}

void write_tensors(const fs::path& file, const std::shared_ptr<const TensorFile>& from, const std::string& without,
                   const std::string& foreign) {
  std::vector<NamedTensor> tensors;
  for (const auto& [name, entry] : from->entries()) {
    if (name == without || !is_float(entry.type)) continue;
    tensors.push_back({name, entry.shape, [from, name = name](std::int64_t first, std::span<float> out) {
                         from->read(name, first, out);
                       }});
  }
  if (!foreign.empty()) {
    tensors.push_back(
        {foreign, {2}, [](std::int64_t, std::span<float> out) { std::fill(out.begin(), out.end(), 1.f); }});
  }
  write_safetensors(file, tensors, from->metadata());
}

/// A copy of a case's folder whose checkpoint is a safetensors file of the same stem.
fs::path copy_beside(const TempFolder& folder, const Subject& subject) {
  for (const auto& entry : fs::directory_iterator(subject.folder)) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() == ".json" && !name.ends_with(".index.json")) {
      fs::copy_file(entry.path(), folder.path() / name, fs::copy_options::overwrite_existing);
    }
  }
  return folder.path() / (subject.checkpoint.stem().string() + ".safetensors");
}

TEST(Accounting, ATensorLeftOutIsRefusedOrChangesNothing) {
  int refused = 0, harmless = 0;
  for (const Subject& subject : subjects()) {
    const TempFolder folder;
    const fs::path file = copy_beside(folder, subject);
    const auto original = open_tensor_file(subject.checkpoint);
    write_tensors(file, original, "", "");
    const std::vector<float> expected = numbers(load_model(file.string(), subject.options), subject);
    for (const auto& [name, entry] : original->entries()) {
      const auto exceptions = kAnotherNetwork.find(subject.name);
      if (exceptions != kAnotherNetwork.end() && exceptions->second.count(name) != 0) continue;
      write_tensors(file, original, name, "");
      const std::string result = outcome(file, subject, expected);
      EXPECT_TRUE(result == "refused" || result == "same") << subject.name << " without " << name << ' ' << result;
      ++(result == "refused" ? refused : harmless);
    }
  }
  std::printf("left out: %d refused, %d change nothing\n", refused, harmless);
  EXPECT_GT(refused, 1000);
}

TEST(Accounting, AForeignTensorInABlockIsRefusedByName) {
  int refused = 0;
  for (const Subject& subject : subjects()) {
    const TempFolder folder;
    const fs::path file = copy_beside(folder, subject);
    const auto original = open_tensor_file(subject.checkpoint);
    // Beside every tensor of the network that has a number in its name, which is a block's.
    std::set<std::string> places;
    write_tensors(file, original, "", "");
    const auto model = load_model(file.string(), subject.options);
    for (const std::string& name : model->report.used) {
      const std::size_t slash = name.find_last_of("./");
      const bool in_block = std::any_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
      if (slash != std::string::npos && in_block) places.insert(name.substr(0, slash + 1));
    }
    for (const std::string& place : places) {
      if (place.find("MultiHeadDotProductAttention_1/") != std::string::npos) continue;  // the digit is the module's
      const std::string foreign = place + "lambda_q1";
      write_tensors(file, original, "", foreign);
      std::string sentence;
      const std::string result = outcome(file, subject, {}, &sentence);
      EXPECT_EQ(result, "refused") << subject.name << " with " << foreign;
      EXPECT_THAT(sentence, testing::HasSubstr("lambda_q1")) << subject.name;
      ++refused;
    }
  }
  std::printf("foreign tensors: %d refused\n", refused);
  EXPECT_GT(refused, 400);
}

/// Fields of which no value changes the numbers of a pass, and why.
const std::map<std::string, const char*> kHarmlessFields = {{"architectures", "the tensors tell"},
                                                            {"model_type", "the tensors tell"},
                                                            {"transformers_version", "of the writer"},
                                                            {"dtype", "of training"},
                                                            {"torch_dtype", "of training"},
                                                            {"initializer_range", "of training"},
                                                            {"initializer_factor", "of training"},
                                                            {"layerscale_value", "of training"},
                                                            {"layer_scale_init_value", "of training"},
                                                            {"id2label", "names of classes"},
                                                            {"label2id", "names of classes"},
                                                            {"encoder_stride", "of a decoder"},
                                                            {"pooler_act", "of a pooler beside the head"},
                                                            {"pooler_output_size", "of a pooler beside the head"},
                                                            {"text_config", "of the text tower"},
                                                            {"projection_dim", "of a projection beside"},
                                                            {"logit_scale_init_value", "of training"},
                                                            {"out_features", "of a backbone's outputs"},
                                                            {"out_indices", "of a backbone's outputs"},
                                                            {"stage_names", "of a backbone's outputs"},
                                                            {"reshape_hidden_states", "of a backbone's outputs"},
                                                            {"apply_layernorm", "of a backbone's outputs"},
                                                            {"num_classes", "the tensors tell"},
                                                            {"num_features", "the tensors tell"},
                                                            {"architecture", "a name that nobody knows"},
                                                            {"pretrained_cfg", "the pictures' preparation"},
                                                            {"intermediate_size", "the tensors tell"},
                                                            {"mlp_ratio", "the tensors tell"},
                                                            {"num_channels", "the tensors tell"},
                                                            {"qkv_bias", "the tensors tell"},
                                                            {"key_bias", "the tensors tell"},
                                                            {"query_bias", "the tensors tell"},
                                                            {"value_bias", "the tensors tell"},
                                                            {"proj_bias", "the tensors tell"},
                                                            {"mlp_bias", "the tensors tell"},
                                                            {"use_swiglu_ffn", "the tensors tell"},
                                                            {"use_gated_mlp", "the tensors tell"},
                                                            {"use_mask_token", "of training"},
                                                            {"attention_bias", "the tensors tell"},
                                                            {"use_mean_pooling", "the tensors tell"},
                                                            {"vision_use_head", "the tensors tell"},
                                                            {"problem_type", "of training"}};

std::string quoted(const Json& json) {
  switch (json.kind) {
    case Json::Kind::null:
      return "null";
    case Json::Kind::boolean:
      return json.number != 0 ? "true" : "false";
    case Json::Kind::number: {
      char text[40];
      std::snprintf(text, sizeof text, "%.17g", json.number);
      return text;
    }
    case Json::Kind::text:
      return '"' + json.text + '"';
    case Json::Kind::array: {
      std::string text = "[";
      for (const Json& item : json.items) text += (text.size() > 1 ? "," : "") + quoted(item);
      return text + "]";
    }
    case Json::Kind::object: {
      std::string text = "{";
      for (const auto& [key, item] : json.fields)
        text += (text.size() > 1 ? "," : "") + ('"' + key + "\":") + quoted(item);
      return text + "}";
    }
  }
  return "";
}

/// Every field of an object and of the objects inside that hold a network's own fields.
void for_each_field(Json& json, const std::function<void(Json& value, const std::string& name)>& visit) {
  for (auto& [key, value] : json.fields) {
    if (key == "vision_config" || key == "backbone_config" || key == "model_args") {
      for_each_field(value, visit);
    } else {
      visit(value, key);
    }
  }
}

TEST(Accounting, AConfigFieldWithAValueThatDoesNotExistIsRefusedOrChangesNothing) {
  int refused = 0, harmless = 0;
  for (const Subject& subject : subjects()) {
    if (!fs::exists(subject.folder / "config.json")) continue;
    const TempFolder folder;
    const fs::path file = copy_beside(folder, subject);
    write_tensors(file, open_tensor_file(subject.checkpoint), "", "");
    const std::vector<float> expected = numbers(load_model(file.string(), subject.options), subject);
    Json config = read_json(subject.folder / "config.json");
    for_each_field(config, [&](Json& value, const std::string& name) {
      if (kHarmlessFields.count(name) != 0 || name.find("drop") != std::string::npos || name.starts_with("_")) return;
      const Json original = value;
      value = Json{};
      value.kind = Json::Kind::text;
      value.text = "there is no such value";
      std::ofstream(folder.path() / "config.json") << quoted(config);
      const std::string result = outcome(file, subject, expected);
      EXPECT_TRUE(result == "refused" || result == "same") << subject.name << ' ' << name << ' ' << result;
      // A known field is never passed over.
      const bool known = name == "hidden_act" || name == "act_layer" || name == "num_attention_heads" ||
                         name == "num_heads" || name == "layer_norm_eps" || name == "norm_layer";
      EXPECT_TRUE(!known || result == "refused") << subject.name << ' ' << name << ' ' << result;
      ++(result == "refused" ? refused : harmless);
      value = original;
    });
  }
  std::printf("config fields: %d refused, %d change nothing\n", refused, harmless);
  EXPECT_GT(refused, 60);
}

/// A configuration that speaks of other windows than the relative positions were made for.
TEST(Accounting, WindowsThatContradictTheRelativePositionsAreRefused) {
  for (const Subject& subject : subjects()) {
    if (subject.name != "hf_sam" && subject.name != "hf_vitdet") continue;
    const TempFolder folder;
    const fs::path file = copy_beside(folder, subject);
    write_tensors(file, open_tensor_file(subject.checkpoint), "", "");
    Json config = read_json(subject.folder / "config.json");
    for_each_field(config, [&](Json& value, const std::string& name) {
      if (name != "window_size") return;
      value.number = 3;
      value.integer = 3;
    });
    std::ofstream(folder.path() / "config.json") << quoted(config);
    std::string sentence;
    EXPECT_EQ(outcome(file, subject, {}, &sentence), "refused") << subject.name;
    EXPECT_THAT(sentence, testing::HasSubstr("windows of 3")) << subject.name;
  }
}

}  // namespace
}  // namespace vit
