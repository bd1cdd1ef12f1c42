// Every checkpoint family against its own reference implementation: tests/golden/families/<case>/.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "engine/base/pool.h"
#include "engine/checkpoint/load_model.h"
#include "engine/containers/tensor_file.h"
#include "engine/maps/attention.h"
#include "engine/network/forward.h"
#include "engine/network/model.h"

namespace vit {
namespace {

const std::filesystem::path kFamilies = std::filesystem::path(HEADLIGHT_SOURCE_DIR) / "tests/golden/families";

std::vector<std::string> cases() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kFamilies)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_directory()) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

struct Golden {
  explicit Golden(const std::string& name) : file(open_tensor_file(kFamilies / name / "golden.safetensors")) {
    const auto& metadata = file->metadata();
    checkpoint = kFamilies / name;
    if (metadata.at("checkpoint") != ".") checkpoint /= metadata.at("checkpoint");
    if (metadata.count("num_heads") != 0) options.num_heads = std::stoi(metadata.at("num_heads"));
  }
  bool has(const std::string& tensor) const { return file->entries().count(tensor) != 0; }

  std::shared_ptr<const TensorFile> file;
  std::filesystem::path checkpoint;
  LoadOptions options;
};

std::shared_ptr<const Pixels> pixels_of(const Golden& golden, const std::string& suffix) {
  auto pixels = std::make_shared<Pixels>();
  const auto& shape = golden.file->entries().at("pixels" + suffix).shape;
  pixels->height = static_cast<int>(shape.at(1));
  pixels->width = static_cast<int>(shape.at(2));
  pixels->chw = golden.file->read_all("pixels" + suffix);
  return pixels;
}

/// The largest |a - b|, and the same over max(1, max|b|).
struct Distance {
  double largest = 0, scale = 1;
  void add(float value, float reference) {
    const double difference = std::abs(static_cast<double>(value) - reference);
    largest = std::isfinite(difference) ? std::max(largest, difference) : 1e30;
    scale = std::max(scale, std::abs(static_cast<double>(reference)));
  }
  double relative() const { return largest / scale; }
};

Distance compare(const Matrix& values, const std::vector<float>& reference) {
  Distance distance;
  if (static_cast<std::size_t>(values.rows()) * values.cols() != reference.size()) {
    ADD_FAILURE() << "(" << values.rows() << ", " << values.cols() << ") against " << reference.size() << " numbers";
    return distance;
  }
  for (int r = 0; r < values.rows(); ++r) {
    for (int c = 0; c < values.cols(); ++c) distance.add(values(r, c), reference[std::size_t(r) * values.cols() + c]);
  }
  return distance;
}

struct Errors {
  double attention = 0, hidden = 0, features = 0, pooled = 0, logits = 0;
};

