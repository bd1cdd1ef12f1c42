// Files that look like a network which is known and are another's: each kind that once opened and computed something
// else without a word. It is refused, read, or called a guess.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/checkpoint/load_model.h"
#include "engine/checkpoint/random_model.h"
#include "engine/containers/tensor_file.h"
#include "tests/unit/temp_folder.h"

namespace vit {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

/// The tensors of a golden family or of a random network, under other names and with others beside them.
class Edited {
 public:
  explicit Edited(const std::string& family_file)
      : file_(family_file.starts_with("random:")
                  ? random_tensor_file(parse_random_spec(family_file))
                  : open_tensor_file(fs::path(HEADLIGHT_SOURCE_DIR) / "tests/golden/families" / family_file)) {
    add("");
  }
  /// Once more, with something before each name.
  Edited& add(const std::string& prefix) {
    for (const auto& [name, entry] : file_->entries()) {
      if (!is_float(entry.type)) continue;
      tensors_.push_back(
          {prefix + name, entry.shape,
           [file = file_, name = name](std::int64_t first, std::span<float> out) { file->read(name, first, out); }});
    }
    return *this;
  }
  Edited& only_with(const std::string& prefix) { return clear().add(prefix); }
  Edited& clear() {
    tensors_.clear();
    return *this;
  }
  Edited& with(const std::string& name, std::vector<std::int64_t> shape = {1}) {
    tensors_.push_back(
        {name, std::move(shape), [](std::int64_t, std::span<float> out) { std::fill(out.begin(), out.end(), .5f); }});
    return *this;
  }
  Edited& beside(const std::string& name, const std::string& text) {
    folder_.write(place_ + name, text);
    return *this;
  }
  Edited& in(const std::string& folder) {
    place_ = folder + "/";
    fs::create_directories(folder_.path() / folder);
    return *this;
  }

  std::shared_ptr<const Model> open(const std::string& name = "model.safetensors") const {
    const fs::path path = folder_.path() / (place_ + name);
    write_safetensors(path, tensors_, {});
    return load_model(path.string());
  }
  std::string refusal(const std::string& name = "model.safetensors") const {
    try {
      return "opened as " + open(name)->report.family;
    } catch (const Error& error) {
      return error.what();
    }
  }

