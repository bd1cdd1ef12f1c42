#!/usr/bin/env python3
"""Small pictures of every format and kind that Headlight reads, and PIL's pixels of them: tests/golden/pictures/.

Run by hand with Pillow (13.0 made what is kept; 9.4 gives the same pixels), pillow_heif, tifffile, and libjpeg-turbo's
cjpeg and ImageMagick's convert on the PATH. Everything is derived from the CC0 photograph assets/images/chelsea.png and
from arithmetic. `--check` decodes the files that are there once more, with whatever Pillow runs it, and compares.
`--list FOLDER FILE…` writes such a list of other pictures: HEADLIGHT_PICTURES=FOLDER makes the unit test read it.

pictures.json lists the files with their size and where their levels stand among those of pixels.png, one behind the
other. `largest` is the difference that is allowed: 0, but for the few that ALLOWED names.
"""

import io
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import zlib

import numpy as np
from PIL import Image, ImageOps

HERE = pathlib.Path(__file__).resolve().parent
OUT = HERE / "pictures"


def source(width, height):
    """A part of the cat's eye with hard edges drawn in, so that up-sampling and clipping show."""
    photo = Image.open(HERE.parent.parent / "assets/images/chelsea.png").convert("RGB")
    pixels = np.array(photo.crop((160, 95, 160 + 2 * width, 95 + 2 * height)).resize((width, height)))
    pixels[height // 3:height // 2, width // 4:width // 2] = (255, 0, 0)
    pixels[-3:, -4:] = (0, 0, 255)
    pixels[1:3, -6:-2] = 255
    return Image.fromarray(pixels)


def with_alpha(image):
    image = image.copy()
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return image


# JPEG -----------------------------------------------------------------------------------------------------------------


def segments(data):
    """[(marker, payload)] up to the scan, and the rest from there."""
    found, at = [], 2
    while data[at + 1] != 0xDA:
        size = struct.unpack(">H", data[at + 2:at + 4])[0]
        found.append((data[at + 1], data[at + 4:at + 2 + size]))
        at += 2 + size
    return found, data[at:]


def joined(found, rest):
    return b"\xff\xd8" + b"".join(struct.pack(">BBH", 0xFF, m, len(p) + 2) + p for m, p in found) + rest


def cjpeg(name, image, *options):
    with tempfile.NamedTemporaryFile(suffix=".ppm") as ppm:
        image.save(ppm.name)
        (OUT / name).write_bytes(subprocess.run(["cjpeg", *options, ppm.name], capture_output=True, check=True).stdout)


def jpegs():
    for width, height in [(25, 19), (18, 11), (17, 9), (1, 1)]:
        for sample in ["1x1", "2x1", "2x2", "1x2", "4x1"]:
            cjpeg(f"jpeg_{sample}_{width}.jpg", source(width, height), "-quality", "85", "-sample", sample)
    picture = source(17, 11)
    for sample in ["1x1", "2x1", "2x2", "1x2"]:
        cjpeg(f"jpeg_progressive_{sample}.jpg", picture, "-progressive", "-sample", sample)
        cjpeg(f"jpeg_restart_{sample}.jpg", picture, "-restart", "2B", "-sample", sample)
    cjpeg("jpeg_restart_row.jpg", picture, "-restart", "1", "-sample", "2x2")
    cjpeg("jpeg_odd_samples.jpg", picture, "-sample", "2x2,1x2,2x1")
    cjpeg("jpeg_three_to_one.jpg", picture, "-sample", "3x1")
    cjpeg("jpeg_four_rows.jpg", picture, "-sample", "1x4")
    cjpeg("jpeg_four_by_two.jpg", picture, "-sample", "4x2")
    cjpeg("jpeg_arithmetic.jpg", picture, "-arithmetic")
    cjpeg("jpeg_quality_5.jpg", picture, "-quality", "5")
    cjpeg("jpeg_quality_100.jpg", picture, "-quality", "100")
    cjpeg("jpeg_rgb.jpg", picture, "-rgb")
    cjpeg("jpeg_grey.jpg", picture, "-grayscale")
    cjpeg("jpeg_grey_progressive.jpg", picture, "-grayscale", "-progressive")
    picture.save(OUT / "jpeg_adobe_rgb.jpg", keep_rgb=True)
    cmyk = Image.merge("CMYK", [*ImageOps.invert(picture).split(), Image.linear_gradient("L").resize(picture.size)])
    cmyk.save(OUT / "jpeg_cmyk_adobe.jpg", quality=85)
    cmyk.save(OUT / "jpeg_cmyk_progressive.jpg", quality=85, progressive=True)
    found, rest = segments((OUT / "jpeg_cmyk_adobe.jpg").read_bytes())
    plain = [(m, p) for m, p in found if m != 0xEE]
    (OUT / "jpeg_cmyk_plain.jpg").write_bytes(joined(plain, rest))
    ycck = [(m, p[:-1] + b"\2" if m == 0xEE else p) for m, p in found]  # the same levels, taken as YCCK
    (OUT / "jpeg_ycck_adobe.jpg").write_bytes(joined(ycck, rest))
    data = (OUT / "jpeg_2x1_18.jpg").read_bytes()
    found, rest = segments(data)
    (OUT / "jpeg_fill_bytes.jpg").write_bytes(b"\xff\xd8\xff\xff\xff" + data[3:])
    (OUT / "jpeg_unknown_markers.jpg").write_bytes(
        joined([(0xEB, b"anything"), (0xFE, b"a comment"), *found, (0xED, bytes(300))], rest))
    (OUT / "jpeg_bytes_behind.jpg").write_bytes(data + b"\xff\xd8\xff\xd9 and more")
    (OUT / "jpeg_no_end_marker.jpg").write_bytes(data[:-2] + bytes(64))


# Orientation ----------------------------------------------------------------------------------------------------------


def exif(orientation, order="<", kind=3):
    """One directory: a make, and the orientation as a short (3) or long (4)."""
    value = struct.pack(order + ("HH" if kind == 3 else "I"), *([orientation, 0] if kind == 3 else [orientation]))
    make = struct.pack(order + "HHI4s", 0x010F, 2, 1, b"\0\0\0\0")
    entries = [make] + ([struct.pack(order + "HHI", 0x0112, kind, 1) + value] if orientation else [])
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    return head + struct.pack(order + "H", len(entries)) + b"".join(entries) + bytes(4)


def xmp(text):
    return f'<x:xmpmeta><rdf:Description {text}</x:xmpmeta>'.encode()


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_with(name, image, *chunks):
    """The chunks go in behind the header."""
    image.save(OUT / name)
    data = (OUT / name).read_bytes()
    (OUT / name).write_bytes(data[:33] + b"".join(png_chunk(k, d) for k, d in chunks) + data[33:])


def jpeg_with(name, image, *markers):
    cjpeg(name, image, "-quality", "90", "-sample", "1x1", "-optimize")
    found, rest = segments((OUT / name).read_bytes())
    (OUT / name).write_bytes(joined([*markers, *found], rest))


def orientations():
    small = source(9, 6)
    for o in range(1, 9):
        for order in "<>":
            ending = f"{o}_{'little' if order == '<' else 'big'}"
            jpeg_with(f"exif_{ending}.jpg", small, (0xE1, b"Exif\0\0" + exif(o, order)))
        png_with(f"exif_{o}.png", small, (b"eXIf", exif(o, "<>"[o % 2])))
        small.save(OUT / f"exif_{o}.webp", lossless=True, exif=exif(o, "<>"[o % 2]))
        small.save(OUT / f"orientation_{o}.tif", tiffinfo={274: o}, compression=["raw", "tiff_lzw"][o % 2])
    jpeg_with("exif_long.jpg", small, (0xE1, b"Exif\0\0" + exif(6, ">", 4)))
    jpeg_with("exif_nine.jpg", small, (0xE1, b"Exif\0\0" + exif(9)))
    whole = exif(8)
    jpeg_with("exif_in_two_markers.jpg", small, (0xE1, b"Exif\0\0" + whole[:20]), (0xE1, b"Exif\0\0" + whole[20:]))
    attribute, element = xmp('tiff:Orientation="6"/>'), xmp('><tiff:Orientation>8</tiff:Orientation>')
    head = b"http://ns.adobe.com/xap/1.0/\0"
    jpeg_with("xmp_attribute.jpg", small, (0xE1, head + attribute))
    jpeg_with("xmp_element.jpg", small, (0xE1, head + element))
    jpeg_with("xmp_and_exif.jpg", small, (0xE1, head + attribute), (0xE1, b"Exif\0\0" + exif(3)))
    jpeg_with("xmp_and_exif_without.jpg", small, (0xE1, b"Exif\0\0" + exif(0)), (0xE1, head + attribute))
    keyword = b"XML:com.adobe.xmp\0"
    png_with("xmp_plain.png", small, (b"iTXt", keyword + b"\0\0\0\0" + attribute))
    png_with("xmp_packed.png", small, (b"iTXt", keyword + b"\1\0\0\0" + zlib.compress(element)))
    small.save(OUT / "xmp.webp", lossless=True, xmp=attribute)
    small.save(OUT / "xmp.tif", tiffinfo={700: attribute})
    for kind, orientation in [(b"tEXt", 5), (b"zTXt", 7)]:
        digits = (b"Exif\0\0" + exif(orientation)).hex()
        lines = "\n".join(digits[i:i + 72] for i in range(0, len(digits), 72))
        text = f"\nexif\n{len(digits) // 2:8}\n{lines}\n".encode()
        text = b"\0" + zlib.compress(text) if kind == b"zTXt" else text
        png_with(f"raw_profile_{kind.decode()}.png", small, (kind, b"Raw profile type exif\0" + text))


# PNG ------------------------------------------------------------------------------------------------------------------

ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def png(name, samples, bits, color, palette=None, transparency=None, interlaced=False):
    """Any kind of PNG: samples (height, width, channels) of so many bits."""
    height, width, _ = samples.shape

    def rows(part):
        out = b""
        for row in part:
            if bits == 16:
                data = row.astype(">u2").tobytes()
            elif bits == 8:
                data = row.astype("u1").tobytes()
            else:
                each = (row.ravel()[:, None] >> np.arange(bits - 1, -1, -1)) & 1
                data = np.packbits(each.astype("u1").ravel()).tobytes()
            out += b"\0" + data
        return out

    parts = [samples[y::dy, x::dx] for x, y, dx, dy in ADAM7] if interlaced else [samples]
    raw = b"".join(rows(part) for part in parts if part.size)
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, interlaced))]
    chunks += [(b"PLTE", palette)] if palette else []
    chunks += [(b"tRNS", transparency)] if transparency else []
    chunks += [(b"IDAT", zlib.compress(raw, 9)), (b"IEND", b"")]
    (OUT / name).write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(k, d) for k, d in chunks))


