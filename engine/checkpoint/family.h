// What each checkpoint family calls its tensors and by which conventions it runs: one table, read by one loader.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/image/preprocessing.h"
#include "engine/network/model.h"

namespace vit {

class TensorFile;

/// Names of tensors, after the file's common prefix. '*' stands for the word for weight or bias, '|' separates
/// spellings, empty means that the family has none.
struct FamilyNames {
  // What a weight, a norm's weight and a bias are called, where '*' stands.
  const char* weight = "weight";
  const char* norm_weight = "weight";
  const char* bias = "bias";
  bool inputs_first = false;   // Linear weights lie (inputs, outputs): Paddle, Flax
  bool channels_last = false;  // the patch kernel lies (P, P, 3, C): Flax
  bool patch_rows = false;     // … or (C, P·P·3), a layer of flattened patches: vit-pytorch, NaFlex
  bool patch_planes = false;   // … or (C, 3·P·P), likewise channel by channel: RADIO

  const char* class_token = "cls_token";
  const char* distillation_token = "";
  const char* registers = "";
  const char* detection_tokens = "";
  const char* position = "pos_embed";
  const char* mid_positions = "";     // those that are added behind the blocks
  const char* rope_frequencies = "";  // speeds of rotary positions, where they are learned
  const char* rope_class = "";        // the class token's angles
  const char* input_mean = "";        // by which the network itself normalises its input, and …
  const char* input_std = "";
  const char* patch = "patch_embed.proj.*";
  const char* patch_norm = "";
  const char* embed_norm = "";
  const char* norm_pre = "";
  const char* norm = "norm.*";
  const char* fc_norm = "";
  const char* head = "head.*";
  const char* pre_logits = "";  // a layer and a hyperbolic tangent before the head
  const char* head_distilled = "";
  const char* beside = "";        // how names begin of what belongs to a head that is not read
  const char* pooling_head = "";  // how tensors of an attention-pooling head begin, which are:
  const char* pool_query = "";    // the learned query …
  const char* pool_q = "";        // … its projection, where there is one
  const char* pool_in = "";       // projections of query, keys and values in one tensor, or
  const char* pool_kv = "";       // of keys and values in one, or
  const char* pool_key = "";      // in two
  const char* pool_value = "";
  const char* pool_proj = "";
  const char* pool_norm = "";
  const char* pool_fc1 = "";
  const char* pool_fc2 = "";
  const char* shared_relative_bias = "";  // relative positions of all blocks
  const char* shared_mlp1 = "";           // two layers that make them of the way from key to query, or …
  const char* shared_mlp2 = "";
  const char* class_query = "";  // the class token of class-attention blocks, which are called …
  const char* class_block = "";  // … so; in them the names of blocks hold, but for:
  const char* class_q = "";
  const char* class_k = "";
  const char* class_v = "";

  const char* block = "blocks.#.";  // '#' is the index; the names below follow it
  const char* norm1 = "norm1.*";
  const char* qkv = "attn.qkv.*";  // in one tensor, or where there is none in three:
  const char* query = "";
  const char* key = "";
  const char* value = "";
  const char* query_bias = "";  // biases stored apart from the joined weight; keys have none
  const char* value_bias = "";
  const char* bias_mask = "";  // factors of the joined bias
  const char* joined_in = "";  // fc1, queries, keys and values one below the other (parallel branches)
  const char* fc1_bias = "";   // where those have none
  const char* q_norm = "";     // of a head
  const char* k_norm = "";
  const char* mix_scores = "";     // talking heads: before the softmax, and …
  const char* mix_attention = "";  // … behind it
  const char* relative_bias = "";  // relative positions of this block
  const char* relative_mlp1 = "";  // … those of this block
  const char* relative_mlp2 = "";
  const char* row_positions = "";     // decomposed ones: of distances in rows, and …
  const char* column_positions = "";  // … in columns
  const char* attn_norm = "";
  const char* proj = "attn.proj.*";
  const char* scale1 = "";
  const char* norm2 = "norm2.*";
  const char* fc1 = "mlp.fc1.*";
  const char* gate = "";  // SwiGLU in two tensors: the gate of fc1
  const char* mlp_norm = "";
  const char* fc2 = "mlp.fc2.*";
  const char* scale2 = "";
};

/// How pictures are prepared where nothing beside the file says so.
struct InputDefaults {
  ResizeRule resize = ResizeRule::shorter_side;
  double crop_pct = 0.9;        // the shorter side becomes floor(size / crop_pct)
  double crop_pct_large = 1.0;  // above 224 px
  int shorter_px = 0;           // where the photo is not cropped: its shorter side, …
  int longest_px = 0;           // … and the most of its longer one; 0: it is cropped
  int multiple = 1;             // of which both sides are
  int most_patches = 0;         // ResizeRule::patches
  int input_px = 0;             // at most; 0: the size of the stored positions
  Interpolation interpolation = Interpolation::bicubic;
  std::array<float, 3> mean = {0.5f, 0.5f, 0.5f};
  std::array<float, 3> std = {0.5f, 0.5f, 0.5f};
};

/// Whose names the tensors of a CLIP tower bear: GELU or QuickGELU, which no tensor tells, stands in that library's
/// configuration.
enum class Clip : std::uint8_t { none, hugging_face, open_clip };

struct Family {
  const char* name = "";
  const char* anchor = "";                // the tensor whose name tells the naming; what stands before it is the prefix
  std::vector<const char*> with = {};     // tensors that must be there, '#' is block 0, '^' also above the prefix
  std::vector<const char*> without = {};  // tensors that must not
  Clip clip = Clip::none;
  bool not_of_openai = false;              // OpenAI's own archives are not of it
  bool swiglu = false;                     // fc1 must make twice what fc2 reads
  bool patch_matrix = false;               // the patch embedding must be a layer of flattened patches
  std::vector<const char*> hints = {};     // one of these words in the file's name, its prefix or architecture, if any
  std::vector<const char*> no_hints = {};  // none of these
  std::vector<const char*> always = {};    // tensors of every network of the family: without one it is incomplete
  const char* why = "";                    // "it has a mask token and layer scale"
  const FamilyNames* names = nullptr;