 private:
  TempFolder folder_;
  std::string place_;
  std::shared_ptr<const TensorFile> file_;
  std::vector<NamedTensor> tensors_;
};

Fact fact(const std::shared_ptr<const Model>& model, const std::string& name) {
  for (const Fact& fact : model->report.facts) {
    if (fact.name == name) return fact;
  }
  return {};
}

std::string warnings(const std::shared_ptr<const Model>& model) {
  std::string all;
  for (const Fact& fact : model->report.facts) {
    if (fact.name == "warning") all += fact.reason + "\n";
  }
  return all;
}

constexpr const char* kSmall = "random:C=12,L=2,h=3,P=4,S=12,K=5,seed=7";
constexpr const char* kClip = "hf_clip/model.safetensors";
constexpr const char* kOpenAi = "clip_openai/ViT-B-32.pt";

TEST(HalfUnderstood, NetworksThatComputeSomethingElseWithKnownTensorsAreRefused) {
  Edited detr("hf_dinov2/model.safetensors");
  EXPECT_THAT(detr.only_with("model.backbone.0.encoder.encoder.").refusal("rf-detr-base.safetensors"),
              HasSubstr("RF-DETR"));
  for (const auto& [tensor, what] : std::vector<std::pair<std::string, std::string>>{
           {"sie_embed", "TransReID"},
           {"interactions.0.injector.gamma", "ViT-Adapter"},
           {"network.q.weight", "EoMT"},
           {"refpoint_embed.weight", "windows"},
       }) {
    EXPECT_THAT(Edited(kSmall).with(tensor, {6, 1, 12}).refusal(), HasSubstr(what)) << tensor;
  }
  EXPECT_THAT(Edited(kOpenAi).with("cv_embed", {6, 16}).refusal(), HasSubstr("CLIP-ReID"));
}

TEST(HalfUnderstood, WhatActsOnTheTokensIsNotPassedOver) {
  for (const char* tensor :
       {"deep_prompt_embeddings", "Prompt_Tokens", "g_prompt", "e_prompt.prompt", "part_token1", "view_embed",
        "channel_embed", "adapters.0.down.weight", "cpe.0.weight", "pos_block.0.weight", "task_embed",
        "prompt_encoder.default.embedding.weight", "VPT", "something_learned"}) {
    EXPECT_THAT(Edited(kSmall).with(tensor, {2, 12}).refusal(), HasSubstr(tensor));
  }
  EXPECT_THAT(Edited(kSmall).with("view_embed", {2, 12}).refusal(),
              HasSubstr("\"view_embed\", which stands for an embedding of views and which nothing in timm ViT reads"));
  EXPECT_THAT(Edited(kSmall).with("something_learned", {2, 12}).refusal(),
              HasSubstr("\"something_learned\", which is as wide as a token and which nothing in timm ViT reads"));
  // Of modules beside the network, which act on something else.
  for (const char* tensor : {"prompt_learner.ctx", "sam_prompt_encoder.point.weight", "camera_embedder.mlp.0.weight",
                             "adapter.fc.0.weight", "neck.prompt_depth_layer.weight"}) {
    EXPECT_THAT(Edited(kSmall).only_with("image_encoder.").with(tensor, {2, 12}).refusal(), HasSubstr("opened as"))
        << tensor;
  }
  EXPECT_THAT(Edited(kSmall).only_with("enc.transformer.").with("enc.prompt_embeddings", {2, 12}).refusal(),
              HasSubstr("enc.prompt_embeddings"));
  for (const char* tensor : {"mask_token", "mask_embed", "decoder_pos_embed", "text_prompt.weight", "prototypes",
                             "fc_aux.weight", "text_decoder.adapter.weight", "head_extra.adapter.weight"}) {
    EXPECT_THAT(Edited(kSmall).with(tensor, {2, 12}).refusal(), HasSubstr("opened as")) << tensor;
  }
}

TEST(HalfUnderstood, TheActivationOfAClipTowerWithoutAConfigurationIsAGuess) {
  const auto activation = [](const Edited& file, const std::string& name) {
    const auto model = file.open(name);
    return fact(model, "activation");
  };
  const auto expect = [&](const Edited& file, const std::string& name, const char* value, Source source) {
    const Fact found = activation(file, name);
    EXPECT_EQ(found.value, value) << name << ": " << found.reason;
    EXPECT_EQ(found.source, source) << name << ": " << found.reason;
  };
  const Edited hugging_face(kClip);
  expect(hugging_face, "clip-vit-h-14-laion2B.safetensors", "GELU (erf)", Source::guessed);
  expect(hugging_face, "clip_vision.safetensors", "QuickGELU", Source::guessed);
  const Edited openai(kOpenAi);
  expect(openai, "ViT-B-32.safetensors", "QuickGELU", Source::guessed);
  expect(openai, "vit_b_32-quickgelu-laion400m_e32.safetensors", "QuickGELU", Source::guessed);
  expect(openai, "vit_b_32-laion400m_e32.safetensors", "GELU (erf)", Source::guessed);
  expect(openai, "h14_fullcc2.5b.safetensors", "QuickGELU", Source::guessed);
  expect(openai, "metaclip_h14_altogether.safetensors", "GELU (erf)", Source::guessed);
  expect(openai, "DFN2B-CLIP-ViT-L-14-39B.safetensors", "GELU (erf)", Source::guessed);
  expect(openai, "dfn5b-clip.safetensors", "QuickGELU", Source::guessed);
  Edited training(kOpenAi);
  expect(training.only_with("state_dict.module."), "epoch_32.safetensors", "GELU (erf)", Source::guessed);
  EXPECT_EQ(training.open("epoch_32.safetensors")->report.family, "OpenCLIP");

  Edited archive(kOpenAi);
  archive.in("openclip_experiments").with("input_resolution").with("context_length").with("vocab_size");
  expect(archive, "ViT-B-32.safetensors", "QuickGELU", Source::implied);
  EXPECT_EQ(archive.open("ViT-B-32.safetensors")->report.family, "OpenAI CLIP");

  Edited described(kClip);
  described.beside("config.json",
                   R"({"model_type": "clip_vision_model", "hidden_size": 16, "num_attention_heads": 2})");
  expect(described, "model.safetensors", "QuickGELU", Source::implied);
}

/// Both libraries' configurations lie in the repositories of LAION and Apple, beside both libraries' files.
TEST(HalfUnderstood, EachLibrarysOwnConfigurationGoesBeforeTheOthers) {
  for (const auto& [family, activation] :
       std::vector<std::pair<const char*, const char*>>{{kOpenAi, "GELU (erf)"}, {kClip, "QuickGELU"}}) {
    for (const char* act : {R"(, "hidden_act": "quick_gelu")", ""}) {
      Edited file(family);
      file.beside("config.json", std::string(R"({"model_type": "clip", "vision_config": {"model_type":
        "clip_vision_model", "hidden_size": 16, "num_attention_heads": 2)") +
                                     act + "}}");
      file.beside("open_clip_config.json", R"({"model_cfg": {"vision_cfg": {"width": 16, "layers": 2}}})");
      EXPECT_EQ(fact(file.open(), "activation").value, activation) << family << act;
    }
  }
  Edited named(kOpenAi);
  named.beside("config.json", R"({"architecture": "vit_base_patch32_clip_quickgelu_224", "num_classes": 0,
    "model_args": {"embed_dim": 16, "depth": 2, "patch_size": 4, "num_heads": 2}})");
  EXPECT_EQ(fact(named.open(), "activation").value, "QuickGELU");
  EXPECT_EQ(fact(named.open(), "activation").source, Source::implied);
}