Errors run(const std::shared_ptr<const Model>& model, const Golden& golden, const std::string& suffix,
           Kernel kernel = Kernel::tiled, bool with_maps = true) {
  Errors errors;
  Pool pool(1);
  Meter meter;
  Settings settings = trained_settings(model->config);
  settings.threads = 1;
  settings.kernel = kernel;
  const auto trace = forward({model, pixels_of(golden, suffix), settings}, meter, pool);
  for (int block = 0; block < model->config.depth; ++block) {
    const std::string index = std::to_string(block) + suffix;
    const std::vector<float> maps = golden.file->read_all("attention." + index);
    const std::size_t map = maps.size() / static_cast<std::size_t>(model->config.num_heads);
    for (int head = 0; with_maps && head < model->config.num_heads; ++head) {
      const auto begin = maps.begin() + static_cast<std::ptrdiff_t>(map) * head;
      const Distance d =
          compare(attention_head(*trace, block, head), {begin, begin + static_cast<std::ptrdiff_t>(map)});
      errors.attention = std::max(errors.attention, d.largest);
    }
    errors.hidden =
        std::max(errors.hidden, compare(trace->hidden(block), golden.file->read_all("hidden." + index)).relative());
  }
  if (golden.has("features" + suffix)) {
    errors.features = compare(trace->features, golden.file->read_all("features" + suffix)).relative();
  }
  if (golden.has("pooled" + suffix)) {
    const std::vector<float> reference = golden.file->read_all("pooled" + suffix);
    Matrix row(1, static_cast<int>(trace->pooled.size()));
    std::copy(trace->pooled.begin(), trace->pooled.end(), row.row(0));
    errors.pooled = compare(row, reference).relative();
  }
  for (std::size_t i = 0; golden.has("pool." + std::to_string(i) + suffix); ++i) {
    const Distance d = compare(trace->pool_shares.at(i), golden.file->read_all("pool." + std::to_string(i) + suffix));
    errors.attention = std::max(errors.attention, d.largest);
  }
  if (golden.has("logits" + suffix) && model->config.classes > 0) {
    const std::vector<float> reference = golden.file->read_all("logits" + suffix);
    EXPECT_EQ(trace->logits.size(), reference.size());
    Distance distance;
    for (std::size_t k = 0; k < std::min(reference.size(), trace->logits.size()); ++k) {
      distance.add(trace->logits[k], reference[k]);
    }
    errors.logits = distance.relative();
  }
  return errors;
}

void expect_within(const Errors& e, const std::string& what) {
  EXPECT_LE(e.attention, 2e-5) << what;
  EXPECT_LE(e.hidden, 1e-4) << what;
  EXPECT_LE(e.features, 1e-4) << what;
  EXPECT_LE(e.pooled, 1e-4) << what;
  EXPECT_LE(e.logits, 1e-4) << what;
}

class FamilyGolden : public testing::TestWithParam<std::string> {};

TEST_P(FamilyGolden, EqualsItsReference) {
  const Golden golden(GetParam());
  const auto model = load_model(golden.checkpoint.string(), golden.options);
  for (const std::string suffix : {"", ".wide"}) {
    if (!golden.has("pixels" + suffix)) continue;
    const Errors e = run(model, golden, suffix);
    std::printf("| %-26s | %-34s | %-5s | %.1e | %.1e | %.1e | %.1e | %.1e |\n", GetParam().c_str(),
                model->config.family.c_str(), suffix.empty() ? "own" : "wide", e.attention, e.hidden, e.features,
                e.pooled, e.logits);
    EXPECT_EQ(golden.has("logits"), model->config.classes > 0);
    expect_within(e, "tiled" + suffix);
    expect_within(run(model, golden, suffix, Kernel::eager), "eager" + suffix);
    expect_within(run(model, golden, suffix, Kernel::reference), "reference" + suffix);
  }
}

TEST_P(FamilyGolden, PreparesThePhotoAsTheFamilyDoes) {
  const Golden golden(GetParam());
  const auto model = load_model(golden.checkpoint.string(), golden.options);
  const Pixels pixels = preprocess(load_image(kFamilies / "photo.png"), model->preprocessing, model->config.patch_px);
  const std::vector<float> reference = golden.file->read_all("pixels");
  ASSERT_EQ(pixels.chw.size(), reference.size()) << describe(model->preprocessing);
  double largest = 0;
  const std::size_t plane = reference.size() / 3;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    const double step = 1 / (255.0 * model->preprocessing.std[i / plane]);
    largest = std::max(largest, std::abs(pixels.chw[i] - reference[i]) / step);
  }
  EXPECT_LE(largest, 1.01) << "of 255: " << describe(model->preprocessing);
}

INSTANTIATE_TEST_SUITE_P(Cases, FamilyGolden, testing::ValuesIn(cases()), [](const auto& test) { return test.param; });

/// What would go unnoticed if the goldens were too kind: each of these must move the numbers beyond the tolerance.
struct Mutation {
  const char* name;
  const char* golden;
  const char* suffix;
  std::function<void(Model&)> apply;
};

