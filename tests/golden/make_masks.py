#!/usr/bin/env python3
"""Golden masks of attention (Caron et al. 2021), from the attention recorded in other golden cases: tests/golden/masks/.

Needs numpy and safetensors. In float64, as DINO's visualize_attention.py: the patches' shares are brought to a sum of 1,
sorted in ascending order, added up, and those stay whose sum is above 1 - share. Shares are chosen such that no sum lies
within 1e-4 of the threshold. Also the run lengths of each mask in column-major order, a run of zeros first.

Writes masks.json: for each network, block and query the rows (h, P) as strings of 0 and 1, and the run lengths.
"""

import json
import pathlib

import numpy as np
from safetensors.numpy import load_file

HERE = pathlib.Path(__file__).resolve().parent
NETWORKS = {
    "vit/plain": dict(prefix=1, queries=[0, 6], run="", rows=4),
    "families/timm_dinov2_reg4": dict(prefix=5, queries=[0, 3, 9], run=".wide", rows=2),
    "families/timm_gap_no_class_token": dict(prefix=0, queries=[3], run=".wide", rows=2),
}
SHARES = [0.2, 0.25, 0.3, 0.55, 0.6, 0.62, 0.9, 0.93]


def mask_of(values, share):
    """(the mask, how near a sum comes to the threshold)."""
    order = np.argsort(values, kind="stable")
    sums = np.cumsum(values[order] / values.sum())
    mask = np.zeros(len(values), int)
    mask[order[sums > 1 - share]] = 1
    return mask, np.abs(sums - (1 - share))[:-1].min()


def run_lengths(mask):
    flat = mask.flatten(order="F")
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flat]))).tolist() + [len(flat)]
    return [edges[0]] + np.diff(edges).tolist()


def make():
    cases, skipped = [], 0
    for name, facts in NETWORKS.items():
        recorded = load_file(HERE / name / "golden.safetensors")
        end = facts["run"]
        depth = sum(key.startswith("attention.") and key.count(".") == 1 for key in recorded)
        for block in range(depth):
            attention = recorded[f"attention.{block}{end}"].astype(np.float64)
            for query in facts["queries"]:
                for share in SHARES:
                    found = [mask_of(head[query, facts["prefix"]:], share) for head in attention]
                    if min(gap for _, gap in found) < 1e-4:
                        skipped += 1
                        continue
                    masks = [mask for mask, _ in found]
                    cases.append(dict(network=name, run=end, block=block, query=query, share=share,
                                      masks=["".join(map(str, mask)) for mask in masks],
                                      runs=[run_lengths(mask.reshape(facts["rows"], -1)) for mask in masks]))
    out = HERE / "masks"
    out.mkdir(exist_ok=True)
    (out / "masks.json").write_text("[\n " + ",\n ".join(json.dumps(one) for one in cases) + "\n]\n")
    print(f"{len(cases)} cases, {skipped} too near a threshold, {(out / 'masks.json').stat().st_size / 1024:.0f} KB")
    assert len(cases) > 40


if __name__ == "__main__":
    make()
