#!/usr/bin/env python3
"""Goldens of networks whose blocks work in windows: SAM's image encoder as Hugging Face, timm and its authors have it,
and ViTDet as Hugging Face and detectron2 have it. The windows divide no grid, so that padding counts. Needs torch, timm,
transformers, safetensors and PIL."""

import json
import sys

import timm
import torch
import torch.nn.functional as F
import transformers as hf
from safetensors.torch import save_file
from timm.data import create_transform, resolve_data_config

import reference
from families import CLASSES, HALF, HEADS, IMAGENET, PATCH, ROOT, WIDTH, photo, shorter_side, text, wide_pixels

SIZE, WINDOW, DEPTH = 24, 4, 4  # 6×6 patches in windows of 4×4
GLOBAL = [1, 3]


def epsilon(block):
    return next(m for m in block.modules() if isinstance(m, torch.nn.LayerNorm)).eps


def on_tokens(attention, rows, cols):
    """(windows, heads, places, places) to (heads, tokens, tokens): padding is left out, other windows have zeros."""
    windows, heads, places, _ = attention.shape
    side = round(places ** 0.5)
    if windows == 1 and places == rows * cols:
        return attention[0]
    across = -(-cols // side)
    result = torch.zeros(heads, rows * cols, rows * cols, dtype=attention.dtype)
    tokens = [[(w // across * side + p // side, w % across * side + p % side) for p in range(places)]
              for w in range(windows)]
    for w, own in enumerate(tokens):
        real = [p for p, (r, c) in enumerate(own) if r < rows and c < cols]
        ids = torch.tensor([own[p][0] * cols + own[p][1] for p in real])
        result[:, ids[:, None], ids[None]] = attention[w][:, real][:, :, real]
    return result


class Recorded:
    """A network, its blocks, and `attentions(pixels)`: (windows, heads, places, places) of every block."""

    def __init__(self, model, blocks, forward, tokens, attentions=None, norm=None):
        self.model, self.blocks, self.forward, self.tokens = model.eval().double(), list(blocks), forward, tokens
        self.attentions = attentions or self.fused
        self.norm = norm

    def fused(self, pixels):
        found = []
        run = F.scaled_dot_product_attention

        def recorded(query, key, value, attn_mask=None, *args, **kwargs):
            scores = query @ key.transpose(-2, -1) * query.shape[-1] ** -0.5 + attn_mask
            places = scores.shape[-1]
            found.append(torch.softmax(scores, -1).reshape(-1, HEADS, places, places))
            return run(query, key, value, attn_mask, *args, **kwargs)

        F.scaled_dot_product_attention = recorded
        try:
            self.forward(pixels)
        finally:
            F.scaled_dot_product_attention = run
        return found[:len(self.blocks)]

    def draw(self, name):
        reference.redraw(self.model, reference.generator(name), 0.5)
        with torch.no_grad():
            for key, parameter in self.model.named_parameters():
                if ".qkv." in key:
                    parameter[:2 * WIDTH] *= 2
            for parameter in self.model.parameters():
                parameter.copy_(parameter.float().double())

    def run(self, pixels, suffix=""):
        rows, cols = (side // PATCH for side in pixels.shape[-2:])
        with torch.no_grad(), reference.recording(self.blocks, lambda _, o: self.tokens(o)) as hidden:
            logits = self.forward(pixels)
        with torch.no_grad():
            attention = [on_tokens(a, rows, cols) for a in self.attentions(pixels)]
        hidden = [h.reshape(rows * cols, WIDTH) for h in hidden]
        golden = {"pixels": pixels[0], "features": self.norm(hidden[-1]) if self.norm else hidden[-1]}
        golden |= {f"attention.{b}": a for b, a in enumerate(attention)}
        golden |= {f"hidden.{b}": h for b, h in enumerate(hidden)}
        if logits is not None:
            golden["logits"] = logits[0]
        return {k + suffix: v.detach() for k, v in golden.items()}


def write_case(name, network, pixels, metadata, write, wide=None):
    folder = ROOT / name
    folder.mkdir(parents=True, exist_ok=True)
    network.draw(name)
    golden = network.run(pixels)
    if wide is not None:
        golden |= network.run(wide, ".wide")
    network.model.float()
    write(folder)
    save_file({k: v.float().contiguous() for k, v in golden.items()}, folder / "golden.safetensors",
              {"eps": f"{epsilon(network.blocks[0]):g}"} | {k: str(v) for k, v in metadata.items()})
    to_padding = 1 - golden["attention.0"].sum(-1)
    print(f"{name:16s} {sum(f.stat().st_size for f in folder.rglob('*') if f.is_file()) / 1024:5.0f} KB  to padding: "
          f"{to_padding.max():.2f} at most")


def corner(stats):
    return {"resize": "corner", "crop": f"{SIZE}x{SIZE}", "interpolation": "bilinear", "mean": text(stats[0]),
            "std": text(stats[1])}


def original_names(state):
    """Hugging Face's names of the image encoder to those of Meta's files."""
    renamed = {}
    for key, value in state.items():
        for new, old in (("vision_encoder.layers.", "image_encoder.blocks."), ("vision_encoder.", "image_encoder."),
                         ("patch_embed.projection", "patch_embed.proj"), ("layer_norm1", "norm1"),
                         ("layer_norm2", "norm2"), ("neck.conv1", "neck.0"), ("neck.layer_norm1", "neck.1"),
                         ("neck.conv2", "neck.2"), ("neck.layer_norm2", "neck.3")):
            if new in key and not (".neck." in key and new in ("layer_norm1", "layer_norm2")):
                key = key.replace(new, old)
        renamed[key] = value
    return {k: v for k, v in renamed.items() if k.startswith("image_encoder.")}


def hq_decoder(width):
    """What SAM-HQ's files hold beside the encoder and SAM's own, by their names: nothing of it is read."""
    rng = torch.Generator().manual_seed(0)
    shapes = {"hf_token.weight": (1, 8), "hf_mlp.layers.0.weight": (8, 8), "hf_mlp.layers.0.bias": (8,),
              "compress_vit_feat.0.weight": (width, 8, 2, 2), "compress_vit_feat.0.bias": (8,),
              "compress_vit_feat.1.weight": (8,), "compress_vit_feat.1.bias": (8,),
              "compress_vit_feat.3.weight": (8, 1, 2, 2), "compress_vit_feat.3.bias": (1,),
              "embedding_encoder.0.weight": (8, 2, 2, 2), "embedding_encoder.0.bias": (2,),
              "embedding_maskfeature.0.weight": (2, 1, 3, 3), "embedding_maskfeature.0.bias": (2,),
              "transformer.layers.0.self_attn.q_proj.weight": (8, 8), "transformer.layers.0.norm1.weight": (8,),
              "iou_token.weight": (1, 8), "mask_tokens.weight": (4, 8)}
    return {"mask_decoder." + name: torch.randn(shape, generator=rng) for name, shape in shapes.items()}


def sam_vision(name):
    """The encoder alone: without positions on its tokens and biases of queries, keys and values, with another
    activation, or as SAM-HQ's file."""
    hq = name == "sam_hq"
    more = {} if hq else dict(use_abs_pos=False, qkv_bias=False, hidden_act="gelu_pytorch_tanh", layer_norm_eps=1e-5)
    config = hf.SamVisionConfig(hidden_size=WIDTH, num_hidden_layers=DEPTH, num_attention_heads=HEADS, patch_size=PATCH,
                                image_size=SIZE, window_size=WINDOW, global_attn_indexes=GLOBAL, mlp_dim=3 * WIDTH,
                                output_channels=8, num_pos_feats=4, **more)
    model = hf.SamVisionModel(config)
    encoder = model.vision_encoder
    processor = hf.SamImageProcessorPil(size={"longest_edge": SIZE}, pad_size={"height": SIZE, "width": SIZE})
    pixels = processor(photo(), return_tensors="pt")["pixel_values"].double()

    def write(folder):
        if hq:
            torch.save(original_names(model.state_dict()) | hq_decoder(WIDTH), folder / "sam_hq_vit_b.pth")
            return
        model.save_pretrained(folder)
        processor.save_pretrained(folder)

    write_case(name, Recorded(model, encoder.layers, lambda x: (encoder(x), None)[1],
                              lambda o: o[0] if isinstance(o, tuple) else o), pixels,
               {"checkpoint": "sam_hq_vit_b.pth" if hq else ".", "family": "SAM's image encoder",
                "made by": f"transformers {hf.__version__}, torch {torch.__version__}, float64", **corner(IMAGENET)}, write)


def sam(name):
    config = hf.SamConfig(
        vision_config=dict(hidden_size=WIDTH, num_hidden_layers=DEPTH, num_attention_heads=HEADS, patch_size=PATCH,
                           image_size=SIZE, window_size=WINDOW, global_attn_indexes=GLOBAL, mlp_dim=3 * WIDTH,
                           output_channels=8, num_pos_feats=4),
        prompt_encoder_config=dict(hidden_size=8, image_size=SIZE, patch_size=PATCH, mask_input_channels=4),
        mask_decoder_config=dict(hidden_size=8, mlp_dim=8, num_attention_heads=2, iou_head_hidden_dim=8,
                                 num_hidden_layers=1))
    model = hf.SamModel(config)
    encoder = model.vision_encoder
    processor = hf.SamImageProcessorPil(size={"longest_edge": SIZE}, pad_size={"height": SIZE, "width": SIZE})
    pixels = processor(photo(), return_tensors="pt")["pixel_values"].double()

    def write(folder):
        if name == "sam":
            torch.save(original_names(model.state_dict()), folder / "sam_vit_b_half.pth")
            return
        model.save_pretrained(folder)
        processor.save_pretrained(folder)

    write_case(name, Recorded(model, encoder.layers, lambda x: (encoder(x), None)[1],
                              lambda o: o[0] if isinstance(o, tuple) else o), pixels,
               {"checkpoint": "sam_vit_b_half.pth" if name == "sam" else ".", "family": "SAM's image encoder",
                "made by": f"transformers {hf.__version__}, torch {torch.__version__}, float64", **corner(IMAGENET)}, write)


TIMM = {
    "timm_sam": ("samvit_base_patch16", dict(neck_chans=8, num_classes=0)),
    "timm_sam_224": ("samvit_base_patch16_224", dict(num_classes=CLASSES)),
}


def timm_sam(name):
    architecture, more = TIMM[name]
    arguments = dict(img_size=SIZE, patch_size=PATCH, embed_dim=WIDTH, depth=DEPTH, num_heads=HEADS,
                     window_size=WINDOW, global_attn_indexes=GLOBAL, **more)
    model = timm.create_model(architecture, **arguments)
    data = {"mean": HALF[0], "std": HALF[1], "crop_pct": 1.0, "crop_mode": "center", "interpolation": "bicubic",
            "input_size": (3, SIZE, SIZE)}
    pixels = create_transform(**resolve_data_config(data))(photo())[None].double()
    norm = None
    if name == "timm_sam_224":
        def norm(x):
            return F.layer_norm(x, (WIDTH,), model.neck.weight, model.neck.bias, model.neck.eps)

    def write(folder):
        save_file({k: v.contiguous() for k, v in model.state_dict().items()}, folder / "model.safetensors")
        config = {"architecture": architecture, "num_classes": arguments["num_classes"], "num_features": WIDTH,
                  "model_args": arguments,
                  "pretrained_cfg": {"custom_load": False, "fixed_input_size": True, "pool_size": None, **data,
                                     "first_conv": "patch_embed.proj", "classifier": "head.fc"}}
        (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")

    write_case(name, Recorded(model, model.blocks, lambda x: model(x) if model.num_classes else (model(x), None)[1],
                              lambda o: o, norm=norm), pixels,
               {"checkpoint": "model.safetensors", "family": architecture,
                "made by": f"timm {timm.__version__}, torch {torch.__version__}, float64",
                **shorter_side(SIZE, SIZE, HALF)},
               write, wide_pixels(HALF))


def vitdet(name):
    # Trained from a network of 4×4 patches with a class token, whose position is kept.
    config = hf.VitDetConfig(hidden_size=WIDTH, num_hidden_layers=DEPTH, num_attention_heads=HEADS, mlp_ratio=3,
                             image_size=SIZE, pretrain_image_size=4 * PATCH, patch_size=PATCH, window_size=WINDOW,
                             window_block_indices=[b for b in range(DEPTH) if b not in GLOBAL],
                             use_relative_position_embeddings=True)
    model = hf.VitDetModel(config)
    data = {"mean": IMAGENET[0], "std": IMAGENET[1], "crop_pct": 1.0, "crop_mode": "center",
            "interpolation": "bilinear", "input_size": (3, SIZE, SIZE)}
    pixels = create_transform(**resolve_data_config(data))(photo())[None].double()

    def write(folder):
        if name == "hf_vitdet":
            model.save_pretrained(folder)
            return
        state = {}
        for key, value in model.state_dict().items():
            for new, old in (("embeddings.position_embeddings", "pos_embed"), ("embeddings.projection", "patch_embed.proj"),
                             ("encoder.layer.", "blocks."), ("attention.", "attn.")):
                key = key.replace(new, old)
            state["backbone.net." + key] = value
        torch.save({"model": state}, folder / "mask_rcnn_vitdet.pth")

    write_case(name, Recorded(model, model.encoder.layer, lambda x: (model(x), None)[1],
                              lambda o: o[0].permute(0, 2, 3, 1),
                              lambda x: model(x, output_attentions=True).attentions), pixels,
               {"checkpoint": "." if name == "hf_vitdet" else "mask_rcnn_vitdet.pth", "family": "ViTDet",
                "made by": f"transformers {hf.__version__}, torch {torch.__version__}, float64",
                **shorter_side(SIZE, SIZE, IMAGENET, "bilinear")},
               write, wide_pixels(IMAGENET))


CASES = {"hf_sam": sam, "sam": sam, "hf_sam_vision": sam_vision, "sam_hq": sam_vision, "timm_sam": timm_sam, "timm_sam_224": timm_sam, "hf_vitdet": vitdet,
         "vitdet": vitdet}

if __name__ == "__main__":
    for case in sys.argv[1:] or CASES:
        CASES[case](case)
