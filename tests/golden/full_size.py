#!/usr/bin/env python3
"""Full-size networks with random weights: Headlight's errors beside those of the reference's own float32.

Usage: full_size.py HEADLIGHT [--photo FILE] [--keep FOLDER] [--kernel eager|tiled|reference] [CASE…]

Draws every parameter as the goldens do, runs the reference in float64 and in float32 and `headlight export --tensors`
on the same pixels, and prints the distance of both from float64: the largest over attention (every head of every
block), hidden states, features and logits, and the root mean square. Headlight passes if neither exceeds twice the
reference's own. Exit status: 0 all pass, 1 one does not. Needs torch, timm, safetensors, PIL, about 6 GB of memory and a minute or
two a case.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import timm
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file
from timm.data import create_transform, resolve_model_data_config

from families import Network

CASES = {"vit_base_patch16_224": 224, "vit_small_patch14_dinov2": 518}
PHOTO = pathlib.Path(__file__).parents[2] / "assets" / "images" / "coffee.png"
ALLOWED = 2.0  # times the error of the reference's own float32


class Errors:
    """Distances of tensors from their references, a pair (largest, root mean square) for each kind."""

    def __init__(self):
        self.largest, self.squares, self.counts = {}, {}, {}

    def add(self, name, values, truth):
        kind = name.split(".")[0]
        difference = (values.double() - truth).abs()
        assert difference.shape == truth.shape and bool(torch.isfinite(difference).all()), name
        self.largest[kind] = max(self.largest.get(kind, 0.0), difference.max().item())
        self.squares[kind] = self.squares.get(kind, 0.0) + (difference ** 2).sum().item()
        self.counts[kind] = self.counts.get(kind, 0) + difference.numel()

    def of(self, kind):
        return self.largest[kind], (self.squares[kind] / self.counts[kind]) ** 0.5


def forward(model):
    return lambda pixels: model(pixels) if model.num_classes else (model(pixels), None)[1]


def network_of(model):
    return Network(model, model.blocks, model.norm, forward(model))


def write_checkpoint(folder, model, architecture):
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, folder / "model.safetensors")
    config = {"architecture": architecture, "num_classes": model.num_classes, "num_features": model.num_features}
    (folder / "config.json").write_text(json.dumps(config) + "\n")


def measured(command):
    """Runs the command; gives its seconds and its peak memory in MB."""
    started = time.monotonic()
    run = subprocess.run(["/usr/bin/time", "-f", "peak %M"] + command, stderr=subprocess.PIPE,
                         stdout=subprocess.DEVNULL, text=True)
    if run.returncode != 0:
        sys.exit(run.stderr)
    return time.monotonic() - started, int(run.stderr.rsplit("peak ", 1)[1]) / 1000


def verdict(kind, ours, own):
    ratios = [a / b for a, b in zip(ours, own)]
    passed = max(ratios) <= ALLOWED
    columns = " | ".join(f"{a:.1e} | {b:.1e} | {ratio:4.2f}" for a, b, ratio in zip(ours, own, ratios))
    print(f"| {kind:9s} | {columns} | {'within' if passed else 'BEYOND'} |")
    return passed


def compare(architecture, size_px, folder, arguments):
    torch.manual_seed(0)
    model = timm.create_model(architecture, img_size=size_px)
    prepare = create_transform(**resolve_model_data_config(model))
    pixels = prepare(Image.open(arguments.photo).convert("RGB"))[None]

    network = network_of(model)  # float64 from here on
    network.draw(architecture, pixels.double())
    truth = network.run(pixels.double())
    model.float()
    write_checkpoint(folder, model, architecture)
    network.run(pixels)
    started = time.monotonic()
    single = network.run(pixels)
    own_s = time.monotonic() - started
    own = Errors()
    for name, values in single.items():
        if name != "pixels":
            own.add(name, values, truth[name])
    del single, network

    save_file({"pixels": pixels[0].contiguous()}, folder / "pixels.safetensors")
    tensors = folder / "headlight.safetensors"
    seconds, peak_mb = measured([arguments.headlight, "export", "--model", str(folder), "--kernel", arguments.kernel,
                                 "--pixels", str(folder / "pixels.safetensors"), "--tensors", str(tensors)])
    ours = Errors()
    with safe_open(tensors, "pt") as found:
        missing = truth.keys() - set(found.keys())
        assert not missing, f"headlight export left out {sorted(missing)}"
        for name in truth:
            if name != "pixels":
                ours.add(name, found.get_tensor(name), truth[name])

    heads, tokens = truth["attention.0"].shape[:2]
    peaks = torch.stack([v.amax(dim=(1, 2)) for k, v in truth.items() if k.startswith("attention.")])
    print(f"\n{architecture}, {size_px} px, {tokens} tokens, {heads} heads, {len(model.blocks)} blocks; heads' largest "
          f"probabilities {peaks.min():.2f} to {peaks.max():.2f}; largest hidden "
          f"{max(v.abs().max() for k, v in truth.items() if k.startswith('hidden')):.1f}")
    print(f"headlight export ({arguments.kernel}): {seconds:.1f} s, peak {peak_mb:.0f} MB, "
          f"{tensors.stat().st_size / 1e6:.0f} MB written; reference in float32: {own_s:.1f} s")
    print("| tensors | largest | float32's | ratio | RMS | float32's | ratio | |\n|---|---|---|---|---|---|---|---|")
    return all([verdict(kind, ours.of(kind), own.of(kind)) for kind in own.largest])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("headlight")
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(CASES)} (default: all)")
    parser.add_argument("--photo", default=PHOTO)
    parser.add_argument("--keep", type=pathlib.Path, help="folder for checkpoints and tensors, kept afterwards")
    parser.add_argument("--kernel", default="tiled", choices=("eager", "tiled", "reference"))
    arguments = parser.parse_intermixed_args()
    passed = True
    for case in arguments.cases or CASES:
        with tempfile.TemporaryDirectory() as temporary:
            folder = arguments.keep / case if arguments.keep else pathlib.Path(temporary)
            folder.mkdir(parents=True, exist_ok=True)
            passed = compare(case, CASES[case], folder, arguments) and passed
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
