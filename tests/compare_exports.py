#!/usr/bin/env python3
"""tests/compare_exports.py OLD_HEADLIGHT NEW_HEADLIGHT: do two builds of the program write the same bytes?

Runs a list of commands that write something with both programs, each in a folder of its own, then compares every file,
what was printed, and the exit status. Times that were measured are blanked first, replaced words put in place. Run by hand before and after a change
that must not alter results; HEADLIGHT_COMPARE_KEEP=DIR keeps both folders.
"""
import concurrent.futures
import difflib
import itertools
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CIFAR = "assets/models/headlight-vit-cifar10.safetensors"
CHELSEA, ROCKET, COFFEE = (f"assets/images/{name}" for name in ("chelsea.png", "rocket.jpg", "coffee.png"))
WIDE = "random:C=48,L=3,h=4,P=16,S=96,K=10,seed=7"
REGISTERS = "random:C=24,L=2,h=3,P=8,S=64,K=5,reg=4,dist=1,seed=3"
HEADLESS = "random:C=64,L=2,h=8,P=32,S=128,K=0,seed=5"
KERNELS = ("eager", "tiled", "reference")
# The folder's one checkpoint, by the way its family is recognised and drawn: prefix tokens, rotary positions, SwiGLU, …
FAMILIES = ("hf_vit", "hf_dinov2_registers", "hf_dinov3", "hf_siglip", "timm_eva02", "timm_reg4_gap", "torchvision_vit",
            "google_npz", "clip_openai", "paddle_vit", "mae", "deit_distilled")
# What may differ: what was measured, in JSON and in sentences, and words that were replaced.
MAY_DIFFER = (
    (rb'"(seconds|images_per_second|decode_ms|forward_ms|[a-z_]*ms_median|[a-z_]*ms_min|median_ms|min_ms|predicted_ms|'
     rb'gflops|gbytes_per_second|share)": [-+0-9.e]+', rb'"\1": TIME'),
    (rb"(?m)^[0-9]+ images/s on .*$", b"TIME"),
    (rb'"convention": "note"', rb'"convention": "textbook"'),  # an older word for it
)


def checkpoint(family):
    folder = ROOT / "tests/golden/families" / family
    if (folder / "config.json").exists():
        return f"families/{family}"
    (file,) = [f for f in folder.iterdir() if f.name != "golden.safetensors" and f.suffix != ".json"]
    return f"families/{family}/{file.name}"


