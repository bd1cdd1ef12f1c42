#!/usr/bin/env python3
"""Golden comparisons of two passes, from the attention and hidden states recorded in other golden cases: tests/golden/beside/.

Needs numpy and safetensors. Everything is computed in float64 and rounded to float32 once. Side A and side B are recorded
runs of two networks, or of one network on two inputs (".wide" is the other one). Of each pair in PAIRS:

    difference.L.Q.WAY  (maps, P) A − B of block L for the query Q (a token of A): mean, maximum, then the heads that both have.
                        WAY is row, column or product. B's map is brought to A's patches by the mean over each patch's area,
                        and to A's count of tokens; patches of which B reads less than half have 0.
    numbers.L.Q.WAY     (maps, 7) correlation, KL of A from B in bits, half the L1 distance, both of the maps brought to a
                        sum of 1 over the patches that B reads; row and column of A's largest patch, and of B's on its own grid

and of pairs of one network:

    similarity.L.KIND   (Q, P of B) cosine of A's tokens `queries` with B's patches; KIND output, or q, k, v of the last block
    components.L.KIND   (3, P of A + P of B) principal components of both sides' patches together, A's first
    ratios.L.KIND       (3) their shares of the variance
    refitted.L          (3, P of A + P of B) of the foreground of both together, as in make_tokens.py

Signs as in make_tokens.py; the border is that of both photos. Writes beside.safetensors and beside.json.
"""

import json
import pathlib

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from make_tokens import LEAST_MARGIN, THRESHOLD, linear, margin, norm, unit

HERE = pathlib.Path(__file__).resolve().parent
KL_LEAST = 1e-9
CLS, DIST, REG = "class", "distillation", "register {}"

# network: what its tokens in front of the patches are
PREFIX = {
    "vit/plain": [CLS], "vit/no_head": [CLS], "families/timm_vit": [CLS],
    "families/timm_dinov2_reg4": [CLS, *(REG.format(i) for i in range(4))],
    "families/timm_reg4_gap": [REG.format(i) for i in range(4)],
    "families/timm_deit_distilled": [CLS, DIST],
    "families/timm_gap_no_class_token": [],
    "families/timm_rmsnorm": [CLS],
}
GRIDS = {"": (4, 4), ".wide": (2, 6), "vit/no_head": (5, 5)}
# side A, side B, whether both inputs are parts of one photo: then the patches lie where its pixels are.
PAIRS = [
    ("vit/plain", "families/timm_vit", False),
    ("vit/no_head", "families/timm_vit", False),
    ("families/timm_vit", "vit/no_head", False),
    ("families/timm_dinov2_reg4", "families/timm_reg4_gap.wide", False),
    ("families/timm_deit_distilled", "families/timm_dinov2_reg4", True),
    ("families/timm_vit", "families/timm_vit.wide", True),
    ("families/timm_dinov2_reg4", "families/timm_dinov2_reg4.wide", False),
    ("families/timm_gap_no_class_token.wide", "families/timm_gap_no_class_token", False),
    ("families/timm_rmsnorm", "families/timm_rmsnorm.wide", True),
]


class Run:
    def __init__(self, name):
        self.wide = ".wide" if name.endswith(".wide") else ""
        self.network = name.removesuffix(".wide")
        self.file = load_file(HERE / self.network / "golden.safetensors")
        self.kinds = PREFIX[self.network]
        self.prefix = len(self.kinds)
        self.rows, self.cols = GRIDS.get(self.network + self.wide, GRIDS[self.wide])
        self.depth = sum(k.startswith("hidden.") and k.count(".") == 1 for k in self.file)
        self.width, self.height = self.read("pixels").shape[2], self.read("pixels").shape[1]

    def read(self, name):
        return self.file[name + self.wide].astype(np.float64)

    def attention(self, block):
        return self.read(f"attention.{block}")

    def maps(self, block, query, way):
        """(mean, maximum, heads …; tokens)"""
        a = self.attention(block)
        heads = {"row": a[:, query, :], "column": a[:, :, query], "product": a[:, query, :] * a[:, :, query]}[way]
        return np.concatenate([heads.mean(0, keepdims=True), heads.max(0, keepdims=True), heads])

    def even(self, way):
        return 1 / (self.prefix + self.rows * self.cols) ** (2 if way == "product" else 1)