def pngs():
    picture = np.array(with_alpha(source(19, 13)))
    rgb16 = np.arange(11 * 9 * 4, dtype=np.uint32).reshape(9, 11, 4) * 65535 // (11 * 9 * 4 - 1)
    grey = picture[:, :, 1:2]
    index = (np.arange(19 * 13).reshape(13, 19, 1) * 7)
    colors = bytes(np.random.default_rng(1).integers(0, 256, 768, dtype=np.uint8))
    for interlaced in (False, True):
        end = "_interlaced.png" if interlaced else ".png"
        for bits in (1, 2, 4):
            png(f"png_grey{bits}{end}", grey >> (8 - bits), bits, 0, interlaced=interlaced)
            png(f"png_palette{bits}{end}", index % (1 << bits), bits, 3, colors[:3 << bits], interlaced=interlaced)
        png(f"png_palette8{end}", index % 256, 8, 3, colors, bytes(range(0, 250, 5)), interlaced)
        png(f"png_rgb{end}", picture[:, :, :3], 8, 2, interlaced=interlaced)
        png(f"png_rgba{end}", picture, 8, 6, interlaced=interlaced)
        png(f"png_grey_alpha{end}", picture[:, :, 2:], 8, 4, interlaced=interlaced)
        png(f"png_rgb16{end}", rgb16[:, :, :3], 16, 2, interlaced=interlaced)
        png(f"png_rgba16{end}", rgb16, 16, 6, interlaced=interlaced)
    png("png_rgb_hole.png", picture[:, :, :3], 8, 2, transparency=struct.pack(">HHH", *picture[5, 5, :3]))
    png("png_grey_hole.png", grey, 8, 0, transparency=struct.pack(">H", grey[5, 5, 0]))


