#!/usr/bin/env python3
"""Goldens of the families that timm defines. Needs torch, timm, safetensors and PIL."""

import json
import sys

import timm
import torch
from safetensors.torch import save_file
from timm.data import create_transform, resolve_data_config

from families import (CLASSES, CLIP, DEPTH, HALF, HEADS, IMAGENET, PATCH, SIZE, WIDTH, Network, make, photo,
                      shorter_side, squash, wide_pixels)

SMALL = dict(embed_dim=WIDTH, depth=DEPTH, num_heads=HEADS, patch_size=PATCH, img_size=SIZE, num_classes=CLASSES)

# case: architecture, mean and std, crop_pct, crop mode, further arguments
CASES = {
    "timm_vit": ("vit_tiny_patch16_224", HALF, 0.9, "center", {}),
    "timm_rmsnorm": ("vit_tiny_patch16_224", HALF, 0.9, "center", {"norm_layer": "rmsnorm"}),
    "timm_silu": ("vit_tiny_patch16_224", HALF, 0.9, "center", {"act_layer": "silu"}),
    "timm_gap_no_class_token": ("vit_medium_patch16_gap_256", HALF, 0.95, "center", {}),
    "timm_fc_norm": ("vit_base_patch16_224", HALF, 0.9, "center", {"global_pool": "avg", "fc_norm": True}),
    "timm_clip": ("vit_base_patch16_clip_224", CLIP, 0.9, "center", {}),
    "timm_clip_quickgelu": ("vit_base_patch16_clip_quickgelu_224", CLIP, 1.0, "center", {}),
    "timm_siglip": ("vit_base_patch16_siglip_224", HALF, 0.9, "squash", {}),
    "timm_map": ("vit_tiny_patch16_224", HALF, 0.9, "center", {"global_pool": "map", "fc_norm": True}),
    "timm_dinov2": ("vit_small_patch14_dinov2", IMAGENET, 1.0, "center", {"num_classes": 0}),
    "timm_dinov2_reg4": ("vit_small_patch14_reg4_dinov2", IMAGENET, 1.0, "center", {"num_classes": 0}),
    "timm_dinov2_swiglu": ("vit_giant_patch14_dinov2", IMAGENET, 1.0, "center", {"num_classes": 0, "mlp_ratio": 6.0}),
    "timm_reg4_gap": ("vit_so150m_patch16_reg4_gap_256", HALF, 0.95, "center", {}),
    "timm_deit": ("deit_tiny_patch16_224", IMAGENET, 0.9, "center", {}),
    "timm_deit_distilled": ("deit_tiny_distilled_patch16_224", IMAGENET, 0.9, "center", {}),
    "timm_deit3": ("deit3_small_patch16_224", IMAGENET, 0.9, "center", {}),
    "timm_dinov3": ("vit_small_patch16_dinov3", IMAGENET, 1.0, "center", {"num_classes": 0}),
    "timm_rope_gap": ("vit_medium_patch16_rope_reg1_gap_256", HALF, 0.95, "center", {}),
    "timm_rope_axial": ("vit_small_patch16_rope_224", IMAGENET, 0.9, "center", {}),
    "timm_rope_ape": ("vit_base_patch16_rope_ape_224", IMAGENET, 0.9, "center", {}),
    "timm_rope_mixed": ("vit_small_patch16_rope_mixed_224", IMAGENET, 0.9, "center", {}),
    "timm_rope_mixed_ape": ("vit_base_patch16_rope_mixed_ape_224", IMAGENET, 0.9, "center", {}),
    "timm_pe_core": ("vit_pe_core_tiny_patch16_384", HALF, 1.0, "squash", {}),
    "timm_pe_spatial": ("vit_pe_spatial_small_patch16_512", HALF, 1.0, "squash", {"num_classes": 0}),
    "timm_pe_lang": ("vit_pe_lang_gigantic_patch14_448", HALF, 1.0, "squash", {"num_classes": 0, "mlp_ratio": 3.0}),
    "pe_core": ("vit_pe_core_tiny_patch16_384", HALF, 1.0, "squash", {"num_classes": 0, "ref_feat_shape": SIZE // PATCH}),
    "timm_beit3": ("beit3_base_patch16_224", HALF, 1.0, "center", {}),
    "timm_eva": ("eva_giant_patch14_224", CLIP, 0.9, "center", {"mlp_ratio": 3}),
    "timm_eva02": ("eva02_tiny_patch14_224", CLIP, 0.9, "center", {}),
    "timm_aimv2": ("aimv2_large_patch14_224", CLIP, 1.0, "center", {"mlp_ratio": 1.5}),
    "aimv2": ("aimv2_large_patch14_224", CLIP, 1.0, "center", {"num_classes": 0, "mlp_ratio": 1.5}),
    "timm_beit": ("beit_base_patch16_224", HALF, 0.9, "center", {}),
    "timm_beitv2": ("beitv2_base_patch16_224", IMAGENET, 0.9, "center",
                    {"use_abs_pos_emb": True, "use_rel_pos_bias": False, "use_shared_rel_pos_bias": True}),
    "timm_eva02_clip": ("eva02_base_patch16_clip_224", CLIP, 0.9, "center", {}),
}


def forward(model):
    def run(pixels):
        logits = model(pixels)
        return logits if model.num_classes else None

    return run


# The original's names of AIMv2, and what it says beside them.
AIMV2_NAMES = (("patch_embed.", "preprocessor.patchifier."), ("pos_embed", "preprocessor.pos_embed"),
               ("blocks.", "trunk.blocks."), ("norm1", "norm_1"), ("norm2", "norm_2"), ("mlp.fc1_g", "mlp.fc1"),
               ("mlp.fc1_x", "mlp.fc3"))


def write_aimv2(model, folder):
    weights = {}
    for name, value in model.state_dict().items():
        name = "trunk.post_trunk_" + name if name.startswith("norm.") else name
        for ours, theirs in AIMV2_NAMES:
            name = name.replace(ours, theirs, 1)
        weights[name] = value.contiguous()
    save_file(weights, folder / "model.safetensors")
    config = {"architectures": ["AIMv2Model"], "attention_dropout": 0.0, "hidden_size": WIDTH, "image_size": SIZE,
              "intermediate_size": int(1.5 * WIDTH), "model_type": "aimv2", "num_attention_heads": HEADS,
              "num_channels": 3, "num_hidden_layers": DEPTH, "patch_size": PATCH, "projection_dropout": 0.0,
              "qkv_bias": False, "rms_norm_eps": 1e-5, "torch_dtype": "float32", "use_bias": False}
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    processor = {"crop_size": {"height": SIZE, "width": SIZE}, "do_center_crop": True, "do_normalize": True,
                 "do_rescale": True, "do_resize": True, "image_mean": CLIP[0], "image_std": CLIP[1],
                 "image_processor_type": "CLIPImageProcessor", "resample": 3, "rescale_factor": 1 / 255,
                 "size": {"shortest_edge": SIZE}}
    (folder / "preprocessor_config.json").write_text(json.dumps(processor, indent=1) + "\n")


# timm's names of the Perception Encoder, and Meta's.
PERCEPTION_NAMES = (("patch_embed.proj", "conv1"), ("pos_embed", "positional_embedding"),
                    ("blocks.", "transformer.resblocks."), ("norm_pre", "ln_pre"), ("norm1", "ln_1"), ("norm2", "ln_2"),
                    ("cls_token", "class_embedding"), ("attn.qkv.", "attn.in_proj_"), ("attn.proj", "attn.out_proj"),
                    ("mlp.fc1", "mlp.c_fc"), ("mlp.fc2", "mlp.c_proj"), ("attn_pool.norm", "attn_pool.layernorm"),
                    ("attn_pool.latent", "attn_pool.probe"), ("attn_pool.proj", "attn_pool.attn.out_proj"))


def write_perception(model, folder):
    weights = {}
    for name, value in model.state_dict().items():
        name = "ln_post" + name[4:] if name.startswith("norm.") else name
        for ours, theirs in PERCEPTION_NAMES:
            name = name.replace(ours, theirs, 1)
        weights["visual." + name] = value.reshape(value.shape[-1]) if name == "class_embedding" else value
    for part in ("weight", "bias"):
        weights[f"visual.attn_pool.attn.in_proj_{part}"] = torch.cat(
            [weights.pop(f"visual.attn_pool.{layer}.{part}") for layer in ("q", "kv")])
    weights["visual.positional_embedding"] = weights["visual.positional_embedding"][0]
    weights["visual.proj"] = torch.eye(WIDTH)
    torch.save({name: value.clone() for name, value in weights.items()}, folder / "PE-Core-T16-384.pt")


def timm_case(name):
    architecture, stats, crop_pct, crop_mode, more = CASES[name]
    arguments = SMALL | more
    fixed = architecture.startswith("beit")
    model = timm.create_model(architecture, **({} if fixed else {"dynamic_img_size": True}), **arguments)
    interpolation = "bilinear" if name == "pe_core" else "bicubic"
    data = dict(input_size=(3, SIZE, SIZE), interpolation=interpolation, mean=stats[0], std=stats[1], crop_pct=crop_pct,
                crop_mode=crop_mode)
    transform = create_transform(**resolve_data_config({}, pretrained_cfg=data))
    pixels = transform(photo())[None].double()
    rule = (squash(SIZE, stats, interpolation) if crop_mode == "squash" else
            shorter_side(int(SIZE / crop_pct), SIZE, stats))

    def write(folder):
        if name == "aimv2":
            return write_aimv2(model, folder)
        if name == "pe_core":
            return write_perception(model, folder)
        save_file({k: v.contiguous() for k, v in model.state_dict().items()}, folder / "model.safetensors")
        config = {"architecture": architecture, "num_classes": arguments["num_classes"], "num_features": WIDTH,
                  "global_pool": model.global_pool, "model_args": arguments,
                  "pretrained_cfg": {"custom_load": False, "fixed_input_size": True, "pool_size": None, **data,
                                     "first_conv": "patch_embed.proj", "classifier": "head"}}
        (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")

    norm = None if isinstance(model.norm, torch.nn.Identity) else model.norm
    pooled = None if getattr(model, "attn_pool", None) is None else (
        lambda pixels: model.forward_head(model.forward_features(pixels), pre_logits=True))
    make(name, Network(model, model.blocks, norm, forward(model), pooled=pooled), pixels,
         {"checkpoint": "PE-Core-T16-384.pt" if name == "pe_core" else "model.safetensors",
          **({"num_heads": HEADS} if name == "pe_core" else {}), "family": architecture,
          "made by": f"timm {timm.__version__}, torch {torch.__version__}, float64", **rule},
         write, None if fixed or name in ("aimv2", "pe_core") else wide_pixels(stats))


if __name__ == "__main__":
    for case in sys.argv[1:] or CASES:
        timm_case(case)