def overlap(edges, others):
    """(patches of A, patches of B): lengths of what two rows of patches have in common, as shares of A's."""
    low = np.maximum(edges[:-1, None], others[None, :-1])
    high = np.minimum(edges[1:, None], others[None, 1:])
    return np.clip(high - low, 0, None) / (edges[1:] - edges[:-1])[:, None]


def edges(run, same_photo):
    height, width = (run.height, run.width) if same_photo else (1, 1)
    return np.linspace(0, height, run.rows + 1), np.linspace(0, width, run.cols + 1)


def token_there(a, b, query, same_photo):
    if query < a.prefix:
        return b.kinds.index(a.kinds[query]) if a.kinds[query] in b.kinds else None
    (ya, xa), (yb, xb) = edges(a, same_photo), edges(b, same_photo)
    row, col = divmod(query - a.prefix, a.cols)
    y, x = (ya[row] + ya[row + 1]) / 2, (xa[col] + xa[col + 1]) / 2
    if not (yb[0] <= y < yb[-1] and xb[0] <= x < xb[-1]):
        return None
    return b.prefix + int(np.searchsorted(yb, y, "right") - 1) * b.cols + int(np.searchsorted(xb, x, "right") - 1)


def compare(a, b, block, query, way, same_photo):
    there = token_there(a, b, query, same_photo)
    block_b = min(block, b.depth - 1)
    maps_a, maps_b = a.maps(block, query, way), b.maps(block_b, there, way)
    count = min(len(maps_a), len(maps_b))
    maps_a, maps_b = maps_a[:count, a.prefix:], maps_b[:count, b.prefix:]
    (ya, xa), (yb, xb) = edges(a, same_photo), edges(b, same_photo)
    down, across = overlap(ya, yb), overlap(xa, xb)
    covered = down.sum(1)[:, None] * across.sum(1)[None, :]
    seen = (covered > 0.5 - 1e-9).ravel()
    margin(np.abs(covered - 0.5).min() if not np.isclose(covered, 0.5).any() else 1, "half a patch")
    on_a = np.stack([(down @ m.reshape(b.rows, b.cols) @ across.T / np.where(covered > 0, covered, 1)).ravel()
                     for m in maps_b]) * a.even(way) / b.even(way)
    difference = np.where(seen, maps_a - on_a, 0)
    numbers = []
    for m, other, own in zip(maps_a, on_a, maps_b):
        p, q = m[seen] / m[seen].sum(), other[seen] / other[seen].sum()
        kl = (p[p > 0] * np.log2(p[p > 0] / np.maximum(q[p > 0], KL_LEAST))).sum()
        for values in (m, own):
            ordered = np.sort(values)
            margin((ordered[-1] - ordered[-2]) / ordered[-1], "largest patch")
        numbers.append([np.corrcoef(m[seen], other[seen])[0, 1], kl, np.abs(p - q).sum() / 2,
                        *divmod(int(m.argmax()), a.cols), *divmod(int(own.argmax()), b.cols)])
    return difference, np.array(numbers)


def components(x, borders, bordered=True):
    """((3, P) components, (3) shares of the variance) of (P, C) patches; `borders` (P) says which are at a border."""
    u, s, _ = np.linalg.svd(x - x.mean(0), full_matrices=False)
    scores = (u * s).T[:3]
    for i in range(3):
        scaled = scores[i] / np.sqrt((scores[i] ** 2).mean())
        scores[i] *= margin(-scaled[borders].mean() if bordered and i == 0 else (scaled**3).mean(), "sign")
    assert all(s[i] / s[i + 1] > 1 + LEAST_MARGIN for i in range(3)), "components may change places"
    return scores, s[:3] ** 2 / (s**2).sum()