TEST(HalfUnderstood, WhatIsGuessedAndWarnedOfIsTold) {
  const auto told = [](const std::shared_ptr<const Model>& model) {
    std::vector<std::string> all;
    for (const Fact& doubt : doubts_of(model->report)) all.push_back(doubt_text(doubt));
    return all;
  };
  EXPECT_THAT(told(Edited(kClip).open()),
              testing::UnorderedElementsAre(HasSubstr("heads 1 is a guess: no file says it"),
                                            HasSubstr("activation QuickGELU is a guess: no file says it")));
  Edited described("hf_clip/model.safetensors");
  described.beside("config.json", R"({"model_type": "clip_vision_model", "hidden_size": 16, "num_attention_heads": 2,
    "hidden_act": "quick_gelu", "layer_norm_eps": 1e-5})");
  EXPECT_THAT(told(described.open()), testing::IsEmpty());
  described.beside("config.json", R"({"model_type": "clip_vision_model", "num_attention_heads": 2, "foo": 1})");
  EXPECT_THAT(told(described.open()), testing::ElementsAre(HasSubstr("foo")));
  EXPECT_THAT(told(load_model("random:C=48,L=2,h=4,P=8,S=32,K=5")), testing::IsEmpty()) << "it is what was asked for";
}

TEST(HalfUnderstood, AnArchitectureThatNobodyKnowsIsWarnedOf) {
  const std::string fields = R"("architecture": "vit_new_gap_patch16", "num_attention_heads": 3,
    "layer_norm_eps": 1e-6, "hidden_act": "gelu"})";
  Edited file(kSmall);
  EXPECT_THAT(warnings(file.beside("config.json", "{" + fields).open()), HasSubstr("vit_new_gap_patch16"));
  EXPECT_EQ(warnings(file.beside("config.json", R"({"model_type": "vit", )" + fields).open()), "")
      << "a class of Hugging Face's, whose defaults hold";
}

TEST(HalfUnderstood, AGraphThatContradictsAnyConfigurationIsSaid) {
  const TempFolder folder;
  const fs::path family = fs::path(HEADLIGHT_SOURCE_DIR) / "tests/golden/families/optimum_clip";
  for (const char* name : {"model.onnx", "config.json"}) fs::copy(family / name, folder.path() / name);
  const std::string graph = (folder.path() / "model.onnx").string();
  EXPECT_EQ(warnings(load_model(graph)), "");
  folder.write("open_clip_config.json", R"({"model_cfg": {"vision_cfg": {"width": 16, "layers": 2}}})");
  EXPECT_THAT(warnings(load_model(graph)), HasSubstr("The ONNX graph computes QuickGELU where no quick_gelu in"));
  EXPECT_EQ(fact(load_model(graph), "activation").value, "QuickGELU");
}

