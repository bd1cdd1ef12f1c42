// The operator table against the published counts and against loops that count what they do.
#include "engine/cost/cost.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include <gtest/gtest.h>

namespace vit {
namespace {

ModelConfig plain_config(int depth, int channels, int heads, int patch, int side_px, int classes) {
  ModelConfig config;
  config.depth = depth;
  config.channels = channels;
  config.num_heads = heads;
  config.hidden = 4 * channels;
  config.patch_px = patch;
  config.grid_height = config.grid_width = side_px / patch;
  config.classes = classes;
  return config;
}

TokenGrid grid_of(const ModelConfig& config) {
  return {config.prefix_tokens(), config.grid_height, config.grid_width};
}

Settings settings_of(const ModelConfig& config, Kernel kernel = Kernel::eager) {
  Settings settings;
  settings.blocks.assign(static_cast<std::size_t>(config.depth), {config.num_heads, {}});
  settings.kernel = kernel;
  return settings;
}

double operations(const ModelConfig& config, Convention convention) {
  return CostTable(config, grid_of(config), settings_of(config)).total(Section::model, -1, convention).operations;
}

// ---- Published counts -----------------------------------------------------------------------------------------------

TEST(PublishedCounts, FvcoreAndThopOfVitTinyWithTwoClasses) {
  const ModelConfig tiny = plain_config(12, 192, 3, 16, 224, 2);
  EXPECT_DOUBLE_EQ(operations(tiny, Convention::fvcore), 1'258'219'584.0);
  EXPECT_DOUBLE_EQ(operations(tiny, Convention::thop), 1'078'442'112.0);
}

TEST(PublishedCounts, MacsOfPublishedNetworks) {
  const ModelConfig base16 = plain_config(12, 768, 12, 16, 224, 1000);
  EXPECT_NEAR(operations(base16, Convention::mac), 17.564e9, 0.0005e9);
  const ModelConfig base8 = plain_config(12, 768, 12, 8, 224, 1000);
  EXPECT_NEAR(operations(base8, Convention::mac), 78.15e9, 0.005e9);
  const ModelConfig dinov2 = plain_config(12, 768, 12, 14, 518, 0);
  EXPECT_NEAR(operations(dinov2, Convention::mac), 151.57e9, 0.005e9);
}

TEST(PublishedCounts, TheDifferenceBetweenToolsIsTheAttentionProducts) {
  const ModelConfig base16 = plain_config(12, 768, 12, 16, 224, 1000);
  const ModelConfig base8 = plain_config(12, 768, 12, 8, 224, 1000);
  const ModelConfig dinov2 = plain_config(12, 768, 12, 14, 518, 0);
  const auto without = [](const ModelConfig& config) {  // thop's count less its LayerNorms
    const double norms = 4.0 * (2 * config.depth + 1) * grid_of(config).tokens() * config.channels;
    return operations(config, Convention::thop) - norms;
  };
  EXPECT_NEAR(without(base16), 16.849e9, 0.0005e9);
  EXPECT_NEAR(without(base8), 66.79e9, 0.005e9);
  EXPECT_NEAR(without(dinov2), 116.98e9, 0.005e9);
}

TEST(PublishedCounts, ClosedFormOfAPlainNetwork) {
  const ModelConfig config = plain_config(5, 48, 6, 4, 32, 7);
  const double L = 5, N = 65, C = 48, P = 4, K = 7;
  const double macs = L * (12 * N * C * C + 2 * N * N * C) + (N - 1) * C * 3 * P * P + C * K;
  EXPECT_DOUBLE_EQ(operations(config, Convention::mac), macs);
  EXPECT_DOUBLE_EQ(operations(config, Convention::flop), 2 * macs);
}

TEST(Textbook, TheAttentionModuleIsFourNCSquaredTwoNSquaredCAndNSquaredH) {
  const ModelConfig config = plain_config(2, 48, 6, 4, 32, 7);
  const CostTable table(config, grid_of(config), settings_of(config));
  const double N = 65, C = 48, h = 6;
  EXPECT_DOUBLE_EQ(table.total(Section::attention, 0, Convention::textbook).operations,
                   4 * N * C * C + 2 * N * N * C + N * N * h);
}

// ---- Counted loops --------------------------------------------------------------------------------------------------

struct Count {
  double macs = 0, elements = 0;
};

/// Walks through a forward pass as plain loops and counts multiply-adds and element operations where they happen.
class CountedPass {
 public:
  CountedPass(const ModelConfig& config, const Settings& settings, int image_height, int image_width)
      : c_(config), s_(settings) {
    patches_ = (image_height / c_.patch_px) * (image_width / c_.patch_px);
    prefix_ = (c_.class_token ? 1 : 0) + c_.more_class_tokens + (c_.distillation_token ? 1 : 0) + c_.registers +
              c_.detection_tokens;
    tokens_ = patches_ + prefix_;
  }

  std::map<Op, Count> outside() {
    counts_.clear();
    if (c_.patch_norm) norm(Op::patch_norm, patches_, c_.input_channels * c_.patch_px * c_.patch_px);
    linear(Op::patch_embed, patches_, c_.input_channels * c_.patch_px * c_.patch_px, c_.channels, c_.patch_bias);
    if (c_.embed_norm) norm(Op::embed_norm, patches_);
    if (c_.position.learned)
      for (int t = c_.position.covers_prefix ? 0 : prefix_; t < tokens_; ++t)
        for (int i = 0; i < c_.channels; ++i) counts_[Op::position].elements += 1;
    if (c_.mid_positions) {
      for (int between = 1; between < c_.depth; ++between) each(Op::mid_position, tokens_ * c_.channels, 1);
    }
    if (c_.norm_pre) norm(Op::norm_pre, tokens_);
    if (c_.fc_norm) {
      norm(Op::norm, 1);
    } else if (c_.final_norm) {
      norm(Op::norm, tokens_);
    }
    if (c_.pool == ModelConfig::Pool::attention) pool();
    if (c_.classes > 0) head();
    return counts_;
  }

  std::map<Op, Count> block(int b) {
    counts_.clear();
    const int heads = s_.heads(b);
    norm(Op::norm1, tokens_);
    linear(Op::qkv, tokens_, c_.channels, 3 * c_.channels, c_.qkv_bias && s_.qkv_bias);
    if (c_.position.rotary != PositionRule::Rotary::none) {
      const int turned = c_.position.turns_class ? tokens_ : patches_;
      for (int channel = 0; channel < 2 * c_.channels; ++channel) each(Op::rope, turned, 3);  // x·cos ± y·sin
    }
    for (int head = 0; head < heads; ++head) attend(c_.channels / heads);
    if (c_.attn_norm) norm(Op::attn_norm, tokens_);
    linear(Op::proj, tokens_, c_.channels, c_.channels, true);
    if (s_.training && s_.proj_drop > 0) each(Op::proj_drop, tokens_ * c_.channels, 1);
    if (c_.layer_scale) each(Op::layer_scale1, tokens_ * c_.channels, 1);
    each(Op::residual1, tokens_ * c_.channels, 1);
    norm(Op::norm2, tokens_);
    linear(Op::fc1, tokens_, c_.channels, c_.swiglu ? 2 * c_.hidden : c_.hidden, true);
    for (int i = 0; i < tokens_ * c_.hidden; ++i) activate();
    if (c_.mlp_norm) norm(Op::mlp_norm, tokens_, c_.hidden);
    linear(Op::fc2, tokens_, c_.hidden, c_.channels, true);
    if (c_.layer_scale) each(Op::layer_scale2, tokens_ * c_.channels, 1);
    each(Op::residual2, tokens_ * c_.channels, 1);
    return counts_;
  }

 private:
  void each(Op op, int count, int operations) {
    for (int i = 0; i < count; ++i) counts_[op].elements += operations;
  }
  void linear(Op op, int rows, int inputs, int outputs, bool bias) {
    for (int r = 0; r < rows; ++r)
      for (int o = 0; o < outputs; ++o) {
        for (int i = 0; i < inputs; ++i) counts_[op].macs += 1;
        if (bias) counts_[op].elements += 1;
      }
  }
  void norm(Op op, int rows) { norm(op, rows, c_.channels); }
  void norm(Op op, int rows, int columns) {
    double& n = counts_[op].elements;
    for (int r = 0; r < rows; ++r) {
      if (c_.rms_norm) {
        for (int i = 0; i < columns; ++i) n += 2;      // square, add
        for (int i = 0; i < columns; ++i) n += 1 + 1;  // · 1/σ; · weight
        continue;
      }
      for (int i = 0; i < columns; ++i) n += 1;      // sum
      for (int i = 0; i < columns; ++i) n += 1 + 2;  // − mean; square, add
      for (int i = 0; i < columns; ++i) n += 1 + 2;  // · 1/σ; · weight, + bias
    }
  }
  void attend(int head_dim) {
    for (int query = 0; query < tokens_; ++query) {
      for (int key = 0; key < tokens_; ++key) {
        for (int i = 0; i < head_dim; ++i) counts_[Op::scores].macs += 1;
        counts_[Op::scale].elements += 1;
        if (c_.relative_bias != ModelConfig::RelativeBias::none) counts_[Op::relative_bias].elements += 1;
      }
      for (int key = 0; key < tokens_; ++key) counts_[Op::softmax].elements += 1;          // maximum
      for (int key = 0; key < tokens_; ++key) counts_[Op::softmax].elements += 1 + 1 + 1;  // −, exp, sum
      for (int key = 0; key < tokens_; ++key) counts_[Op::softmax].elements += 1;          // · 1/sum
      if (s_.training && s_.attn_drop > 0)
        for (int key = 0; key < tokens_; ++key) counts_[Op::attn_drop].elements += 1;
      for (int i = 0; i < head_dim; ++i)
        for (int key = 0; key < tokens_; ++key) counts_[Op::attn_v].macs += 1;
    }
  }
  void activate() {
    int n = 0;
    const auto op = [&n](double value) {
      ++n;
      return value;
    };
    const double x = 0.3, gate = 0.2;
    if (c_.swiglu) {
      op(op(gate / op(1 + op(std::exp(op(-gate))))) * x);
    } else if (c_.activation == Activation::gelu) {
      op(op(0.5 * x) * op(1 + op(std::erf(op(x * M_SQRT1_2)))));
    } else if (c_.activation == Activation::quick_gelu) {
      op(x / op(1 + op(std::exp(op(-1.702 * x)))));
    } else if (c_.activation == Activation::relu) {
      op(std::max(x, 0.0));
    } else if (c_.activation == Activation::silu) {
      op(x / op(1 + op(std::exp(op(-x)))));
    } else {
      const double cube = op(op(x * x) * x);
      op(op(0.5 * x) * op(1 + op(std::tanh(op(0.79788456 * op(x + op(0.044715 * cube)))))));
    }
    counts_[Op::gelu].elements += n;
  }
  /// Keys and values of all tokens, one query, its projection, and an MLP with its residual.
  void pool() {
    linear(Op::pool, tokens_, c_.channels, 2 * c_.channels, true);
    for (int head = 0; head < c_.num_heads; ++head)
      for (int key = 0; key < tokens_; ++key)
        for (int i = 0; i < c_.channels / c_.num_heads; ++i) counts_[Op::pool].macs += 2;
    linear(Op::pool, 1, c_.channels, c_.channels, true);
    if (c_.pool_hidden == 0) return;
    linear(Op::pool, 1, c_.channels, c_.pool_hidden, true);
    each(Op::pool, c_.pool_hidden, 5);  // GELU
    linear(Op::pool, 1, c_.pool_hidden, c_.channels, true);
    each(Op::pool, c_.channels, 1);
  }
  void head() {
    using Pool = ModelConfig::Pool;
    const bool both = c_.pool == Pool::class_and_mean;
    if (c_.pool == Pool::mean_patches || both) each(Op::head, patches_ * c_.channels, 1);
    int inputs = both ? 2 * c_.channels : c_.channels;
    if (c_.head_hidden > 0) {
      linear(Op::head, 1, inputs, c_.head_hidden, true);
      each(Op::head, c_.head_hidden, 5);  // GELU
      inputs = c_.head_hidden;
    }
    linear(Op::head, 1, inputs, c_.classes, true);
    if (c_.pool == Pool::mean_with_distilled) {
      linear(Op::head, 1, c_.channels, c_.classes, true);
      each(Op::head, c_.classes, 2);  // add, halve
    }
  }

  const ModelConfig& c_;
  const Settings& s_;
  int patches_ = 0, prefix_ = 0, tokens_ = 0;
  std::map<Op, Count> counts_;
};

struct Case {
  std::string name;
  ModelConfig config;
  Settings settings;
  int height_px = 0, width_px = 0;
};

Case make_case(const std::string& name, ModelConfig config, int height_patches, int width_patches,
               std::vector<int> heads = {}) {
  Case c{.name = name,
         .config = config,
         .settings = settings_of(config),
         .height_px = height_patches * config.patch_px,
         .width_px = width_patches * config.patch_px};
  if (!heads.empty()) c.settings.set_heads(heads);
  return c;
}

std::vector<Case> cases() {
  std::vector<Case> all;
  all.push_back(make_case("plain", plain_config(2, 12, 3, 2, 6, 5), 3, 3));
  all.push_back(make_case("heads by block, not square", plain_config(3, 12, 3, 2, 6, 5), 2, 5, {1, 12, 4}));
  all.push_back(make_case("no bias", plain_config(1, 8, 2, 2, 4, 3), 2, 2));
  all.back().settings.qkv_bias = false;
  all.push_back(make_case("dropout", plain_config(2, 8, 2, 2, 4, 3), 2, 2));
  all.back().settings.training = true;
  all.back().settings.attn_drop = 0.2f;
  all.back().settings.proj_drop = 0.1f;
  ModelConfig clip = plain_config(1, 8, 2, 2, 4, 3);
  clip.norm_pre = true;
  clip.patch_bias = false;
  clip.activation = Activation::quick_gelu;
  all.push_back(make_case("CLIP-like", clip, 2, 3));
  ModelConfig dinov2 = plain_config(2, 12, 2, 2, 4, 0);
  dinov2.layer_scale = true;
  dinov2.registers = 4;
  dinov2.position.covers_prefix = false;
  dinov2.swiglu = true;
  dinov2.hidden = 10;
  all.push_back(make_case("DINOv2-like", dinov2, 3, 2));
  ModelConfig both = plain_config(1, 8, 2, 2, 4, 3);
  both.pool = ModelConfig::Pool::class_and_mean;
  both.activation = Activation::silu;
  both.input_channels = 1;
  all.push_back(make_case("class token and mean, one channel", both, 2, 3));
  ModelConfig two_layers = plain_config(1, 8, 2, 2, 4, 3);
  two_layers.head_hidden = 6;
  two_layers.head_activation = Activation::gelu;
  two_layers.activation = Activation::relu;
  all.push_back(make_case("head of two layers", two_layers, 2, 2));
  ModelConfig mean = plain_config(1, 8, 2, 2, 4, 3);
  mean.pool = ModelConfig::Pool::mean_patches;
  mean.class_token = false;
  mean.fc_norm = true;
  mean.qkv_bias = false;
  mean.activation = Activation::gelu_tanh;
  all.push_back(make_case("mean pooled", mean, 2, 2));
  ModelConfig dinov3 = plain_config(2, 12, 3, 2, 6, 0);
  dinov3.position.learned = false;
  dinov3.position.rotary = PositionRule::Rotary::halves;
  dinov3.registers = 4;
  dinov3.layer_scale = true;
  all.push_back(make_case("DINOv3-like", dinov3, 3, 3));
  ModelConfig eva02 = plain_config(2, 12, 3, 2, 6, 4);
  eva02.position.rotary = PositionRule::Rotary::pairs;
  eva02.swiglu = true;
  eva02.hidden = 10;
  eva02.attn_norm = true;
  eva02.mlp_norm = true;
  all.push_back(make_case("EVA-02-like", eva02, 2, 3));
  ModelConfig yolos = plain_config(3, 12, 3, 2, 6, 0);
  yolos.detection_tokens = 5;
  yolos.mid_positions = true;
  all.push_back(make_case("YOLOS-like", yolos, 2, 3));
  ModelConfig mlcd = plain_config(2, 12, 3, 2, 6, 0);
  mlcd.position.rotary = PositionRule::Rotary::halves;
  mlcd.position.turns_class = true;
  all.push_back(make_case("MLCD-like", mlcd, 2, 3));
  ModelConfig beit = plain_config(2, 12, 3, 2, 6, 4);
  beit.position.learned = false;
  beit.relative_bias = ModelConfig::RelativeBias::of_each_block;
  beit.layer_scale = true;
  beit.fc_norm = true;
  beit.pool = ModelConfig::Pool::mean_patches;
  all.push_back(make_case("BEiT-like", beit, 3, 3));
  ModelConfig aimv2 = plain_config(2, 12, 3, 2, 6, 4);
  aimv2.class_token = false;
  aimv2.rms_norm = true;
  aimv2.patch_norm = true;
  aimv2.embed_norm = true;
  aimv2.pool = ModelConfig::Pool::attention;
  aimv2.pool_hidden = 10;
  all.push_back(make_case("RMSNorm and an attention pool", aimv2, 2, 3));
  ModelConfig distilled = plain_config(1, 8, 2, 2, 4, 3);
  distilled.distillation_token = true;
  distilled.pool = ModelConfig::Pool::mean_with_distilled;
  all.push_back(make_case("distilled", distilled, 2, 2));
  return all;
}

TEST(CountedLoops, EveryRowOfEveryBlock) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.name);
    const TokenGrid grid = {c.config.prefix_tokens(), c.height_px / c.config.patch_px, c.width_px / c.config.patch_px};
    const CostTable table(c.config, grid, c.settings);
    CountedPass pass(c.config, c.settings, c.height_px, c.width_px);
    for (int block = -1; block < c.config.depth; ++block) {
      std::map<Op, Count> counted = block < 0 ? pass.outside() : pass.block(block);
      for (int i = 0; i < kOpCount; ++i) {
        const Op op = static_cast<Op>(i);
        if (is_block_op(op) != (block >= 0)) continue;
        const Totals cost = table.cost(op, block, Convention::mac);
        EXPECT_EQ(cost.macs, counted[op].macs) << id_of(op) << ", block " << block;
        EXPECT_EQ(cost.element_ops, counted[op].elements) << id_of(op) << ", block " << block;
      }
    }
  }
}

TEST(CountedLoops, WithElementOperationsIsTheSumOfBoth) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.name);
    const TokenGrid grid = {c.config.prefix_tokens(), c.height_px / c.config.patch_px, c.width_px / c.config.patch_px};
    const Totals total = CostTable(c.config, grid, c.settings).total(Section::model, -1, Convention::elements);
    EXPECT_EQ(total.operations, 2 * total.macs + total.element_ops);
  }
}

