#!/usr/bin/env python3
"""The shipped real network under Hugging Face transformers: tests/golden/real/. Run by hand.

Needs torch, transformers, safetensors and PIL. The weights are those of assets/models/dinov2-small-saliency (F16,
widened), the pixels those that its own BitImageProcessor makes of a photo at 224 px, rounded to float32; the network runs
in float64 with its attention written out.

golden.safetensors: of a photo without loss, so that every decoder finds the same pixels: the class token's attention rows
of four blocks (6, 257), its `features` after the last norm (384), every seventh row and column of the `pixels`.
maps.safetensors: what the class token looks at on the photo that the window shows first, `maps` (12, 6, 16, 16) as F16.
"""

import pathlib

import torch
import transformers as hf
from PIL import Image
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MODEL = ROOT / "assets/models/dinov2-small-saliency"
PHOTO = "assets/images/chelsea.png"
FIRST_PHOTO = "assets/images/moose.jpg"
ROWS = (0, 4, 8, 11)  # blocks whose attention is compared
STEP = 7  # of the pixels every seventh row and column is stored


def load():
    model, found = hf.Dinov2Model.from_pretrained(MODEL, attn_implementation="eager", dtype=torch.float32,
                                                  output_loading_info=True)
    # The mask token serves training alone.
    assert set(found["missing_keys"]) <= {"embeddings.mask_token"} and not found["unexpected_keys"], found
    return model.eval().double()


def pixels_of(photo):
    processor = hf.BitImageProcessorPil.from_pretrained(MODEL)
    return processor(Image.open(ROOT / photo).convert("RGB"), return_tensors="pt")["pixel_values"].float()


def run(model, pixels):
    """(attention (12, 6, 257, 257), features (257, 384))."""
    with torch.no_grad():
        out = model(pixels.double(), output_attentions=True)
    attention = torch.stack(out.attentions)[:, 0]
    assert (attention.sum(-1) - 1).abs().max() < 1e-9
    return attention, out.last_hidden_state[0]


def write(name, tensors, metadata):
    file = HERE / "real" / name
    file.parent.mkdir(exist_ok=True)
    made_by = f"transformers {hf.__version__}, torch {torch.__version__}, float64"
    save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, file, {"made by": made_by} | metadata)
    file.chmod(0o644)
    print(f"{name}: {file.stat().st_size / 1024:.0f} KB", {key: tuple(t.shape) for key, t in tensors.items()})


def main():
    model = load()
    pixels = pixels_of(PHOTO)
    attention, features = run(model, pixels)
    golden = {f"attention.{b}": attention[b, :, 0].float() for b in ROWS}
    golden |= {"features": features[0].float(), "pixels": pixels[0, :, ::STEP, ::STEP]}
    write("golden.safetensors", golden,
          {"photo": PHOTO, "pixel step": str(STEP), "checkpoint": str(MODEL.relative_to(ROOT))})
    attention, _ = run(model, pixels_of(FIRST_PHOTO))
    side = int((attention.shape[-1] - 1) ** 0.5)
    write("maps.safetensors", {"maps": attention[:, :, 0, 1:].reshape(*attention.shape[:2], side, side).half()},
          {"photo": FIRST_PHOTO})


if __name__ == "__main__":
    main()
