#!/usr/bin/env python3
"""tests/same_result.py PROGRAM: the same photo and network give the same numbers, whatever runs them.

On each instruction set that this processor has, and each way to run attention: 1, 2 and 3 threads, and a second run, write
the same tensors bit for bit, and the same picture. Between instruction sets, and between the ways, FAR is allowed.
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
PROGRAM = pathlib.Path(sys.argv[1]).resolve()


def run(isa, *arguments):
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, env=os.environ | {"HEADLIGHT_ISA": isa})
    assert done.returncode == 0, f"{isa} {arguments}: {done.stderr}"
    return done.stdout


def instruction_sets():
    """Those that this processor runs, best first."""
    said = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True).stdout
    return said.split("this processor: ", 1)[1].split(";", 1)[0].split(", ")


def tensors(file):
    data = file.read_bytes()
    length = int.from_bytes(data[:8], "little")
    entries = {name: entry for name, entry in json.loads(data[8:8 + length]).items() if name != "__metadata__"}
    begin = 8 + length
    return {name: np.frombuffer(data[begin + e["data_offsets"][0]:begin + e["data_offsets"][1]], "<f4") for name, e in entries.items()}


def passed(folder, model, isa, kernel, threads):
    """The tensors of a pass, and a sum of their bits and of the picture's."""
    file = folder / "all.safetensors"
    run(isa, "export", "--model", model, "--image", PHOTO, "--kernel", kernel, "--threads", threads, "--tensors", file,
        "--block", "5", "--head", "each", "--out", folder)
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


def main():
    sets = instruction_sets()
    print(f"instruction sets: {', '.join(sets)}")
    worst = 0
    for model in (MODELS / "headlight-vit-cifar10.safetensors", MODELS / "dinov2-small-saliency"):
        plain = None
        for isa in reversed(sets):  # the reference comes first: the others are compared with it
            for kernel in reversed(KERNELS):
                if (isa == "reference" or kernel == "reference") and "cifar10" not in model.name:
                    continue  # plain loops over the large network take minutes
                with tempfile.TemporaryDirectory() as folder:
                    runs = [passed(pathlib.Path(folder), model, isa, kernel, threads) for threads in (1, 2, 3, 1)]
                sums = {digest for _, digest in runs}
                assert len(sums) == 1, f"{model.name}, {isa}, {kernel}: {len(sums)} results of 1, 2, 3 and again 1 thread"
                plain = plain or runs[0][0]
                far = {name: distance(values, plain[name]) for name, values in runs[0][0].items()}
                name = max(far, key=far.get)
                worst = max(worst, far[name])
                assert far[name] <= FAR, f"{model.name}, {isa}, {kernel}: {name} lies {far[name]:.1e} from the plainest run"
                print(f"ok: {model.stem}, {isa}, {kernel}: the same bits with 1, 2, 3 threads; farthest {name}, {far[name]:.1e}")
    print(f"between instruction sets and kernels at most {worst:.1e}; {FAR:.0e} is allowed")


if __name__ == "__main__":
    main()
