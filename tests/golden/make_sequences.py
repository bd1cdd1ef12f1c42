#!/usr/bin/env python3
"""Small animated GIF and PNG files, and PIL's pixels of every frame: tests/golden/sequences/.

Run by hand with Pillow (9.4 made what is kept; 13.0 differs in three frames of png_previous.png alone, where it does not
bring back what a frame has covered, as the format says). The GIF files are put together block by block, so that every way of
disposing of a frame, local palettes, transparency, interlacing and frames that cover a part are in them; the packed
pixels are PIL's own. `--check` decodes what is there once more, with whatever Pillow runs it, and compares.

frames.json lists a file's frames: how long each is shown, its size, and where its levels stand in pixels.png.
"""

import io
import json
import pathlib
import struct
import sys
import zlib

import numpy as np
from PIL import Image

OUT = pathlib.Path(__file__).resolve().parent / "sequences"
PALETTE = [(i * 16, 255 - i * 12, (i * 53) % 256) for i in range(16)]
OTHER = [((i * 37) % 256, i * 15, 255 - i * 16) for i in range(16)]


def picture(width, height, seed):
    """Indices 0 … 15: stripes with noise, so that packed data has both runs and breaks."""
    rng = np.random.default_rng(seed)
    stripes = (np.add.outer(np.arange(height), np.arange(width) * 2) // 3 + seed) % 16
    noise = rng.integers(0, 16, (height, width))
    return np.where(rng.random((height, width)) < 0.3, noise, stripes).astype(np.uint8)


# GIF ------------------------------------------------------------------------------------------------------------------


def packed(indices, interlace):
    """PIL's own packed data of these indices, from the code size to the last block."""
    image = Image.fromarray(indices, "P")
    image.putpalette([level for color in PALETTE for level in color])
    stream = io.BytesIO()
    image.save(stream, "GIF", interlace=interlace, optimize=False)
    data = stream.getvalue()
    at = 13 + (3 << (data[10] & 7) + 1 if data[10] & 128 else 0)
    while data[at] == 0x21:
        at += 2
        while data[at]:
            at += data[at] + 1
        at += 1
    at += 10 + (3 << (data[at + 9] & 7) + 1 if data[at + 9] & 128 else 0)
    return data[at:-1]


def gif_frame(indices, left=0, top=0, delay=8, dispose=0, clear=None, palette=None, interlace=False):
    flags = dispose << 2 | (clear is not None)
    control = struct.pack("<BBBBHBB", 0x21, 0xF9, 4, flags, delay, clear or 0, 0)
    height, width = indices.shape
    local = b"" if palette is None else b"".join(bytes(color) for color in palette)
    shape = (0x83 if local else 0) | (0x40 if interlace else 0)
    return control + struct.pack("<BHHHHB", 0x2C, left, top, width, height, shape) + local + packed(indices, interlace)


def gif(name, width, height, frames, background=5, loops=True):
    data = b"GIF89a" + struct.pack("<HHBBB", width, height, 0xF3, background, 0)
    data += b"".join(bytes(color) for color in PALETTE)
    if loops:
        data += b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
    (OUT / name).write_bytes(data + b"".join(frames) + b";")


def gifs():
    small = lambda seed: picture(9, 7, seed)
    gif("gif_whole.gif", 24, 18, [gif_frame(picture(24, 18, n), delay=d) for n, d in enumerate([8, 0, 100, 3])])
    for name, dispose in [("keep", 1), ("background", 2), ("previous", 3)]:
        for clear, what in [(None, "opaque"), (7, "clear")]:
            gif(f"gif_{name}_{what}.gif", 24, 18,
                [gif_frame(picture(24, 18, 40), dispose=1, clear=clear)]
                + [gif_frame(small(n), 3 * n, 2 * n, dispose=dispose, clear=clear) for n in range(1, 5)])
    gif("gif_first_goes.gif", 20, 16, [gif_frame(picture(20, 16, 2), dispose=2), gif_frame(small(3), 4, 4)])
    gif("gif_palettes.gif", 20, 16, [gif_frame(picture(20, 16, 5)), gif_frame(small(6), 2, 3, palette=OTHER, clear=3),
                                     gif_frame(small(7), 8, 6, palette=OTHER, interlace=True, dispose=2),
                                     gif_frame(small(8), 1, 1)])
    gif("gif_interlaced.gif", 21, 19, [gif_frame(picture(21, 19, n), interlace=True) for n in (9, 10)], loops=False)
    gif("gif_part_first.gif", 24, 18, [gif_frame(small(11), 5, 5, clear=2), gif_frame(small(12), 8, 9, clear=2)])


# PNG ------------------------------------------------------------------------------------------------------------------


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def levels(pixels):
    rows = pixels.reshape(pixels.shape[0], -1)
    return zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))