# The others -----------------------------------------------------------------------------------------------------------


def webps():
    for width, height in [(25, 19), (18, 9), (1, 1)]:
        for quality in (95,) if width < 25 else (30, 95):
            source(width, height).save(OUT / f"webp_{width}_{quality}.webp", quality=quality)
    alpha = with_alpha(source(25, 19))
    alpha.save(OUT / "webp_alpha.webp", quality=80)
    alpha.save(OUT / "webp_alpha_lossless.webp", lossless=True)
    alpha.save(OUT / "webp_alpha_lossless_exact.webp", lossless=True, exact=True)
    source(25, 19).quantize(7).convert("RGB").save(OUT / "webp_few_colors.webp", lossless=True)
    frames = [with_alpha(source(20, 15)), ImageOps.invert(source(20, 15)).convert("RGBA")]
    for name, options in {"lossy": {"quality": 70}, "lossless": {"lossless": True}}.items():
        frames[0].save(OUT / f"webp_animation_{name}.webp", save_all=True, append_images=frames[1:], **options)


def tiffs():
    import tifffile
    picture = source(17, 11)
    for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "zstd", "lzma"):
        picture.save(OUT / f"tiff_{compression.removeprefix('tiff_')}.tif", compression=compression)
    picture.convert("L").save(OUT / "tiff_grey.tif", compression="tiff_lzw")
    picture.convert("1").save(OUT / "tiff_group4.tif", compression="group4")
    picture.convert("1").save(OUT / "tiff_group3.tif", compression="group3")
    picture.convert("1").save(OUT / "tiff_bilevel.tif")
    picture.quantize(50).save(OUT / "tiff_palette.tif")
    picture.convert("CMYK").save(OUT / "tiff_cmyk.tif")
    picture.convert("YCbCr").save(OUT / "tiff_ycbcr.tif")
    picture.convert("YCbCr").save(OUT / "tiff_ycbcr_lzw.tif", compression="tiff_lzw")
    with_alpha(picture).save(OUT / "tiff_rgba.tif")
    with_alpha(picture).convert("LA").save(OUT / "tiff_grey_alpha.tif")
    rgb, rgba = np.array(picture), np.array(with_alpha(picture))
    wide = (rgba.astype(np.uint16) << 8) + np.arange(17 * 11 * 4, dtype=np.uint16).reshape(11, 17, 4) % 251
    write = lambda name, *data, **options: tifffile.imwrite(OUT / name, *data, software=False, **options)
    write("tiff_tiles.tif", rgb, photometric="rgb", tile=(16, 16))
    write("tiff_planes.tif", rgb.transpose(2, 0, 1).copy(), photometric="rgb", planarconfig="separate")
    write("tiff_strips.tif", rgb, photometric="rgb", rowsperstrip=5)
    write("tiff_big.tif", rgb, photometric="rgb", bigtiff=True)
    write("tiff_big_endian.tif", rgb, photometric="rgb", byteorder=">")
    write("tiff_rgb16.tif", wide[:, :, :3].copy(), photometric="rgb")
    write("tiff_rgb16_big_endian.tif", wide[:, :, :3].copy(), photometric="rgb", byteorder=">")
    write("tiff_rgba16.tif", wide, photometric="rgb", extrasamples=["unassalpha"])
    write("tiff_premultiplied.tif", rgba, photometric="rgb", extrasamples=["assocalpha"])
    write("tiff_premultiplied16.tif", wide, photometric="rgb", extrasamples=["assocalpha"])
    write("tiff_unspecified.tif", rgba, photometric="rgb", extrasamples=["unspecified"])
    write("tiff_white_is_zero.tif", rgb[:, :, 0].copy(), photometric="miniswhite")
    write("tiff_cmyk16.tif", wide[:5].copy(), photometric="separated")
    for sample in ("2x2", "2x1"):  # JPEG data in YCbCr
        with tempfile.NamedTemporaryFile(suffix=".png") as file:
            picture.save(file.name)
            subprocess.run(["convert", file.name, "-sampling-factor", sample, "-compress", "JPEG",
                            OUT / f"tiff_jpeg_{sample}.tif"], check=True)


