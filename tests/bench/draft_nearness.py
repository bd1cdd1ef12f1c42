"""How near the maps of a smaller input of the same photo are to those of the full one: what a draft shows.

    python3 tests/bench/draft_nearness.py build/test/headlight --image assets/images/moose.jpg --exact 518

For each draft size and query, over all heads of all blocks: Pearson's correlation with the exact map, the share of the
exact map's strongest tenth of patches that is among the draft's strongest tenth, and how far apart (in patches of the
exact map) the two strongest patches are. The draft is compared on the exact map's grid, bilinearly resampled. Beside it
stands the most that the coarser grid alone allows: the exact map itself, averaged down to the draft's grid.
"""

import argparse
import json
import pathlib
import subprocess
import tempfile

import numpy as np


def resampled(maps, rows, cols):
    """(n, r, c) bilinearly between patch centres to (n, rows, cols), borders held."""
    def axis(old, new):
        at = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
        low = np.minimum(at.astype(int), max(old - 2, 0))
        return low, np.minimum(low + 1, old - 1), at - low
    y0, y1, fy = axis(maps.shape[1], rows)
    x0, x1, fx = axis(maps.shape[2], cols)
    lines = maps[:, y0] * (1 - fy)[None, :, None] + maps[:, y1] * fy[None, :, None]
    return lines[:, :, x0] * (1 - fx) + lines[:, :, x1] * fx


def averaged(maps, rows, cols):
    """(n, r, c) to (n, rows, cols) by area."""
    def weights(old, new):
        edge = np.linspace(0, old, new + 1)
        cell = np.arange(old)
        return np.clip(np.minimum(edge[1:, None], cell + 1) - np.maximum(edge[:-1, None], cell), 0, None) * new / old
    return weights(maps.shape[1], rows) @ maps @ weights(maps.shape[2], cols).T


def compared(exact, draft):
    """Correlation, overlap and distance of each pair of maps."""
    flat_e, flat_d = exact.reshape(len(exact), -1), draft.reshape(len(draft), -1)
    centred_e, centred_d = (flat - flat.mean(1, keepdims=True) for flat in (flat_e, flat_d))
    norms = np.linalg.norm(centred_e, axis=1) * np.linalg.norm(centred_d, axis=1)
    correlation = (centred_e * centred_d).sum(1) / np.maximum(norms, 1e-30)
    top = max(1, flat_e.shape[1] // 10)
    best_e, best_d = np.argsort(-flat_e, 1)[:, :top], np.argsort(-flat_d, 1)[:, :top]
    overlap = np.array([len(np.intersect1d(e, d)) / top for e, d in zip(best_e, best_d)])
    cols = exact.shape[2]
    (ye, xe), (yd, xd) = (np.divmod(best[:, 0], cols) for best in (best_e, best_d))
    return correlation, overlap, np.hypot(ye - yd, xe - xd)


def run(arguments, size, command, *more):
    model = ["--model", arguments.model] if arguments.model else []
    subprocess.run([arguments.program, command, "--image", arguments.image, "--crop", str(size), *more, *model,
                    *arguments.settings.split()], check=True, stdout=subprocess.DEVNULL)


def maps_of(arguments, size, query, folder):
    """(blocks·heads, rows, cols) in the order of their names."""
    run(arguments, size, "export", "--query", query, "--format", "npy", "--out", folder)
    files = sorted(pathlib.Path(folder).glob("block*_head*.npy"))
    assert files, f"no maps in {folder}"
    return np.stack([np.load(file) for file in files])


def query_at(place, size, patch):
    """The patch at a place of the input (0 … 1 down and across)."""
    if place == "cls":
        return place
    count = size // patch
    return ",".join(str(min(int(float(part) * count), count - 1)) for part in place.split(","))


def pass_ms(arguments, size):
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "bench.json"
        run(arguments, size, "bench", "--runs", "5", "--json", report)
        return json.loads(report.read_text())["ms_min"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--image", required=True)
    parser.add_argument("--model")
    parser.add_argument("--exact", type=int, default=518)
    parser.add_argument("--drafts", type=int, nargs="+", default=[112, 168, 224, 336])
    parser.add_argument("--patch", type=int, default=14, help="px")
    parser.add_argument("--queries", nargs="+", default=["cls", "0.4,0.5", "0.75,0.25"],
                        help="cls, or DOWN,ACROSS in 0 … 1")
    parser.add_argument("--settings", default="", help="for both, as in '--num-heads 12'")
    arguments = parser.parse_args()

    print(f"{'draft':>6} {'query':>10} | {'correlation':^21} | {'grid alone':>10} | {'top tenth':>9} | "
          f"{'peak apart':>10} | pass")
    print(f"{'px':>6} {'':>10} | {'median':>6} {'10 %':>6} {'last 4':>7} | {'median':>10} | {'shared':>9} | "
          f"{'patches':>10} | ms")
    for size in arguments.drafts:
        ms = pass_ms(arguments, size)
        for place in arguments.queries:
            with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
                exact = maps_of(arguments, arguments.exact, query_at(place, arguments.exact, arguments.patch), one)
                draft = maps_of(arguments, size, query_at(place, size, arguments.patch), other)
            correlation, overlap, apart = compared(exact, resampled(draft, *exact.shape[1:]))
            ceiling = compared(exact, resampled(averaged(exact, *draft.shape[1:]), *exact.shape[1:]))[0]
            print(f"{size:>6} {place:>10} | {np.median(correlation):6.2f} {np.quantile(correlation, 0.1):6.2f} "
                  f"{np.median(correlation[-len(correlation) // 3:]):7.2f} | {np.median(ceiling):10.2f} | "
                  f"{np.mean(overlap):9.2f} | {np.median(apart):10.1f} | {ms:.0f}")
    print(f"exact: {arguments.exact} px, {pass_ms(arguments, arguments.exact):.0f} ms")


if __name__ == "__main__":
    main()
