#!/usr/bin/env python3
"""Goldens of ONNX files as Optimum exports and optimises them, and as ONNX Runtime's optimiser joins attention with its
products. Needs torch, optimum-onnx with the transformers that it works with (4), onnxruntime and PIL."""

import pathlib
import shutil
import sys
import tempfile

import torch
import transformers as hf
from onnxruntime.transformers.optimizer import optimize_model
from optimum.exporters.onnx import main_export

from families import CLASSES, CLIP, DEPTH, HALF, HEADS, IMAGENET, PATCH, SIZE, WIDTH, Network, make, photo, shorter_side
from onnx_files import without_sources

SQUARE = {"height": SIZE, "width": SIZE}
SIZES = dict(hidden_size=WIDTH, num_hidden_layers=DEPTH, num_attention_heads=HEADS, image_size=SIZE, patch_size=PATCH)
LABELS = {"id2label": {i: f"kind {i}" for i in range(CLASSES)}, "label2id": {f"kind {i}": i for i in range(CLASSES)}}
TOWER = dict(SIZES, intermediate_size=2 * WIDTH, projection_dim=8)
TEXT = dict(hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8, vocab_size=16,
            max_position_embeddings=16, projection_dim=8, bos_token_id=1, eos_token_id=2, pad_token_id=0)


def processor(stats, resample):
    return hf.ViTImageProcessor(size=SQUARE, image_mean=stats[0], image_std=stats[1], resample=resample)


def vit():
    model = hf.ViTForImageClassification(hf.ViTConfig(**SIZES, intermediate_size=2 * WIDTH, **LABELS))
    return model, model.vit.encoder.layer, model.vit.layernorm, lambda x: model(x).logits, processor(HALF, 2)


def dinov2():
    model = hf.Dinov2Model(hf.Dinov2Config(**SIZES, mlp_ratio=2, layerscale_value=0.5))
    return model, model.encoder.layer, model.layernorm, lambda x: (model(x), None)[1], processor(IMAGENET, 3)


def clip():
    """With its text tower, which the file holds, too."""
    model = hf.CLIPModel(hf.CLIPConfig(vision_config=TOWER, text_config=TEXT, projection_dim=8))
    tower = model.vision_model
    images = hf.CLIPImageProcessor(size={"shortest_edge": SIZE}, crop_size=SQUARE)
    return model, tower.encoder.layers, tower.post_layernorm, lambda x: (tower(x), None)[1], images


def exported(build, task, level):
    """Optimum's own way from a folder to a file."""
    def write(model, images, folder):
        with tempfile.TemporaryDirectory() as name:
            source, target = pathlib.Path(name, "source"), pathlib.Path(name, "target")
            model.save_pretrained(source)
            images.save_pretrained(source)
            main_export(str(source), str(target), task=task, opset=17, optimize=level, do_validation=False)
            for file in ("model.onnx", "config.json", "preprocessor_config.json"):
                shutil.copy(target / file, folder / file)

    return build, write


def joined_attention(model, images, folder):
    """No file beside it: the graph tells heads, eps and activation."""
    class Tower(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.vision_model = model.vision_model

        def forward(self, pixel_values):
            return tuple(self.vision_model(pixel_values)[:2])

    model.vision_model.config._attn_implementation = "eager"  # the form that the optimiser knows
    with tempfile.TemporaryDirectory() as name:
        file = pathlib.Path(name, "model.onnx")
        torch.onnx.export(Tower(), (torch.zeros(1, 3, SIZE, SIZE),), str(file), dynamo=False, opset_version=17,
                          input_names=["pixel_values"])
        joined = optimize_model(str(file), model_type="clip", num_heads=HEADS, hidden_size=WIDTH, opt_level=0)
        assert sum(node.op_type == "Attention" for node in joined.model.graph.node) == DEPTH
        joined.save_model_to_file(str(folder / "model.onnx"))


CASES = {
    "optimum_vit": exported(vit, "image-classification", "O2"),
    "optimum_dinov2": exported(dinov2, "feature-extraction", "O2"),
    "optimum_clip": exported(clip, "zero-shot-image-classification", "O1"),
    "onnxruntime_clip": (clip, joined_attention),
}


def case(name):
    build, write = CASES[name]
    model, blocks, norm, forward, images = build()
    pixels = images(photo(), return_tensors="pt")["pixel_values"].double()

    def write_case(folder):
        write(model, images, folder)
        without_sources(folder / "model.onnx")

    metadata = {"checkpoint": "model.onnx", "family": model.config.model_type,
                "made by": f"transformers {hf.__version__}, torch {torch.__version__}, float64"}
    if write is joined_attention:
        metadata |= shorter_side(SIZE, SIZE, CLIP)
    drawn = getattr(model, "vision_model", model)  # text towers stay as they are made
    make(name, Network(drawn, blocks, norm, forward), pixels, metadata, write_case)


if __name__ == "__main__":
    torch.manual_seed(0)
    for each in sys.argv[1:] or CASES:
        case(each)