// ---- Bytes ----------------------------------------------------------------------------------------------------------

TEST(CostBytes, TiledWritesNoScores) {
  const ModelConfig config = plain_config(2, 12, 3, 2, 6, 5);
  for (const Operator& row : operator_table(config, settings_of(config, Kernel::tiled)))
    EXPECT_FALSE(row.floats.contains(Symbol::h)) << id_of(row.op) << ": " << formula(row.floats);
}

TEST(CostBytes, EagerAttentionMovesEveryScoreSixTimes) {
  const ModelConfig config = plain_config(2, 12, 3, 2, 6, 5);
  const CostTable eager(config, grid_of(config), settings_of(config, Kernel::eager));
  const CostTable tiled(config, grid_of(config), settings_of(config, Kernel::tiled));
  const auto bytes = [](const CostTable& table) { return table.total(Section::attention, 0, Convention::mac).bytes; };
  const double n = 10, c = 12, h = 3;
  // q·kᵀ, scale and softmax write the scores, and each one's successor reads them: six times; and split and merge copy
  // 3·N·C and N·C numbers twice.
  EXPECT_EQ(bytes(eager) - bytes(tiled), 4 * (6 * n * n * h + 8 * n * c));
}

TEST(CostBytes, Bf16WeightsTakeHalfAndSoDoesWhatStandsBetweenTheMlpsLayers) {
  const ModelConfig config = plain_config(1, 12, 3, 2, 6, 5);
  Settings settings = settings_of(config, Kernel::tiled);
  const CostTable exact(config, grid_of(config), settings);
  settings.precision = Precision::bf16;
  const CostTable rounded(config, grid_of(config), settings);
  const double n = 10, c = 12;
  for (const auto& [op, halved] : {std::pair(Op::qkv, 3 * c * c), std::pair(Op::proj, c * c),
                                   std::pair(Op::fc1, 48 * c + 48 * n), std::pair(Op::fc2, 48 * c + 48 * n)}) {
    EXPECT_EQ(exact.cost(op, 0, Convention::mac).bytes - rounded.cost(op, 0, Convention::mac).bytes, 2 * halved)
        << id_of(op);
    EXPECT_EQ(exact.cost(op, 0, Convention::mac).macs, rounded.cost(op, 0, Convention::mac).macs) << id_of(op);
  }
  EXPECT_EQ(exact.cost(Op::patch_embed, -1, Convention::mac).bytes,
            rounded.cost(Op::patch_embed, -1, Convention::mac).bytes);

  settings.bf16.fc2 = false;  // reads floats
  const CostTable half(config, grid_of(config), settings);
  EXPECT_EQ(exact.cost(Op::fc1, 0, Convention::mac).bytes - half.cost(Op::fc1, 0, Convention::mac).bytes, 2 * 48 * c);
  EXPECT_EQ(exact.cost(Op::fc2, 0, Convention::mac).bytes, half.cost(Op::fc2, 0, Convention::mac).bytes);
}