def export_commands():
    all_formats = ["--format", "png,npy,csv"]
    for kernel, image in itertools.product(KERNELS, (CHELSEA, ROCKET)):
        yield ["export", "-m", CIFAR, "-i", image, "--kernel", kernel, "-o", "maps", "--figure", "figure.png",
               "--tensors", "all.safetensors", *all_formats]
    for model, kernel in itertools.product((WIDE, REGISTERS, HEADLESS), KERNELS):
        yield ["export", "-m", model, "-i", COFFEE, "--kernel", kernel, "-o", "maps", "--figure", "figure.png",
               "--tensors", "all.safetensors", "--size", "200", *all_formats]
    for variant in (["--num-heads", "6"], ["--num-heads", "0:2,2:12"], ["--no-qkv-bias"],
                    ["--train", "--attn-drop", "0.3", "--proj-drop", "0.2", "--seed", "11"],
                    ["--train", "--attn-drop", "0.5", "--after-dropout", "--num-heads", "8"],
                    ["--class-token-only"], ["--threads", "1"], ["--crop", "128x96"],
                    ["--resize", "squash:80", "--interpolation", "lanczos"], ["--crop", "multiple"],
                    ["--mean", "0.5,0.4,0.3", "--std", "0.2", "--crop-rounding", "down", "--interpolation", "nearest"]):
        for kernel in ("eager", "tiled"):
            yield ["export", "-m", WIDE, "-i", ROCKET, "--kernel", kernel, "-o", "maps", "--tensors", "all.safetensors",
                   "--size", "160", *variant, *all_formats]
    for look in (["--overlay"], ["--overlay", "--opacity", "0.35", "--smooth"], ["--range", "head", "--smooth"],
                 ["--range", "0.01,0.2", "--colormap", "viridis"], ["--colormap", "turbo", "--size", "777"],
                 ["--colormap", "magma", "--overlay", "--range", "head"], ["--colormap", "grey", "--size", "33"]):
        yield ["export", "-m", CIFAR, "-i", CHELSEA, "-b", "0,3-5", "--head", "mean,max,0-1", "-o", "maps", "--figure",
               "figure.png", *look, *all_formats]
    for query in ("cls", "0,0", "3,2", "token:4"):
        for heads in ("all", "mean", "max,2"):
            yield ["export", "-m", REGISTERS, "-i", CHELSEA, "-q", query, "--head", heads, "-o", "maps", "--figure",
                   "new/figure.png", "--size", "150", *all_formats]
    for family in FAMILIES:
        for kernel in ("eager", "tiled"):
            yield ["export", "-m", checkpoint(family), "-i", "families/photo.png", "--kernel", kernel, "-o", "maps",
                   "--figure", "figure.png", "--tensors", "all.safetensors", "--size", "128", *all_formats]
    yield ["export", "-m", checkpoint("hf_vit"), "--pixels", "golden/families/hf_vit/golden.safetensors", "-o", "maps"]
    yield ["export", "-m", CIFAR, "-i", CHELSEA]  # an error: nothing to write
    yield ["export", "-m", CIFAR, "-i", CHELSEA, "-q", "99,99", "-o", "maps"]
    yield ["export", "-m", CIFAR, "-i", "missing.png", "-o", "maps"]


def table_commands():
    conventions = ("mac", "flop", "elements", "fvcore", "thop", "note")
    for model, convention in itertools.product((CIFAR, WIDE, REGISTERS, checkpoint("hf_dinov2_swiglu")), conventions):
        yield ["cost", "-m", model, "--runs", "0", "--convention", convention, "--json", "cost.json", "--csv", "cost.csv"]
    for variant in (["--block", "1"], ["--num-heads", "2"], ["--num-heads", "1:16"], ["--no-qkv-bias"], ["--keep", "maps"],
                    ["--train", "--attn-drop", "0.1"], ["--crop", "160x96"], ["-i", ROCKET], ["--kernel", "reference"]):
        for kernel in ([], ["--kernel", "eager"]):
            if "--kernel" not in variant or not kernel:
                yield ["cost", "-m", WIDE, "--runs", "0", "--json", "cost.json", "--csv", "cost.csv", *variant, *kernel]
    yield ["cost", "-m", WIDE, "--runs", "1", "--warmup", "0", "--sweep", "heads", "--json", "-"]
    yield ["cost", "-m", WIDE, "--block", "7"]
    for model in (CIFAR, WIDE, REGISTERS, HEADLESS, *(checkpoint(family) for family in FAMILIES)):
        yield ["info", "-m", model, "--json", "info.json"]
        yield ["info", "-m", model, "--tensors"]
        yield ["predict", "-m", model, "-i", CHELSEA, "--json", "predict.json", "--top", "7"]
    yield ["info", "-m", CIFAR, "--mean", "0.1,0.2,0.3", "--crop", "multiple", "--json", "info.json"]
    for variant in (["--num-heads", "1"], ["--no-qkv-bias"], ["--class-token-only"], ["--train", "--proj-drop", "0.4"],
                    ["--kernel", "eager"], ["--kernel", "reference"], ["--interpolation", "bilinear"]):
        yield ["predict", "-m", CIFAR, "-i", ROCKET, "--json", "predict.json", *variant]
    for variant in ([], ["--num-heads", "2"], ["--limit", "2"], ["--class-token-only", "--threads", "1"]):
        yield ["eval", "-m", CIFAR, "-d", "pictures", "--json", "eval.json", "--csv", "eval.csv", *variant]
    yield ["--help"]
    for command in ("info", "cost", "bench", "export", "predict", "eval", "get"):
        yield [command, "--help"]
    yield ["get"]
    yield ["cost", "--num-head", "3"]


