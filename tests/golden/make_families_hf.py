#!/usr/bin/env python3
"""Goldens of the families that Hugging Face transformers defines. Needs torch, transformers, safetensors and PIL."""

import sys

import torch
import transformers as hf
from safetensors.torch import load_file, save_file

from families import (CLASSES, CLIP, DEPTH, HALF, HEADS, IMAGENET, PATCH, SIZE, WIDTH, Network, make, photo,
                      shorter_side, squash, wide_pixels)

SIZES = dict(hidden_size=WIDTH, num_hidden_layers=DEPTH, num_attention_heads=HEADS, intermediate_size=4 * WIDTH,
             patch_size=PATCH, image_size=SIZE)
DINO_SIZES = {k: v for k, v in SIZES.items() if k != "intermediate_size"}
SQUARE = {"height": SIZE, "width": SIZE}
TEXT = dict(hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8, vocab_size=16)
UNIT = ((0.0,) * 3, (1.0,) * 3)
LABELS = dict(id2label={i: f"class {i}" for i in range(CLASSES)}, label2id={f"class {i}": i for i in range(CLASSES)})

# case: model, its config, image processor, mean and std, the processor's rule, does it take other sizes
CASES = {
    "hf_vit": (hf.ViTForImageClassification, hf.ViTConfig(**SIZES, **LABELS), hf.ViTImageProcessorPil(size=SQUARE),
               HALF, squash(SIZE, HALF, "bilinear"), True),
    "hf_deit": (hf.DeiTForImageClassificationWithTeacher, hf.DeiTConfig(**SIZES, **LABELS),
                hf.DeiTImageProcessorPil(size={"height": 18, "width": 18}, crop_size=SQUARE), IMAGENET, None, True),
    "hf_dinov2": (hf.Dinov2Model, hf.Dinov2Config(**DINO_SIZES, layerscale_value=0.5),
                  hf.BitImageProcessorPil(size={"shortest_edge": 18}, crop_size=SQUARE, image_mean=IMAGENET[0],
                                          image_std=IMAGENET[1]),
                  IMAGENET, shorter_side(18, SIZE, IMAGENET), True),
    "hf_dinov2_swiglu": (hf.Dinov2Model, hf.Dinov2Config(**DINO_SIZES, use_swiglu_ffn=True),
                         hf.BitImageProcessorPil(size={"shortest_edge": 18}, crop_size=SQUARE, image_mean=IMAGENET[0],
                                                 image_std=IMAGENET[1]),
                         IMAGENET, shorter_side(18, SIZE, IMAGENET), True),
    "hf_dinov2_registers": (hf.Dinov2WithRegistersModel,
                            hf.Dinov2WithRegistersConfig(**DINO_SIZES, num_register_tokens=4),
                            hf.BitImageProcessorPil(size={"shortest_edge": 18}, crop_size=SQUARE,
                                                    image_mean=IMAGENET[0], image_std=IMAGENET[1]),
                            IMAGENET, shorter_side(18, SIZE, IMAGENET), True),
    "hf_clip": (hf.CLIPVisionModelWithProjection, hf.CLIPVisionConfig(**SIZES, projection_dim=8),
                hf.CLIPImageProcessorPil(size={"shortest_edge": SIZE}, crop_size=SQUARE), CLIP,
                shorter_side(SIZE, SIZE, CLIP), True),
    "hf_siglip": (hf.SiglipVisionModel, hf.SiglipVisionConfig(**SIZES), hf.SiglipImageProcessorPil(size=SQUARE), HALF,
                  squash(SIZE, HALF, "bicubic"), True),
    "hf_vit_relu": (hf.ViTForImageClassification, hf.ViTConfig(**SIZES, **LABELS, hidden_act="relu"),
                    hf.ViTImageProcessorPil(size=SQUARE, do_normalize=False, rescale_factor=1 / 127.5), UNIT, None,
                    True),
    "hf_vit_memory": (hf.ViTForImageClassification, hf.ViTConfig(**SIZES, **LABELS, hidden_act="silu"),
                      hf.ViTImageProcessorPil(size=SQUARE, do_normalize=False, do_rescale=False), UNIT, None, True),
    "hf_ijepa_head": (hf.IJepaForImageClassification, hf.IJepaConfig(**SIZES, **LABELS),
                      hf.ViTImageProcessorPil(size=SQUARE), HALF, squash(SIZE, HALF, "bilinear"), True),
    "hf_dinov2_head": (hf.Dinov2ForImageClassification, hf.Dinov2Config(**DINO_SIZES, **LABELS),
                       hf.BitImageProcessorPil(size={"shortest_edge": 18}, crop_size=SQUARE, do_resize=False,
                                               image_mean=IMAGENET[0], image_std=IMAGENET[1]), IMAGENET, None, True),
    "hf_clip_head": (hf.CLIPForImageClassification,
                     hf.CLIPConfig(vision_config=SIZES | {"projection_dim": 8}, text_config=TEXT, **LABELS),
                     hf.CLIPImageProcessorPil(size={"shortest_edge": SIZE}, crop_size=SQUARE), CLIP,
                     shorter_side(SIZE, SIZE, CLIP), False),
    "hf_siglip_head": (hf.SiglipForImageClassification,
                       hf.SiglipConfig(vision_config=SIZES, text_config=TEXT, **LABELS),
                       hf.SiglipImageProcessorPil(size=SQUARE), HALF, squash(SIZE, HALF, "bicubic"), False),
    "hf_blip": (hf.BlipVisionModel, hf.BlipVisionConfig(**SIZES), hf.BlipImageProcessorPil(size=SQUARE), CLIP,
                squash(SIZE, CLIP, "bicubic"), True),
    "hf_blip2": (hf.Blip2VisionModel, hf.Blip2VisionConfig(**SIZES), hf.BlipImageProcessorPil(size=SQUARE), CLIP,
                 squash(SIZE, CLIP, "bicubic"), True),
    "hf_internvit": (hf.InternVLVisionModel, hf.InternVLVisionConfig(**SIZES), None, IMAGENET,
                     squash(SIZE, IMAGENET, "bicubic"), True),
    "hf_aimv2": (hf.Aimv2VisionModel, hf.Aimv2VisionConfig(**SIZES | {"intermediate_size": 24}),
                 hf.CLIPImageProcessorPil(size={"shortest_edge": SIZE}, crop_size=SQUARE), CLIP,
                 shorter_side(SIZE, SIZE, CLIP), False),
    "hf_beit": (hf.BeitForImageClassification, hf.BeitConfig(**SIZES, **LABELS, use_relative_position_bias=True),
                hf.BeitImageProcessorPil(size=SQUARE), HALF, squash(SIZE, HALF, "bicubic"), True),
    "hf_beit_masked": (hf.BeitForMaskedImageModeling,
                       hf.BeitConfig(**SIZES, vocab_size=7, use_shared_relative_position_bias=True, use_mask_token=True),
                       hf.BeitImageProcessorPil(size=SQUARE), HALF, squash(SIZE, HALF, "bicubic"), True),
    "hf_beit_memory": (hf.BeitForImageClassification,
                       hf.BeitConfig(**SIZES, **LABELS, use_absolute_position_embeddings=True, use_mean_pooling=False,
                                     use_relative_position_bias=True, layer_scale_init_value=0.0),
                       hf.BeitImageProcessorPil(size=SQUARE), HALF, squash(SIZE, HALF, "bicubic"), True),
    "hf_data2vec": (hf.Data2VecVisionForImageClassification,
                    hf.Data2VecVisionConfig(**SIZES, **LABELS, use_shared_relative_position_bias=True),
                    hf.BeitImageProcessorPil(size=SQUARE), HALF, squash(SIZE, HALF, "bicubic"), True),
    "hf_dit": (hf.BeitForImageClassification, hf.BeitConfig(**SIZES, **LABELS, use_absolute_position_embeddings=True),
               hf.BeitImageProcessorPil(size=SQUARE), HALF, squash(SIZE, HALF, "bicubic"), True),
    "hf_dinov3": (hf.DINOv3ViTModel, hf.DINOv3ViTConfig(**SIZES, num_register_tokens=4, key_bias=False),
                  None, IMAGENET, squash(SIZE, IMAGENET, "bilinear"), True),
}


