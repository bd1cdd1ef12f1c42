#!/usr/bin/env python3
"""Golden tensors of a network with heads switched off or scaled: heads_off and heads_scaled.safetensors in
tests/golden/vit/plain.

Needs NumPy and safetensors. An independent forward pass in float64 on the case "plain" that make_vit.py wrote: a head's
columns before the projection are multiplied by its factor, 0 where it is off, and its maps are computed as ever.
Writes hidden.L (N, C) after block L, features (N, C), logits (K); metadata "blocks": [heads, [those that are off]] each,
or [heads, [[head, factor], …]].
"""

import json
import math
import pathlib

import numpy as np
from safetensors.numpy import load_file, save_file

CASE = pathlib.Path(__file__).parent / "vit" / "plain"
OFF = [[3, [1]], [6, [0, 5]], [3, [0, 2]]]  # one of the trained heads, two of twice as many, all but one
SCALED = [[3, [[1, 0.5]]], [6, [[0, 2], [3, 0.25], [5, 0]]], [3, [[0, 1.75], [2, 3]]]]
EPS = 1e-6


def norm(x, w, name):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + EPS) * w[name + ".weight"] + w[name + ".bias"]


def linear(x, w, name):
    return x @ w[name + ".weight"].T + w[name + ".bias"]


def attention(x, w, name, heads, factors):
    n, c = x.shape
    q, k, v = (part.reshape(n, heads, c // heads) for part in np.split(linear(x, w, name + ".qkv"), 3, axis=1))
    out = np.zeros((n, heads, c // heads))
    for head in range(heads):
        scores = q[:, head] @ k[:, head].T / np.sqrt(c // heads)
        p = np.exp(scores - scores.max(-1, keepdims=True))
        out[:, head] = factors.get(head, 1) * (p / p.sum(-1, keepdims=True) @ v[:, head])
    return linear(out.reshape(n, c), w, name + ".proj")


def gelu(x):
    return x / 2 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def embed(pixels, w):
    kernel = w["patch_embed.proj.weight"]
    size = kernel.shape[-1]
    rows, cols = pixels.shape[1] // size, pixels.shape[2] // size
    patches = pixels.reshape(3, rows, size, cols, size).transpose(1, 3, 0, 2, 4).reshape(rows * cols, -1)
    tokens = patches @ kernel.reshape(len(kernel), -1).T + w["patch_embed.proj.bias"]
    return np.concatenate([w["cls_token"][0], tokens]) + w["pos_embed"][0]


def run(pixels, w, blocks):
    golden = {}
    x = embed(pixels, w)
    for index, (heads, factors) in enumerate(blocks):
        name = f"blocks.{index}"
        x = x + attention(norm(x, w, name + ".norm1"), w, name + ".attn", heads, factors)
        x = x + linear(gelu(linear(norm(x, w, name + ".norm2"), w, name + ".mlp.fc1")), w, name + ".mlp.fc2")
        golden[f"hidden.{index}"] = x
    golden["features"] = norm(x, w, "norm")
    golden["logits"] = linear(golden["features"][:1], w, "head")[0]
    return golden


if __name__ == "__main__":
    weights = {name: tensor.astype(np.float64) for name, tensor in load_file(CASE / "model.safetensors").items()}
    reference = load_file(CASE / "golden.safetensors")
    input_pixels = reference["pixels"].astype(np.float64)
    # The same code with every factor 1 must give what timm gave, or it would prove nothing.
    for name, tensor in run(input_pixels, weights, [[3, {}]] * 3).items():
        assert np.abs(tensor - reference[name]).max() < 1e-5, name
    for file, blocks, changes in (
        ("heads_off", OFF, [[heads, dict.fromkeys(off, 0)] for heads, off in OFF]),
        ("heads_scaled", SCALED, [[heads, dict(factors)] for heads, factors in SCALED]),
    ):
        result = run(input_pixels, weights, changes)
        save_file({name: tensor.astype(np.float32) for name, tensor in result.items()}, CASE / f"{file}.safetensors",
                  {"blocks": json.dumps(blocks), "made by": f"NumPy {np.__version__}, float64"})
        for name, tensor in result.items():
            moved = np.abs(tensor - reference[name]).max()
            print(f"{file} {name:10s} largest {np.abs(tensor).max():.3f}, moved by {moved:.3f}")
