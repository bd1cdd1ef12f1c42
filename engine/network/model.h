// A Vision Transformer ready to run: sizes validated once, weights packed once, immutable and shared.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/choices.h"
#include "engine/base/matrix.h"
#include "engine/image/preprocessing.h"
#include "engine/network/linear.h"

namespace vit {

/// How the position embedding follows another input size; see the reference implementations of each family.
struct PositionRule {
  bool learned = true;        // an embedding is added to the tokens
  bool antialias = true;      // timm, DINOv2 with registers; false: DINO, DINOv2, Hugging Face
  bool bicubic = true;        // false: bilinear (Google's npz)
  double offset = 0.0;        // 0.1: DINO and DINOv2 derive the scale from (size + 0.1) / grid
  bool covers_prefix = true;  // false: prefix tokens have no position (timm's no_embed_class)
  bool resampled = true;      // false: the family runs at its own size only
  bool looked_up = false;     // … because places at other sizes are rounded to stored ones (Idefics 2)
  bool corners = false;       // resampled so that the outermost positions stay (torch's align_corners)
  bool of_square = false;     // resampled to a square of the longer side, of which the upper left part counts (RADIO)
  /// Queries and keys turn by their place (RoPE), half of a head's d channels with the row, half with the column.
  ///   halves   channels i and i + d/2 turn together (DINOv3, MLCD)
  ///   pairs    channels 2i and 2i + 1 turn together (EVA-02, rope-vit, Perception Encoder)
  enum class Rotary : std::uint8_t { none, halves, pairs } rotary = Rotary::none;
  /// Where a patch is on its axis.
  ///   centred  from -1 to 1, times 2π (DINOv3)
  ///   scaled   (index + rope_offset) · rope_side / patches of the axis (EVA-02, Perception Encoder)
  ///   counted  its index (rope-vit, MLCD)
  enum class Place : std::uint8_t { centred, scaled, counted } rope_place = Place::centred;
  double rope_base = 100;  // pair i of an axis turns base^(-4i/d) times as fast as its first
  int rope_side = 16;
  double rope_offset = 0;
  bool rope_columns_first = false;  // the first half of the channels turns with the column
  bool turns_class = false;         // the class token turns, too, by angles of its own (MLCD)
  bool learned_speeds = false;      // each block and head has its own in place of those from rope_base (rope-vit mixed)
  bool operator==(const PositionRule&) const = default;
};

/// Those that an MLP can have.
std::span<const Choice<Activation>> choices(Activation);

/// Sizes and conventions of one network. L depth, C channels, h heads, M hidden, P patch, K classes.
struct ModelConfig {
  std::string family;        // "timm ViT"
  std::string architecture;  // "vit_tiny_patch16_224", or empty
  int depth = 0;             // L
  int channels = 0;          // C
  int num_heads = 0;         // h, as trained; divides C
  int hidden = 0;            // M, inputs of fc2
  int patch_px = 0;          // P
  int input_channels = 3;    // 3: RGB, 1: luminance
  int grid_height = 0;       // patches, of the stored position embedding
  int grid_width = 0;
  int classes = 0;  // K, 0 for a network without a head
  bool class_token = true;
  int more_class_tokens = 0;  // behind the first (Pixio)
  bool distillation_token = false;
  int registers = 0;
  int detection_tokens = 0;  // each becomes a box (YOLOS, which has them behind the patches)
  bool qkv_bias = true;
  bool patch_bias = true;
  int patch_pad = 0;        // px of zeros around the picture, from whose corner patches are cut (ViTPose)
  bool patch_norm = false;  // norm of a patch's pixels before they are embedded (vit-pytorch)
  bool embed_norm = false;  // norm of the patches before their positions are added (AIMv2)
  bool norm_pre = false;    // LayerNorm before block 0 (CLIP)
  bool final_norm = true;   // LayerNorm after the last block
  /// Where a block's norms and branches stand.
  ///   pre_norm   x₁ = x + attention(norm1(x)), y = x₁ + MLP(norm2(x₁))
  ///   post_norm  x₁ = x + norm1(attention(x)), y = x₁ + norm2(MLP(x₁)): Swin V2's, EVA-02 enormous
  ///   parallel   y = x + attention(norm1(x)) + MLP(norm1(x)): ViT-22B's
  enum class Order : std::uint8_t { pre_norm, post_norm, parallel } order = Order::pre_norm;
  bool qk_norm = false;        // each head's queries and keys are normalised before they meet (ViT-22B)
  bool talking_heads = false;  // heads are mixed before and after the softmax (Shazeer et al. 2020; CaiT)
  int class_blocks = 0;        // behind the blocks, in which a class token alone looks (CaiT): see ClassBlock
  bool layer_scale = false;
  bool swiglu = false;     // fc1 makes 2M: silu(gate)·x
  bool attn_norm = false;  // LayerNorm of the heads' outputs before proj (EVA-02 CLIP)
  bool mlp_norm = false;   // LayerNorm before fc2 (EVA-02)
  /// What the head reads. class_and_mean: 2C numbers, the class token and then the mean of the patches (DINOv2).
  /// attention: what a learned query makes of the tokens, see AttentionPool, or class blocks do.
  enum class Pool : std::uint8_t { class_token, mean_patches, mean_with_distilled, class_and_mean, attention };
  Pool pool = Pool::class_token;
  bool pool_before_norm = false;  // it reads the last block's output, not the features (Hugging Face CLIP)
  bool fc_norm = false;           // LayerNorm after pooling in place of before it
  int head_hidden = 0;            // outputs of the head's first layer where it has two, else 0
  Activation head_activation = Activation::none;  // between those two, or
  bool head_tanh = false;                         // a hyperbolic tangent (pre_logits of the first ViTs)
  Activation activation = Activation::gelu;
  int pool_hidden = 0;    // Pool::attention: hidden width of its MLP, 0 where it has none
  bool rms_norm = false;  // the norms are RMSNorm
  float eps = 1e-6f;      // of every norm that has none of its own
  PositionRule position;
  bool mid_positions = false;  // other positions are added to the tokens behind every block but the last (YOLOS)
  /// Learned numbers that attention adds to its scores for where a key lies as seen from its query (BEiT).
  enum class RelativeBias : std::uint8_t { none, of_each_block, shared };
  RelativeBias relative_bias = RelativeBias::none;
  bool axis_positions = false;    // the same for its distance along each axis, times the query (SAM): AxisPositions
  std::vector<int> windows = {};  // (L) patches on a side of the squares that a block's attention works in, 0: it sees
                                  // all tokens; empty: so do all blocks
  bool operator==(const ModelConfig&) const = default;

