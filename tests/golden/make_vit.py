#!/usr/bin/env python3
"""Golden tensors of small Vision Transformers made by timm under PyTorch: tests/golden/vit/<case>/.

Needs torch, timm and safetensors (any version that knows VisionTransformer; those used stand in each file's metadata).
Writes model.safetensors (timm's names), config.json (what the tensors do not say) and golden.safetensors:
pixels (3, H, W), attention.L (h, N, N), hidden.L (N, C) after block L, features (N, C) after the last norm, logits (K).
"""

import pathlib
import sys

import timm
import torch
from timm.models.vision_transformer import VisionTransformer

import reference

# name: the network's arguments, the type its parameters are stored in, the std of its tokens
CASES = {
    "plain": dict(embed_dim=36, num_heads=3, depth=3, patch_size=4, img_size=16, num_classes=10, mlp_ratio=2),
    "no_qkv_bias": dict(embed_dim=24, num_heads=4, depth=2, patch_size=5, img_size=20, num_classes=7, qkv_bias=False,
                        dtype=torch.float16),
    "no_head": dict(embed_dim=40, num_heads=5, depth=2, patch_size=3, img_size=15, num_classes=0, mlp_ratio=2),
    "small_tokens": dict(embed_dim=20, num_heads=2, depth=2, patch_size=4, img_size=12, num_classes=5, token_std=1e-3),
    "one_head": dict(embed_dim=17, num_heads=1, depth=1, patch_size=2, img_size=6, num_classes=3),
    "heads_of_one": dict(embed_dim=14, num_heads=14, depth=2, patch_size=3, img_size=9, num_classes=2,
                         dtype=torch.bfloat16),
    "wide_head": dict(embed_dim=66, num_heads=1, depth=1, patch_size=4, img_size=24, num_classes=33, mlp_ratio=1.5),
}


def make(name, out):
    arguments = dict(CASES[name])
    dtype = arguments.pop("dtype", torch.float32)
    token_std = arguments.pop("token_std", 0.5)
    rng = reference.generator(name)
    model = VisionTransformer(**arguments).eval().double()
    for block in model.blocks:
        block.attn.fused_attn = False
    reference.redraw(model, rng, token_std)
    if token_std < 0.1:  # the patches' tokens must be small, too, for eps to show
        with torch.no_grad():
            model.patch_embed.proj.weight.mul_(token_std)
            model.patch_embed.proj.bias.mul_(token_std)
    size = arguments["img_size"]
    pixels = torch.from_numpy(rng.standard_normal((1, 3, size, size))).float().double()

    def attention():
        with torch.no_grad(), reference.recording([b.attn.attn_drop for b in model.blocks], lambda i, o: i[0][0]) as a:
            model(pixels)
        return a

    def query_and_key(block):
        qkv = model.blocks[block].attn.qkv
        c = qkv.in_features
        tensors = [qkv.weight] + ([qkv.bias] if qkv.bias is not None else [])
        return [t[begin:begin + c] for t in tensors for begin in (0, c)]

    reference.peak_heads(attention, query_and_key, len(model.blocks), rng)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.to(dtype).double())

    golden = {"pixels": pixels[0]}
    with torch.no_grad(), reference.recording(model.blocks, lambda i, o: o[0]) as hidden, \
            reference.recording([model.norm], lambda i, o: o[0]) as features:
        logits = model(pixels)
    golden |= {f"attention.{b}": a for b, a in enumerate(attention())}
    golden |= {f"hidden.{b}": h for b, h in enumerate(hidden)}
    golden["features"] = features[0]
    if arguments["num_classes"]:
        golden["logits"] = logits[0]

    config = {"model_type": "vit", "architecture": f"golden_{name}", "image_size": size,
              "num_attention_heads": arguments["num_heads"], "layer_norm_eps": 1e-6, "hidden_act": "gelu"}
    reference.store(out / name, model.state_dict(), config, golden, dtype,
                    {"made by": f"timm {timm.__version__}, torch {torch.__version__}, float64"})


if __name__ == "__main__":
    target = pathlib.Path(__file__).parent / "vit"
    for case in sys.argv[1:] or CASES:
        make(case, target)
