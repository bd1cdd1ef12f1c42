#!/usr/bin/env python3
"""Goldens of ONNX files, as PyTorch's two exporters write them. Needs torch, timm, transformers, onnx and onnxscript."""

import sys

import timm
import torch

from families import HALF, SIZE, Network, make, photo, shorter_side
from make_families_hf import CASES as HUGGING_FACE
from make_families_timm import SMALL
from onnx_files import without_sources
from timm.data import create_transform, resolve_data_config


def export(model, file, dynamo):
    """By tracing (as Optimum does) or by torch.export, whose weights lie in a file beside."""
    more = {} if dynamo else {"opset_version": 17, "dynamic_axes": {"pixel_values": {0: "batch"}}}
    torch.onnx.export(model, (torch.zeros(1, 3, SIZE, SIZE),), file, dynamo=dynamo, input_names=["pixel_values"], **more)
    without_sources(file)


def made_by():
    return f"torch {torch.__version__}, float64"


def onnx_timm():
    """No file beside it: the graph tells heads, eps and activation."""
    model = timm.create_model("vit_tiny_patch16_224", **SMALL)
    data = dict(input_size=(3, SIZE, SIZE), interpolation="bicubic", mean=HALF[0], std=HALF[1], crop_pct=0.9)
    pixels = create_transform(**resolve_data_config({}, pretrained_cfg=data))(photo())[None].double()
    make("onnx_timm", Network(model, model.blocks, model.norm, model), pixels,
         {"checkpoint": "vit.onnx", "family": "timm ViT", "made by": made_by(), **shorter_side(int(SIZE / 0.9), SIZE, HALF)},
         lambda folder: export(model, folder / "vit.onnx", False))


def hugging_face(name, case, norm, dynamo):
    build, config, processor, *_ = HUGGING_FACE[case]
    config._attn_implementation = "sdpa"
    model = build(config)
    blocks = next(m for m in model.modules() if isinstance(m, torch.nn.ModuleList))
    pixels = processor(photo(), return_tensors="pt")["pixel_values"].double()

    def write(folder):
        config.save_pretrained(folder)
        processor.save_pretrained(folder)
        export(model, folder / "model.onnx", dynamo)

    make(name, Network(model, blocks, model.get_submodule(norm), lambda x: getattr(model(x), "logits", None)), pixels,
         {"checkpoint": "model.onnx", "family": config.model_type, "made by": made_by()}, write)


CASES = {"onnx_timm": onnx_timm,
         "onnx_hf_vit": lambda: hugging_face("onnx_hf_vit", "hf_vit", "vit.layernorm", True),
         "onnx_hf_dinov2": lambda: hugging_face("onnx_hf_dinov2", "hf_dinov2", "layernorm", False)}

if __name__ == "__main__":
    for case in sys.argv[1:] or CASES:
        CASES[case]()