  float eps = 1e-6f;
  Activation activation = Activation::gelu;
  PositionRule position = {};
  ModelConfig::Order order = ModelConfig::Order::pre_norm;
  bool norm_optional = false;      // some of its networks have no norm behind the last block
  bool no_patch_bias = false;      // none of its patch embeddings has a bias
  bool position_optional = false;  // some of its networks have relative positions in their place
  bool position_first = false;     // positions cover class and distillation token, but never the registers
  bool position_of_none =
      false;                   // the first position is of a class token that is not there, and added to all (ViTPose)
  bool position_grid = false;  // positions lie (1, rows, columns, channels)
  bool position_of_unused = false;  // the first position may be of a class token that the network lets go (ViTDet)
  float last_eps = 0;               // of the last norm, where it is not the blocks'
  bool windows = false;             // some of its blocks may work in windows
  bool portrait = false;            // where no file says it, a rectangle of patches is higher than wide
  bool class_tokens = false;        // there may be several class tokens
  int patch_pad = 0;                // px of zeros around the picture
  bool silu_gate = false;           // a gate is SiLU, whatever its configuration says of other activations
  bool rms_norm = false;            // its norms are RMSNorm
  int pool_heads = 0;               // of its attention pool, where they are not the blocks'
  bool pool_prefix = false;         // its attention pool looks at class token and registers, too
  bool rope_own_grid = false;       // its rotary positions were trained on the grid of the stored ones
  bool pool_mean = false;           // its head reads the mean of the patches …
  bool pool_before_norm = false;    // … of the last block's output
  bool pool_unsaid = false;         // it may read the mean of the tokens, which no tensor tells
  const char* unsure = "";          // why eps and activation are guesses where no file says them
  std::vector<std::pair<int, int>> heads = {};  // channels and heads of its published networks
  InputDefaults input = {};
};

/// First match wins: the special before the general.
std::span<const Family> families();

struct DetectedFamily {
  const Family* family = nullptr;
  std::string prefix;  // "teacher.backbone."
  std::string reason;
  std::vector<std::string> copies;  // prefixes of all networks in the file, with their last dot or slash
};

/// `words` are what the surroundings say: file name, folder, architecture, in lower case. `wanted` is a family's name
/// chosen by the user, or empty; `copy` the prefix of one of several networks in the file, or empty. Throws Error that
/// names what the file is, if it is no plain ViT.
DetectedFamily detect_family(const TensorFile& file, const std::string& words, const std::string& wanted,
                             const std::string& copy = "");

/// Whether it is an archive of OpenAI's own: what others trained under its names lacks three numbers beside the
/// weights.
bool is_of_openai(const TensorFile& file);

/// Spelling out a pattern: '#' becomes the block, '*' the part; all '|' alternatives in order.
std::vector<std::string> spell(std::string_view pattern, int block, std::string_view part);

}  // namespace vit