def part(model, *names):
    """The first of these dotted parts that the model has."""
    for name in names:
        try:
            return model.get_submodule(name)
        except AttributeError:
            pass
    raise AttributeError(f"none of {names} in {[n for n, _ in model.named_modules()][:40]}")


def hf_case(name):
    build, config, processor, stats, rule, other_sizes = CASES[name]
    written_out = name == "hf_blip"
    config._attn_implementation = "eager" if written_out else "sdpa"
    model = build(config)
    dropouts = [m for n, m in model.named_modules() if n.endswith("self_attn.dropout")] if written_out else None
    blocks = next(m for n, m in model.named_modules() if isinstance(m, torch.nn.ModuleList) and len(m) == DEPTH)
    norm = next((m for n, m in model.named_modules()
                 if n.split(".")[-1] in ("layernorm", "post_layernorm", "norm", "rms_norm") and "layer." not in n
                 and "embeddings" not in n and "pooler" not in n and not isinstance(m, torch.nn.Identity)), None)

    def forward(pixels):
        kwargs = {}
        if name.split("_")[1] not in ("dinov2", "dinov3", "internvit", "beit", "data2vec", "dit") and pixels.shape[-2:] != (SIZE, SIZE):
            kwargs["interpolate_pos_encoding"] = True
        output = model(pixels, **kwargs)
        return None if name == "hf_beit_masked" else getattr(output, "logits", None)

    if processor is None:  # resizes tensors, antialiased, with PIL's filter
        from torchvision.transforms import functional as TF
        pixels = TF.normalize(TF.to_tensor(TF.resize(photo(), [SIZE, SIZE], TF.InterpolationMode(rule["interpolation"]))),
                              *stats)[None].double()
    else:
        pixels = processor(photo(), return_tensors="pt")["pixel_values"].double()

    def write(folder):
        model.save_pretrained(folder)
        if name.endswith("_memory"):  # as torch.save(model.state_dict()) writes it, beside the configuration
            torch.save(model.state_dict(), folder / "pytorch_model.bin")
            (folder / "model.safetensors").unlink()
        if name in ("hf_siglip", "hf_blip", "hf_blip2"):  # as the published files have it
            file = folder / "model.safetensors"
            save_file({f"vision_model.{k}": v for k, v in load_file(file).items()}, file, {"format": "pt"})
        if processor is not None:
            processor.save_pretrained(folder)

    metadata = {"checkpoint": ".", "family": config.model_type,
                "made by": f"transformers {hf.__version__}, torch {torch.__version__}, float64"}
    pooled = {"hf_siglip": lambda pixels: model(pixels, interpolate_pos_encoding=True).pooler_output,
              "hf_aimv2": lambda pixels: model(pixels).pooler_output}.get(name)
    make(name, Network(model, blocks, norm, forward, dropouts, pooled=pooled), pixels, metadata | (rule or {}), write,
         wide_pixels(stats) if other_sizes else None)


if __name__ == "__main__":
    for case in sys.argv[1:] or CASES:
        hf_case(case)