def prepare(folder):
    """What the commands read, under names that are the same in both folders."""
    for name, target in (("assets", "assets"), ("families", "tests/golden/families"), ("golden", "tests/golden")):
        (folder / name).symlink_to(ROOT / target)
    for number, (label, picture) in enumerate([("cat", CHELSEA), ("airplane", ROCKET), ("horse", COFFEE)] * 2):
        (folder / "pictures" / label).mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / picture, folder / "pictures" / label / f"{number}{pathlib.Path(picture).suffix}")


def run(headlight, folder, arguments):
    folder.mkdir()
    prepare(folder)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HEADLIGHT_")}
    done = subprocess.run([headlight, *arguments], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=600)
    for name in ("assets", "families", "golden"):
        (folder / name).unlink()
    shutil.rmtree(folder / "pictures")
    (folder / "stdout").write_bytes(done.stdout)
    (folder / "stderr").write_bytes(done.stderr)
    (folder / "status").write_text(f"{done.returncode}\n")


def written(folder):
    return {str(file.relative_to(folder)): file for file in folder.rglob("*") if file.is_file()}


def without_view(png):
    """A picture's bytes but for the chunk with its view, which names the folder that the photo lies in."""
    kept, at = [png[:8]], 8
    while at < len(png):
        end = at + 12 + int.from_bytes(png[at:at + 4], "big")
        if not png[at + 8:end].startswith(b"headlight view\0"):
            kept.append(png[at:end])
        at = end
    return b"".join(kept)


def content(file):
    data = file.read_bytes()
    if file.suffix == ".png":
        data = without_view(data)
    if file.name == "stdout" or file.suffix in (".json", ".csv"):
        for pattern, instead in MAY_DIFFER:
            data = re.sub(pattern, instead, data)
    return data


def first_difference(old, new):
    try:
        lines = difflib.unified_diff(old.decode().splitlines(), new.decode().splitlines(), "old", "new", lineterm="", n=0)
        return "\n".join(f"    {line[:160]}" for line in itertools.islice(lines, 2, 10))
    except UnicodeDecodeError:
        at = next((i for i, (a, b) in enumerate(zip(old, new)) if a != b), min(len(old), len(new)))
        return f"    {len(old)} and {len(new)} bytes, the first difference at byte {at}"


def compare(old_folder, new_folder, arguments):
    """How many files there are, and what differs."""
    old, new = written(old_folder), written(new_folder)
    differences = []
    for name in sorted(old.keys() | new.keys()):
        if name not in old or name not in new:
            differences.append(f"  {name}: only the {'old' if name in old else 'new'} program writes it")
        elif (was := content(old[name])) != (now := content(new[name])):
            differences.append(f"  {name} differs\n{first_difference(was, now)}")
    if differences:
        print(f"headlight {' '.join(arguments)}")
        print("\n".join(differences), flush=True)
    return len(old.keys() | new.keys()), len(differences)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    programs = [str(pathlib.Path(argument).resolve()) for argument in sys.argv[1:]]
    commands = [*export_commands(), *table_commands()]
    kept = os.environ.get("HEADLIGHT_COMPARE_KEEP")
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(kept or temporary)
        pairs = [(folder / "old" / f"{i:03}", folder / "new" / f"{i:03}") for i in range(len(commands))]
        for side in ("old", "new"):
            (folder / side).mkdir(parents=True)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            jobs = [pool.submit(run, program, pair[side], arguments)
                    for pair, arguments in zip(pairs, commands) for side, program in enumerate(programs)]
            for job in jobs:
                job.result()
        counts = [compare(*pair, arguments) for pair, arguments in zip(pairs, commands)]
    files, differ = (sum(column) for column in zip(*counts))
    print(f"{len(commands)} commands, {files} files, {differ} differ")
    sys.exit(1 if differ else 0)


if __name__ == "__main__":
    main()
