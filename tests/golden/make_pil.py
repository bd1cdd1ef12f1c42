#!/usr/bin/python3
"""Pictures and numbers as PIL and torchvision make them, for image_test.cpp and preprocessing_test.cpp.

Run with Debian 12's python3 (Pillow 9.4, torchvision 0.14): `/usr/bin/python3 tests/golden/make_pil.py`.
Writes tests/golden/pil/; everything is derived from the CC0 photograph assets/images/chelsea.png and from arithmetic.
"""
import json
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps
from torchvision import transforms

HERE = pathlib.Path(__file__).resolve().parent
OUT = HERE / "pil"
FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


def save_png(image, name):
    image.save(OUT / name, optimize=True)


def source_picture():
    """An eye of the cat, with hard edges drawn in so that overshoot and clipping show."""
    photo = Image.open(HERE.parent.parent / "assets/images/chelsea.png").convert("RGB")
    pixels = np.array(photo.crop((150, 90, 247, 151)))
    pixels[5:20, 5:30] = 255
    pixels[8:17, 8:27:3] = 0
    pixels[40:55, 60:90] = (255, 0, 0)
    pixels[45:50, 65:85] = (0, 0, 255)
    return Image.fromarray(pixels)


def resize_cases(source):
    cases = []
    sizes = {"bicubic": [(31, 20), (97, 23), (40, 61), (150, 90), (1, 1), (200, 7)],
             "bilinear": [(31, 20), (130, 77)], "lanczos": [(31, 20), (120, 33)], "nearest": [(31, 20), (150, 83)]}
    for name, filter_ in FILTERS.items():
        for width, height in sizes[name]:
            file = f"resize_{name}_{width}x{height}.png"
            save_png(source.resize((width, height), filter_), file)
            cases.append({"file": file, "interpolation": name, "width": width, "height": height})
    return cases


def preprocess_cases(source):
    """Eight-bit results of torchvision's Resize and CenterCrop, and some of the floats behind Normalize."""
    bicubic, bilinear = transforms.InterpolationMode.BICUBIC, transforms.InterpolationMode.BILINEAR
    half, imagenet = ([0.5] * 3, [0.5] * 3), ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    tall = source.transpose(Image.Transpose.TRANSPOSE)
    cases = []

    def add(name, image, steps, rules, mean_std):
        eight_bit = transforms.Compose(steps)(image)
        floats = transforms.Compose([transforms.ToTensor(), transforms.Normalize(*mean_std)])(eight_bit).numpy()
        save_png(eight_bit, f"preprocess_{name}.png")
        picks = np.linspace(0, floats.size - 1, 23).astype(int)
        cases.append({"file": f"preprocess_{name}.png", "tall": image is tall, **rules,
                      "mean": mean_std[0], "std": mean_std[1],
                      "index": picks.tolist(), "value": [float(v) for v in floats.ravel()[picks]]})

    add("shorter_center", source, [transforms.Resize(36, bicubic), transforms.CenterCrop(32)],
        {"resize": "shorter_side", "px": 36, "width": 32, "height": 32, "interpolation": "bicubic"}, half)
    add("shorter_center_tall", tall, [transforms.Resize(37, bilinear), transforms.CenterCrop((32, 30))],
        {"resize": "shorter_side", "px": 37, "width": 30, "height": 32, "interpolation": "bilinear"}, imagenet)
    add("shorter_padded", source, [transforms.Resize(27, bicubic), transforms.CenterCrop((32, 40))],
        {"resize": "shorter_side", "px": 27, "width": 40, "height": 32, "interpolation": "bicubic"}, imagenet)
    add("squash", source, [transforms.Resize((32, 24), bilinear)],
        {"resize": "squash", "px": 0, "width": 24, "height": 32, "interpolation": "bilinear"}, half)
    add("none_center", source, [transforms.CenterCrop((35, 48))],
        {"resize": "none", "px": 0, "width": 48, "height": 35, "interpolation": "bicubic"}, half)
    return cases


def jpeg_cases(source):
    variants = {
        "420": (source, {"quality": 75, "subsampling": 2}),
        "422": (source, {"quality": 80, "subsampling": 1}),
        "progressive": (source, {"quality": 85, "subsampling": 0, "progressive": True}),
        "grey": (source.convert("L"), {"quality": 75}),
    }
    cases = []
    for name, (image, options) in variants.items():
        image.save(OUT / f"jpeg_{name}.jpg", **options)
        with Image.open(OUT / f"jpeg_{name}.jpg") as decoded:
            save_png(decoded.convert("RGB"), f"jpeg_{name}.png")
        cases.append({"file": f"jpeg_{name}.jpg", "expected": f"jpeg_{name}.png"})
    return cases


def orientation_cases(source):
    small = source.resize((24, 15), Image.Resampling.BICUBIC)
    cases = []
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        png = orientation % 2 == 0  # both containers, half of the cases each way; the pixels are exact in PNG
        for suffix in ("png", "jpg") if png else ("jpg",):
            file = f"orientation_{orientation}.{suffix}"
            small.save(OUT / file, exif=exif, **({} if suffix == "png" else {"quality": 90, "subsampling": 0}))
            with Image.open(OUT / file) as stored:
                upright = ImageOps.exif_transpose(stored)
            save_png(upright, f"orientation_{orientation}_{suffix}_upright.png")
            cases.append({"file": file, "expected": f"orientation_{orientation}_{suffix}_upright.png"})
    return cases


def png16(pixels, file):
    """A 16-bit RGB PNG, which PIL reads but does not write."""
    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    file.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0))
                     + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def kind_cases(source):
    """One small picture in every pixel layout, decoded by PIL's convert("RGB")."""
    small = source.resize((13, 9), Image.Resampling.BICUBIC)
    alpha = small.copy()
    alpha.putalpha(Image.linear_gradient("L").resize(small.size))
    palette = small.quantize(16)
    with_hole = small.quantize(200)
    with_hole.info["transparency"] = 3
    files = {"rgb.png": small, "rgba.png": alpha, "grey.png": small.convert("L"), "grey_alpha.png": alpha.convert("LA"),
             "palette16.png": palette, "palette_hole.png": with_hole, "bilevel.png": small.convert("1"),
             "rgb.bmp": small, "grey.bmp": small.convert("L"), "bilevel.bmp": small.convert("1"),
             "rgb.tga": small, "rgba.tga": alpha}
    for name, image in files.items():
        image.save(OUT / f"kind_{name}")
    small.save(OUT / "kind_rle.tga", compression="tga_rle")
    ramp = np.arange(13 * 9 * 3, dtype=np.uint32).reshape(9, 13, 3) * 65535 // (13 * 9 * 3 - 1)
    png16(ramp, OUT / "kind_rgb16.png")
    cases = []
    for name in [*files, "rle.tga", "rgb16.png"]:
        with Image.open(OUT / f"kind_{name}") as stored:
            expected = f"kind_{name.replace('.', '_')}_expected.png"
            save_png(stored.convert("RGB"), expected)
        cases.append({"file": f"kind_{name}", "expected": expected})
    return cases


def main():
    OUT.mkdir(exist_ok=True)
    source = source_picture()
    save_png(source, "source.png")
    cases = {"resize": resize_cases(source), "preprocess": preprocess_cases(source), "jpeg": jpeg_cases(source),
             "orientation": orientation_cases(source), "kind": kind_cases(source)}
    (OUT / "cases.json").write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