def others():
    picture = source(17, 11)
    palette = picture.quantize(40)
    palette.save(OUT / "gif_plain.gif", interlace=False)
    palette.save(OUT / "gif_interlaced.gif", interlace=True)
    palette.save(OUT / "gif_hole.gif", transparency=5)
    picture.convert("L").save(OUT / "gif_grey.gif")
    palette.save(OUT / "gif_animation.gif", save_all=True, append_images=[ImageOps.invert(picture).quantize(9)],
                 transparency=3)
    for name in ("plain", "hole"):  # a screen larger than its frame
        data = bytearray((OUT / f"gif_{name}.gif").read_bytes())
        data[6:10] = struct.pack("<HH", 21, 14)
        (OUT / f"gif_{name}_in_screen.gif").write_bytes(data)
    for mode in ("1", "L", "P", "RGB", "RGBA"):
        picture.convert(mode).save(OUT / f"bmp_{mode.lower()}.bmp")
    for mode in ("L", "P", "RGB", "RGBA"):
        for rle in (None, "tga_rle"):
            picture.convert(mode).save(OUT / f"tga_{mode.lower()}{'_rle' if rle else ''}.tga", compression=rle)
    for compression in ("None", "RLE"):
        with tempfile.NamedTemporaryFile(suffix=".png") as file:
            picture.save(file.name)
            subprocess.run(["convert", file.name, "-compress", compression, OUT / f"psd_{compression.lower()}.psd"],
                           check=True)
    pixels = np.array(picture)
    head = lambda kind, most: f"{kind}\n# made by hand\n17 11\n{most}\n".encode()
    (OUT / "pnm_grey.pgm").write_bytes(head("P5", 255) + pixels[:, :, 0].tobytes())
    (OUT / "pnm_rgb.ppm").write_bytes(head("P6", 255) + pixels.tobytes())
    (OUT / "pnm_grey100.pgm").write_bytes(head("P5", 100) + (pixels[:, :, 0] // 2).tobytes())
    (OUT / "pnm_rgb100.ppm").write_bytes(head("P6", 100) + (pixels // 2).tobytes())
    (OUT / "pnm_rgb1000.ppm").write_bytes(head("P6", 1000) + (pixels.astype(">u2") * 4).tobytes())
    (OUT / "pnm_rgb65535.ppm").write_bytes(head("P6", 65535) + (pixels.astype(">u2") * 257).tobytes())


def grey16():
    """PIL cuts grey of 16 bits off at 255: these are not in the list, their levels are 0, 85, 170, 255 by 257."""
    levels = np.array([[0, 85, 170, 255]] * 3, dtype=np.uint16) * 257
    for ending in ("png", "tif"):
        Image.fromarray(levels).save(OUT / f"grey16.{ending}")


def profile(name, tags):
    """An ICC profile of version 2: RGB by primaries and a gamma, or grey by a gamma."""
    def fixed(value):
        return struct.pack(">i", round(value * 65536))

    grey = "kTRC" in tags
    text = name.encode() + b"\0"
    bodies = {"desc": b"desc" + bytes(4) + struct.pack(">I", len(text)) + text + bytes(78),
              "wtpt": b"XYZ " + bytes(4) + fixed(0.9642) + fixed(1) + fixed(0.8249)}
    for tag, value in tags.items():
        if tag.endswith("XYZ"):
            bodies[tag] = b"XYZ " + bytes(4) + b"".join(fixed(v) for v in value)
        else:
            bodies[tag] = b"curv" + bytes(4) + struct.pack(">IH", 1, round(value * 256)) + bytes(2)
    table, data = struct.pack(">I", len(bodies)), b""
    for tag, body in bodies.items():
        body += bytes(-len(body) % 4)
        table += tag.encode() + struct.pack(">II", 132 + 12 * len(bodies) + len(data), len(body))
        data += body
    head = (struct.pack(">II", 128 + len(table) + len(data), 0) + struct.pack(">I", 0x02400000) + b"mntr"
            + (b"GRAY" if grey else b"RGB ") + b"XYZ " + bytes(12) + b"acsp" + bytes(28)
            + fixed(0.9642) + fixed(1) + fixed(0.8249) + bytes(48))
    return head + table + data


def profiles():
    from PIL import ImageCms
    picture = source(17, 11)
    # The primaries of a display with wide green, adapted to D50, and a gamma of 1.8.
    wide = profile("Wide green", {"rXYZ": (0.61, 0.31, 0.02), "gXYZ": (0.205, 0.63, 0.06), "bXYZ": (0.149, 0.06, 0.745),
                                  "rTRC": 1.8, "gTRC": 1.8, "bTRC": 1.8})
    for ending, options in {"jpg": {"quality": 95}, "png": {}, "webp": {"lossless": True},
                            "tif": {"compression": "tiff_lzw"}}.items():
        picture.save(OUT / f"icc_wide.{ending}", icc_profile=wide, **options)
    picture.convert("L").save(OUT / "icc_grey.png", icc_profile=profile("Grey 1.4", {"kTRC": 1.4}))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture.save(OUT / "icc_srgb.png", icc_profile=srgb)
    picture.save(OUT / "icc_damaged.png", icc_profile=wide[:100] + bytes(100))


def heifs():
    import pillow_heif
    for width, height in [(24, 16), (22, 14)]:
        for sampling in ("444", "420"):
            name = f"heic_{width}_{sampling}.heic"
            pillow_heif.from_pillow(source(width, height)).save(OUT / name, quality=90, chroma=int(sampling))
            source(width, height).save(OUT / f"avif_{width}_{sampling}.avif", quality=90,
                                       subsampling=":".join(sampling))
    for o in (2, 5, 6, 7):
        source(12, 8).save(OUT / f"avif_orientation_{o}.avif", exif=exif(o))
    with_alpha(source(12, 8)).save(OUT / "avif_alpha.avif")


# --------------------------------------------------------------------------------------------------------------------


def pixels_of(file, icc=False):
    with Image.open(file) as stored:  # the first frame
        if icc:
            from PIL import ImageCms
            own = ImageCms.ImageCmsProfile(io.BytesIO(stored.info["icc_profile"]))
            stored = ImageCms.profileToProfile(stored, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
        return np.array(ImageOps.exif_transpose(stored).convert("RGB"))


# `icc`: converted by that profile, as --icc asks.
# Files that PIL decodes with another library than Debian's, or by rounding of its own: the largest difference.
WITH_PROFILE = {"icc_wide.jpg", "icc_wide.png", "icc_wide.webp", "icc_wide.tif", "icc_grey.png"}
ALLOWED = {"tiff_ycbcr.tif": 1, ".heic": 1}


def listed(files):
    """The list, and all levels behind one another."""
    items, levels = [], b""
    asked = [(file, False) for file in files] + [(file, True) for file in files if file.name in WITH_PROFILE]
    for file, icc in asked:
        try:
            pixels = pixels_of(file, icc)
        except Exception as error:  # PIL refuses in many ways
            print(f"{file}: {error}", file=sys.stderr)
            continue
        item = {"file": str(file), "width": pixels.shape[1], "height": pixels.shape[0], "at": len(levels)}
        if icc:
            item["icc"] = True
        if largest := ALLOWED.get(file.name, ALLOWED.get(file.suffix, 0)):
            item["largest"] = largest
        items.append(item)
        levels += pixels.tobytes()
    return items, levels


def write_list(items, levels, folder):
    lines = ",\n".join(json.dumps(item) for item in items)
    (folder / "pictures.json").write_text(f"[\n{lines}\n]\n")
    rows = -(-len(levels) // (3 * 256))
    padded = levels + bytes(rows * 3 * 256 - len(levels))
    Image.frombytes("RGB", (256, rows), padded).save(folder / "pixels.png", optimize=True)


def check():
    levels = np.array(Image.open(OUT / "pixels.png")).tobytes()
    wrong = 0
    items = json.loads((OUT / "pictures.json").read_text())
    for item in items:
        try:
            got = pixels_of(OUT / item["file"], item.get("icc", False)).tobytes()
        except Exception as error:
            got = str(error)
        if got != levels[item["at"]:item["at"] + 3 * item["width"] * item["height"]]:
            wrong += 1
            print(item["file"], got if isinstance(got, str) else "has other pixels")
    print(f"{len(items)} pictures, {wrong} of them otherwise by this Pillow")


def main():
    try:
        import pillow_heif
        pillow_heif.register_heif_opener()
    except ImportError:
        pass
    if sys.argv[1:] == ["--check"]:
        return check()
    if sys.argv[1:2] == ["--list"]:
        folder = pathlib.Path(sys.argv[2])
        folder.mkdir(parents=True, exist_ok=True)
        return write_list(*listed([pathlib.Path(f).resolve() for f in sys.argv[3:]]), folder)
    OUT.mkdir(exist_ok=True)
    for old in OUT.iterdir():
        old.unlink()
    for make in (jpegs, orientations, pngs, webps, tiffs, others, profiles, heifs):
        make()
    items, levels = listed(sorted(OUT.iterdir()))
    grey16()
    for item in items:
        item["file"] = pathlib.Path(item["file"]).name
    write_list(items, levels, OUT)
    print(len(items), "pictures,", sum(f.stat().st_size for f in OUT.iterdir()), "bytes")
    return None


if __name__ == "__main__":
    main()
