#!/usr/bin/env python3
"""Golden attention rollout (Abnar & Zuidema 2020), from the attention recorded in other golden cases: tests/golden/rollout/.

Needs numpy and safetensors. Everything is computed in float64 and rounded to float32 once. Per block:

    F = the mean, maximum or minimum over the heads of the attention (h, N, N)
    D = F with its smallest entries between patches set to 0 (see `discard`)
    A = D/2 + I/2, each row divided by its sum

and rollout(start, block) = A[block] · … · A[start]; its row `query` says how much of each token that enters block `start`
is in token `query` as it leaves `block`, if each block mixes tokens as its attention says and keeps half of each.

Writes rollout.safetensors and, beside it, rollout.json, which says what each tensor holds.
"""

import itertools
import json
import pathlib

import numpy as np
from safetensors.numpy import load_file, save_file

HERE = pathlib.Path(__file__).resolve().parent

# Case: its prefix tokens and the queries (class token or first register, last prefix token, two patches).
NETWORKS = {
    "vit/plain": dict(prefix=1, queries=[0, 1, 11]),
    "families/timm_dinov2_reg4": dict(prefix=5, queries=[0, 3, 5, 16]),
    "families/timm_deit_distilled": dict(prefix=2, queries=[0, 1, 9]),
    "families/timm_gap_no_class_token": dict(prefix=0, queries=[0, 9]),
}
FUSIONS = {"mean": np.mean, "max": np.max, "min": np.min}
# Near 0.5 and 0.9; for each network the one is taken whose cuts lie in the widest gaps.
RATIOS = [0] + [[round(middle + step / 100, 2) for step in range(-4, 5)] for middle in (0.5, 0.9)]
# Between the largest entry dropped and the smallest kept, as a share of the latter. In single precision an entry differs
# by about 1e-6 of itself, so that the same entries are dropped.
LEAST_GAP = 1e-3


def discard(fused, prefix, ratio):
    """((N, N) with floor(ratio · P²) entries between patches set to 0, the gap at the cut: a share of the next entry).

    P is the number of patches. Rows and columns of prefix tokens are never dropped and do not count. The smallest go
    first; of equal ones the first in row-major order.
    """
    result = fused.copy()
    between = result[prefix:, prefix:]
    count = int(np.floor(ratio * between.size + 1e-9))  # 1e-9: a ratio such as 0.29 times 100 is 29
    order = np.argsort(between, axis=None, kind="stable")
    values = between.ravel()[order]
    between[np.unravel_index(order[:count], between.shape)] = 0
    return result, (1 - values[count - 1] / values[count] if 0 < count < values.size else np.inf)


def step(attention, fusion, ratio, prefix):
    """(A of one block, the gap at the cut)."""
    dropped, gap = discard(FUSIONS[fusion](attention, axis=0), prefix, ratio)
    mixed = 0.5 * dropped + 0.5 * np.eye(len(dropped))
    return mixed / mixed.sum(axis=1, keepdims=True), gap


def rollout(attention, fusion, ratio, prefix, start, block):
    product = np.eye(attention[0].shape[1])
    for b in range(start, block + 1):
        product = step(attention[b], fusion, ratio, prefix)[0] @ product
    return product


def least_gap(attention, ratio, prefix):
    return min(step(a, fusion, ratio, prefix)[1] for a in attention for fusion in FUSIONS)


def mistakes(attention, fusion, ratio, prefix, start, block):
    """What a wrong implementation would find, by name. The test has to tell each from the truth."""
    def product(of_block, reverse=False):
        steps = [of_block(attention[b]) for b in range(start, block + 1)]
        result = np.eye(len(steps[0]))
        for a in reversed(steps) if reverse else steps:
            result = a @ result
        return result

    def right(a):
        return step(a, fusion, ratio, prefix)[0]

    def mixed(a, prefix=prefix, identity=0.5, axis=1):
        m = 0.5 * discard(FUSIONS[fusion](a, axis=0), prefix, ratio)[0] + identity * np.eye(a.shape[1])
        return m / m.sum(axis=axis, keepdims=True) if axis is not None else m

    yield "rows not divided by their sum", product(lambda a: mixed(a, axis=None))
    yield "columns divided by their sum", product(lambda a: mixed(a, axis=0))
    yield "whole identity", product(lambda a: mixed(a, identity=1.0))
    yield "no identity", product(lambda a: mixed(a, identity=1e-12))
    yield "product in reverse", product(right, reverse=True)
    yield "last block left out", rollout(attention, fusion, ratio, prefix, start, block - 1)
    yield "first block for the start", rollout(attention, fusion, ratio, prefix, 0, block)
    yield "prefix may be dropped", product(lambda a: mixed(a, prefix=0))
    yield "class token alone kept", product(lambda a: mixed(a, prefix=min(1, prefix)))
    yield "columns for rows", product(right).T


def make():
    tensors, index = {}, []
    noticed = {}
    for name, facts in NETWORKS.items():
        recorded = load_file(HERE / name / "golden.safetensors")
        depth = sum(key.startswith("attention.") and key.count(".") == 1 for key in recorded)
        attention = [recorded[f"attention.{b}"].astype(np.float64) for b in range(depth)]
        prefix, queries = facts["prefix"], facts["queries"]
        ratios = [r if r == 0 else max(r, key=lambda ratio: least_gap(attention, ratio, prefix)) for r in RATIOS]
        for ratio in ratios[1:]:
            gap = least_gap(attention, ratio, prefix)
            print(f"{name:34s} discard {ratio:.2f}: least gap at a cut {gap:.1e}")
            assert gap >= LEAST_GAP, "no ratio lies in a wide enough gap"
        spans = [(0, depth - 1), (1, depth - 1), (0, 0)]
        for fusion, ratio, (start, block) in itertools.product(FUSIONS, ratios, spans):
            truth = rollout(attention, fusion, ratio, prefix, start, block)
            assert np.allclose(truth.sum(axis=1), 1, atol=1e-12)
            key = f"{name} fusion={fusion} discard={ratio:g} start={start} block={block}"
            tensors[key] = truth[queries].astype(np.float32)
            index.append(dict(tensor=key, network=name, prefix=prefix, fusion=fusion, discard=ratio, start=start,
                              block=block, queries=queries))
            for mistake, found in mistakes(attention, fusion, ratio, prefix, start, block):
                error = np.abs(found[queries] - truth[queries]).max()
                noticed.setdefault(mistake, []).append(error)
    out = HERE / "rollout"
    out.mkdir(exist_ok=True)
    save_file(tensors, out / "rollout.safetensors", {"made by": f"numpy {np.__version__}, float64"})
    lines = ",\n ".join(json.dumps(case) for case in index)
    (out / "rollout.json").write_text(f"[\n {lines}\n]\n")
    print(f"{len(tensors)} tensors, {sum(f.stat().st_size for f in out.iterdir()) / 1024:.0f} KB")
    for mistake, errors in noticed.items():
        seen = sum(error > 1e-3 for error in errors)
        print(f"{mistake:32s} moves {seen:2d} of {len(errors)} by more than 1e-3, at most {max(errors):.2g}")
        assert seen > 0, "the golden does not notice"


if __name__ == "__main__":
    make()
