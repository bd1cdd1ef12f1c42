#!/usr/bin/env python3
"""Writes engine/checkpoint/architectures.cpp: what timm's names of Vision Transformers imply. Facts only, read from the
networks that timm itself builds (without memory for their weights). Needs torch and timm; run by hand."""

import pathlib
import warnings

import timm
import torch
from timm.models import _registry as registry

TARGET = pathlib.Path(__file__).parents[2] / "engine/checkpoint/architectures.cpp"

ACTIVATIONS = {"GELU": "gelu", "GELUTanh": "gelu_tanh", "QuickGELU": "quick_gelu", "SiLU": "silu", "ReLU": "relu"}

# What a module, a block or an attention of this class computes beyond a plain ViT.
MODULES = {
    "vision_transformer_hybrid": "its patches come from a convolutional network",
    "xcit": "its attention is over channels, not over patches",
    "vitamin": "its first stages are convolutions",
}
BLOCKS = {
    "DiffParallelScalingBlock": "its attention is differential and runs beside the MLP",
    "ParallelThingsBlock": "each of its blocks has two attentions side by side",
    "DiffAttention": "its attention is differential",
}


POST_NORM = {"ResPostBlock", "EvaBlockPostNorm", "ResPostRelPosBlock"}


def built(name):
    with torch.device("meta"):
        return timm.create_model(name)


def refusal(model):
    block = model.blocks[0]
    if getattr(getattr(model, "embeds", None), "pos_embed_type", "") == "factorized":
        return "its positions are sums of two tables, of rows and of columns"
    for part in (block, getattr(block, "attn", None), getattr(model, "rope", None)):
        if type(part).__name__ in BLOCKS:
            return BLOCKS[type(part).__name__]
    return ""


def heads_of(block):
    attention = getattr(block, "attn", block)
    return getattr(attention, "num_heads", 0)


def row(name):
    module = registry._model_to_module[name]
    if module in MODULES:
        return f'{{.name = "{name}", .refusal = "{MODULES[module]}"}}'
    model = built(name)
    block = model.blocks[0]
    why = refusal(model)
    if why:
        return f'{{.name = "{name}", .refusal = "{why}"}}'
    tokens = model.embeds if module == "naflexvit" else model
    patch = tokens.patch_size if module == "naflexvit" else model.patch_embed.patch_size
    fields = [f'.name = "{name}"', f".channels = {model.embed_dim}", f".depth = {len(model.blocks)}",
              f".patch_px = {patch[0]}", f".heads = {heads_of(block)}"]
    activation = ACTIVATIONS[type(block.mlp_act if hasattr(block, "mlp_act") else block.mlp.act).__name__]
    if activation not in ("gelu", "silu"):  # SiLU here is the gate of a SwiGLU, which the tensors tell
        fields.append(f".activation = Activation::{activation}")
    norm = block.in_norm if hasattr(block, "in_norm") else block.norm1
    if norm.eps != 1e-6:
        fields.append(f".eps = {norm.eps:g}f")
    if type(norm).__name__ == "RmsNorm":
        fields.append(".rms_norm = true")
    if getattr(tokens, "cls_token", None) is None or module == "cait":  # CaiT's is in no block but the last ones, of its own kind
        fields.append(".class_token = false")
    if getattr(tokens, "reg_token", None) is not None:
        fields.append(f".registers = {tokens.reg_token.shape[1]}")
    if type(block).__name__ in POST_NORM:
        fields.append(".post_norm = true")
    if module == "naflexvit":
        fields += [f".{field} = true" for field, is_so in
                   (("position_bilinear", tokens.pos_embed_interp_mode == "bilinear"),
                    ("position_plain", not tokens.pos_embed_antialias),
                    ("position_corners", tokens.pos_embed_align_corners),
                    ("position_of_square", tokens.pos_embed_ar_preserving)) if is_so]
    if model.global_pool == "avg":
        fields.append(".pool_mean = true")
    if all(isinstance(getattr(model, part, None), torch.nn.Identity) for part in ("norm", "fc_norm")):
        fields.append(".no_norm = true")
    if getattr(model, "attn_pool", None) is not None and getattr(model, "pool_include_prefix", module == "eva"):
        fields.append(".pool_prefix = true")
    rope = getattr(model, "rope", None)
    if type(rope).__name__ in ("RotaryEmbeddingCat", "RotaryEmbeddingMixed"):
        fields.append(f".rope_base = {rope.temperature:g}")
        if getattr(rope, "ref_feat_shape", None) is not None:
            assert rope.ref_feat_shape[0] == rope.ref_feat_shape[1]
            fields.append(f".rope_side = {rope.ref_feat_shape[0]}")
        if getattr(rope, "grid_offset", 0):
            fields.append(f".rope_offset = {rope.grid_offset:g}")
        if rope.grid_indexing == "xy":
            fields.append(".rope_columns_first = true")
    if module == "vision_transformer_sam":
        windows = [b.window_size for b in model.blocks]
        assert len({w for w in windows if w}) == 1 and windows.count(0) == 4
        if model.pos_embed is None:
            fields.append(".no_positions = true")
        fields.append(f".window = {max(windows)}")
        fields.append(".global_blocks = {" + ", ".join(str(i) for i, w in enumerate(windows) if w == 0) + "}")
    return "{" + ", ".join(fields) + "}"


def main():
    warnings.filterwarnings("ignore")
    wanted = {"vision_transformer", "deit", "eva", "beit", "cait", "naflexvit", "vision_transformer_sam",
              "vision_transformer_relpos"} | set(MODULES)
    names = sorted(n for n in timm.list_models() if registry._model_to_module[n] in wanted)
    rows = [row(name) for name in names]
    TARGET.write_text(f"""// Made by tests/golden/make_architectures.py from timm {timm.__version__}: do not edit.
#include "engine/checkpoint/architectures.h"

namespace vit {{

std::span<const Architecture> architectures() {{
  static constexpr Architecture kArchitectures[] = {{
      // clang-format off
""" + "".join(f"      {r},\n" for r in rows) + """      // clang-format on
  };
  return kArchitectures;
}

}  // namespace vit
""")
    print(len(rows), "architectures")


if __name__ == "__main__":
    main()