TEST(HalfUnderstood, OpenClipsOwnConfigurationIsReadInFull) {
  const auto with = [](const std::string& fields) {
    auto file = std::make_unique<Edited>(kOpenAi);
    file->beside("open_clip_config.json",
                 R"({"model_cfg": {"embed_dim": 8, "vision_cfg": {"image_size": 16, "layers": 2,
      "width": 16, "patch_size": 4)" +
                     fields + "}}}");
    return file;
  };
  const auto plain = with(R"(, "head_width": 4)")->open();
  EXPECT_EQ(plain->config.num_heads, 4);
  EXPECT_EQ(fact(plain, "heads").source, Source::read);
  EXPECT_EQ(fact(plain, "activation").value, "GELU (erf)");
  const auto changed = with(R"(, "act_kwargs": {"approximate": "tanh"}, "norm_kwargs": {"eps": 1e-3})")->open();
  EXPECT_EQ(fact(changed, "activation").value, "GELU (tanh)");
  EXPECT_FLOAT_EQ(changed->config.eps, 1e-3f);
  EXPECT_THAT(warnings(with(R"(, "foo": 3)")->open()), HasSubstr("foo"));
  EXPECT_THAT(with(R"(, "scaled_cosine_attn": true)")->refusal(), HasSubstr("scaled_cosine_attn"));
}

TEST(HalfUnderstood, AnArchitectureThatContradictsTheTensorsIsIgnoredAndThatIsSaid) {
  Edited file(kSmall);
  file.beside("config.json", R"({"architecture": "vit_large_patch16_224", "num_classes": 5})");
  const auto model = file.open();
  EXPECT_EQ(fact(model, "config").value, "ignored");
  EXPECT_THAT(fact(model, "config").reason, HasSubstr("vit_large_patch16_224"));
  EXPECT_EQ(fact(model, "heads").source, Source::guessed);
}

TEST(HalfUnderstood, AnArchitectureThatIsNotKnownImpliesNothing) {
  Edited file(kSmall);
  file.beside("config.json", R"({"architecture": "my_vit_rpn_patch4", "num_classes": 5})");
  const auto model = file.open();
  EXPECT_EQ(fact(model, "eps").source, Source::guessed);
  EXPECT_THAT(warnings(model), HasSubstr("my_vit_rpn_patch4"));
}

TEST(HalfUnderstood, ClaimsOfAConfigurationThatTheTensorsContradictAreRefused) {
  const auto with = [](const char* family, const std::string& fields) {
    Edited file(family);
    file.beside("config.json", R"({"architecture": "eva02_tiny_patch14_224", "num_classes": 5, "global_pool": "avg",
      "model_args": {"embed_dim": 16, "depth": 2, "num_heads": 2, "patch_size": 4, "img_size": 16)" +
                                   fields + "}}");
    return file.refusal();
  };
  const char* eva = "timm_eva02/model.safetensors";
  EXPECT_THAT(with(eva, ""), HasSubstr("opened as"));
  EXPECT_THAT(with(eva, R"(, "use_rot_pos_emb": true)"), HasSubstr("opened as"));
  EXPECT_THAT(with(eva, R"(, "use_rot_pos_emb": false)"), HasSubstr("rotary positions"));
  EXPECT_THAT(with(eva, R"(, "qk_norm": true)"), HasSubstr("does not have norms of queries and keys"));
  EXPECT_THAT(with(eva, R"(, "pre_norm": true)"), HasSubstr("does not have a norm before block 0"));
  EXPECT_THAT(with(eva, R"(, "class_token": false)"), HasSubstr("has a class token"));
  EXPECT_THAT(with(eva, R"(, "init_values": 1e-5)"), HasSubstr("does not have a layer scale"));
  EXPECT_THAT(with(eva, R"(, "init_values": 0)"), HasSubstr("opened as"));

  const auto gated = [](const std::string& fields) {
    Edited file("timm_dinov2_swiglu/model.safetensors");
    file.beside("config.json", R"({"architecture": "vit_giant_patch14_dinov2", "num_classes": 0, "model_args": {
      "embed_dim": 16, "depth": 2, "num_heads": 2, "patch_size": 4, "img_size": 16)" +
                                   fields + "}}");
    return file.refusal();
  };
  EXPECT_THAT(gated(""), HasSubstr("opened as"));
  EXPECT_THAT(gated(R"(, "mlp_layer": "SwiGLUPacked", "act_layer": "silu")"), HasSubstr("opened as"));
  EXPECT_THAT(gated(R"(, "mlp_layer": "SwiGLUPacked", "act_layer": "gelu")"), HasSubstr("gate"));
  EXPECT_THAT(gated(R"(, "mlp_layer": "GluMlp")"), HasSubstr("mlp_layer"));
}