  /// The tokens before the patches, in this order: class, distillation, registers, detection.
  int prefix_tokens() const { return class_tokens() + (distillation_token ? 1 : 0) + registers + detection_tokens; }
  int class_tokens() const { return class_token ? 1 + more_class_tokens : 0; }
  std::string prefix_name(int token) const;  // "class token", "distillation token", "register 2"
  int window(int block) const { return windows.empty() ? 0 : windows[static_cast<std::size_t>(block)]; }
  /// How many keys a query of a block looks at, padding included.
  int keys_seen(int block, int tokens) const {
    const int side = window(block);
    return side > 0 ? side * side : tokens;
  }
  /// Empty, or why no other head count than the trained one can run.
  std::string fixed_heads() const;
};

/// Throws Error if sizes contradict each other or are absurd.
void validate(const ModelConfig& config);

struct NormWeights {
  std::vector<float> weight, bias;  // (C)
  bool centred = true;              // LayerNorm; false: RMSNorm, whose biases are 0
  float own_eps = 0;                // 0: that of the network's other norms
};

inline float eps_of(const NormWeights& norm, const ModelConfig& config) {
  return norm.own_eps > 0 ? norm.own_eps : config.eps;
}

/// One more attention behind the blocks, with a single learned query (SigLIP's head, timm's attn_pool; Set Transformer,
/// Lee et al. 2019): y = proj(Σ softmax(q·kᵀ/√d)·v), and y + MLP(norm(y)) where there is an MLP.
struct AttentionPool {
  int heads = 1;
  bool prefix_too = true;           // it looks at the prefix tokens, too
  std::vector<float> query;         // (C) as used, head-major, not scaled
  Linear keys_values;               // (2C, C), groups 2
  Linear proj;                      // (C, C)
  std::optional<NormWeights> norm;  // (C)
  std::optional<Linear> fc1, fc2;   // (M, C), (C, M)
  Activation activation = Activation::gelu;
};

/// Mixes what all heads have for a query and a key: y = weight·x + bias over the h heads.
struct HeadMix {
  Matrix weight;            // (h, h)
  std::vector<float> bias;  // (h)
};

/// One of CaiT's last blocks (Touvron et al. 2021, "Going deeper with Image Transformers"): the class token looks at
/// itself and the patches, which stay as they are. c₁ = c + scale1·proj(attention), c₂ = c₁ + scale2·MLP(norm2(c₁)).
struct ClassBlock {
  NormWeights norm1, norm2;           // (C)
  Linear query;                       // (C, C)
  Linear keys_values;                 // (2C, C), groups 2
  Linear proj, fc1, fc2;              // (C, C), (M, C), (C, M)
  std::vector<float> scale1, scale2;  // (C)
};

struct BlockWeights {
  NormWeights norm1, norm2;                          // (C); norm2 is empty where the branches are parallel
  std::optional<NormWeights> attn_norm, mlp_norm;    // (C), (M)
  std::optional<NormWeights> q_norm, k_norm;         // (C/h)
  Linear qkv;                                        // (3C, C), groups 3: q, k, v, each head-major
  Linear proj;                                       // (C, C)
  Linear fc1;                                        // (M, C), or (2M, C) with swiglu
  Linear fc2;                                        // (C, M)
  std::vector<float> layer_scale1, layer_scale2;     // (C) or empty
  Matrix relative_bias;                              // (ways, h) as relative_bias.h has it, or empty
  Matrix row_positions, column_positions;            // (ways, C/h) as axis_positions.h has them, or empty
  std::optional<HeadMix> mix_scores, mix_attention;  // before and after the softmax: talking heads
};

/// How sure the program is of something that the tensors do not say.
enum class Source : std::uint8_t { read, implied, guessed, overridden };
const char* name_of(Source source);

struct Fact {
  std::string name;   // "heads", "eps", "mean", "std", "activation", …
  std::string value;  // as text
  Source source = Source::guessed;
  std::string reason;  // "num_attention_heads in config.json"
};

/// What loading found: shown by the window and by `headlight info`.
struct LoadReport {
  std::string file, format, family, reason;  // reason: why this family
  std::vector<Fact> facts;
  std::vector<std::string> used, unused, missing;  // tensor names
  std::vector<std::string> copies;  // of the network in the file, as LoadOptions::weights means one alone: "teacher."
  std::string copy;                 // the one that was read, likewise
  std::int64_t parameters = 0;
  std::size_t weight_bytes = 0;  // as packed in memory
};

struct Model {
  ModelConfig config;
  LoadReport report;
  Preprocessing preprocessing;      // the default for this family and file
  std::vector<std::string> labels;  // (K) or empty
  std::uint64_t id = 0;             // unique in this process: the key of caches and timings

