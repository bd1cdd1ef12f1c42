"""Files that nobody should have to open, each made here; sentences.txt says what the program must say of them.

`CASES` lists (name, kind, make): `kind` says what the program is asked to open it as, `make(folder)` writes it and returns
its path. Python's standard library alone; fixed seeds.
"""

import gzip
import io
import json
import os
import pathlib
import pickle
import random
import struct
import tarfile
import zipfile
import zlib

CASES = []
FUZZ_CORPUS = pathlib.Path(__file__).resolve().parent.parent / "fuzz" / "corpus"  # "broke_…": what ended the program once


def case(kind):
    def add(make):
        CASES.append((make.__name__, kind, make))
        return make

    return add


def write(folder, name, data):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def plain(kind, name, file, data):
    """A file that is these bytes."""
    CASES.append((name, kind, lambda folder: write(folder, file, data() if callable(data) else data)))


# ---- safetensors ----

def safetensors(header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def tensor(shape, begin, end, dtype="F32"):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


plain("model", "empty_file", "m.safetensors", b"")
plain("model", "four_bytes", "m.safetensors", b"\0\1\2\3")
plain("model", "header_beyond_file", "m.safetensors", safetensors({}, length=1 << 20))
plain("model", "header_of_an_exabyte", "m.safetensors", safetensors({}, length=1 << 62))
plain("model", "header_is_no_json", "m.safetensors", safetensors(b"{'a': 1}"))
plain("model", "header_is_an_array", "m.safetensors", safetensors(b"[1, 2, 3]"))
plain("model", "header_of_brackets", "m.safetensors", safetensors(b'{"a":' + b"[" * 200000))
plain("model", "header_without_tensors", "m.safetensors", safetensors({"__metadata__": {"format": "pt"}}))
plain("model", "header_with_zeros", "m.safetensors", safetensors(b'{"a\0b": 1}\0\0\0\0'))
plain("model", "tensor_is_a_number", "m.safetensors", safetensors({"a": 5}))
plain("model", "tensor_without_shape", "m.safetensors", safetensors({"a": {"dtype": "F32", "data_offsets": [0, 4]}}, b"0000"))
plain("model", "tensor_behind_the_end", "m.safetensors", safetensors({"a": tensor([4], 0, 16)}, b"1234"))
plain("model", "tensor_ends_before_it_begins", "m.safetensors", safetensors({"a": tensor([1], 8, 4)}, b"12345678"))
plain("model", "tensor_of_another_size", "m.safetensors", safetensors({"a": tensor([3], 0, 4)}, b"1234"))
plain("model", "tensor_larger_than_numbers", "m.safetensors",
      safetensors({"a": tensor([1 << 40, 1 << 40], 0, 4)}, b"1234"))
plain("model", "tensor_of_minus_one", "m.safetensors", safetensors({"a": tensor([-1], 0, 4)}, b"1234"))
plain("model", "tensor_of_unknown_numbers", "m.safetensors", safetensors({"a": tensor([1], 0, 4, "F32x")}, b"1234"))
plain("model", "tensor_of_a_thousand_sizes", "m.safetensors", safetensors({"a": tensor([1] * 1000, 0, 4)}, b"1234"))
plain("model", "tensor_at_half_a_byte", "m.safetensors",
      safetensors(b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0.5,4.5]}}', b"12345"))
plain("model", "offsets_beyond_numbers", "m.safetensors",
      safetensors(b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[99999999999999999999,4]}}', b"1234"))
plain("model", "names_that_are_no_text", "m.safetensors", safetensors(b'{"\xff\xfe": {"dtype":"F32"}}'))
plain("model", "of_another_kind_of_network", "m.safetensors",
      safetensors({"model.layers.0.self_attn.q_proj.weight": tensor([2, 2], 0, 16),
                   "model.embed_tokens.weight": tensor([2, 2], 16, 32)}, b"\0" * 32))
plain("model", "one_tensor_of_a_vit", "m.safetensors", safetensors({"cls_token": tensor([1, 1, 4], 0, 16)}, b"\0" * 16))


