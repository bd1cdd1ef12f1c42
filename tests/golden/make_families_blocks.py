#!/usr/bin/env python3
"""Goldens of networks whose blocks or patches are their own: CaiT, parallel branches, norms behind the branches, RADIO,
NaFlex, and heads with a layer before them. Needs torch, timm, transformers, safetensors and PIL."""

import argparse
import json
import sys

import timm
import torch
import transformers as hf
from safetensors.torch import save_file
from timm.data import create_transform, resolve_data_config

import reference
from families import (CLASSES, CLIP, DEPTH, HALF, HEADS, IMAGENET, PATCH, SIZE, WIDTH, Network, make, photo,
                      shorter_side, wide_pixels)

SMALL = dict(embed_dim=WIDTH, depth=DEPTH, num_heads=HEADS, patch_size=PATCH, num_classes=CLASSES)
TABLE = 5  # patches on a side of RADIO's positions, of which a picture takes a part
TIMM = {
    "cait": ("cait_xxs24_224", IMAGENET, 1.0, {"img_size": SIZE}),
    "timm_parallel": ("vit_pwee_patch16_reg1_gap_256", HALF, 0.95, {"img_size": SIZE}),
    "timm_parallel_qk": ("vit_base_patch16_xp_224", HALF, 0.9, {"img_size": SIZE}),
    "timm_rpn": ("vit_base_patch16_rpn_224", HALF, 0.9, {"img_size": SIZE}),
    "timm_relpos": ("vit_relpos_base_patch16_224", HALF, 0.9, {"img_size": SIZE, "rel_pos_dim": 8}),
    "timm_relpos_cls": ("vit_relpos_base_patch16_cls_224", HALF, 0.9, {"img_size": SIZE, "rel_pos_dim": 8}),
    "timm_relpos_rpn": ("vit_relpos_base_patch16_rpn_224", HALF, 0.9, {"img_size": SIZE, "rel_pos_dim": 8}),
    "timm_relpos_table": ("vit_relpos_base_patch16_clsgap_224", HALF, 0.9,
                          {"img_size": SIZE, "rel_pos_type": "bias"}),
    "timm_srelpos": ("vit_srelpos_small_patch16_224", HALF, 0.9, {"img_size": SIZE, "rel_pos_dim": 8}),
    "timm_srelpos_table": ("vit_srelpos_small_patch16_224", HALF, 0.9, {"img_size": SIZE, "rel_pos_type": "bias"}),
    "timm_eva02_enormous": ("eva02_enormous_patch14_clip_224", CLIP, 1.0, {"img_size": SIZE, "mlp_ratio": 3}),
    "timm_naflex": ("naflexvit_base_patch16_par_gap", HALF, 1.0, {"pos_embed_grid_size": (4, 4)}),
    "timm_naflex_siglip": ("naflexvit_base_patch16_siglip", HALF, 1.0,
                           {"pos_embed_grid_size": (4, 4), "num_classes": 0}),
    "timm_naflex_radio": ("naflexvit_base_patch16_radio_v3", CLIP, 1.0,
                          {"pos_embed_grid_size": (TABLE, TABLE), "num_classes": 0}),
}


class Loose(Network):
    """Where a head's peak does not follow from its own queries and keys: those are scaled by one factor."""

    def draw(self, name, pixels, token_std=0.5):
        reference.redraw(self.model, reference.generator(name), token_std)
        with torch.no_grad():
            for key, parameter in self.model.named_parameters():
                if key.endswith("attn.qkv.weight"):
                    parameter[:2 * WIDTH] *= 2
                if key.endswith(("q_norm.weight", "k_norm.weight")):
                    parameter *= 1.5
            for parameter in self.model.parameters():
                parameter.copy_(parameter.float().double())


class Talking(Loose):
    """What the softmax gives enters the second mix of the heads; what the class blocks look at is recorded, too."""

    def attention(self, pixels):
        mixes = [block.attn.proj_w for block in self.blocks]
        with torch.no_grad(), reference.recording(mixes, lambda i, _: i[0][0].permute(2, 0, 1)) as found:
            self.forward(pixels)
        return found

    def run(self, pixels, suffix=""):
        golden = super().run(pixels, suffix)
        with torch.no_grad():
            for i, shares in enumerate(super(Loose, self).attention(pixels)):
                golden[f"pool.{i}{suffix}"] = shares[:, 0]
        return golden


