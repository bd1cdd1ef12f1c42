#!/usr/bin/env python3
"""tests/fuzz/make_seeds.py FOLDER [PROGRAM]: what the fuzzer begins with, FOLDER/TARGET/*, from the golden and the bad files.

With PROGRAM also the view and the picture that it exports. Python's standard library alone.
"""

import hashlib
import pathlib
import pickle
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
GOLDEN = ROOT / "tests" / "golden"
PICTURES = {"jpeg": "jpg", "png": "png", "webp": "webp", "tiff": "tif", "gif": "gif", "bmp": "bmp", "tga": "tga", "psd": "psd",
            "heic": "heic", "avif": "avif"}
MOST = 64 << 10  # bytes of a seed: the fuzzer is slow with long ones

sys.path.insert(0, str(ROOT / "tests" / "bad"))
sys.dont_write_bytecode = True
import files as bad  # noqa: E402


def chunks(png):
    at = 8
    while at + 12 <= len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        yield kind, png[at + 8:at + 8 + length]
        at += 12 + length


def exif_of(jpeg):
    at = jpeg.find(b"Exif\0\0")
    return jpeg[at + 6:at + struct.unpack_from(">H", jpeg, at - 2)[0] - 2] if at > 0 else None


# ---- a small ONNX file, by hand ----

