#!/usr/bin/env python3
"""Goldens of families as their own code defines them: DINO, DINOv2, CLIP, OpenCLIP, torchvision, and files as they
were published whose network timm defines (MAE, DeiT, DeiT-III, EVA-02, Google's npz).

Usage: make_families_original.py SOURCES [CASE…], where SOURCES holds checkouts of facebookresearch/dino (dino/),
facebookresearch/dinov2 (dinov2/) and openai/CLIP (CLIP/). Needs torch, torchvision, timm, open_clip, safetensors, PIL.
"""

import argparse
import functools
import importlib.util
import json
import pathlib
import sys

import numpy as np
import open_clip
import timm
import torch
import torchvision
from safetensors.torch import save_file
from PIL import Image
from torchvision import transforms
from torchvision.transforms.functional import InterpolationMode

import reference
from families import (CLASSES, CLIP, DEPTH, HALF, HEADS, IMAGENET, PATCH, SIZE, WIDE, WIDTH, Network, make, normalized,
                      photo, shorter_side, squash, wide_pixels)

RESIZE = SIZE * 256 // 224  # as 256 to 224
NORM = functools.partial(torch.nn.LayerNorm, eps=1e-6)


def prepared(resize_px, stats, interpolation=InterpolationMode.BICUBIC):
    """The evaluation transform that these repositories share, on the photo."""
    steps = [transforms.Resize(resize_px, interpolation=interpolation), transforms.CenterCrop(SIZE),
             transforms.ToTensor(), transforms.Normalize(*stats)]
    return transforms.Compose(steps)(photo())[None].double()


def module_from(path, name):
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.path.pop(0)
    return module


def described(stats, resize_px=RESIZE, interpolation="bicubic", **more):
    return shorter_side(resize_px, SIZE, stats, interpolation) | {"num_heads": HEADS} | more


def nothing(model):
    def run(pixels):
        model(pixels)

    return run


def dino(sources):
    code = module_from(sources / "dino" / "vision_transformer.py", "dino_vision_transformer")
    model = code.VisionTransformer(img_size=[SIZE], patch_size=PATCH, embed_dim=WIDTH, depth=DEPTH, num_heads=HEADS,
                                   qkv_bias=True, norm_layer=NORM)

    def write(folder):
        state = model.state_dict()
        head = {f"head.mlp.{i}.weight": torch.zeros(3, 3) for i in (0, 2)}
        other = {k: torch.zeros_like(v) for k, v in state.items()}
        torch.save({"student": {f"module.backbone.{k}": v for k, v in other.items()} |
                               {f"module.{k}": v for k, v in head.items()},
                    "teacher": {f"backbone.{k}": v for k, v in state.items()} | head,
                    "epoch": 100, "args": argparse.Namespace(arch="vit_small", patch_size=PATCH, out_dim=65536)},
                   folder / "dino_checkpoint.pth")

    make("dino", Network(model, model.blocks, model.norm, nothing(model),
                         written_out=[b.attn.attn_drop for b in model.blocks]),
         prepared(RESIZE, IMAGENET), described(IMAGENET, checkpoint="dino_checkpoint.pth", family="DINO"), write,
         wide_pixels(IMAGENET))


def dinov2(sources, name="dinov2", **more):
    sys.path.insert(0, str(sources / "dinov2"))
    from dinov2.layers import MemEffAttention, NestedTensorBlock
    from dinov2.models.vision_transformer import DinoVisionTransformer
    block = functools.partial(NestedTensorBlock, attn_class=MemEffAttention)
    model = DinoVisionTransformer(img_size=SIZE, patch_size=PATCH, embed_dim=WIDTH, depth=DEPTH, num_heads=HEADS,
                                  mlp_ratio=4, block_fn=block, init_values=1.0, block_chunks=0, **more)
    file = f"{name}_pretrain.pth"
    make(name, Network(model, model.blocks, model.norm, nothing(model)), prepared(RESIZE, IMAGENET),
         described(IMAGENET, checkpoint=file, family="DINOv2"),
         lambda folder: torch.save(model.state_dict(), folder / file), wide_pixels(IMAGENET))


def dinov2_registers(sources):
    dinov2(sources, "dinov2_reg4", num_register_tokens=4, interpolate_antialias=True, interpolate_offset=0.0)


def dinov2_giant(sources):
    dinov2(sources, "dinov2_swiglu", ffn_layer="swiglufused")


