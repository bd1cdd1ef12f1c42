#!/usr/bin/env python3
"""Goldens of the families that Hugging Face transformers defines. Needs torch, transformers, safetensors and PIL."""

import sys

import torch
import transformers as hf
from safetensors.torch import load_file, save_file

from families import (CLASSES, CLIP, DEPTH, HALF, HEADS, IMAGENET, PATCH, SIZE, WIDTH, Network, Reordered, make, photo,
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
    "hf_yolos": (hf.YolosForObjectDetection,
                 hf.YolosConfig(**SIZES | {"image_size": [8, 20]}, **LABELS, num_detection_tokens=3,
                                use_mid_position_embeddings=True),
                 hf.YolosImageProcessorPil(size={"shortest_edge": 20, "longest_edge": 33}), IMAGENET, None, True),
    "hf_yolos_bare": (hf.YolosModel, hf.YolosConfig(**SIZES | {"image_size": [16, 16]}, num_detection_tokens=5,
                                                    use_mid_position_embeddings=False),
                      hf.YolosImageProcessorPil(size={"shortest_edge": 16, "longest_edge": 40}), IMAGENET, None, True),
    "hf_vitpose": (hf.VitPoseForPoseEstimation,
                   hf.VitPoseConfig(backbone_config=hf.VitPoseBackboneConfig(
                       **DINO_SIZES | {"patch_size": [8, 8], "image_size": [32, 24]}, mlp_ratio=4, out_indices=[DEPTH])),
                   hf.VitPoseImageProcessorPil(size={"height": 32, "width": 24}), IMAGENET, None, False),
    "vitpose": (hf.VitPoseForPoseEstimation,
                hf.VitPoseConfig(backbone_config=hf.VitPoseBackboneConfig(
                    **DINO_SIZES | {"patch_size": [8, 8], "image_size": [32, 24]}, mlp_ratio=4, out_indices=[DEPTH],
                    layer_norm_eps=1e-6)),
                hf.VitPoseImageProcessorPil(size={"height": 32, "width": 24}), IMAGENET, None, False),
    "hf_mlcd": (hf.MLCDVisionModel, hf.MLCDVisionConfig(**SIZES),
                hf.CLIPImageProcessorPil(size={"shortest_edge": SIZE}, crop_size=SQUARE), CLIP,
                shorter_side(SIZE, SIZE, CLIP), True),
    "hf_tipsv2": (hf.Tipsv2VisionModel, hf.Tipsv2VisionConfig(**DINO_SIZES, num_register_tokens=2, mlp_ratio=4),
                  hf.Tipsv2ImageProcessor(size=SQUARE), UNIT, None, True),
    "hf_tipsv2_memory": (hf.Tipsv2VisionModel, hf.Tipsv2VisionConfig(**DINO_SIZES, mlp_ratio=4, use_swiglu_ffn=True),
                         hf.Tipsv2ImageProcessor(size=SQUARE), UNIT, None, True),
    "hf_pixio": (hf.PixioModel, hf.PixioConfig(**DINO_SIZES, n_cls_tokens=3, mlp_ratio=4),
                 hf.BitImageProcessorPil(size={"shortest_edge": 18}, crop_size=SQUARE, image_mean=IMAGENET[0],
                                         image_std=IMAGENET[1]), IMAGENET, None, True),
    "hf_depth_anything": (hf.DepthAnythingForDepthEstimation,
                          hf.DepthAnythingConfig(
                              backbone_config=hf.Dinov2Config(**DINO_SIZES, out_indices=[1, 2, 2, 2][:DEPTH],
                                                              reshape_hidden_states=False),
                              reassemble_hidden_size=WIDTH, patch_size=PATCH, neck_hidden_sizes=[4, 4],
                              reassemble_factors=[1, 1], fusion_hidden_size=4, head_in_index=-1, head_hidden_size=4),
                          hf.DPTImageProcessorPil(size={"height": 18, "width": 18}, keep_aspect_ratio=True,
                                                  ensure_multiple_of=PATCH, image_mean=IMAGENET[0],
                                                  image_std=IMAGENET[1]), IMAGENET, None, True),
    "hf_dinov3": (hf.DINOv3ViTModel, hf.DINOv3ViTConfig(**SIZES, num_register_tokens=4, key_bias=False),
                  None, IMAGENET, squash(SIZE, IMAGENET, "bilinear"), True),
}


# Networks that resample their positions without being told to.
OF_ANY_SIZE = ("dinov2", "dinov3", "internvit", "beit", "data2vec", "dit", "yolos", "vitpose", "mlcd", "tipsv2", "pixio",
               "depth")


