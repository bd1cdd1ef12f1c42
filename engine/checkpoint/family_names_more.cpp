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

// timm's and the original's.
constinit const FamilyNames kCait{.class_token = "",
                                  .class_query = "cls_token",
                                  .class_block = "blocks_token_only.#.",
                                  .class_q = "attn.q.*",
                                  .class_k = "attn.k.*",
                                  .class_v = "attn.v.*",
                                  .mix_scores = "attn.proj_l.*",
                                  .mix_attention = "attn.proj_w.*",
                                  .scale1 = "gamma_1",
                                  .scale2 = "gamma_2"};

// One layer scale for the sum of both branches.
constinit const FamilyNames kParallel{.registers = "reg_token",
                                      .norm_pre = "norm_pre.*",
                                      .fc_norm = "fc_norm.*",
                                      .norm1 = "in_norm.*",
                                      .qkv = "",
                                      .joined_in = "in_proj.*",
                                      .fc1_bias = "mlp_bias",
                                      .q_norm = "q_norm.*",
                                      .k_norm = "k_norm.*",
                                      .proj = "attn_out_proj.*",
                                      .scale1 = "ls.gamma",
                                      .norm2 = "",
                                      .fc1 = "",
                                      .fc2 = "mlp_out_proj.*",
                                      .scale2 = "ls.gamma"};

// NVIDIA's, over timm's blocks or DINOv2's.
constinit const FamilyNames kRadio{.patch_planes = true,
                                   .class_token = "patch_generator.cls_token.token",
                                   .position = "patch_generator.pos_embed",
                                   .input_mean = "^input_conditioner.norm_mean",
                                   .input_std = "^input_conditioner.norm_std",
                                   .patch = "patch_generator.embedder.*",
                                   .head = "",
                                   .scale1 = "ls1.gamma|layer_scale1.lambda1",
                                   .fc1 = "mlp.fc1.*|mlp.w12.*",
                                   .fc2 = "mlp.fc2.*|mlp.w3.*",
                                   .scale2 = "ls2.gamma|layer_scale2.lambda1"};

// As transformers calls them in memory.
constinit const FamilyNames kHuggingFaceRadio{.patch_planes = true,
                                              .class_token = "embeddings.cls_register_token",
                                              .position = "embeddings.position_embedding",
                                              .input_mean = "^input_conditioner.norm_mean",
                                              .input_std = "^input_conditioner.norm_std",
                                              .patch = "embeddings.patch_projection.*",
                                              .head = "",
                                              .block = "encoder.layer.#.",
                                              .qkv = "",
                                              .query = "attention.q_proj.*",
                                              .key = "attention.k_proj.*",
                                              .value = "attention.v_proj.*",
                                              .proj = "attention.o_proj.*",
                                              .scale1 = "layer_scale1.lambda1",
                                              .scale2 = "layer_scale2.lambda1"};

constinit const FamilyNames kTimmNaflex{.patch_rows = true,
                                        .class_token = "embeds.cls_token",
                                        .registers = "embeds.reg_token",
                                        .position = "embeds.pos_embed",
                                        .patch = "embeds.proj.*",
                                        .norm_pre = "norm_pre.*",
                                        .fc_norm = "fc_norm.*",
                                        .pooling_head = "attn_pool.",
                                        .pool_query = "attn_pool.latent",
                                        .pool_q = "attn_pool.q.*",
                                        .pool_kv = "attn_pool.kv.*",
                                        .pool_proj = "attn_pool.proj.*",
                                        .pool_norm = "attn_pool.norm.*",
                                        .pool_fc1 = "attn_pool.mlp.fc1.*",
                                        .pool_fc2 = "attn_pool.mlp.fc2.*",
                                        .scale1 = "ls1.gamma",
                                        .scale2 = "ls2.gamma"};

constinit const FamilyNames kHuggingFaceNaflex{.patch_rows = true,
                                               .class_token = "",
                                               .position = "embeddings.position_embedding.weight",
                                               .patch = "embeddings.patch_embedding.*",
                                               .norm = "post_layernorm.*",
                                               .head = "^classifier.*",
                                               .pooling_head = "head.",
                                               .pool_query = "head.probe",
                                               .pool_in = "head.attention.in_proj_*",
                                               .pool_proj = "head.attention.out_proj.*",
                                               .pool_norm = "head.layernorm.*",
                                               .pool_fc1 = "head.mlp.fc1.*",
                                               .pool_fc2 = "head.mlp.fc2.*",
                                               .block = "encoder.layers.#.",
                                               .norm1 = "layer_norm1.*",
                                               .qkv = "",
                                               .query = "self_attn.q_proj.*",
                                               .key = "self_attn.k_proj.*",
                                               .value = "self_attn.v_proj.*",
                                               .proj = "self_attn.out_proj.*",
                                               .norm2 = "layer_norm2.*"};

constinit const FamilyNames kSam{.class_token = "",
                                 .norm = "",
                                 .head = "",
                                 .beside = "neck.",
                                 .row_positions = "attn.rel_pos_h",
                                 .column_positions = "attn.rel_pos_w",
                                 .fc1 = "mlp.lin1.*",
                                 .fc2 = "mlp.lin2.*"};

// timm's SAM and detectron2's ViTDet; without convolutions the neck of the former is a norm.
constinit const FamilyNames kTimmSam{.class_token = "",
                                     .norm_pre = "norm_pre.*",
                                     .norm = "neck.*",
                                     .head = "head.fc.*",
                                     .beside = "neck.",
                                     .row_positions = "attn.rel_pos_h",
                                     .column_positions = "attn.rel_pos_w",
                                     .scale1 = "ls1.gamma",
                                     .scale2 = "ls2.gamma"};

constinit const FamilyNames kHuggingFaceSam{.class_token = "",
                                            .patch = "patch_embed.projection.*",
                                            .norm = "",
                                            .head = "",
                                            .beside = "neck.",
                                            .block = "layers.#.",
                                            .norm1 = "layer_norm1.*",
                                            .row_positions = "attn.rel_pos_h",
                                            .column_positions = "attn.rel_pos_w",
                                            .norm2 = "layer_norm2.*",
                                            .fc1 = "mlp.lin1.*",
                                            .fc2 = "mlp.lin2.*"};

constinit const FamilyNames kHuggingFaceVitDet{.class_token = "",
                                               .position = "embeddings.position_embeddings",
                                               .patch = "embeddings.projection.*",
                                               .norm = "",
                                               .head = "",
                                               .block = "encoder.layer.#.",
                                               .qkv = "attention.qkv.*",
                                               .row_positions = "attention.rel_pos_h",
                                               .column_positions = "attention.rel_pos_w",
                                               .proj = "attention.proj.*"};

constinit const FamilyNames kRelativeTimm{.position = "",
                                          .fc_norm = "fc_norm.*",
                                          .shared_relative_bias = "shared_rel_pos.relative_position_bias_table",
                                          .shared_mlp1 = "shared_rel_pos.mlp.fc1.*",
                                          .shared_mlp2 = "shared_rel_pos.mlp.fc2.*",
                                          .relative_bias = "attn.rel_pos.relative_position_bias_table",
                                          .relative_mlp1 = "attn.rel_pos.mlp.fc1.*",
                                          .relative_mlp2 = "attn.rel_pos.mlp.fc2.*",
                                          .scale1 = "ls1.gamma",
                                          .scale2 = "ls2.gamma"};

}  // namespace vit