def clip_openai(sources):
    code = module_from(sources / "CLIP" / "clip" / "model.py", "clip_model")
    del code.LayerNorm.forward  # which casts to float32: this run is all float64
    model = code.VisionTransformer(SIZE, PATCH, WIDTH, DEPTH, HEADS, output_dim=8)
    text = {"positional_embedding": torch.zeros(7, 8), "text_projection": torch.zeros(8, 8), "logit_scale": torch.ones([]),
            "token_embedding.weight": torch.zeros(9, 8), "transformer.resblocks.0.ln_1.weight": torch.ones(8),
            "ln_final.weight": torch.ones(8)}
    make("clip_openai", Network(model, model.transformer.resblocks, model.ln_post, nothing(model), tokens_first=True),
         prepared(SIZE, CLIP), described(CLIP, SIZE, checkpoint="ViT-B-32.pt", family="OpenAI CLIP"),
         lambda folder: torch.save({f"visual.{k}": v for k, v in model.state_dict().items()} | text,
                                   folder / "ViT-B-32.pt"))


def clip_open(sources):
    vision = {"image_size": SIZE, "layers": DEPTH, "width": WIDTH, "patch_size": PATCH, "head_width": WIDTH // HEADS}
    model = open_clip.transformer.VisionTransformer(image_size=SIZE, patch_size=PATCH, width=WIDTH, layers=DEPTH,
                                                    heads=HEADS, mlp_ratio=4.0, output_dim=8)

    def write(folder):
        save_file({f"visual.{k}": v.contiguous() for k, v in model.state_dict().items()} |
                  {"logit_scale": torch.ones([]), "ln_final.weight": torch.ones(8)},
                  folder / "open_clip_model.safetensors")
        config = {"model_cfg": {"embed_dim": 8, "vision_cfg": vision,
                                "text_cfg": {"context_length": 7, "width": 8, "heads": 2, "layers": 1}},
                  "preprocess_cfg": {"mean": CLIP[0], "std": CLIP[1], "interpolation": "bicubic",
                                     "resize_mode": "shortest"}}
        (folder / "open_clip_config.json").write_text(json.dumps(config, indent=1) + "\n")

    metadata = described(CLIP, SIZE, checkpoint=".", family="OpenCLIP")
    make("clip_open", Network(model, model.transformer.resblocks, model.ln_post, nothing(model)),
         prepared(SIZE, CLIP), metadata, write)


def torchvision_vit(sources):
    model = torchvision.models.VisionTransformer(image_size=SIZE, patch_size=PATCH, num_layers=DEPTH, num_heads=HEADS,
                                                 hidden_dim=WIDTH, mlp_dim=4 * WIDTH, num_classes=CLASSES)
    make("torchvision_vit", Network(model, model.encoder.layers, model.encoder.ln, model),
         prepared(RESIZE, IMAGENET, InterpolationMode.BILINEAR),
         described(IMAGENET, RESIZE, "bilinear", checkpoint="vit_b_16-c867db91.pth", family="torchvision"),
         lambda folder: torch.save(model.state_dict(), folder / "vit_b_16-c867db91.pth"))


def small_timm(architecture, classes=CLASSES, size=SIZE, **more):
    return timm.create_model(architecture, embed_dim=WIDTH, depth=DEPTH, num_heads=HEADS, patch_size=PATCH,
                             img_size=size, num_classes=classes, dynamic_img_size=True, **more)


def timm_file(name, file, architecture, stats, family, rename, old_format=False, classes=CLASSES):
    """A network of timm's in a file as its authors published it."""
    model = small_timm(architecture, classes)
    norm = model.norm
    make(name, Network(model, model.blocks, norm, model if classes else nothing(model)), prepared(RESIZE, stats),
         described(stats, checkpoint=file, family=family),
         lambda folder: torch.save({"model": rename(model.state_dict())}, folder / file,
                                   _use_new_zipfile_serialization=not old_format), wide_pixels(stats))


def mae(sources):
    def with_decoder(state):
        return state | {"mask_token": torch.zeros(1, 1, 8), "decoder_pos_embed": torch.zeros(1, 17, 8),
                        "decoder_embed.weight": torch.zeros(8, WIDTH), "decoder_embed.bias": torch.zeros(8),
                        "decoder_blocks.0.norm1.weight": torch.ones(8), "decoder_norm.weight": torch.ones(8),
                        "decoder_blocks.0.attn.qkv.weight": torch.zeros(24, 8), "decoder_pred.bias": torch.zeros(48)}

    timm_file("mae", "mae_visualize_vit_base.pth", "vit_base_patch16_224", IMAGENET, "MAE", with_decoder,
              old_format=True, classes=0)


def deit_distilled(sources):
    timm_file("deit_distilled", "deit_tiny_distilled_patch16_224.pth", "deit_tiny_distilled_patch16_224", IMAGENET,
              "DeiT", dict)


def deit3(sources):
    timm_file("deit3", "deit_3_small_224_1k.pth", "deit3_small_patch16_224", IMAGENET, "DeiT-III",
              lambda state: {k.replace("ls1.gamma", "gamma_1").replace("ls2.gamma", "gamma_2"): v
                             for k, v in state.items()})


def eva02(sources):
    """What timm reads from such a file is what it computes with: its own conversion undoes the names given here."""
    model = small_timm("eva02_base_patch14_224")
    names = (("mlp.fc1_g", "mlp.w1"), ("mlp.fc1_x", "mlp.w2"), ("mlp.norm", "mlp.ffn_ln"), ("mlp.fc2", "mlp.w3"),
             ("q_proj.bias", "q_bias"), ("v_proj.bias", "v_bias"))
    file = "eva02_B_pt_in21k_ft_in1k_p14.pt"

    def write(folder):
        state = {functools.reduce(lambda k, pair: k.replace(*pair), names, k): v for k, v in model.state_dict().items()}
        read = timm.models.eva.checkpoint_filter_fn(dict(state), model)
        assert all(torch.equal(v, read[k]) for k, v in model.state_dict().items())
        rope = {f"rope.freqs_{part}": torch.zeros(256, WIDTH // HEADS) for part in ("cos", "sin")}
        torch.save({"module": state | rope}, folder / file)

    make("eva02", Network(model, model.blocks, None, model), prepared(int(SIZE / 0.9), CLIP),
         described(CLIP, int(SIZE / 0.9), checkpoint=file, family="EVA-02"), write, wide_pixels(CLIP))


def google_arrays(model):
    """The parameters of a timm network under the names and in the shapes of Google's files."""
    state = {k: v.numpy() for k, v in model.state_dict().items()}
    arrays = {"cls": state["cls_token"], "Transformer/posembed_input/pos_embedding": state["pos_embed"],
              "embedding/kernel": state["patch_embed.proj.weight"].transpose(2, 3, 1, 0),
              "embedding/bias": state["patch_embed.proj.bias"]}

    def put(google, ours, kind):
        weight = state[f"{ours}.weight"]
        arrays[f"{google}/{'scale' if kind == 'norm' else 'kernel'}"] = weight if kind == "norm" else weight.T
        arrays[f"{google}/bias"] = state[f"{ours}.bias"]

    put("Transformer/encoder_norm", "norm", "norm")
    put("head", "head", "dense")
    for b in range(DEPTH):
        google, ours = f"Transformer/encoderblock_{b}", f"blocks.{b}"
        put(f"{google}/LayerNorm_0", f"{ours}.norm1", "norm")
        put(f"{google}/LayerNorm_2", f"{ours}.norm2", "norm")
        put(f"{google}/MlpBlock_3/Dense_0", f"{ours}.mlp.fc1", "dense")
        put(f"{google}/MlpBlock_3/Dense_1", f"{ours}.mlp.fc2", "dense")
        attention = f"{google}/MultiHeadDotProductAttention_1"
        for i, part in enumerate(("query", "key", "value")):
            rows = slice(i * WIDTH, (i + 1) * WIDTH)
            arrays[f"{attention}/{part}/kernel"] = state[f"{ours}.attn.qkv.weight"][rows].T.reshape(WIDTH, HEADS, -1)
            arrays[f"{attention}/{part}/bias"] = state[f"{ours}.attn.qkv.bias"][rows].reshape(HEADS, -1)
        arrays[f"{attention}/out/kernel"] = state[f"{ours}.attn.proj.weight"].T.reshape(HEADS, -1, WIDTH)
        arrays[f"{attention}/out/bias"] = state[f"{ours}.attn.proj.bias"]
    return arrays


def google_npz(sources):
    model = small_timm("vit_base_patch16_224")
    file = "ViT-B_16-224.npz"

    def loaded(folder, size):
        other = small_timm("vit_base_patch16_224", size=size)
        other.load_pretrained(str(folder / file))
        return Network(other, other.blocks, other.norm, other)

    def write(folder):
        np.savez(folder / file, **google_arrays(model))
        again = loaded(folder, SIZE).model.float().state_dict()
        assert all(torch.equal(v, again[k]) for k, v in model.state_dict().items())

    metadata = described(HALF, checkpoint=file, family="Google")
    metadata.pop("num_heads")  # the shapes of the kernels say it
    make("google_npz", Network(model, model.blocks, model.norm, model), prepared(RESIZE, HALF), metadata, write,
         wide_pixels(HALF), lambda folder: loaded(folder, WIDE))


def siglip_arrays(model):
    """The parameters of timm's SigLIP under the names and in the shapes of big_vision's files."""
    state = {k: v.numpy() for k, v in model.state_dict().items()}
    arrays = {"pos_embedding": state["pos_embed"], "MAPHead_0/probe": state["attn_pool.latent"],
              "embedding/kernel": state["patch_embed.proj.weight"].transpose(2, 3, 1, 0),
              "embedding/bias": state["patch_embed.proj.bias"]}

    def put(google, ours, norm=False):
        weight = state[f"{ours}.weight"]
        arrays[f"{google}/{'scale' if norm else 'kernel'}"] = weight if norm else weight.T
        arrays[f"{google}/bias"] = state[f"{ours}.bias"]

    def attend(google, weights, biases, ours):
        for part, weight, bias in zip(("query", "key", "value"), weights, biases):
            arrays[f"{google}/{part}/kernel"] = weight.T.reshape(WIDTH, HEADS, -1)
            arrays[f"{google}/{part}/bias"] = bias.reshape(HEADS, -1)
        arrays[f"{google}/out/kernel"] = state[f"{ours}.weight"].T.reshape(HEADS, -1, WIDTH)
        arrays[f"{google}/out/bias"] = state[f"{ours}.bias"]

    put("Transformer/encoder_norm", "norm", True)
    for b in range(DEPTH):
        google, ours = f"Transformer/encoderblock_{b}", f"blocks.{b}"
        put(f"{google}/LayerNorm_0", f"{ours}.norm1", True)
        put(f"{google}/LayerNorm_1", f"{ours}.norm2", True)
        put(f"{google}/MlpBlock_0/Dense_0", f"{ours}.mlp.fc1")
        put(f"{google}/MlpBlock_0/Dense_1", f"{ours}.mlp.fc2")
        attend(f"{google}/MultiHeadDotProductAttention_0", np.split(state[f"{ours}.attn.qkv.weight"], 3),
               np.split(state[f"{ours}.attn.qkv.bias"], 3), f"{ours}.attn.proj")
    put("MAPHead_0/LayerNorm_0", "attn_pool.norm", True)
    put("MAPHead_0/MlpBlock_0/Dense_0", "attn_pool.mlp.fc1")
    put("MAPHead_0/MlpBlock_0/Dense_1", "attn_pool.mlp.fc2")
    attend("MAPHead_0/MultiHeadDotProductAttention_0",
           [state["attn_pool.q.weight"], *np.split(state["attn_pool.kv.weight"], 2)],
           [state["attn_pool.q.bias"], *np.split(state["attn_pool.kv.bias"], 2)], "attn_pool.proj")
    return {f"params/img/{name}": value for name, value in arrays.items()}


def siglip_npz(sources):
    model = small_timm("vit_base_patch16_siglip_224", 0, act_layer="gelu_tanh")
    file = "webli_en_b16_224_63724782.npz"

    def write(folder):
        np.savez(folder / file, **siglip_arrays(model))
        again = small_timm("vit_base_patch16_siglip_224", 0, act_layer="gelu_tanh")
        again.load_pretrained(str(folder / file))
        again = again.float().state_dict()
        assert all(torch.equal(v, again[k]) for k, v in model.state_dict().items())

    bilinear = squash(SIZE, HALF, "bilinear")
    pixels = normalized(photo().resize((SIZE, SIZE), Image.BILINEAR), HALF)
    make("siglip_npz", Network(model, model.blocks, model.norm, nothing(model),
                               pooled=lambda x: model.forward_head(model.forward_features(x), pre_logits=True)),
         pixels, {"checkpoint": file, "family": "SigLIP (JAX)", "made by": f"timm {timm.__version__}", **bilinear}, write)


CASES = [dino, dinov2, dinov2_registers, dinov2_giant, clip_openai, clip_open, torchvision_vit, mae, deit_distilled,
         deit3, eva02, google_npz, siglip_npz]

if __name__ == "__main__":
    torch.backends.mha.set_fastpath_enabled(False)  # its kernels hide the probabilities
    for case in CASES:
        if not sys.argv[2:] or case.__name__ in sys.argv[2:]:
            case(pathlib.Path(sys.argv[1]).resolve())