def part(model, *names):
    """The first of these dotted parts that the model has."""
    for name in names:
        try:
            return model.get_submodule(name)
        except AttributeError:
            pass
    raise AttributeError(f"none of {names} in {[n for n, _ in model.named_modules()][:40]}")


# Hugging Face's names of ViTPose, and the original's.
POSE_NAMES = (("encoder.layer.", "blocks."), ("layernorm_before", "norm1"), ("layernorm_after", "norm2"),
              ("backbone.layernorm", "backbone.last_norm"), ("attention.output.dense", "attn.proj"),
              ("embeddings.patch_embeddings.projection", "patch_embed.proj"),
              ("embeddings.position_embeddings", "pos_embed"), ("head.conv", "keypoint_head.final_layer"))


def write_pose(model, folder):
    weights = {}
    for name, value in model.state_dict().items():
        for theirs, ours in POSE_NAMES:
            name = name.replace(theirs, ours)
        weights[name] = value
    for key in [k for k in weights if ".attention.attention.query." in k]:
        parts = [weights.pop(key.replace("query", part)) for part in ("query", "key", "value")]
        weights[key.replace("attention.attention.query", "attn.qkv")] = torch.cat(parts)
    torch.save({"state_dict": weights}, folder / "vitpose_small.pth")


def hf_case(name):
    build, config, processor, stats, rule, other_sizes = CASES[name]
    written_out = name == "hf_blip"
    getattr(config, "backbone_config", config)._attn_implementation = "eager" if written_out else "sdpa"
    model = build(config)
    dropouts = [m for n, m in model.named_modules() if n.endswith("self_attn.dropout")] if written_out else None
    blocks = next(m for n, m in model.named_modules() if isinstance(m, torch.nn.ModuleList) and len(m) == DEPTH)
    norm = next((m for n, m in model.named_modules()
                 if n.split(".")[-1] in ("layernorm", "post_layernorm", "norm", "rms_norm") and "layer." not in n
                 and "embeddings" not in n and "pooler" not in n and not isinstance(m, torch.nn.Identity)), None)

    def forward(pixels):
        kwargs = {}
        if name.split("_")[-1 if name == "vitpose" else 1] not in OF_ANY_SIZE and pixels.shape[-2:] != (SIZE, SIZE):
            kwargs["interpolate_pos_encoding"] = True
        output = model(pixels, **kwargs)
        return None if name in ("hf_beit_masked", "hf_yolos") else getattr(output, "logits", None)

    if processor is None:  # resizes tensors, antialiased, with PIL's filter
        from torchvision.transforms import functional as TF
        pixels = TF.normalize(TF.to_tensor(TF.resize(photo(), [SIZE, SIZE], TF.InterpolationMode(rule["interpolation"]))),
                              *stats)[None].double()
    else:  # ViTPose cuts out a person: here the whole photo
        boxes = {"boxes": [[[0, 0, *photo().size]]]} if "vitpose" in name else {}
        pixels = processor(photo(), **boxes, return_tensors="pt")["pixel_values"].double()

    def write(folder):
        if name == "vitpose":
            return write_pose(model, folder)
        model.save_pretrained(folder)
        if name.endswith("_memory"):  # as torch.save(model.state_dict()) writes it, beside the configuration
            torch.save(model.state_dict(), folder / "pytorch_model.bin")
            (folder / "model.safetensors").unlink()
        if name in ("hf_siglip", "hf_blip", "hf_blip2"):  # as the published files have it
            file = folder / "model.safetensors"
            save_file({f"vision_model.{k}": v for k, v in load_file(file).items()}, file, {"format": "pt"})
        if processor is not None:
            processor.save_pretrained(folder)

    bare = {"checkpoint": "vitpose_small.pth", "num_heads": HEADS} if name == "vitpose" else {"checkpoint": "."}
    metadata = {**bare, "family": config.model_type,
                "made by": f"transformers {hf.__version__}, torch {torch.__version__}, float64"}
    pooled = {"hf_siglip": lambda pixels: model(pixels, interpolate_pos_encoding=True).pooler_output,
              "hf_aimv2": lambda pixels: model(pixels).pooler_output}.get(name)
    if "yolos" in name:  # it has its detection tokens behind the patches
        count = config.num_detection_tokens
        network = Reordered(model, blocks, norm, forward,
                            order=lambda n: [0, *range(n - count, n), *range(1, n - count)])
    else:
        network = Network(model, blocks, norm, forward, dropouts, pooled=pooled)
    make(name, network, pixels, metadata | (rule or {}), write,
         wide_pixels(stats) if other_sizes else None)


if __name__ == "__main__":
    for case in sys.argv[1:] or CASES:
        hf_case(case)