  Linear patch_embed;  // (C, 3·P·P)
  Matrix prefix;       // (prefix tokens, C), their positions not yet added
  Matrix position;  // (prefix tokens + stored grid, C), zero rows for prefix tokens without one; position.h resamples
  std::vector<Matrix> mid_positions;      // (L - 1) likewise
  std::vector<float> rope_periods;        // (d/4) where the file stores them, else they follow from rope_base
  std::vector<float> rope_class_angles;   // (d/2) by which the class token turns, or empty: it does not
  Matrix rope_frequencies;                // (2·L, C/2) or empty: of each block's pairs, with first and second axis
  Matrix relative_bias;                   // (ways, h) of all blocks alike, or empty
  std::optional<NormWeights> patch_norm;  // (3·P·P)
  std::optional<NormWeights> embed_norm, norm_pre, norm, fc_norm;
  std::vector<BlockWeights> blocks;  // (L)
  std::optional<AttentionPool> attention_pool;
  std::vector<float> class_query;        // (C) the class token that enters the class blocks, or empty
  std::vector<ClassBlock> class_blocks;  // CaiT
  std::optional<Linear> head_hidden;     // the first of a head's two layers
  std::optional<Linear> head;            // (K, C), or (K, 2C) for Pool::class_and_mean; the second of two
  std::optional<Linear> head_distilled;
};

/// Packs what a pass with Precision::bf16 multiplies: the patch embedding and the blocks' four layers. Once; later
/// calls find it done. Any thread may ask.
void pack_bf16(const Model& model);

}  // namespace vit
