// Names of networks whose tokens or rotary positions are their own.
#include "engine/checkpoint/family_names.h"

namespace vit {

constinit const FamilyNames kRopeVit{.rope_frequencies = "rope.freqs", .scale1 = "gamma_1", .scale2 = "gamma_2"};

// timm's Perception Encoder, with its attention pool and without.
constinit const FamilyNames kTimmPerception{.norm_pre = "norm_pre.*",
                                            .pooling_head = "attn_pool.",
                                            .pool_query = "attn_pool.latent",
                                            .pool_q = "attn_pool.q.*",
                                            .pool_kv = "attn_pool.kv.*",
                                            .pool_proj = "attn_pool.proj.*",
                                            .pool_norm = "attn_pool.norm.*",
                                            .pool_fc1 = "attn_pool.mlp.fc1.*",
                                            .pool_fc2 = "attn_pool.mlp.fc2.*",
                                            .scale1 = "gamma_1",
                                            .scale2 = "gamma_2"};

constinit const FamilyNames kTimmPerceptionTower{
    .norm_pre = "norm_pre.*", .norm = "", .scale1 = "gamma_1", .scale2 = "gamma_2"};

// The original's names.
constinit const FamilyNames kPerception{.class_token = "class_embedding",
                                        .position = "positional_embedding",
                                        .patch = "conv1.*",
                                        .norm_pre = "ln_pre.*",
                                        .norm = "ln_post.*",
                                        .head = "",
                                        .pooling_head = "attn_pool.",
                                        .pool_query = "attn_pool.probe",
                                        .pool_in = "attn_pool.attn.in_proj_*",
                                        .pool_proj = "attn_pool.attn.out_proj.*",
                                        .pool_norm = "attn_pool.layernorm.*",
                                        .pool_fc1 = "attn_pool.mlp.c_fc.*",
                                        .pool_fc2 = "attn_pool.mlp.c_proj.*",
                                        .block = "transformer.resblocks.#.",
                                        .norm1 = "ln_1.*",
                                        .qkv = "attn.in_proj_*",
                                        .proj = "attn.out_proj.*",
                                        .scale1 = "ls_1.gamma",
                                        .norm2 = "ln_2.*",
                                        .fc1 = "mlp.c_fc.*",
                                        .fc2 = "mlp.c_proj.*",
                                        .scale2 = "ls_2.gamma"};

constinit const FamilyNames kMlcd{.class_token = "embeddings.class_embedding",
                                  .position = "",
                                  .rope_class = "class_pos_emb",
                                  .patch = "embeddings.patch_embedding.*",
                                  .norm_pre = "pre_layrnorm.*|pre_layernorm.*",
                                  .norm = "post_layernorm.*",
                                  .head = "",
                                  .block = "encoder.layers.#.",
                                  .norm1 = "layer_norm1.*",
                                  .qkv = "",
                                  .query = "self_attn.q_proj.*",
                                  .key = "self_attn.k_proj.*",
                                  .value = "self_attn.v_proj.*",
                                  .proj = "self_attn.out_proj.*",
                                  .norm2 = "layer_norm2.*"};

constinit const FamilyNames kYolos{
    .class_token = "embeddings.cls_token",
    .detection_tokens = "embeddings.detection_tokens",
    .position = "embeddings.position_embeddings",
    .mid_positions = "encoder.mid_position_embeddings|encoder.interpolation.mid_position_embeddings",
    .patch = "embeddings.patch_embeddings.projection.*",
    .norm = "layernorm.*",
    .head = "",
    .block = "encoder.layer.#.",
    .norm1 = "layernorm_before.*",
    .qkv = "",
    .query = "attention.attention.query.*",
    .key = "attention.attention.key.*",
    .value = "attention.attention.value.*",
    .proj = "attention.output.dense.*",
    .norm2 = "layernorm_after.*",
    .fc1 = "intermediate.dense.*",
    .fc2 = "output.dense.*"};

// Hugging Face's, on disk and in memory.
constinit const FamilyNames kVitPose{.class_token = "",
                                     .position = "embeddings.position_embeddings",
                                     .patch = "embeddings.patch_embeddings.projection.*",
                                     .norm = "layernorm.*",
                                     .head = "",
                                     .block = "encoder.layer.#.",
                                     .norm1 = "layernorm_before.*",
                                     .qkv = "",
                                     .query = "attention.attention.query.*",
                                     .key = "attention.attention.key.*",
                                     .value = "attention.attention.value.*",
                                     .proj = "attention.output.dense.*",
                                     .norm2 = "layernorm_after.*"};

constinit const FamilyNames kVitPoseOriginal{.class_token = "", .norm = "last_norm.*", .head = ""};

constinit const FamilyNames kBeit3{.fc_norm = "fc_norm.*", .attn_norm = "attn.norm.*", .mlp_norm = "mlp.norm.*"};

constinit const FamilyNames kTipsv2{.registers = "register_tokens",
                                    .scale1 = "ls1.gamma",
                                    .fc1 = "mlp.c_fc.*|mlp.w12.*",
                                    .fc2 = "mlp.c_proj.*|mlp.w3.*",
                                    .scale2 = "ls2.gamma"};

constinit const FamilyNames kPixio{.class_token = "embeddings.cls_token",
                                   .position = "embeddings.position_embeddings",
                                   .patch = "embeddings.patch_embeddings.projection.*",
                                   .norm = "layernorm.*",
                                   .head = "",
                                   .block = "encoder.layer.#.",
                                   .qkv = "",
                                   .query = "attention.attention.query.*",
                                   .key = "attention.attention.key.*",
                                   .value = "attention.attention.value.*",
                                   .proj = "attention.output.dense.*",
                                   .fc1 = "mlp.fc1.*|intermediate.dense.*",
                                   .fc2 = "mlp.fc2.*|output.dense.*"};

// big_vision's.
constinit const FamilyNames kFlaxSiglip{.weight = "kernel",
                                        .norm_weight = "scale",
                                        .inputs_first = true,
                                        .channels_last = true,
                                        .class_token = "",
                                        .position = "pos_embedding",
                                        .patch = "embedding/*",
                                        .norm = "Transformer/encoder_norm/*",
                                        .head = "",
                                        .pooling_head = "MAPHead_0/",
                                        .pool_query = "MAPHead_0/probe",
                                        .pool_q = "MAPHead_0/MultiHeadDotProductAttention_0/query/*",
                                        .pool_key = "MAPHead_0/MultiHeadDotProductAttention_0/key/*",
                                        .pool_value = "MAPHead_0/MultiHeadDotProductAttention_0/value/*",
                                        .pool_proj = "MAPHead_0/MultiHeadDotProductAttention_0/out/*",
                                        .pool_norm = "MAPHead_0/LayerNorm_0/*",
                                        .pool_fc1 = "MAPHead_0/MlpBlock_0/Dense_0/*",
                                        .pool_fc2 = "MAPHead_0/MlpBlock_0/Dense_1/*",
                                        .block = "Transformer/encoderblock_#/",
                                        .norm1 = "LayerNorm_0/*",
                                        .qkv = "",
                                        .query = "MultiHeadDotProductAttention_0/query/*",
                                        .key = "MultiHeadDotProductAttention_0/key/*",
                                        .value = "MultiHeadDotProductAttention_0/value/*",
                                        .proj = "MultiHeadDotProductAttention_0/out/*",
                                        .norm2 = "LayerNorm_1/*",
                                        .fc1 = "MlpBlock_0/Dense_0/*",
                                        .fc2 = "MlpBlock_0/Dense_1/*"};

}  // namespace vit
