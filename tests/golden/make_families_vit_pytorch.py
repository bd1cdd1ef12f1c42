#!/usr/bin/env python3
"""Goldens of vit-pytorch's plain ViT. It prepares no pictures: the pixels are those of a plain squash. Needs torch,
vit-pytorch, einops, safetensors and PIL."""

import importlib.metadata
import sys

import torch
from PIL import Image
from vit_pytorch import ViT

from families import CLASSES, DEPTH, HALF, HEADS, PATCH, SIZE, WIDTH, Network, make, normalized, photo, squash

SMALL = dict(image_size=SIZE, patch_size=PATCH, num_classes=CLASSES, dim=WIDTH, depth=DEPTH, heads=HEADS,
             dim_head=WIDTH // HEADS, mlp_dim=40)
CASES = {"vit_pytorch": {}, "vit_pytorch_mean": {"pool": "mean"}}


class Block(torch.nn.Module):
    """One of the transformer's pairs, as a module that has a result of its own."""

    def __init__(self, attention, mlp):
        super().__init__()
        self.attention, self.mlp = attention, mlp

    def forward(self, x):
        x = self.attention(x) + x
        return self.mlp(x) + x


def vit_pytorch_case(name):
    model = ViT(**SMALL, **CASES[name])
    pixels = normalized(photo().resize((SIZE, SIZE), Image.BICUBIC), HALF)
    blocks = [Block(*layer) for layer in model.transformer.layers]
    model.transformer.forward = lambda x: model.transformer.norm(blocks[1](blocks[0](x)))
    network = Network(model, blocks, model.transformer.norm, model, [b.attention.dropout for b in blocks])

    def write(folder):
        torch.save(model.state_dict(), folder / "vit.pt")

    make(name, network, pixels,
         {"checkpoint": "vit.pt", "family": "vit-pytorch", "num_heads": HEADS,
          "made by": f"vit-pytorch {importlib.metadata.version('vit-pytorch')}, torch {torch.__version__}, float64",
          **squash(SIZE, HALF, "bicubic")}, write)


if __name__ == "__main__":
    for case in sys.argv[1:] or CASES:
        vit_pytorch_case(case)