TEST(HalfUnderstood, WhatAnOptimizerRemembersIsNoCopyOfTheNetwork) {
  for (const char* of_optimizer : {"opt.0.1.mu.", "optimizer.state.exp_avg.", "state.grads."}) {
    Edited both(kSmall);
    const auto model = both.only_with("params.").add(of_optimizer).open();
    EXPECT_EQ(model->report.copy, "params.") << of_optimizer;
    EXPECT_EQ(model->report.copies.size(), 1u) << of_optimizer;
    EXPECT_THAT(Edited(kSmall).only_with(of_optimizer).refusal(), HasSubstr("optimizer")) << of_optimizer;
  }
  // Flax kept the network inside of its optimizer; and a word may begin so.
  for (const char* network : {"opt.target.", "opt_encoder."}) {
    EXPECT_THAT(Edited(kSmall).only_with(network).refusal(), HasSubstr("opened as")) << network;
  }
}

TEST(HalfUnderstood, OfTwoCopiesTheAveragedOneIsTaken) {
  const auto taken = [](const std::string& one, const std::string& other) {
    return Edited(kSmall).only_with(one).add(other).open()->report.copy;
  };
  EXPECT_EQ(taken("state_dict.", "ema_state_dict.module."), "ema_state_dict.module.");   // torch's AveragedModel
  EXPECT_EQ(taken("teacher.backbone.", "gram_teacher.backbone."), "teacher.backbone.");  // DINOv3
  EXPECT_EQ(Edited(kSmall)
                .only_with("state_dict.backbone.")
                .add("ema_state_dict.module.backbone.")
                .with("ema_state_dict.steps")
                .open()
                ->report.copy,
            "state_dict.backbone.");                                                         // MMEngine
  EXPECT_EQ(taken("current_model_state.model.", "state_dict.model."), "state_dict.model.");  // Lightning
  EXPECT_EQ(taken("state_dict_ema.", "state_dict."), "state_dict_ema.");                     // timm
}

TEST(HalfUnderstood, WordsOfNamesCountAsAWhole) {
  EXPECT_EQ(Edited(kSmall).in("dinosaurs").open("finetuned.safetensors")->report.family, "timm ViT");
  EXPECT_EQ(Edited(kSmall).open("DINOv1_ViTs16_size224.safetensors")->report.family, "DINO");
  EXPECT_EQ(Edited(kSmall).in("dino-runs").open("finetuned.safetensors")->report.family, "DINO");
  EXPECT_EQ(Edited(kSmall).open("audiomae_pretrained.safetensors")->report.family, "timm ViT");
  EXPECT_EQ(Edited(kSmall).open("mae_pretrained.safetensors")->report.family, "MAE");
  // A configuration that says which network it is goes before the folder's name.
  Edited described(kSmall);
  described.in("dino-runs").beside("config.json", R"({"architecture": "vit_tiny_patch16_224", "num_classes": 5,
    "model_args": {"embed_dim": 12, "depth": 2, "num_heads": 3, "patch_size": 4, "img_size": 12}})");
  EXPECT_EQ(described.open()->report.family, "timm ViT");
}

TEST(HalfUnderstood, ATowersFieldsAreReadWhereverTheyStand) {
  Edited twice(kClip);
  twice.beside("config.json", R"({"model_type": "clip", "vision_config": {"model_type": "clip_vision_model",
    "hidden_size": 16, "num_attention_heads": 2, "num_hidden_layers": 2}, "vision_config_dict": {
    "hidden_act": "gelu", "num_attention_heads": 4}})");
  EXPECT_EQ(twice.open()->config.num_heads, 4);
  EXPECT_EQ(fact(twice.open(), "activation").value, "GELU (erf)");

  Edited worded(kSmall);
  worded.beside("config.json", R"({"encoder": "vitl", "features": 256})");
  EXPECT_THAT(worded.refusal(), HasSubstr("opened as"));

  Edited nested("hf_vit/model.safetensors");
  nested.beside("config.json", R"({"model_type": "vision-encoder-decoder", "encoder": {"model_type": "vit",
    "hidden_size": 16, "num_attention_heads": 4, "num_hidden_layers": 2, "layer_norm_eps": 1e-3},
    "decoder": {"hidden_size": 8}})");
  EXPECT_EQ(nested.open()->config.num_heads, 4);
  EXPECT_FLOAT_EQ(nested.open()->config.eps, 1e-3f);
}

}  // namespace
}  // namespace vit
