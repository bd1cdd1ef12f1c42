#!/usr/bin/env python3
"""Goldens of PaddleViT's ViT in both generations of its naming, by its own code under Paddle.

Usage: make_families_paddle.py SOURCES, where SOURCES holds vit.py as it is now (new/vit.py) and transformer.py as it was
before its refactoring (old/transformer.py, with droppath.py beside it). Needs paddle, torch, torchvision, PIL.
"""

import pathlib
import sys
import types

import paddle
import torch
from safetensors.torch import save_file
from torchvision import transforms
from torchvision.transforms.functional import InterpolationMode

import reference
from families import CLASSES, DEPTH, HALF, HEADS, PATCH, ROOT, SIZE, WIDTH, first, photo, shorter_side

RESIZE = int(SIZE / 0.875)
SIZES = dict(image_size=SIZE, patch_size=PATCH, num_classes=CLASSES, embed_dim=WIDTH, depth=DEPTH, num_heads=HEADS)


def to_torch(array):
    return torch.from_numpy(array.numpy().copy())


class Network:
    """The model, and its parameters as torch tensors that may be changed: they are handed over before each run."""

    def __init__(self, model):
        self.model = model
        self.model.to(dtype="float64")
        self.model.eval()
        self.parameters = {name: to_torch(p) for name, p in model.named_parameters()}

    def redraw(self, rng):
        for name, parameter in self.parameters.items():
            shape = tuple(parameter.shape)
            if "norm" in name:
                value = 0.1 * rng.standard_normal(shape) + (1.0 if name.endswith("weight") else 0.0)
            elif name.endswith("bias"):
                value = 0.1 * rng.standard_normal(shape)
            elif name.endswith("weight"):
                inputs = shape[0] if len(shape) == 2 else parameter[0].numel()
                value = rng.standard_normal(shape) * inputs ** -0.5
            else:
                value = 0.5 * rng.standard_normal(shape)
            parameter.copy_(torch.from_numpy(value))

    def run(self, pixels):
        for name, p in self.model.named_parameters():
            p.set_value(paddle.to_tensor(self.parameters[name].numpy()))
        attention, hidden = [], []
        hooks = []
        for layer in self.model.encoder.layers:
            hooks.append(layer.attn.softmax.register_forward_post_hook(
                lambda _, i, o: attention.append(to_torch(o)[0])))
            hooks.append(layer.register_forward_post_hook(lambda _, i, o: hidden.append(to_torch(first(o))[0])))
        with paddle.no_grad():
            logits = first(self.model(paddle.to_tensor(pixels.numpy())))
            features = self.model.encoder.encoder_norm(paddle.to_tensor(hidden[-1][None].numpy()))
        for hook in hooks:
            hook.remove()
        return attention, hidden, to_torch(features)[0], to_torch(logits)[0]

    def query_and_key(self, block):
        """Views of the rows, once per weight and bias (Paddle keeps a Linear's weight as inputs × outputs)."""
        rows = []
        for part in ("weight", "bias"):
            tensor = self.parameters[f"encoder.layers.{block}.attn.qkv.{part}"]
            tensor = tensor.T if part == "weight" else tensor
            rows += [tensor[:WIDTH], tensor[WIDTH:2 * WIDTH]]
        return rows


def make(name, model, file):
    network = Network(model)
    rng = reference.generator(name)
    steps = [transforms.Resize(RESIZE, interpolation=InterpolationMode.BICUBIC), transforms.CenterCrop(SIZE),
             transforms.ToTensor(), transforms.Normalize(*HALF)]
    pixels = transforms.Compose(steps)(photo())[None].double()
    network.redraw(rng)
    reference.peak_heads(lambda: network.run(pixels)[0], network.query_and_key, DEPTH, rng)
    for parameter in network.parameters.values():
        parameter.copy_(parameter.float().double())
    attention, hidden, features, logits = network.run(pixels)
    golden = {"pixels": pixels[0], "features": features, "logits": logits}
    golden |= {f"attention.{b}": a for b, a in enumerate(attention)}
    golden |= {f"hidden.{b}": h for b, h in enumerate(hidden)}

    folder = ROOT / name
    folder.mkdir(parents=True, exist_ok=True)
    model.to(dtype="float32")
    paddle.save(model.state_dict(), str(folder / file))
    save_file({k: v.float().contiguous() for k, v in golden.items()}, folder / "golden.safetensors",
              {"checkpoint": file, "family": "PaddleViT", "num_heads": str(HEADS),
               "eps": f"{model.encoder.layers[0].attn_norm._epsilon:g}",
               "made by": f"PaddleViT, paddle {paddle.__version__}, float64", **shorter_side(RESIZE, SIZE, HALF)})
    print(name, [tuple(a.amax(dim=(1, 2)).tolist()) for a in attention], list(network.parameters)[:8])


if __name__ == "__main__":
    sources = pathlib.Path(sys.argv[1])
    sys.modules["config"] = types.SimpleNamespace(get_config=None)  # imported there, needed for training only
    sys.path[:0] = [str(sources / "new"), str(sources / "old")]
    import transformer
    import vit
    make("paddle_vit", vit.VisionTransformer(**SIZES), "vit_base_patch16_224.pdparams")
    make("paddle_vit_old", transformer.VisualTransformer(**SIZES), "vit_base_patch16_224_old.pdparams")