def logits_of(model):
    return lambda pixels: model(pixels) if model.num_classes else (model(pixels), None)[1]


def timm_case(name):
    architecture, stats, crop_pct, more = TIMM[name]
    arguments = {**SMALL, **more}
    model = timm.create_model(architecture, **arguments)
    data = {"mean": stats[0], "std": stats[1], "crop_pct": crop_pct, "crop_mode": "center", "interpolation": "bicubic",
            "input_size": (3, SIZE, SIZE)}
    transform = create_transform(**resolve_data_config(data))
    pixels = transform(photo())[None].double()

    def write(folder):
        save_file({k: v.contiguous() for k, v in model.state_dict().items()}, folder / "model.safetensors")
        config = {"architecture": architecture, "num_classes": arguments["num_classes"], "num_features": WIDTH,
                  "global_pool": model.global_pool, "model_args": arguments,
                  "pretrained_cfg": {"custom_load": False, "fixed_input_size": True, "pool_size": None, **data,
                                     "first_conv": "patch_embed.proj", "classifier": "head"}}
        (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")

    norm = None if isinstance(model.norm, torch.nn.Identity) else model.norm
    pooling = name == "cait" or getattr(model, "attn_pool", None) is not None
    pooled = (lambda pixels: model.forward_head(model.forward_features(pixels), pre_logits=True)) if pooling else None
    kind = Talking if name == "cait" else Loose if name == "timm_parallel_qk" else Peaked
    fixed = "naflex" not in name
    make(name, kind(model, model.blocks, norm, logits_of(model), pooled=pooled), pixels,
         {"checkpoint": "model.safetensors", "family": architecture,
          "made by": f"timm {timm.__version__}, torch {torch.__version__}, float64",
          **shorter_side(int(SIZE / crop_pct), SIZE, stats)},
         write, None if fixed else wide_pixels(stats))


class Peaked(Network):
    """A parallel block has its queries and keys behind the MLP's rows of one layer."""

    def draw(self, name, pixels, token_std=0.5):
        if name != "timm_parallel":
            return super().draw(name, pixels, token_std)
        reference.redraw(self.model, reference.generator(name), token_std)

        def query_and_key(block):
            parts = [part[-3 * WIDTH:] for part in self.blocks[block].in_proj.parameters()]
            return [rows for part in parts for rows in (part[:WIDTH], part[WIDTH:2 * WIDTH])]

        reference.peak_heads(lambda: self.attention(pixels), query_and_key, len(self.blocks),
                             reference.generator(name + " peaks"), lambda b: self.biases[b])
        with torch.no_grad():
            for parameter in self.model.parameters():
                parameter.copy_(parameter.float().double())


def radio_model():
    config = hf.RadioConfig(hidden_size=WIDTH, num_hidden_layers=DEPTH, num_attention_heads=HEADS, patch_size=PATCH,
                            image_size=SIZE, max_img_size=TABLE * PATCH, num_cls_tokens=2, num_registers=3)
    return hf.RadioModel(config)


def radio_case(name):
    model = radio_model()
    mean, std = (torch.tensor(s, dtype=torch.float64).view(1, 3, 1, 1) for s in CLIP)
    # Without a file that says it, the input has the size of the positions.
    side, resized = (TABLE * PATCH, TABLE * PATCH) if name == "radio" else (SIZE, 18)
    processor = hf.CLIPImageProcessorPil(size={"shortest_edge": resized}, crop_size={"height": side, "width": side},
                                         do_normalize=False)
    pixels = (processor(photo(), return_tensors="pt")["pixel_values"].double() - mean) / std

    def forward(x):
        model.input_conditioner.norm_mean, model.input_conditioner.norm_std = mean[0], std[0]
        blocks = model.embeddings(x)
        model.encoder(blocks)

    def write(folder):
        model.input_conditioner.norm_mean, model.input_conditioner.norm_std = mean[0].float(), std[0].float()
        if name == "radio":
            write_radio(model, folder)
            return
        if name == "hf_radio_memory":
            save_file({k: v.contiguous() for k, v in model.state_dict().items()}, folder / "model.safetensors")
            model.config.save_pretrained(folder)
        else:
            model.save_pretrained(folder)
        processor.save_pretrained(folder)

    checkpoint = "radio_v2.5-b_half.pth.tar" if name == "radio" else "model.safetensors"
    make(name, Network(model, model.encoder.layer, None, forward), pixels,
         {"checkpoint": checkpoint, **({"num_heads": HEADS} if name == "radio" else {}), "family": "RADIO",
          "made by": f"transformers {hf.__version__}, torch {torch.__version__}, float64",
          **shorter_side(resized, side, CLIP)},
         write, wide_pixels(CLIP))


RADIO_NAMES = (("embeddings.patch_projection", "base_model.patch_generator.embedder"),
               ("embeddings.position_embedding", "base_model.patch_generator.pos_embed"),
               ("embeddings.cls_register_token", "base_model.patch_generator.cls_token.token"),
               ("encoder.layer.", "base_model.blocks."), ("attention.o_proj", "attn.proj"),
               ("layer_scale1.lambda1", "ls1.gamma"), ("layer_scale2.lambda1", "ls2.gamma"))


def write_radio(model, folder):
    """As NVIDIA's hub keeps it, with the arguments of its training beside the weights."""
    weights = model.state_dict()
    renamed = {}
    for name, value in weights.items():
        if ".k_proj." in name or ".v_proj." in name or name == "summary_idxs":
            continue
        if ".q_proj." in name:
            value = torch.cat([weights[name.replace("q_proj", part)] for part in ("q_proj", "k_proj", "v_proj")])
            name = name.replace("attention.q_proj", "attn.qkv")
        for ours, theirs in RADIO_NAMES:
            name = name.replace(ours, theirs)
        renamed[name] = value.contiguous().clone()
    torch.save({"state_dict": renamed, "arch": "vit_base_patch16_224", "epoch": 3,
                "args": argparse.Namespace(model="vit_base_patch16_224", cpe_max_size=2048)},
               folder / "radio_v2.5-b_half.pth.tar")


def naflex_case(name):
    heads = {"hf_naflex": hf.Siglip2VisionModel, "hf_naflex_head": hf.Siglip2ForImageClassification}[name]
    sizes = dict(hidden_size=WIDTH, num_hidden_layers=DEPTH, num_attention_heads=HEADS, intermediate_size=4 * WIDTH,
                 patch_size=PATCH, num_patches=16)
    if name == "hf_naflex":
        config = hf.Siglip2VisionConfig(**sizes)
    else:
        text = dict(hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8, vocab_size=16)
        config = hf.Siglip2Config(vision_config=sizes, text_config=text,
                                  id2label={i: f"class {i}" for i in range(CLASSES)},
                                  label2id={f"class {i}": i for i in range(CLASSES)})
    model = heads(config)
    tower = model.vision_model if hasattr(model, "vision_model") else model
    kind = getattr(hf, "Siglip2ImageProcessorPil", hf.Siglip2ImageProcessor)
    processor = kind(patch_size=PATCH, max_num_patches=20)
    given = processor(photo(), return_tensors="pt")
    rows, cols = given["spatial_shapes"][0].tolist()
    patches = given["pixel_values"][0, :rows * cols].double()
    pixels = patches.reshape(rows, cols, PATCH, PATCH, 3).permute(4, 0, 2, 1, 3).reshape(1, 3, rows * PATCH, cols * PATCH)

    def inputs(x):
        r, c = x.shape[-2] // PATCH, x.shape[-1] // PATCH
        patches = x[0].reshape(3, r, PATCH, c, PATCH).permute(1, 3, 2, 4, 0).reshape(1, r * c, -1)
        return dict(pixel_values=patches, pixel_attention_mask=torch.ones(1, r * c), spatial_shapes=torch.tensor([[r, c]]))

    def forward(x):
        result = model(**inputs(x))
        return result.logits if "logits" in result else None

    def write(folder):
        model.save_pretrained(folder)
        processor.save_pretrained(folder)

    pooled = None if name == "hf_naflex_head" else (lambda x: model(**inputs(x)).pooler_output)
    make(name, Network(model, tower.encoder.layers, tower.post_layernorm, forward, pooled=pooled), pixels,
         {"checkpoint": ".", "family": config.model_type,
          "made by": f"transformers {hf.__version__}, torch {torch.__version__}, float64"},
         write, wide_pixels(HALF))


class PreLogits(torch.nn.Module):
    """timm's Vision Transformer as it was until version 0.6: a layer and a hyperbolic tangent before the head."""

    def __init__(self):
        super().__init__()
        self.trunk = timm.create_model("vit_tiny_patch16_224", **{**SMALL, "num_classes": 0}, img_size=SIZE)
        self.pre_logits = torch.nn.Sequential()
        self.pre_logits.add_module("fc", torch.nn.Linear(WIDTH, WIDTH + 4))
        self.pre_logits.add_module("act", torch.nn.Tanh())
        self.head = torch.nn.Linear(WIDTH + 4, CLASSES)

    def forward(self, pixels):
        return self.head(self.pre_logits(self.trunk.forward_features(pixels)[:, 0]))


def pre_logits_case(name):
    model = PreLogits()
    transform = create_transform(**resolve_data_config(
        {"mean": HALF[0], "std": HALF[1], "crop_pct": 0.9, "crop_mode": "center", "interpolation": "bicubic",
         "input_size": (3, SIZE, SIZE)}))

    def write(folder):
        torch.save({k.removeprefix("trunk."): v.contiguous() for k, v in model.state_dict().items()},
                   folder / "vit_base_patch16_224_in21k.pth")

    make(name, Network(model, model.trunk.blocks, model.trunk.norm, model), transform(photo())[None].double(),
         {"checkpoint": "vit_base_patch16_224_in21k.pth", "num_heads": HEADS, "family": "timm ViT with pre_logits",
          "made by": f"timm {timm.__version__}, torch {torch.__version__}, float64",
          **shorter_side(int(SIZE / 0.9), SIZE, HALF)}, write)


def coca_case(name):
    """OpenCLIP's CoCa: several queries pool the tokens before the last norm, which is therefore of theirs."""
    import open_clip  # alone here, and needs ftfy and regex
    torch.backends.mha.set_fastpath_enabled(False)  # which nobody can listen to

    model = open_clip.transformer.VisionTransformer(image_size=SIZE, patch_size=PATCH, width=WIDTH, layers=DEPTH,
                                                    heads=HEADS, mlp_ratio=4.0, output_dim=8, attentional_pool=True,
                                                    attn_pooler_queries=5, attn_pooler_heads=2)
    transform = create_transform(**resolve_data_config(
        {"mean": CLIP[0], "std": CLIP[1], "crop_pct": 1.0, "crop_mode": "center", "interpolation": "bicubic",
         "input_size": (3, SIZE, SIZE)}))

    def write(folder):
        save_file({f"visual.{k}": v.contiguous() for k, v in model.state_dict().items()} |
                  {"logit_scale": torch.ones([])}, folder / "open_clip_model.safetensors")
        vision = {"image_size": SIZE, "layers": DEPTH, "width": WIDTH, "patch_size": PATCH,
                  "head_width": WIDTH // HEADS, "attentional_pool": True, "attn_pooler_heads": 2}
        config = {"model_cfg": {"embed_dim": 8, "vision_cfg": vision, "text_cfg": {"context_length": 7}},
                  "preprocess_cfg": {"mean": CLIP[0], "std": CLIP[1], "interpolation": "bicubic",
                                     "resize_mode": "shortest"}}
        (folder / "open_clip_config.json").write_text(json.dumps(config, indent=1) + "\n")

    make(name, Network(model, model.transformer.resblocks, None, lambda pixels: (model(pixels), None)[1]),
         transform(photo())[None].double(),
         {"checkpoint": ".", "num_heads": HEADS, "family": "OpenCLIP CoCa",
          "made by": f"open_clip {open_clip.__version__}, torch {torch.__version__}, float64",
          **shorter_side(SIZE, SIZE, CLIP)}, write)


CASES = {**{name: timm_case for name in TIMM}, "radio": radio_case, "hf_radio": radio_case,
         "hf_radio_memory": radio_case, "hf_naflex": naflex_case, "hf_naflex_head": naflex_case,
         "timm_pre_logits": pre_logits_case, "coca": coca_case}

if __name__ == "__main__":
    for case in sys.argv[1:] or CASES:
        CASES[case](case)
