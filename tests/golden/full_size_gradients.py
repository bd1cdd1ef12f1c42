#!/usr/bin/env python3
"""Gradients of attention at full size: Headlight's errors beside those of autograd's own float32.

Usage: full_size_gradients.py GRADIENTS [--runs N] [--threads N…] [CASE…], where GRADIENTS is the program that tests/bench/gradients.cpp
makes (build it with -O3 for times that mean something).

Draws every parameter of a timm network as the goldens do, takes one logit's gradients with respect to the attention
probabilities of all blocks by autograd in float64 and in float32, and Headlight's, and prints for each block the distance of
both from float64, relative to the block's largest gradient, and the root mean square. Headlight passes if neither exceeds
twice autograd's own, over all blocks together. Exit status: 0 all pass, 1 one does not. Needs what full_size.py needs.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

import timm
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from timm.data import create_transform, resolve_model_data_config

from full_size import ALLOWED, PHOTO, network_of, write_checkpoint
from make_gradients import kept_attention

CASES = {"vit_base_patch16_224": 224}
LOGIT = 281


def gradients(model, pixels):
    with kept_attention() as attention:
        value = model(pixels)[0, LOGIT]
    value.backward()
    return [a.grad[0].detach() for a in attention]


def errors(found, truth):
    """(largest over the blocks' largest errors, each relative to its largest gradient; the same of the RMS)."""
    largest = [((f.double() - t).abs().max() / t.abs().max()).item() for f, t in zip(found, truth)]
    rms = [((f.double() - t).square().mean().sqrt() / t.abs().max()).item() for f, t in zip(found, truth)]
    return largest, rms


def compare(architecture, size_px, arguments, folder):
    torch.manual_seed(0)
    model = timm.create_model(architecture, img_size=size_px)
    prepare = create_transform(**resolve_model_data_config(model))
    pixels = prepare(Image.open(PHOTO).convert("RGB"))[None]
    network_of(model).draw(architecture, pixels.double())  # float64 from here on
    truth = gradients(model, pixels.double())
    model.zero_grad()
    model.float()
    own = gradients(model, pixels)
    write_checkpoint(folder, model, architecture)
    save_file({"pixels": pixels[0].contiguous()}, folder / "pixels.safetensors")
    out = folder / "gradients.safetensors"
    for threads in arguments.threads:
        command = [arguments.program, folder, folder / "pixels.safetensors", out, LOGIT, arguments.runs, threads]
        print(subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE, text=True).stdout.strip())
    read = load_file(out)
    ours = [read[f"gradient.{b}"] for b in range(len(truth))]
    print(f"{architecture}, {size_px} px, {truth[0].shape[-1]} tokens; largest gradients "
          f"{', '.join(f'{t.abs().max():.1e}' for t in truth)}")
    print("| block | largest | float32's | RMS | float32's |\n|---|---|---|---|---|")
    (ours_largest, ours_rms), (own_largest, own_rms) = errors(ours, truth), errors(own, truth)
    for b, row in enumerate(zip(ours_largest, own_largest, ours_rms, own_rms)):
        print(f"| {b} | " + " | ".join(f"{e:.1e}" for e in row) + " |")
    ratios = max(ours_largest) / max(own_largest), max(ours_rms) / max(own_rms)
    passed = max(ratios) <= ALLOWED
    print(f"largest {max(ours_largest):.1e} beside {max(own_largest):.1e} ({ratios[0]:.2f} ×), RMS {max(ours_rms):.1e} "
          f"beside {max(own_rms):.1e} ({ratios[1]:.2f} ×): {'within' if passed else 'BEYOND'}")
    return passed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(CASES)} (default: all)")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--threads", type=int, nargs="*", default=[0], help="0: all processors")
    arguments = parser.parse_intermixed_args()
    passed = True
    for case in arguments.cases or CASES:
        with tempfile.TemporaryDirectory() as folder:
            passed = compare(case, CASES[case], arguments, pathlib.Path(folder)) and passed
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