def border(run):
    at = np.zeros((run.rows, run.cols), bool)
    at[[0, -1]] = at[:, [0, -1]] = True
    return at.ravel()


def tokens_of(run, weights, eps):
    """By (block, kind): (N, C)."""
    hidden = [run.read(f"hidden.{block}") for block in range(run.depth)]
    last = run.depth - 1
    kinds = {(block, "output"): x for block, x in enumerate(hidden)}
    qkv = linear(norm(hidden[last - 1], weights, f"blocks.{last}.norm1", eps), weights, f"blocks.{last}.attn.qkv")
    return kinds | {(last, kind): part for kind, part in zip("qkv", np.split(qkv, 3, axis=1))}


def two_photos(a, b):
    weights = {k: v.astype(np.float64) for k, v in load_file(HERE / a.network / "model.safetensors").items()}
    with safe_open(HERE / a.network / "golden.safetensors", "np") as file:
        eps = float((file.metadata() or {}).get("eps", 1e-6))
    of_a, of_b = tokens_of(a, weights, eps), tokens_of(b, weights, eps)
    queries = sorted({0, a.prefix + 2, a.prefix + a.rows * a.cols - 1})
    borders, found = np.concatenate([border(a), border(b)]), {}
    for (block, kind), x in of_a.items():
        y = of_b[block, kind]
        found[f"similarity.{block}.{kind}"] = unit(x)[queries] @ unit(y[b.prefix:]).T
        both = np.concatenate([x[a.prefix:], y[b.prefix:]])
        found[f"components.{block}.{kind}"], found[f"ratios.{block}.{kind}"] = components(both, borders)
    last = a.depth - 1
    first = found[f"components.{last}.output"][0]
    relative = first / np.sqrt((first**2).mean()) - THRESHOLD
    margin(np.abs(relative).min(), "threshold")
    foreground = relative > 0
    assert 4 < foreground.sum() < len(foreground)
    both = np.concatenate([of_a[last, "output"][a.prefix:], of_b[last, "output"][b.prefix:]])
    scores, _ = components(both[foreground], None, bordered=False)
    found[f"refitted.{last}"] = np.zeros((3, len(both)))
    found[f"refitted.{last}"][:, foreground] = scores
    return queries, found


def make():
    index, tensors = [], {}
    for number, (name_a, name_b, same_photo) in enumerate(PAIRS):
        a, b = Run(name_a), Run(name_b)
        asked, found = [], {}
        for block in sorted({0, a.depth - 1}):
            for query in sorted({0, a.prefix, a.prefix + a.rows * a.cols // 2 - 1, a.prefix + a.rows * a.cols - 1}):
                if token_there(a, b, query, same_photo) is None:
                    continue
                asked.append([block, query])
                for way in ("row", "column", "product"):
                    at = f"{block}.{query}.{way}"
                    found[f"difference.{at}"], found[f"numbers.{at}"] = compare(a, b, block, query, way, same_photo)
        refused = [q for q in range(a.prefix + a.rows * a.cols) if token_there(a, b, q, same_photo) is None]
        one = dict(a=a.network, run_a=a.wide, b=b.network, run_b=b.wide, same_photo=int(same_photo), asked=asked,
                   refused=refused)
        if a.network == b.network:
            one["queries"], more = two_photos(a, b)
            found |= more
        index.append(one)
        tensors |= {f"{number} {key}": np.ascontiguousarray(value, np.float32) for key, value in found.items()}
        print(f"{name_a:40s} {name_b:40s} {len(asked)} questions, {len(refused)} tokens without a counterpart")
    out = HERE / "beside"
    out.mkdir(exist_ok=True)
    save_file(tensors, out / "beside.safetensors",
              {"made by": f"numpy {np.__version__}, float64", "threshold": str(THRESHOLD)})
    lines = ",\n ".join(json.dumps(one) for one in index)
    (out / "beside.json").write_text(f"[\n {lines}\n]\n")
    print(f"{len(tensors)} tensors, {sum(f.stat().st_size for f in out.iterdir()) / 1024:.0f} KB")


if __name__ == "__main__":
    make()