def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def varint(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def onnx_tensor(name, shape, kind=1):
    count = 1
    for size in shape:
        count *= size
    return b"".join(field(1, s) for s in shape) + field(2, kind) + field(8, name) + field(9, b"\1\2\3\4" * count)


def onnx_node(op, inputs, outputs, name, *attributes):
    return (b"".join(field(1, i) for i in inputs) + b"".join(field(2, o) for o in outputs) + field(3, name) + field(4, op) +
            b"".join(field(5, a) for a in attributes))


def small_onnx():
    tensors = [onnx_tensor("cls_token", [1, 1, 2]), onnx_tensor("onnx::MatMul_7", [2, 6]), onnx_tensor("blocks.0.attn.qkv.bias", [6]),
               onnx_tensor("blocks.0.norm1.weight", [2]), onnx_tensor("blocks.0.norm1.bias", [2]), onnx_tensor("shape", [4], 7)]
    nodes = [onnx_node("LayerNormalization", ["x", "blocks.0.norm1.weight", "blocks.0.norm1.bias"], ["n"],
                       "/blocks.0/norm1/LayerNormalization", field(1, "epsilon") + field(2, 1e-6) + field(20, 1)),
             onnx_node("MatMul", ["n", "onnx::MatMul_7"], ["m"], "/blocks.0/attn/qkv/MatMul"),
             onnx_node("Add", ["m", "blocks.0.attn.qkv.bias"], ["a"], "/blocks.0/attn/qkv/Add"),
             onnx_node("Constant", [], ["c"], "/Constant", field(1, "value") + field(5, onnx_tensor("", [4], 7)) + field(20, 4)),
             onnx_node("Reshape", ["a", "c"], ["r"], "/blocks.0/attn/Reshape"),
             onnx_node("Gemm", ["r", "onnx::MatMul_7"], ["g"], "/head/Gemm", field(1, "transB") + field(3, 1) + field(20, 2))]
    graph = b"".join(field(1, n) for n in nodes) + field(2, "main") + b"".join(field(5, t) for t in tensors)
    return field(1, 8) + field(2, "pytorch") + field(7, graph)


# ---- what each target begins with ----

def picture_seeds():
    for file in sorted((GOLDEN / "pictures").iterdir()):
        data = file.read_bytes()
        for target, ending in PICTURES.items():
            if file.suffix == "." + ending:
                yield target, data
        if file.suffix in (".pgm", ".ppm"):
            yield "pnm", data
        if file.suffix == ".png":
            for kind, body in chunks(data):
                if kind == b"eXIf":
                    yield "exif", body
                if kind == b"iCCP":
                    yield "icc", zlib.decompress(body[body.index(b"\0") + 2:])
        if file.suffix == ".jpg" and (exif := exif_of(data)):
            yield "exif", exif
    for file in sorted((GOLDEN / "sequences").iterdir()):
        if file.suffix in (".gif", ".png") and file.name != "pixels.png":
            yield f"{file.suffix[1:]}_frames", file.read_bytes()
    yield "exif", b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'


def container_seeds():
    for file in sorted([*(GOLDEN / "formats").iterdir(), *(GOLDEN / "stored").iterdir(), *(GOLDEN / "vit").glob("*/model.*"),
                        *(GOLDEN / "families").glob("*/*.*")]):
        data = file.read_bytes()
        if file.name == "golden.safetensors":
            continue
        if file.suffix == ".safetensors":
            length = struct.unpack_from("<Q", data)[0]
            yield "safetensors", data
            yield "safetensors_header", data[8:8 + length]
        elif file.suffix == ".onnx":
            yield "onnx", data
        elif file.suffix == ".npy":
            yield "npy", data
            yield "npz_entry", data
        elif file.suffix == ".json":
            yield "json", data
            yield "index", data
            continue
        elif data[:2] == b"PK":
            yield "zip", data
            with zipfile.ZipFile(file) as archive:
                for name in archive.namelist():
                    if name.endswith("data.pkl"):
                        yield "torch_pickle", archive.read(name)
                        yield "pickle", archive.read(name)
                    elif name.endswith(".npy"):
                        yield "npz_entry", archive.read(name)[:4096]
        else:
            yield "pickled", data
            yield "pickle", data[:4096]
        yield "checkpoint", data
    yield "onnx", small_onnx()
    yield "safetensors_header", b'{"a":{"dtype":"F8_E4M3","shape":[2,3],"data_offsets":[0,6]},"__metadata__":{"format":"pt"}}'
    yield "index", b'{"metadata":{"total_size":9},"weight_map":{"cls_token":"model-00001-of-00002.safetensors"}}'
    for protocol in range(2, 6):
        yield "pickle", pickle.dumps({"a": [1, 2.5, None, True, "text", b"bytes", (1 << 70,)], 2: {3, 4}}, protocol)


def text_seeds():
    for folder in sorted((GOLDEN / "families").iterdir()):
        parts = [folder / name for name in ("config.json", "preprocessor_config.json", "open_clip_config.json")]
        texts = [part.read_bytes() if part.exists() else b"" for part in parts]
        if any(texts):
            yield "config", b"\0".join(texts)
    names = b'{"id2label": {"0": "tench", "1": "goldfish"}}', b'["a", ["n01", "b"]]', b"tench\r\ngoldfish\n\n", b'{"1": "x", "2": "y"}'
    for text in names:
        yield "labels", text
        yield "json", text
    yield "json", b'{"a": [1, -2.5e-3, true, null, "\\u00e9\\ud83d\\ude00"], "b": {"c": 12345678901234567890}}'
    yield "view", b'{"format": "headlight view", "version": 1}'
    yield "ceilings", (b'[{"processor": "x", "instruction_set": "avx2", "threads": 2, "gflops": 90.5, "cache_gbytes": 50, '
                       b'"memory_gbytes": 10}]')
    yield "settings", (b'{"width": 1440, "height": 900, "dark": true, "toured": true, "picture": "over", "colormap": "turbo", '
                       b'"range": "fixed", "range_low": 0, "range_high": 0.5, "smooth": true, "opacity": 0.6, "recent_images": '
                       b'["a.png"], "recent_models": ["m"], "folder": "/", "sheet": {"format": "png"}}')


def kind_by_content(data):
    if data[:4] == b"PK\3\4":
        return "zip"
    if data[:1] == b"\x80":
        return "pickled"
    return "onnx" if data[:1] == b"\x08" else "safetensors"


def bad_seeds():
    endings = {"." + ending: target for target, ending in PICTURES.items()} | {".ppm": "pnm"}
    for _, kind, make in bad.CASES:
        with tempfile.TemporaryDirectory() as folder:
            path = make(pathlib.Path(folder))
            if not path.is_file() or path.stat().st_size > MOST:
                continue
            data = path.read_bytes()
        if kind == "model":
            yield kind_by_content(data), data
        elif kind == "image" and path.suffix in endings:
            yield endings[path.suffix], data
        elif kind == "view":
            yield "view_in_png" if path.suffix == ".png" else "view", data
        elif kind == "labels":
            yield "labels", data


def view_seeds(program):
    command = [program, "export", "--model", "random:C=8,L=1,h=2,P=16,S=32,K=3,seed=1", "--image",
               ROOT / "assets" / "images" / "coffee.png", "--head", "0", "--size", "32", "--out"]
    with tempfile.TemporaryDirectory() as text:
        subprocess.run([*command, text], check=True, stdout=subprocess.DEVNULL)
        for file in pathlib.Path(text).glob("*.png"):
            data = file.read_bytes()
            yield "view_in_png", data[:data.index(b"IDAT") + 12]  # what comes behind is not read
            for kind, body in chunks(data):
                if kind in (b"tEXt", b"iTXt") and body.startswith(b"headlight view\0"):
                    yield "view", body[body.index(b"{"):]


def main():
    folder = pathlib.Path(sys.argv[1])
    seeds = [*picture_seeds(), *container_seeds(), *text_seeds(), *bad_seeds()]
    if len(sys.argv) > 2:
        seeds += view_seeds(sys.argv[2])
    for target, data in seeds:
        if 0 < len(data) <= MOST:
            (folder / target).mkdir(parents=True, exist_ok=True)
            (folder / target / hashlib.sha1(data).hexdigest()).write_bytes(data)
    for target in sorted({target for target, _ in seeds}):
        print(f"{target}: {len(list((folder / target).iterdir()))} seeds")


if __name__ == "__main__":
    main()
