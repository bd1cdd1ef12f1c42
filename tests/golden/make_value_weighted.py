#!/usr/bin/env python3
"""Golden norms of weighted, transformed vectors (Kobayashi et al. 2020): tests/golden/values/.

Needs numpy and safetensors. Takes the recorded attention and hidden states of other golden cases and their weights, and
does in float64 what the paper writes down, vector by vector: x = norm1(hidden state), v_j = x_j·W_V + b_V of a head,
f_j = v_j·W_O of that head, times LayerScale where there is one, and the norm of a_ij·f_j. Block 0 is left out, since its
input is not recorded.

Writes values.safetensors, for each network and block a tensor (h, N, N), row = query, and values.json.
"""

import json
import pathlib

import numpy as np
from safetensors.numpy import load_file, save_file

HERE = pathlib.Path(__file__).resolve().parent
NETWORKS = ["vit/plain", "vit/no_qkv_bias", "families/timm_dinov2_reg4", "families/timm_deit_distilled",
            "families/timm_rope_gap"]


def weights_of(name):
    file = HERE / name / "model.safetensors"
    return {key: value.astype(np.float64) for key, value in load_file(file).items()}


def norm1(x, w, block, eps):
    centred = x - x.mean(-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + eps)
    return scaled * w[f"blocks.{block}.norm1.weight"] + w[f"blocks.{block}.norm1.bias"]


def vectors_of(x, w, block, heads):
    """(h, N, C) f_j of every head."""
    channels = x.shape[1]
    dim = channels // heads
    qkv = f"blocks.{block}.attn.qkv"
    w_v = w[qkv + ".weight"][2 * channels:]
    v = x @ w_v.T
    if qkv + ".bias" in w:
        v = v + w[qkv + ".bias"][2 * channels:]
    elif f"blocks.{block}.attn.v_bias" in w:  # EVA
        v = v + w[f"blocks.{block}.attn.v_bias"]
    w_o = w[f"blocks.{block}.attn.proj.weight"]
    scale = w.get(f"blocks.{block}.ls1.gamma", w.get(f"blocks.{block}.gamma_1", np.ones(channels)))
    return np.stack([v[:, h * dim:(h + 1) * dim] @ w_o[:, h * dim:(h + 1) * dim].T * scale for h in range(heads)])


def make():
    tensors, index, noticed = {}, [], {}
    for name in NETWORKS:
        recorded = load_file(HERE / name / "golden.safetensors")
        w = weights_of(name)
        eps = 1e-6
        depth = sum(key.startswith("attention.") and key.count(".") == 1 for key in recorded)
        for block in range(1, depth):
            attention = recorded[f"attention.{block}"].astype(np.float64)
            x = norm1(recorded[f"hidden.{block - 1}"].astype(np.float64), w, block, eps)
            f = vectors_of(x, w, block, len(attention))
            truth = np.linalg.norm(attention[:, :, :, None] * f[:, None], axis=-1)
            tensors[f"{name} block={block}"] = truth.astype(np.float32)
            index.append(dict(network=name, block=block))
            others = {"not normalised": vectors_of(recorded[f"hidden.{block - 1}"].astype(np.float64), w, block, len(f)),
                      "heads turned": np.roll(f, 1, 0)}
            for mistake, found in others.items():
                wrong = np.linalg.norm(attention[:, :, :, None] * found[:, None], axis=-1)
                noticed.setdefault(mistake, []).append(np.abs(wrong - truth).max() / truth.max())
            bare = {key: value for key, value in w.items() if not key.endswith(("ls1.gamma", "gamma_1"))}
            wrong = np.linalg.norm(attention[:, :, :, None] * vectors_of(x, bare, block, len(f))[:, None], axis=-1)
            noticed.setdefault("no LayerScale", []).append(np.abs(wrong - truth).max() / truth.max())
        print(f"{name:34s} {depth - 1} blocks, largest {truth.max():.3g}")
    out = HERE / "values"
    out.mkdir(exist_ok=True)
    save_file(tensors, out / "values.safetensors", {"made by": f"numpy {np.__version__}, float64"})
    (out / "values.json").write_text("[\n " + ",\n ".join(json.dumps(one) for one in index) + "\n]\n")
    print(f"{len(tensors)} tensors, {sum(f.stat().st_size for f in out.iterdir()) / 1024:.0f} KB")
    for mistake, errors in noticed.items():
        print(f"{mistake:36s} moves a number by up to {max(errors):.2g} of the largest")
        assert max(errors) > 1e-2, "the golden does not notice"


if __name__ == "__main__":
    make()