@case("model")
def heads_that_do_not_divide(folder):
    write(folder, "config.json", json.dumps({"model_type": "vit", "num_attention_heads": 7, "hidden_size": 8}))
    return write(folder, "model.safetensors", tiny_vit())


def tiny_vit(change=None):
    """A network of one block, 8 channels, patches of 4 px on 8 × 8, in timm's names."""
    sizes = {"cls_token": [1, 1, 8], "pos_embed": [1, 5, 8], "patch_embed.proj.weight": [8, 3, 4, 4],
             "patch_embed.proj.bias": [8], "norm.weight": [8], "norm.bias": [8], "head.weight": [3, 8], "head.bias": [3]}
    for name, shape in {"norm1.weight": [8], "norm1.bias": [8], "attn.qkv.weight": [24, 8], "attn.qkv.bias": [24],
                        "attn.proj.weight": [8, 8], "attn.proj.bias": [8], "norm2.weight": [8], "norm2.bias": [8],
                        "mlp.fc1.weight": [32, 8], "mlp.fc1.bias": [32], "mlp.fc2.weight": [8, 32],
                        "mlp.fc2.bias": [8]}.items():
        sizes["blocks.0." + name] = shape
    if change:
        change(sizes)
    header, data, random_numbers = {}, b"", random.Random(1)
    for name, shape in sizes.items():
        count = 1
        for size in shape:
            count *= size
        values = struct.pack(f"<{count}f", *(random_numbers.gauss(0, 0.3) for _ in range(count)))
        header[name] = tensor(shape, len(data), len(data) + len(values))
        data += values
    return safetensors(header, data)


def poisoned(value):
    data = tiny_vit()
    return data[:-64] + struct.pack("<16f", *[value] * 16)


plain("model", "weights_of_nan", "m.safetensors", lambda: poisoned(float("nan")))
plain("model", "weights_of_infinity", "m.safetensors", lambda: poisoned(float("inf")))
plain("model", "cut_in_the_middle", "m.safetensors", lambda: tiny_vit()[:2000])
plain("model", "a_hole_in_the_blocks", "m.safetensors",
      lambda: tiny_vit(lambda s: s.update({n.replace("s.0", "s.2"): v for n, v in list(s.items()) if "s.0" in n})))
plain("model", "a_norm_without_its_bias", "m.safetensors", lambda: tiny_vit(lambda s: s.pop("norm.bias")))
plain("model", "a_foreign_tensor_in_a_block", "m.safetensors",
      lambda: tiny_vit(lambda s: s.update({"blocks.0.attn.lambda_q1": [4]})))
plain("model", "positions_of_no_grid", "m.safetensors", lambda: tiny_vit(lambda s: s.update({"pos_embed": [1, 6, 8]})))
plain("model", "qkv_of_another_width", "m.safetensors",
      lambda: tiny_vit(lambda s: s.update({"blocks.0.attn.qkv.weight": [23, 8]})))


# ---- pickles and zip files ----

