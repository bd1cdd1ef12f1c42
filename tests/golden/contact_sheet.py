#!/usr/bin/env python3
"""One picture of every family's default preprocessing and of its maps laid back over the photo.

Usage: contact_sheet.py HEADLIGHT SHEET.png [--photo FILE]

Takes the small checkpoints of families/, gives them patches and positions of the families' native sizes, without any
file beside them that says how pictures are prepared, and runs `headlight export --overlay` on a photo that is no
square. Positions are zero and patches see mean colours, so that a map follows the photo: where it does not lie on what
it shows, or the crop is not what the line below it says, something is wrong. Needs torch, safetensors and PIL.
"""

import argparse
import json
import pathlib
import pickle
import subprocess
import tempfile

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from safetensors.numpy import load_file, save_file

ROOT = pathlib.Path(__file__).parent / "families"
PHOTO = pathlib.Path(__file__).parents[2] / "assets" / "images" / "rocket.jpg"
NATIVE = {"dinov2": (14, 518), "eva02_clip": (16, 224), "eva02": (14, 224), "gap_no_class_token": (16, 256),
          "reg4_gap": (16, 256), "dino": (8, 224)}  # patch and size, by the first word that the case's name holds
TILE_PX, TEXT_PX, COLUMNS = 400, 62, 5


def native_size(case):
    return next((size for word, size in NATIVE.items() if word in case and "dinov3" not in case), (16, 224))


def flat(tree, prefix=""):
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{name}.")
        elif hasattr(value, "shape"):
            yield prefix + name, np.asarray(value, np.float32)


def tensors_of(file):
    if file.suffix == ".safetensors":
        return load_file(file)
    if file.suffix == ".npz":
        return dict(np.load(file))
    if file.suffix == ".pdparams":
        return dict(flat(pickle.loads(file.read_bytes())))
    return dict(flat(torch.load(file, weights_only=False)))


def checkpoint_in(folder):
    return next(f for f in sorted(folder.iterdir())
                if f.name != "golden.safetensors" and f.suffix not in (".json", ".txt"))


def at_native_size(tensors, patch_px, size_px, rng):
    resized = {}
    for name, value in tensors.items():
        if value.shape[-2:] == (4, 4) and value.ndim == 4 or value.shape[:2] == (4, 4):
            flax = value.shape[:2] == (4, 4)
            channels = value.shape[-1] if flax else value.shape[0]
            colours = rng.standard_normal((channels, 3, 1, 1)).repeat(patch_px, 2).repeat(patch_px, 3)
            value = (colours * 2 / patch_px ** 2).transpose((2, 3, 1, 0) if flax else (0, 1, 2, 3))
        elif "pos" in name and value.ndim > 1 and value.shape[-2] in range(16, 22) and "decoder" not in name:
            rows = value.shape[-2] - 16 + (size_px // patch_px) ** 2
            value = np.zeros((*value.shape[:-2], rows, value.shape[-1]))
        resized[name] = np.ascontiguousarray(value, np.float32)
    return resized


def tile_of(case, headlight, photo, folder):
    source = checkpoint_in(ROOT / case)
    target = folder / {"clip_open": "open_clip"}.get(case, case) / source.name  # its config says so, as a rule
    target.parent.mkdir()
    patch_px, size_px = native_size(case)
    rng = np.random.default_rng(list(case.encode()))
    save_file(at_native_size(tensors_of(source), patch_px, size_px, rng), target)
    model = ["--model", str(target), "--trained-heads", "2"]
    info = json.loads(subprocess.run([headlight, "info", *model, "--json", "-"], check=True, capture_output=True,
                                     text=True).stdout)
    subprocess.run([headlight, "export", *model, "--image", str(photo), "--block", "0", "--head", "0", "--overlay",
                    "--no-bar", "--no-caption", "--range", "head", "--figure", str(target.parent / "map.png"),
                    "--size", str(TILE_PX)],
                   check=True, capture_output=True)
    tile = Image.new("RGB", (TILE_PX, TILE_PX + TEXT_PX), (24, 24, 24))
    picture = Image.open(target.parent / "map.png")
    tile.paste(picture, ((TILE_PX - picture.width) // 2, (TILE_PX - picture.height) // 2))
    draw = ImageDraw.Draw(tile)
    font = ImageFont.load_default(12)
    rule = info["preprocessing"].replace("×", "x")  # the font has no ×
    lines = [f"{case}: {info['family']}, patch {info['patch_px']} px", *wrapped(rule)]
    for i, line in enumerate(lines[:4]):
        draw.text((4, TILE_PX + 2 + 15 * i), line, (230, 230, 230) if i == 0 else (170, 170, 170), font)
    return tile


def wrapped(text, width=66):
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] += word + " "
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("headlight")
    parser.add_argument("sheet", type=pathlib.Path)
    parser.add_argument("--photo", type=pathlib.Path, default=PHOTO)
    arguments = parser.parse_args()
    cases = sorted(f.name for f in ROOT.iterdir() if f.is_dir())
    rows = -(-len(cases) // COLUMNS)
    height = TILE_PX + TEXT_PX + 4
    sheet = Image.new("RGB", (COLUMNS * (TILE_PX + 4), rows * height))
    with tempfile.TemporaryDirectory() as folder:
        for i, case in enumerate(cases):
            tile = tile_of(case, arguments.headlight, arguments.photo, pathlib.Path(folder))
            sheet.paste(tile, (i % COLUMNS * (TILE_PX + 4), i // COLUMNS * height))
    sheet.save(arguments.sheet)


if __name__ == "__main__":
    main()
