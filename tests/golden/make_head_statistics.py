#!/usr/bin/env python3
"""Golden numbers of every head, from the attention recorded in other golden cases: tests/golden/statistics/.

Needs numpy and safetensors. Everything is computed in float64 from the recorded attention (h, N, N) and rounded to
float32 once. For the row a of a query, T prefix tokens, P patches on a grid:

    spread      2^H of a / Σa over all tokens
    distance    Σ w·|place - query's place|, w = the patches' part of a divided by its sum, in pixels of the input between
                patch centres; none from a prefix token
    class       a of the class token
    registers   Σ a of the other prefix tokens
    itself      a of the query
    top10       Σ of the ten largest a among the patches
    similarity  the mean of NumPy's corrcoef of the patches' part with that of every other head of the block

Writes statistics.safetensors, for each network and block a tensor (h, N, 7), NaN where there is no such number, and
beside it statistics.json.
"""

import json
import pathlib

import numpy as np
from safetensors.numpy import load_file, save_file

HERE = pathlib.Path(__file__).resolve().parent

# Case: its prefix tokens, whether the first is a class token, and which run (".wide" is not square).
NETWORKS = {
    "vit/plain": dict(prefix=1, class_token=True),
    "families/timm_dinov2_reg4": dict(prefix=5, class_token=True, run=".wide"),
    "families/timm_deit_distilled": dict(prefix=2, class_token=True, run=".wide"),
    "families/timm_gap_no_class_token": dict(prefix=0, class_token=False, run=".wide"),
    "families/hf_dinov3": dict(prefix=5, class_token=True, run=".wide"),
}
NAMES = ["spread", "distance", "class", "registers", "itself", "top10", "similarity"]


def places(rows, cols, patch):
    return np.array([((r + 0.5) * patch, (c + 0.5) * patch) for r in range(rows) for c in range(cols)])


def numbers_of(attention, rows, cols, patch, prefix, class_token):
    heads, tokens, _ = attention.shape
    result = np.full((heads, tokens, len(NAMES)), np.nan)
    where = places(rows, cols, patch)
    for h in range(heads):
        for q in range(tokens):
            a = attention[h, q]
            p = a / a.sum()
            out = dict(spread=2 ** -np.sum(p[p > 0] * np.log2(p[p > 0])), itself=a[q],
                       top10=np.sort(a[prefix:])[::-1][:10].sum())
            if q >= prefix:
                weights = a[prefix:] / a[prefix:].sum()
                out["distance"] = weights @ np.linalg.norm(where - where[q - prefix], axis=1)
            if class_token:
                out["class"] = a[0]
            if prefix > class_token:
                out["registers"] = a[int(class_token):prefix].sum()
            if heads > 1:
                table = np.corrcoef(attention[:, q, prefix:])
                out["similarity"] = np.delete(table[h], h).mean()
            for name, value in out.items():
                result[h, q, NAMES.index(name)] = value
    return result


def mistakes(attention, grid, prefix, class_token):
    """What a wrong implementation would find, by name."""
    rows, cols, patch = grid
    yield "columns for rows", numbers_of(attention.transpose(0, 2, 1), rows, cols, patch, prefix, class_token)
    yield "grid turned", numbers_of(attention, cols, rows, patch, prefix, class_token)
    yield "distance in patches", numbers_of(attention, rows, cols, 1, prefix, class_token)
    if prefix > 0:
        wrong = numbers_of(attention, rows, cols, patch, prefix, class_token)
        wrong[..., 1] *= attention[:, :, prefix:].sum(-1)
        yield "prefix has weight in the distance", wrong
        alike = numbers_of(attention, rows, cols, patch, prefix, class_token)
        for q in range(attention.shape[1]):
            table = np.corrcoef(attention[:, q])
            alike[:, q, 6] = (table.sum(1) - 1) / (len(table) - 1)
        yield "prefix in the correlation", alike


def make():
    tensors, index, noticed = {}, [], {}
    for name, facts in NETWORKS.items():
        recorded = load_file(HERE / name / "golden.safetensors")
        end = facts.get("run", "")
        height, width = recorded["pixels" + end].shape[-2:]
        depth = sum(key.startswith("attention.") and key.count(".") == 1 for key in recorded)
        tokens = recorded["attention.0" + end].shape[-1]
        prefix = facts["prefix"]
        patch = round((height * width / (tokens - prefix)) ** 0.5)
        rows, cols = height // patch, width // patch
        assert prefix + rows * cols == tokens, (name, tokens, rows, cols)
        for block in range(depth):
            attention = recorded[f"attention.{block}{end}"].astype(np.float64)
            truth = numbers_of(attention, rows, cols, patch, prefix, facts["class_token"])
            tensors[f"{name} block={block}"] = truth.astype(np.float32)
            for mistake, found in mistakes(attention, (rows, cols, patch), prefix, facts["class_token"]):
                error = np.nanmax(np.abs(found - truth) / (1 + np.abs(truth)))
                noticed.setdefault(mistake, []).append(error)
        index.append(dict(network=name, run=end, blocks=depth, prefix=prefix, rows=rows, cols=cols, patch=patch))
        print(f"{name:34s} {depth} blocks, {rows} × {cols} patches of {patch} px, {prefix} prefix tokens")
    out = HERE / "statistics"
    out.mkdir(exist_ok=True)
    save_file(tensors, out / "statistics.safetensors", {"made by": f"numpy {np.__version__}, float64"})
    (out / "statistics.json").write_text("[\n " + ",\n ".join(json.dumps(one) for one in index) + "\n]\n")
    print(f"{len(tensors)} tensors, {sum(f.stat().st_size for f in out.iterdir()) / 1024:.0f} KB")
    for mistake, errors in noticed.items():
        print(f"{mistake:36s} moves a number by up to {max(errors):.2g}")
        assert max(errors) > 1e-3, "the golden does not notice"


if __name__ == "__main__":
    make()