TEST(CostBytes, AFusedRowMovesOnlyWhatItAdds) {
  const ModelConfig config = plain_config(1, 12, 3, 2, 6, 5);
  const Settings settings = settings_of(config, Kernel::tiled);
  const CostTable table(config, grid_of(config), settings);
  const double n = 10, c = 12;
  EXPECT_EQ(table.cost(Op::gelu, 0, Convention::mac).bytes, 0);
  EXPECT_EQ(table.cost(Op::residual1, 0, Convention::mac).bytes, 4 * n * c);
  EXPECT_EQ(table.cost(Op::fc1, 0, Convention::mac).bytes, 4 * (n * c + c * 48 + 48 + n * 48));
  EXPECT_EQ(table.find(Op::gelu)->fused_into, Op::fc1);
  EXPECT_EQ(table.find(Op::softmax)->fused_into, std::nullopt);
}

TEST(CostBytes, NoRowIsFusedIntoAFusedOrMissingRow) {
  for (const Case& c : cases()) {
    for (Kernel kernel : {Kernel::eager, Kernel::tiled, Kernel::reference}) {
      Settings settings = c.settings;
      settings.kernel = kernel;
      const std::vector<Operator> rows = operator_table(c.config, settings);
      for (const Operator& row : rows) {
        if (!row.fused_into) continue;
        const auto host =
            std::find_if(rows.begin(), rows.end(), [&](const Operator& o) { return o.op == row.fused_into; });
        ASSERT_NE(host, rows.end()) << c.name << ", " << id_of(row.op);
        EXPECT_FALSE(host->fused_into) << c.name << ", " << id_of(row.op) << " into " << id_of(host->op);
      }
    }
  }
}

