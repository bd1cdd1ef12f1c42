#!/usr/bin/env python3
"""Small pictures of 8 to 16 bits, and what NumPy makes of them with other levels. Needs numpy and pillow.

levels.json lists for each file and each way of choosing levels (`levels`, as --levels reads it) what becomes black and
white (`low`, `high`), and where the 8-bit RGB pixels stand among those of pixels.png, one behind the other."""

import io
import json
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image

OUT = pathlib.Path(__file__).parent / "levels"
WIDTH, HEIGHT = 23, 14


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png16(values):
    """(H, W) grey or (H, W, 3) colours of 16 bits, which PIL does not write."""
    colour = 2 if values.ndim == 3 else 0
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    head = struct.pack(">IIBBBBB", values.shape[1], values.shape[0], 16, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def tiff16(values, photometric):
    """Uncompressed, little endian, one strip."""
    channels = values.shape[2] if values.ndim == 3 else 1
    data = values.astype("<u2").tobytes()
    bits_at = 8 + len(data)
    tags = [(256, 3, 1, values.shape[1]), (257, 3, 1, values.shape[0]),
            (258, 3, channels, 16 if channels == 1 else bits_at), (259, 3, 1, 1), (262, 3, 1, photometric),
            (273, 4, 1, 8), (277, 3, 1, channels), (278, 3, 1, values.shape[0]), (279, 4, 1, len(data))]
    bits = b"" if channels == 1 else struct.pack("<3H", 16, 16, 16)
    directory = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags) + bytes(4)
    return b"II*\0" + struct.pack("<I", bits_at + len(bits)) + data + bits + directory


def saved(values, ending):
    file = io.BytesIO()
    Image.fromarray(values).save(file, ending)
    return file.getvalue()


def files():
    """Name, bytes, the values that stand for light, the largest that there could be."""
    rng = np.random.default_rng(11)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    grey12 = (4095 * (0.02 + 0.9 * x * y / (WIDTH * HEIGHT)) + rng.normal(0, 30, x.shape)).clip(0, 4095).astype(np.uint16)
    colour12 = rng.integers(40, 3900, (HEIGHT, WIDTH, 3)).astype(np.uint16)
    grey8 = (grey12 >> 5).astype(np.uint8)
    colour8 = (colour12 >> 5).astype(np.uint8)
    yield "grey12.png", png16(grey12), grey12, 65535
    yield "grey12.tif", tiff16(grey12, 1), grey12, 65535
    yield "grey12_white_is_zero.tif", tiff16(65535 - grey12, 0), grey12, 65535
    yield "colour12.png", png16(colour12), colour12, 65535
    yield "colour12.tif", tiff16(colour12, 2), colour12, 65535
    yield "grey12.pgm", b"P5\n%d %d\n4095\n" % (WIDTH, HEIGHT) + grey12.astype(">u2").tobytes(), grey12, 4095
    yield "grey8.png", saved(grey8, "png"), grey8, 255
    yield "colour8.bmp", saved(colour8, "bmp"), colour8, 255
    yield "flat.png", png16(np.full((HEIGHT, WIDTH), 700)), np.full((HEIGHT, WIDTH), 700), 65535


def span(values, levels):
    if not levels.startswith("auto"):
        return tuple(int(part) for part in levels.split(","))
    outside = float(levels[5:] or 0)
    ordered = np.sort(values.ravel())
    left_out = int(ordered.size * outside / 100)
    return int(ordered[left_out]), int(ordered[ordered.size - 1 - left_out])


def main():
    OUT.mkdir(exist_ok=True)
    items, pixels = [], b""
    for name, data, values, most in files():
        (OUT / name).write_bytes(data)
        for levels in ("auto", "auto:2.5", "100,200" if most == 255 else "37,3001"):
            low, high = span(values, levels)
            if low == high:
                continue
            drawn = np.rint((np.clip(values.astype(float), low, high) - low) * 255 / (high - low)).astype(np.uint8)
            drawn = drawn if drawn.ndim == 3 else np.repeat(drawn[:, :, None], 3, 2)
            items.append({"file": name, "levels": levels, "low": low, "high": high, "least": int(values.min()),
                          "greatest": int(values.max()), "most": most, "at": len(pixels)})
            pixels += drawn.tobytes()
    rows = -(-len(pixels) // (3 * 256))
    padded = np.frombuffer(pixels + bytes(rows * 3 * 256 - len(pixels)), np.uint8).reshape(rows, 256, 3)
    Image.fromarray(padded).save(OUT / "pixels.png", optimize=True)
    (OUT / "levels.json").write_text("[\n" + ",\n".join(json.dumps(item) for item in items) + "\n]\n")


if __name__ == "__main__":
    main()
