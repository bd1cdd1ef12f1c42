#!/usr/bin/env python3
"""Golden effects of each head: tests/golden/ablation/.

Needs numpy and safetensors. An independent forward pass in float64 of three golden cases (a network with a class token and
classes, one with registers and LayerScale and no classes, one without a class token) with each head switched off in turn:
a head that is off puts zeros into its columns before the projection. Where block 0's input is not recorded only the later
blocks' heads are switched off. Without any head off the pass has to give what the reference recorded.

Writes ablation.safetensors: for each network and block `tokens` (h, N), 1 - cosine of every token's features with and
without the head, `features` (h), the same of the class token or else of the patches' mean, and `logit` (h), the change of
the most probable class's logit, where there are classes; and ablation.json.
"""

import json
import math
import pathlib

import numpy as np
from safetensors.numpy import load_file, save_file

from make_heads_off import embed

HERE = pathlib.Path(__file__).resolve().parent
NETWORKS = {
    "vit/plain": dict(prefix=1, class_token=True),
    "families/timm_dinov2_reg4": dict(prefix=5, class_token=True),
    "families/timm_gap_no_class_token": dict(prefix=0, class_token=False),
}
EPS = 1e-6


def norm(x, w, name):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + EPS) * w[name + ".weight"] + w[name + ".bias"]


def linear(x, w, name):
    return x @ w[name + ".weight"].T + (w[name + ".bias"] if name + ".bias" in w else 0)


def gelu(x):
    return x / 2 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def block_of(x, w, block, heads, off):
    n, c = x.shape
    name = f"blocks.{block}"
    y = norm(x, w, name + ".norm1")
    q, k, v = (part.reshape(n, heads, c // heads) for part in np.split(linear(y, w, name + ".attn.qkv"), 3, axis=1))
    out = np.zeros((n, heads, c // heads))
    for head in range(heads):
        if head == off:
            continue
        scores = q[:, head] @ k[:, head].T / np.sqrt(c // heads)
        p = np.exp(scores - scores.max(-1, keepdims=True))
        out[:, head] = p / p.sum(-1, keepdims=True) @ v[:, head]
    x = x + linear(out.reshape(n, c), w, name + ".attn.proj") * w.get(name + ".ls1.gamma", 1)
    hidden = gelu(linear(norm(x, w, name + ".norm2"), w, name + ".mlp.fc1"))
    return x + linear(hidden, w, name + ".mlp.fc2") * w.get(name + ".ls2.gamma", 1)


def run(x, w, first, depth, heads, prefix, off=None):
    """(features, logits or None) from the input of block `first` on; off: (block, head)."""
    for block in range(first, depth):
        x = block_of(x, w, block, heads, off[1] if off and off[0] == block else None)
    features = norm(x, w, "norm") if "norm.weight" in w else x
    if "head.weight" not in w:
        return features, None
    pooled = features[0] if prefix > 0 else features.mean(0)
    if "fc_norm.weight" in w:
        pooled = norm(pooled, w, "fc_norm")
    return features, linear(pooled, w, "head")


def turn(a, b):
    return 1 - (a * b).sum(-1) / np.sqrt((a * a).sum(-1) * (b * b).sum(-1))


def make():
    tensors, index = {}, []
    for name, facts in NETWORKS.items():
        w = {key: value.astype(np.float64) for key, value in load_file(HERE / name / "model.safetensors").items()}
        recorded = {key: value.astype(np.float64) for key, value in load_file(HERE / name / "golden.safetensors").items()}
        depth = sum(key.startswith("attention.") and key.count(".") == 1 for key in recorded)
        heads, prefix = len(recorded["attention.0"]), facts["prefix"]
        first = 0 if name == "vit/plain" else 1
        start = embed(recorded["pixels"], w) if first == 0 else recorded["hidden.0"]
        features, logits = run(start, w, first, depth, heads, prefix)
        assert np.abs(features - recorded["features"]).max() < 1e-5, (name, "features")
        assert logits is None or np.abs(logits - recorded["logits"]).max() < 1e-5, (name, "logits")

        def subject(of):
            return of[0] if facts["class_token"] else of[prefix:].mean(0)
        for block in range(first, depth):
            without = [run(start, w, first, depth, heads, prefix, (block, head)) for head in range(heads)]
            key = f"{name} block={block}"
            tensors[key + " tokens"] = np.stack([turn(f, features) for f, _ in without]).astype(np.float32)
            tensors[key + " features"] = np.array([turn(subject(f), subject(features)) for f, _ in without], np.float32)
            if logits is not None:
                top = logits.argmax()
                tensors[key + " logit"] = np.array([l[top] - logits[top] for _, l in without], np.float32)
            index.append(dict(network=name, block=block, classes=0 if logits is None else len(logits)))
            print(f"{key:46s} 1 - cosine {tensors[key + ' features'].min():.3f} to {tensors[key + ' features'].max():.3f}")
    out = HERE / "ablation"
    out.mkdir(exist_ok=True)
    save_file(tensors, out / "ablation.safetensors", {"made by": f"numpy {np.__version__}, float64"})
    (out / "ablation.json").write_text("[\n " + ",\n ".join(json.dumps(one) for one in index) + "\n]\n")
    print(f"{len(tensors)} tensors, {sum(f.stat().st_size for f in out.iterdir()) / 1024:.0f} KB")


if __name__ == "__main__":
    make()