// ---- Rows and controls ----------------------------------------------------------------------------------------------

TEST(CostRows, StandInTheOrderOfThePassAndOptionalOnesOnlyWhereTheNetworkHasThem) {
  const auto ids = [](const ModelConfig& config) {
    std::string list;
    for (const Operator& row : operator_table(config, settings_of(config))) list += std::string(id_of(row.op)) + " ";
    return list;
  };
  ModelConfig config = plain_config(1, 12, 3, 2, 6, 5);
  EXPECT_EQ(ids(config),
            "patch_embed position norm1 qkv split scores scale softmax attn_drop attn_v merge proj proj_drop residual1 "
            "norm2 fc1 gelu fc2 residual2 norm head ");
  config.norm_pre = config.layer_scale = true;
  config.classes = 0;
  EXPECT_EQ(ids(config),
            "patch_embed position norm_pre norm1 qkv split scores scale softmax attn_drop attn_v merge proj proj_drop "
            "layer_scale1 residual1 norm2 fc1 gelu fc2 layer_scale2 residual2 norm ");
}

TEST(CostRows, LightUpForTheControlThatChangesThem) {
  const ModelConfig config = plain_config(1, 12, 3, 2, 6, 5);
  const CostTable eager(config, grid_of(config), settings_of(config, Kernel::eager));
  const CostTable tiled(config, grid_of(config), settings_of(config, Kernel::tiled));
  EXPECT_EQ(eager.effect(Op::softmax, Control::heads), Effect::operations);
  EXPECT_EQ(eager.effect(Op::scores, Control::heads), Effect::bytes);
  EXPECT_EQ(tiled.effect(Op::scores, Control::heads), Effect::none);
  EXPECT_EQ(tiled.effect(Op::scale, Control::heads), Effect::operations);
  EXPECT_EQ(eager.effect(Op::qkv, Control::heads), Effect::none);
  EXPECT_EQ(eager.effect(Op::qkv, Control::qkv_bias), Effect::operations);
  EXPECT_EQ(eager.effect(Op::proj, Control::qkv_bias), Effect::none);
  EXPECT_EQ(eager.effect(Op::attn_drop, Control::attn_drop), Effect::operations);
  EXPECT_EQ(eager.effect(Op::proj_drop, Control::attn_drop), Effect::none);
  EXPECT_EQ(eager.effect(Op::residual1, Control::proj_drop), Effect::bytes) << "no longer fused";
  EXPECT_EQ(eager.effect(Op::split, Control::kernel), Effect::bytes);
  EXPECT_EQ(eager.effect(Op::head, Control::input_size), Effect::none);
  EXPECT_EQ(eager.effect(Op::qkv, Control::input_size), Effect::operations);
}

TEST(CostRows, TotalsAreTheSumsOfTheirRows) {
  const ModelConfig config = plain_config(3, 12, 3, 2, 6, 5);
  Settings settings = settings_of(config);
  settings.set_heads({1, 3, 12});
  const CostTable table(config, grid_of(config), settings);
  const auto ops = [&](Section section, int block) {
    return table.total(section, block, Convention::elements).operations;
  };
  double outside = 0;
  for (Op op : {Op::patch_embed, Op::position, Op::norm, Op::head})
    outside += table.cost(op, -1, Convention::elements).operations;
  EXPECT_EQ(ops(Section::model, -1),
            outside + ops(Section::block, 0) + ops(Section::block, 1) + ops(Section::block, 2));
  EXPECT_EQ(ops(Section::attention, 2) - ops(Section::attention, 0), 6 * 10 * 10 * (12 - 1))
      << "scale and softmax are all that depends on the heads";
}

}  // namespace
}  // namespace vit
