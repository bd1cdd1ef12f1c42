#!/usr/bin/env python3
"""Small versions of timm's Vision Transformers, each as a folder with its config.json and as a bare .pth, through
Headlight: equal to timm, refused with a sentence, or guessed and said so. Writes the verdicts to architectures.csv.
Needs torch, timm and safetensors; run by hand: check_architectures.py HEADLIGHT [NAME …], with names for their rows
alone."""

import csv
import json
import pathlib
import subprocess
import sys
import tempfile
import warnings

import timm
import torch
from safetensors.torch import load_file, save_file
from timm.models import _registry as registry

VERDICTS = pathlib.Path(__file__).parent / "architectures.csv"
MODULES = {"vision_transformer", "deit", "eva", "vision_transformer_hybrid", "vision_transformer_relpos", "beit", "cait",
           "xcit", "vitamin", "naflexvit", "vision_transformer_sam"}
CLASSES = 5


def small(name):
    """The architecture with two blocks, heads 8 (rotary: 16) channels wide and pictures of 4 × 4 patches."""
    with torch.device("meta"):
        full = timm.create_model(name)
    block = full.blocks[0]
    heads = getattr(getattr(block, "attn", block), "num_heads", 4) or 4
    patch = getattr(full, "patch_embed", None) or full.embeds
    patch = patch.patch_size[0]
    width = heads * 16
    sizes = dict(img_size=4 * patch, embed_dim=width, depth=2, num_classes=CLASSES)
    return timm.create_model(name, **sizes), sizes


def redraw(model):
    g = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for key, p in model.named_parameters():
            p.copy_(torch.randn(p.shape, generator=g) * (0.3 if p.dim() > 1 else 0.5) + (1.0 if p.dim() == 1 and key.endswith("weight") else 0.0))


def run(headlight, source, pixels, folder, *more):
    out = folder / "out.safetensors"
    out.unlink(missing_ok=True)
    done = subprocess.run([headlight, "export", "--model", str(source), "--pixels", str(pixels), "--tensors", str(out),
                           *more], capture_output=True, text=True)
    if done.returncode != 0:
        return None, done.stderr.strip().split("\n")[-1].replace(str(source), "FILE").replace(str(folder), "")
    return load_file(out), ""


def guesses(headlight, source):
    report = subprocess.run([headlight, "info", "--model", str(source)], capture_output=True, text=True).stdout
    return any(f"{fact} " in line and "guessed" in line for line in report.splitlines()
               for fact in ("network", "activation", "pooling", "grid"))


def distance(got, logits, features):
    reference, mine = (logits, got.get("logits")) if "logits" in got else (features, got["features"])
    if mine is None or mine.numel() != reference.numel():
        return None
    return float((mine.flatten() - reference.flatten()).abs().max() / reference.abs().max())


def check(headlight, name, folder):
    try:
        model, sizes = small(name)
    except Exception as error:  # timm cannot make every architecture small
        return [name, "not built", str(error).split("\n")[0][:80], "", ""]
    redraw(model)
    model.eval()
    config = model.pretrained_cfg
    size = sizes["img_size"]
    x = torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(1))
    last = []  # of SAM, whose convolutions behind the blocks and what reads them are left out
    handle = model.blocks[-1].register_forward_hook(lambda _, i, o: last.append(o))
    with torch.no_grad():
        reference = model.double()(x.double())[0].float()
        features = model.forward_features(x.double())[0].float()
    handle.remove()
    if isinstance(getattr(model, "neck", None), torch.nn.Sequential):
        features = last[0][0].float()
    model.float()
    heads = getattr(getattr(model.blocks[0], "attn", model.blocks[0]), "num_heads", 0)
    pixels = folder / "pixels.safetensors"
    save_file({"pixels": x[0].contiguous()}, pixels)
    hub = folder / "hub"
    hub.mkdir(exist_ok=True)
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, hub / "model.safetensors")
    (hub / "config.json").write_text(json.dumps({
        "architecture": name, "num_classes": CLASSES, "num_features": model.num_features,
        "global_pool": model.global_pool, "model_args": sizes,
        "pretrained_cfg": {"input_size": [3, size, size], "interpolation": "bicubic", "crop_pct": 0.9,
                           "crop_mode": "center", "mean": list(config["mean"]), "std": list(config["std"])}}))
    bare = folder / "checkpoint.pth"
    torch.save(model.state_dict(), bare)
    row = [name]
    for source, more in ((hub, ()), (bare, ("--trained-heads", str(heads)) if heads else ())):
        got, sentence = run(headlight, source, pixels, folder, *more)
        if got is None:
            row += ["refused", sentence[:220]]
            continue
        off = distance(got, reference, features)
        verdict = "no logits" if off is None else "equal" if off < 1e-4 else "wrong"
        if verdict == "wrong" and source == bare and guesses(headlight, source):
            verdict = "guessed, said"
        row += [verdict, "" if off is None else f"{off:.1e}"]
    return row


def main():
    warnings.filterwarnings("ignore")
    headlight, names = sys.argv[1], sys.argv[2:]
    names = names or sorted(n for n in timm.list_models() if registry._model_to_module[n] in MODULES)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            rows.append(check(headlight, name, pathlib.Path(folder)))
            if "wrong" in rows[-1]:
                print(rows[-1], flush=True)
    counts = {}
    for row in rows:
        counts[("folder", row[1])] = counts.get(("folder", row[1]), 0) + 1
        counts[("bare file", row[3])] = counts.get(("bare file", row[3]), 0) + 1
    print(counts)
    table = {}
    if len(sys.argv) > 2:  # the others stay as they are
        with VERDICTS.open(newline="") as file:
            table = {row[0]: row for row in list(csv.reader(file))[1:]}
    table |= {row[0]: row for row in rows}
    with VERDICTS.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(
            [["architecture", "folder", "", "bare file, heads given", ""]] + [table[name] for name in sorted(table)])


if __name__ == "__main__":
    main()
