"""Times PyTorch: peer_torch.py FOLDER NETWORK plain|fused|maps|bf16 THREADS; compare.py talks to it (timing.serve).

`fused` is scaled_dot_product_attention (PyTorch 2), what timm runs when nobody asks for the maps; `bf16` is that with all
weights and activations in bf16."""

import pathlib
import re
import sys

import torch

import networks
from timing import serve, worst

folder, network, mode, threads = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
torch.set_num_threads(threads)
torch.set_num_interop_threads(1)


def blas():
    """The library that multiplies: its file name as mapped, or what PyTorch was built with."""
    maps = pathlib.Path("/proc/self/maps").read_text()
    found = set(re.findall(r"/(lib[^/\s]*(?:openblas|blis|mkl)[^/\s]*)", maps))
    found = sorted(name for name in found if "scipy" not in name)  # NumPy's own
    built = re.search(r"BLAS_INFO=(\w+)", torch.__config__.show())
    return ", ".join(found) or (f"built with {built.group(1)}" if built else "unknown BLAS")


vit = networks.make(network)
pixels = networks.make_pixels(network)
for block in vit.blocks:
    block.attn.fused = mode in ("fused", "bf16")
if mode == "bf16":
    vit, pixels = vit.bfloat16(), pixels.bfloat16()
run = networks.VitWithMaps(vit) if mode == "maps" else vit


def introduction():
    result = run(pixels)
    y, maps = (result[0], result[1:]) if mode == "maps" else (result, [])
    return dict(worst(folder / network, y[0].float().numpy(), [m[0, :, 0].numpy() for m in maps]),
                version=f"PyTorch {torch.__version__} ({blas()})")


with torch.inference_mode():
    serve(lambda: run(pixels), introduction)