def png(name, width, height, color, frames, extra=b"", before=None):
    """`frames`: (pixels, left, top, num, den, dispose, blend)."""
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, color, 0, 0, 0))
    data += chunk(b"acTL", struct.pack(">II", len(frames), 0)) + extra
    if before is not None:
        data += chunk(b"IDAT", levels(before))
    sequence = 0
    for n, (pixels, left, top, num, den, dispose, blend) in enumerate(frames):
        data += chunk(b"fcTL", struct.pack(">IIIIIHHBB", sequence, pixels.shape[1], pixels.shape[0], left, top, num,
                                           den, dispose, blend))
        sequence += 1
        if n == 0 and before is None:
            data += chunk(b"IDAT", levels(pixels))
        else:
            data += chunk(b"fdAT", struct.pack(">I", sequence) + levels(pixels))
            sequence += 1
    (OUT / name).write_bytes(data + chunk(b"IEND", b""))


def colors(width, height, seed, alpha=None):
    rgb = np.array(PALETTE, np.uint8)[picture(width, height, seed)]
    if alpha is None:
        return rgb
    return np.concatenate([rgb, np.broadcast_to(alpha, (height, width))[..., None].astype(np.uint8)], axis=2)


def holes(width, height, seed):
    return np.where(np.random.default_rng(seed).random((height, width)) < 0.4, 0, 255)


def pngs():
    png("png_rgb.png", 24, 18, 2, [(colors(24, 18, n), 0, 0, 1, d, 0, 0) for n, d in enumerate([10, 25, 0])])
    for name, dispose in [("keep", 0), ("background", 1), ("previous", 2)]:
        first = (colors(24, 18, 30, 255), 0, 0, 1, 10, 0, 0)
        png(f"png_{name}.png", 24, 18, 6,
            [first] + [(colors(9, 7, n, holes(9, 7, n)), 3 * n, 2 * n, n, 100, dispose, 1) for n in range(1, 5)])
    smooth = np.linspace(0, 255, 9 * 7).reshape(7, 9).round()
    png("png_half_clear.png", 24, 18, 6, [(colors(24, 18, 31, 255), 0, 0, 1, 10, 0, 0),
                                          (colors(9, 7, 32, smooth), 6, 5, 1, 10, 0, 1)])
    indices = [picture(16, 12, n) for n in (33, 34)]
    table = chunk(b"PLTE", bytes(level for color in PALETTE for level in color))
    png("png_palette.png", 16, 12, 3, [(pixels, 0, 0, 1, 10, 0, 0) for pixels in indices], extra=table)
    png("png_still_first.png", 16, 12, 2, [(colors(16, 12, n), 0, 0, 1, 10, 0, 0) for n in (35, 36)],
        before=colors(16, 12, 37))


# --------------------------------------------------------------------------------------------------------------------


def frames_of(file):
    with Image.open(file) as image:
        first = 1 if getattr(image, "default_image", False) else 0  # a picture that is no part of the animation
        for n in range(first, image.n_frames):
            image.seek(n)
            yield image.info.get("duration", 0) / 1000, np.array(image.convert("RGB"))


def main():
    if sys.argv[1:] == ["--check"]:
        kept = np.array(Image.open(OUT / "pixels.png")).tobytes()
        wrong = 0
        for item in json.loads((OUT / "frames.json").read_text()):
            for frame, (seconds, pixels) in zip(item["frames"], frames_of(OUT / item["file"])):
                at = frame["at"]
                if pixels.tobytes() != kept[at:at + pixels.size] or seconds != frame["seconds"]:
                    wrong += 1
                    print(item["file"], "differs")
        print(wrong, "frames otherwise by this Pillow")
        return
    OUT.mkdir(exist_ok=True)
    for old in OUT.iterdir():
        old.unlink()
    gifs()
    pngs()
    items, data = [], b""
    for file in sorted(OUT.iterdir()):
        frames = []
        for seconds, pixels in frames_of(file):
            frames.append({"seconds": seconds, "width": pixels.shape[1], "height": pixels.shape[0], "at": len(data)})
            data += pixels.tobytes()
        items.append({"file": file.name, "frames": frames})
    (OUT / "frames.json").write_text("[\n" + ",\n".join(json.dumps(item) for item in items) + "\n]\n")
    rows = -(-len(data) // (3 * 256))
    Image.frombytes("RGB", (256, rows), data + bytes(rows * 3 * 256 - len(data))).save(OUT / "pixels.png", optimize=True)
    print(len(items), "files,", sum(len(item["frames"]) for item in items), "frames,",
          sum(f.stat().st_size for f in OUT.iterdir()), "bytes")


if __name__ == "__main__":
    main()
