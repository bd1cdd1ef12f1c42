#!/usr/bin/env python3
"""tests/same_result.py PROGRAM: the same photo and network give the same numbers, whatever runs them.

On each instruction set that this processor has, and each way to run attention: 1, 2 and 3 threads, and a second run, write
the same tensors bit for bit, and the same picture; so does each way to multiply bf16 numbers. Between instruction sets, and
between the ways, FAR is allowed; bf16 may lie FAR_OF_BF16 from exact.
"""

import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
PHOTO = ROOT / "assets" / "images" / "chelsea.png"
MODELS = ROOT / "assets" / "models"
KERNELS = ("tiled", "eager", "reference")
# ‖a - b‖ / ‖b‖ of a tensor: what the golden tests allow against PyTorch, too.
FAR = 1e-5
FAR_OF_BF16 = 3e-2
PROGRAM = pathlib.Path(sys.argv[1]).resolve()


def run(environment, *arguments):
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, env=os.environ | environment)
    assert done.returncode == 0, f"{environment} {arguments}: {done.stderr}"
    return done.stdout


def version():
    return subprocess.run([PROGRAM, "--version"], capture_output=True, text=True).stdout


def instruction_sets():
    """Those that this processor runs, best first."""
    return version().split("this processor: ", 1)[1].split(";", 1)[0].split(", ")


def bf16_products():
    """The ways in which this processor multiplies bf16 numbers; usually none."""
    _, found, said = version().partition("bf16 products: ")
    return said.split("(of ", 1)[1].split(";", 1)[0].split(", ") if found else []


def tensors(file):
    data = file.read_bytes()
    length = int.from_bytes(data[:8], "little")
    entries = {name: entry for name, entry in json.loads(data[8:8 + length]).items() if name != "__metadata__"}
    begin = 8 + length
    return {name: np.frombuffer(data[begin + e["data_offsets"][0]:begin + e["data_offsets"][1]], "<f4") for name, e in entries.items()}


def passed(folder, model, environment, kernel, precision, threads):
    """The tensors of a pass, and a sum of their bits and of the picture's."""
    file = folder / "all.safetensors"
    run(environment, "export", "--model", model, "--image", PHOTO, "--kernel", kernel, "--precision", precision,
        "--threads", threads, "--tensors", file, "--block", "5", "--head", "each", "--out", folder)
    found = tensors(file)
    sum_of_bits = hashlib.sha1(b"".join(found[name].tobytes() for name in sorted(found)))
    pictures = sorted(folder.glob("*.png"))
    assert pictures, "no picture was written"
    for picture in pictures:
        sum_of_bits.update(picture.read_bytes())
        picture.unlink()
    return found, sum_of_bits.hexdigest()


def distance(a, b):
    return np.linalg.norm(a.astype(np.float64) - b) / np.linalg.norm(b.astype(np.float64))


def same_on_any_threads(model, environment, kernel, precision="exact"):
    """The tensors of a pass, which are the same ones with 1, 2, 3 and once more 1 thread."""
    with tempfile.TemporaryDirectory() as folder:
        runs = [passed(pathlib.Path(folder), model, environment, kernel, precision, threads) for threads in (1, 2, 3, 1)]
    sums = {digest for _, digest in runs}
    assert len(sums) == 1, f"{model.name}, {environment}, {kernel}: {len(sums)} results of 1, 2, 3 and again 1 thread"
    return runs[0][0]


def compare(values, plain, allowed, what):
    """The largest distance of a tensor from the plain run's."""
    far = {name: distance(tensor, plain[name]) for name, tensor in values.items()}
    name = max(far, key=far.get)
    assert far[name] <= allowed, f"{what}: {name} lies {far[name]:.1e} from the plainest run"
    print(f"ok: {what}: the same bits with 1, 2, 3 threads; farthest {name}, {far[name]:.1e}")
    return far[name]


def main():
    sets, bf16 = instruction_sets(), bf16_products()
    print(f"instruction sets: {', '.join(sets)}; bf16 products: {', '.join(bf16) or 'none'}")
    worst = 0
    for model in (MODELS / "headlight-vit-cifar10.safetensors", MODELS / "dinov2-small-saliency"):
        plain = None
        for isa in reversed(sets):  # the reference comes first: the others are compared with it
            for kernel in reversed(KERNELS):
                if (isa == "reference" or kernel == "reference") and "cifar10" not in model.name:
                    continue  # plain loops over the large network take minutes
                values = same_on_any_threads(model, {"HEADLIGHT_ISA": isa}, kernel)
                plain = plain or values
                worst = max(worst, compare(values, plain, FAR, f"{model.stem}, {isa}, {kernel}"))
        for name in bf16:
            for kernel in ("tiled", "eager"):
                values = same_on_any_threads(model, {"HEADLIGHT_BF16": name}, kernel, "bf16")
                compare(values, plain, FAR_OF_BF16, f"{model.stem}, {name}, {kernel}")
    print(f"between instruction sets and kernels at most {worst:.1e}; {FAR:.0e} is allowed")


if __name__ == "__main__":
    main()