Linear transposed(const Linear& layer) {
  return Linear(
      layer.outputs(), layer.inputs(), 1,
      [&](int row, float* out) {
        for (int i = 0; i < layer.inputs(); ++i) out[i] = layer.weight(i, row);
      },
      layer.bias(), layer.table());
}

const std::vector<Mutation>& mutations() {
  using Rotary = PositionRule::Rotary;
  static const std::vector<Mutation> list = {
      {"positions antialiased", "dino", ".wide", [](Model& m) { m.config.position.antialias = true; }},
      {"positions without offset", "dinov2", ".wide", [](Model& m) { m.config.position.offset = 0; }},
      {"positions with offset", "timm_vit", ".wide", [](Model& m) { m.config.position.offset = 0.1; }},
      {"positions not antialiased", "dinov2_reg4", ".wide", [](Model& m) { m.config.position.antialias = false; }},
      {"positions not antialiased, timm", "timm_vit", ".wide", [](Model& m) { m.config.position.antialias = false; }},
      {"positions bilinear", "hf_vit", ".wide", [](Model& m) { m.config.position.bicubic = false; }},
      {"positions bicubic", "google_npz", ".wide", [](Model& m) { m.config.position.bicubic = true; }},
      {"eps of another family", "hf_clip", "", [](Model& m) { m.config.eps = 1e-3f; }},
      {"GELU for QuickGELU", "clip_openai", "", [](Model& m) { m.config.activation = Activation::gelu; }},
      {"GELU for its tanh form", "hf_siglip", "", [](Model& m) { m.config.activation = Activation::gelu; }},
      {"rotation of another base", "hf_dinov3", "", [](Model& m) { m.config.position.rope_base = 10000; }},
      {"no rotation", "timm_dinov3", "", [](Model& m) { m.config.position.rotary = Rotary::none; }},
      {"no rotation", "timm_eva02", "", [](Model& m) { m.config.position.rotary = Rotary::none; }},
      {"rotation of halves", "eva02", "", [](Model& m) { m.config.position.rotary = Rotary::halves; }},
      {"rotation of pairs", "hf_dinov3", "", [](Model& m) { m.config.position.rotary = Rotary::pairs; }},
      {"rotation of another base", "timm_rope_gap", "", [](Model& m) { m.config.position.rope_base = 100; }},
      {"rotation over another grid", "timm_eva02", ".wide", [](Model& m) { m.config.position.rope_side = 4; }},
      {"no positions beside the rotation", "timm_eva02", "", [](Model& m) { m.config.position.learned = false; }},
      {"no norm inside attention", "timm_eva02_clip", "",
       [](Model& m) {
         for (BlockWeights& b : m.blocks) b.attn_norm.reset();
       }},
      {"no norm inside the MLP", "eva02", "",
       [](Model& m) {
         for (BlockWeights& b : m.blocks) b.mlp_norm.reset();
       }},
      {"transposed projection", "paddle_vit", "", [](Model& m) { m.blocks[0].proj = transposed(m.blocks[0].proj); }},
      {"transposed projection", "google_npz", "", [](Model& m) { m.blocks[1].proj = transposed(m.blocks[1].proj); }},
      {"no layer scale", "deit3", "",
       [](Model& m) {
         for (BlockWeights& b : m.blocks) std::fill(b.layer_scale1.begin(), b.layer_scale1.end(), 1.f);
       }},
      {"no norm before block 0", "hf_clip", "", [](Model& m) { m.norm_pre.reset(), m.config.norm_pre = false; }},
      {"registers' positions", "dinov2_reg4", "",
       [](Model& m) {
         for (int c = 0; c < m.config.channels; ++c) m.position(1, c) += m.position(0, c);
       }},
      {"one head more", "timm_deit", "", [](Model& m) { m.config.num_heads = 4; }},
      {"distillation head left out", "deit_distilled", "", [](Model& m) { m.head_distilled.reset(); }},
      {"no relative positions in a block", "hf_beit", "",
       [](Model& m) {
         Matrix& ways = m.blocks[1].relative_bias;
         ways = Matrix(ways.rows(), ways.cols());
       }},
      {"relative positions the other way round", "timm_beit", "",
       [](Model& m) {
         Matrix& ways = m.blocks[0].relative_bias;
         for (int i = 0; i < (ways.rows() - 3) / 2; ++i)
           for (int h = 0; h < ways.cols(); ++h) std::swap(ways(i, h), ways(ways.rows() - 4 - i, h));
       }},
      {"the class token's ways exchanged", "timm_beitv2", "",
       [](Model& m) {
         Matrix& ways = m.relative_bias;
         for (int h = 0; h < ways.cols(); ++h) std::swap(ways(ways.rows() - 3, h), ways(ways.rows() - 2, h));
       }},
      {"the class token stands still", "hf_mlcd", "",
       [](Model& m) { std::fill(m.rope_class_angles.begin(), m.rope_class_angles.end(), 0.f); }},
      {"places from the middle", "hf_mlcd", "",
       [](Model& m) { m.config.position.rope_place = PositionRule::Place::centred; }},
      {"places without offset", "timm_pe_core", "", [](Model& m) { m.config.position.rope_offset = 0; }},
      {"rows before columns", "timm_pe_spatial", "", [](Model& m) { m.config.position.rope_columns_first = false; }},
      {"rows before columns", "timm_rope_axial", ".wide",
       [](Model& m) { m.config.position.rope_columns_first = false; }},
      {"places over another grid", "timm_pe_lang", "", [](Model& m) { m.config.position.rope_side = 16; }},
      {"heads of the pool", "timm_pe_core", "", [](Model& m) { m.attention_pool->heads = 2; }},
      {"the pool without the class token", "timm_pe_core", "", [](Model& m) { m.attention_pool->prefix_too = false; }},
      {"block 0's speeds in block 1", "timm_rope_mixed", "",
       [](Model& m) { std::copy_n(m.rope_frequencies.row(0), m.rope_frequencies.cols(), m.rope_frequencies.row(2)); }},
      {"no positions between blocks", "hf_yolos", "", [](Model& m) { m.mid_positions.clear(); }},
      {"patches from the corner", "hf_vitpose", "", [](Model& m) { m.config.patch_pad = 0; }},
      {"positions bicubic", "hf_tipsv2", ".wide", [](Model& m) { m.config.position.bicubic = true; }},
      {"no norm inside attention", "timm_beit3", "",
       [](Model& m) {
         for (BlockWeights& b : m.blocks) b.attn_norm.reset();
       }},
      {"no norm of the patches", "timm_aimv2", "", [](Model& m) { m.embed_norm.reset(); }},
      {"no norm of the patches' pixels", "vit_pytorch", "", [](Model& m) { m.patch_norm.reset(); }},
      {"another query of the pool", "timm_siglip", "",
       [](Model& m) {
         for (float& q : m.attention_pool->query) q *= 2;
       }},
      {"no MLP behind the pool", "hf_siglip", "", [](Model& m) { m.attention_pool->fc1.reset(); }},
      {"heads that do not talk before the softmax", "cait", "",
       [](Model& m) { m.blocks[1].mix_scores->weight = Matrix(2, 2); }},
      {"heads that do not talk behind it", "cait", "",
       [](Model& m) { m.blocks[1].mix_attention->bias.assign(2, 0.f); }},
      {"one class block", "cait", "", [](Model& m) { m.class_blocks.pop_back(); }},
      {"branches one behind the other", "timm_parallel", "",
       [](Model& m) {
         m.config.order = ModelConfig::Order::pre_norm;
         for (BlockWeights& b : m.blocks) b.norm2 = {b.norm1.weight, b.norm1.bias};
       }},
      {"queries not normalised", "timm_parallel_qk", "",
       [](Model& m) {
         for (BlockWeights& b : m.blocks) b.q_norm.reset();
       }},
      {"norms before the branches", "timm_rpn", "",
       [](Model& m) { m.config.order = ModelConfig::Order::pre_norm; }},
      {"norms before the branches", "timm_eva02_enormous", "",
       [](Model& m) { m.config.order = ModelConfig::Order::pre_norm; }},
      {"positions of the whole square", "radio", ".wide", [](Model& m) { m.config.position.of_square = false; }},
      {"corners stay", "hf_radio", "", [](Model& m) { m.config.position.corners = true; }},
      {"corners do not stay", "timm_naflex_radio", "", [](Model& m) { m.config.position.corners = false; }},
      {"positions bicubic", "hf_naflex", ".wide", [](Model& m) { m.config.position.bicubic = true; }},
      {"positions of the whole square", "timm_naflex", ".wide", [](Model& m) { m.config.position.of_square = false; }},
      {"GELU for the hyperbolic tangent", "timm_pre_logits", "",
       [](Model& m) {
         m.config.head_tanh = false;
         m.config.head_activation = Activation::gelu;
       }},
      {"no windows", "hf_sam", "", [](Model& m) { m.config.windows.clear(); }},
      {"windows in block 1", "timm_sam", "", [](Model& m) { m.config.windows[1] = 4; }},
      {"rows for columns", "hf_vitdet", "",
       [](Model& m) {
         for (BlockWeights& b : m.blocks) std::swap(b.row_positions, b.column_positions);
       }},
      {"relative positions of the stored grid", "hf_vitdet", ".wide",
       [](Model& m) { m.blocks[1].row_positions = Matrix(11, 8); }},
      {"positions bilinear", "vitdet", ".wide", [](Model& m) { m.config.position.bicubic = false; }},
      {"the blocks' eps behind the last one", "timm_sam_224", "", [](Model& m) { m.norm->own_eps = 1e-3f; }},
      {"no relative positions in a block", "timm_relpos", "",
       [](Model& m) { m.blocks[1].relative_bias = Matrix(m.blocks[1].relative_bias.rows(), 2); }},
      {"relative positions the other way round", "timm_srelpos_table", "",
       [](Model& m) {
         Matrix& ways = m.relative_bias;
         for (int i = 0; i < (ways.rows() - 3) / 2; ++i)
           for (int h = 0; h < ways.cols(); ++h) std::swap(ways(i, h), ways(ways.rows() - 4 - i, h));
       }},
      {"the class token's ways exchanged", "timm_relpos_table", "",
       [](Model& m) {
         Matrix& ways = m.blocks[0].relative_bias;
         for (int h = 0; h < ways.cols(); ++h) std::swap(ways(ways.rows() - 3, h), ways(ways.rows() - 2, h));
       }},
      {"norms before the branches", "timm_relpos_rpn", "",
       [](Model& m) { m.config.order = ModelConfig::Order::pre_norm; }},
      {"class token for the mean", "timm_fc_norm", "",
       [](Model& m) { m.config.pool = ModelConfig::Pool::class_token; }}};
  return list;
}

TEST(FamilyGolden, MutationsTurnThemRed) {
  for (const Mutation& mutation : mutations()) {
    const Golden golden(mutation.golden);
    const auto loaded = load_model(golden.checkpoint.string(), golden.options);
    mutation.apply(const_cast<Model&>(*loaded));  // load_model made it for this test alone
    const bool other_heads = loaded->config.num_heads != 2;
    const Errors e = run(loaded, golden, mutation.suffix, Kernel::tiled, !other_heads);
    EXPECT_TRUE(e.attention > 2e-5 || e.hidden > 1e-4 || e.features > 1e-4 || e.pooled > 1e-4 || e.logits > 1e-4)
        << mutation.name << " of " << mutation.golden << ": " << e.attention << ' ' << e.hidden << ' ' << e.features
        << ' ' << e.logits;
  }
}

}  // namespace
}  // namespace vit