class Runs:
    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def torch_zip(pickled, extra=(), level=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", level) as archive:
        archive.writestr("archive/data.pkl", pickled)
        archive.writestr("archive/version", "3\n")
        for name, data in extra:
            archive.writestr(name, data)
    return out.getvalue()


plain("model", "pickle_that_runs_a_command", "m.pth", lambda: torch_zip(pickle.dumps(Runs(os.system, "touch /tmp/headlight-owned"))))
plain("model", "pickle_that_evaluates", "m.pth", lambda: torch_zip(pickle.dumps(Runs(eval, "1+1"))))
plain("model", "pickle_without_end", "m.pth", lambda: torch_zip(b"\x80\x02}q\x00("))
plain("model", "pickle_that_takes_from_nothing", "m.pth", lambda: torch_zip(b"\x80\x02" + b"0" * 100 + b"."))
plain("model", "pickle_of_nested_tuples", "m.pth", lambda: torch_zip(b"\x80\x02" + b"(" * 500000 + b"t" * 500000 + b"."))
plain("model", "pickle_that_doubles_itself", "m.pth",
      lambda: torch_zip(b"\x80\x02]q\x00" + b"".join(b"]q" + bytes([i + 1]) + b"(h" + bytes([i]) + b"h" + bytes([i]) + b"e" for i in range(100)) + b"."))
plain("model", "pickle_with_a_string_of_gigabytes", "m.pth", lambda: torch_zip(b"\x80\x02X" + struct.pack("<I", 0xFFFFFFF0) + b"abc."))
plain("model", "pickle_of_a_number", "m.pth", lambda: torch_zip(pickle.dumps(42, 2)))
plain("model", "pickle_of_text", "m.pth", lambda: torch_zip(pickle.dumps({"a": "b"}, 2)))
plain("model", "pickle_of_noise", "m.pth", lambda: torch_zip(random.Random(2).randbytes(5000)))
plain("model", "bare_pickle_of_a_list", "m.pkl", lambda: pickle.dumps([1, 2, 3], 2))
plain("model", "zip_without_a_pickle", "m.pth", lambda: zipped({"readme.txt": b"hello"}))
plain("model", "zip_cut_off", "m.pth", lambda: torch_zip(pickle.dumps({}, 2), [("archive/data/0", b"\0" * 4000)])[:3000])
plain("model", "zip_of_a_bomb", "m.pth", lambda: torch_zip(b"\0" * (1 << 28), level=zipfile.ZIP_DEFLATED))
plain("model", "zip_that_climbs", "m.pth", lambda: zipped({"../../etc/passwd": b"x", "archive/data.pkl": b"."}))
plain("model", "zip_with_a_wrong_directory", "m.pth", lambda: spoiled(torch_zip(pickle.dumps({}, 2)), b"PK\x01\x02", 42, b"\xff\xff\xff\x7f"))
plain("model", "zip_that_is_empty", "m.zip", lambda: zipped({}))


def zipped(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def spoiled(data, signature, offset, replacement):
    at = data.index(signature) + offset
    return data[:at] + replacement + data[at + len(replacement):]


def npy(header, data=b""):
    text = header.encode().ljust(118) if isinstance(header, str) else header
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + data


plain("model", "npz_of_python_objects", "m.npz",
      lambda: zipped({"a.npy": npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n", pickle.dumps([1]))}))
plain("model", "npz_with_code_for_a_header", "m.npz",
      lambda: zipped({"a.npy": npy("__import__('os').system('touch /tmp/headlight-owned')\n")}))
plain("model", "npz_of_a_huge_shape", "m.npz",
      lambda: zipped({"a.npy": npy("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 99999999999), }\n", b"1234")}))
plain("model", "npz_cut_off", "m.npz", lambda: zipped({"a.npy": npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }\n", b"12")}))
plain("model", "npz_with_a_wrong_beginning", "m.npz", lambda: zipped({"a.npy": b"\x93NUMPX" + b"0" * 200}))
plain("model", "npy_alone", "m.npy", lambda: npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }\n", b"1234"))


# ---- what people give in place of a checkpoint ----

plain("model", "web_page_in_place_of_a_file", "m.safetensors", "<!DOCTYPE html><html><body>Sign in</body></html>")
plain("model", "pointer_of_git_lfs", "m.safetensors",
      "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 346000000\n")
plain("model", "onnx_of_noise", "m.onnx", lambda: b"\x08\x08\x12\x07pytorch" + random.Random(6).randbytes(3000))
plain("model", "onnx_of_a_huge_graph", "m.onnx", b"\x08\x08\x12\x07pytorch:" + b"\xff\xff\xff\xff\x7f" + b"\0" * 50)
plain("model", "onnx_without_nodes", "m.onnx", b"\x08\x08\x12\x07pytorch:\x06\x12\x04main")
plain("model", "file_of_gguf", "m.gguf", b"GGUF\x03\0\0\0" + b"\0" * 100)
plain("model", "file_of_keras", "m.h5", b"\x89HDF\r\n\x1a\n" + b"\0" * 500)
plain("model", "file_of_flax", "m.msgpack", b"\x81\xa6params\x80")
plain("model", "file_of_tflite", "m.tflite", b"\x1c\0\0\0TFL3" + b"\0" * 100)
plain("model", "text_of_a_poem", "m.pth", "Roses are red,\nviolets are blue.\n")
plain("model", "noise", "m.bin", lambda: random.Random(3).randbytes(100000))
plain("model", "zeros", "m.safetensors", b"\0" * 4096)
plain("model", "photo_in_place_of_a_model", "m.safetensors", lambda: png(8, 8))
plain("model", "archive_of_tar_gz", "m.tar.gz", lambda: gzip.compress(tarred({"a.txt": b"x"})))
plain("model", "config_alone", "config.json", '{"model_type": "vit"}')
plain("model", "index_of_parts_that_are_gone", "model.safetensors.index.json",
      json.dumps({"metadata": {}, "weight_map": {"cls_token": "model-00001-of-00002.safetensors"}}))
plain("model", "index_that_climbs", "model.safetensors.index.json",
      json.dumps({"weight_map": {"cls_token": "../../../../etc/passwd"}}))
plain("model", "index_that_is_no_object", "model.safetensors.index.json", "[]")


def tarred(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


@case("model")
def folder_without_files(folder):
    (folder / "empty").mkdir()
    return folder / "empty"


@case("model")
def folder_with_a_config_alone(folder):
    return write(folder, "hub/config.json", '{"model_type": "vit"}').parent


@case("model")
def folder_of_two_checkpoints(folder):
    write(folder, "two/a.safetensors", tiny_vit())
    return write(folder, "two/b.safetensors", tiny_vit()).parent


@case("model")
def link_that_leads_nowhere(folder):
    (folder / "link.safetensors").symlink_to(folder / "gone.safetensors")
    return folder / "link.safetensors"


@case("model")
def link_that_leads_to_itself(folder):
    (folder / "loop.safetensors").symlink_to(folder / "loop.safetensors")
    return folder / "loop.safetensors"


@case("model")
def pipe_in_place_of_a_file(folder):
    os.mkfifo(folder / "pipe.safetensors")
    return folder / "pipe.safetensors"


@case("model")
def device_in_place_of_a_file(folder):
    return pathlib.Path("/dev/zero")


@case("model")
def file_that_is_not_there(folder):
    return folder / "nowhere.safetensors"


@case("model")
def name_with_a_line_break(folder):
    return write(folder, "a\nb.safetensors", b"")


@case("model")
def config_that_is_no_json(folder):
    write(folder, "config.json", "{broken")
    return write(folder, "model.safetensors", b"")


# ---- pictures ----

def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, rows=None, colour=2):
    ihdr = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + b"\x80" * 3 * width for _ in range(height)) if rows is None else rows)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", ihdr) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


plain("image", "picture_without_bytes", "p.png", b"")
plain("image", "picture_of_text", "p.jpg", "not a picture")
plain("image", "picture_of_noise", "p.jpg", lambda: random.Random(4).randbytes(3000))
plain("image", "png_of_a_terapixel", "p.png", png(1 << 20, 1 << 20, b""))
plain("image", "png_without_width", "p.png", png(0, 8, b""))
plain("image", "png_cut_off", "p.png", lambda: png(64, 64)[:60])
plain("image", "png_with_a_wrong_sum", "p.png", lambda: png(8, 8)[:20] + b"\x01" + png(8, 8)[21:])
plain("image", "png_that_unpacks_to_too_much", "p.png", lambda: png(8, 8, b"\0" * (1 << 27)))  # only what is asked for is unpacked
plain("image", "jpeg_of_its_first_bytes", "p.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0")
plain("image", "jpeg_of_markers", "p.jpg", b"\xff\xd8" + b"\xff\xfe\0\2" * 50000)
plain("image", "gif_without_a_picture", "p.gif", b"GIF89a\x08\0\x08\0\0\0\0;")
plain("image", "gif_of_a_large_screen", "p.gif", b"GIF89a\xff\xff\xff\xff\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\x02\0;")
plain("image", "bmp_of_minus_a_gigapixel", "p.bmp", b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, -40000, -40000, 1, 24, 0, 0, 0, 0, 0, 0))
plain("image", "tiff_that_goes_in_circles", "p.tif", b"II*\0\x08\0\0\0" + struct.pack("<H", 0) + struct.pack("<I", 8))
plain("image", "webp_cut_off", "p.webp", b"RIFF\xff\xff\xff\x7fWEBPVP8 \x10\0\0\0")
plain("image", "heic_of_a_header", "p.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
plain("image", "avif_of_a_header", "p.avif", b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf")
plain("image", "avif_that_ends_dav1d", "p.avif", lambda: (FUZZ_CORPUS / "avif" / "broke_dav1d").read_bytes())
plain("image", "heic_coded_as_avif", "p.heic", lambda: (FUZZ_CORPUS / "heic" / "broke_av1_inside").read_bytes())
plain("image", "heic_overlay_of_itself", "p.heic", lambda: (FUZZ_CORPUS / "heic" / "broke_overlay_of_itself").read_bytes())
plain("image", "heic_grid_in_a_circle", "p.heic", lambda: (FUZZ_CORPUS / "heic" / "broke_grid_in_a_circle").read_bytes())
plain("image", "heic_of_references", "p.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0\xff\xff\xffiref" + b"dimg" * 500_000)
plain("image", "psd_of_an_absurd_size", "p.psd", b"8BPS\0\1" + b"\0" * 6 + struct.pack(">HIIHH", 3, 300000, 300000, 8, 3) + b"\0" * 40)
plain("image", "pnm_of_an_absurd_size", "p.ppm", b"P6\n99999999999 99999999999\n255\n")
plain("image", "pnm_without_pixels", "p.ppm", b"P6\n100 100\n255\nabc")
plain("image", "tga_of_a_footer", "p.tga", b"\0" * 18 + b"TRUEVISION-XFILE.\0")
plain("image", "drawing_of_svg", "p.svg", '<svg xmlns="http://www.w3.org/2000/svg"/>')
plain("image", "page_of_pdf", "p.pdf", b"%PDF-1.7\n%\xe2\xe3")
plain("image", "film_of_mp4", "p.mp4", b"\0\0\0\x18ftypisom\0\0\2\0isomiso2")
plain("image", "picture_of_jpeg_xl", "p.jxl", b"\xff\x0a" + b"\0" * 50)
plain("image", "picture_of_jpeg_2000", "p.jp2", b"\0\0\0\x0cjP  \r\n\x87\n" + b"\0" * 50)
plain("image", "web_page_in_place_of_a_photo", "p.jpg", "<html><body>404</body></html>")


@case("image")
def photo_that_is_a_folder(folder):
    (folder / "photo.jpg").mkdir()
    return folder / "photo.jpg"


@case("image")
def photo_that_is_not_there(folder):
    return folder / "nowhere.jpg"


@case("image")
def photo_that_is_a_pipe(folder):
    os.mkfifo(folder / "pipe.jpg")
    return folder / "pipe.jpg"


# ---- views, class names, pixels ----

plain("view", "view_that_is_no_json", "v.json", "hello")
plain("view", "view_of_another_program", "v.json", '{"format": "other"}')
plain("view", "view_of_the_future", "v.json", '{"format": "headlight view", "version": 99}')
plain("view", "view_of_brackets", "v.json", "[" * 300000)
plain("view", "view_in_no_picture", "v.png", lambda: png(8, 8))
plain("view", "view_without_bytes", "v.json", b"")
plain("labels", "class_names_of_noise", "l.txt", lambda: random.Random(5).randbytes(1000))
plain("labels", "class_names_too_few", "l.txt", "one\ntwo\n")
plain("labels", "class_names_of_an_object", "l.json", '{"a": {"b": 1}}')
plain("pixels", "pixels_of_two_sizes", "x.safetensors", safetensors({"pixels": tensor([2, 2], 0, 16)}, b"\0" * 16))
plain("pixels", "pixels_under_another_name", "x.safetensors", safetensors({"x": tensor([3, 8, 8], 0, 768)}, b"\0" * 768))
plain("pixels", "pixels_of_nan", "x.safetensors",
      safetensors({"pixels": tensor([3, 224, 224], 0, 4 * 3 * 224 * 224)}, struct.pack("<f", float("nan")) * (3 * 224 * 224)))
