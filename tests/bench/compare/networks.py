"""The networks of the comparison: plain pre-norm ViTs in timm's naming with random weights, the same for every peer.

`python networks.py OUT NAME...` writes into OUT/NAME: weights.safetensors and config.json (for headlight), pixels.safetensors
and pixels.npy (the input), model.onnx and model-attention.onnx (PyTorch's plain export), reference.npz (results in double precision).
"""

import inspect
import json
import pathlib
import struct
import sys

import numpy
import torch
from torch import nn

# channels, blocks, heads, patch and image in pixels, classes (0: no head), LayerScale
NETWORKS = {
    "ti": dict(channels=192, blocks=12, heads=3, patch=16, image=224, classes=1000, scaled=False),
    "s": dict(channels=384, blocks=12, heads=6, patch=16, image=224, classes=1000, scaled=False),
    "b": dict(channels=768, blocks=12, heads=12, patch=16, image=224, classes=1000, scaled=False),
    "dinov2-s": dict(channels=384, blocks=12, heads=6, patch=14, image=518, classes=0, scaled=True),
}
ARCHITECTURES = {
    "ti": "vit_tiny_patch16_224",
    "s": "vit_small_patch16_224",
    "b": "vit_base_patch16_224",
    "dinov2-s": "vit_small_patch14_dinov2",
}


def multiply_adds(channels, blocks, heads, patch, image, classes, scaled):
    """Of one image; the number of heads does not change it."""
    patches = (image // patch) ** 2
    tokens = patches + 1
    block = 12 * tokens * channels**2 + 2 * tokens**2 * channels
    return patches * channels * 3 * patch**2 + blocks * block + channels * classes


class Attention(nn.Module):
    def __init__(self, channels, heads):
        super().__init__()
        self.heads, self.scale = heads, (channels // heads) ** -0.5
        self.qkv, self.proj = nn.Linear(channels, 3 * channels), nn.Linear(channels, channels)
        self.maps = None  # a list that collects the maps
        self.fused = False  # PyTorch's own fused attention, which cannot show its maps

    def forward(self, x):
        batch, tokens, channels = x.shape
        qkv = self.qkv(x).reshape(batch, tokens, 3, self.heads, channels // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv[0], qkv[1], qkv[2]
        if self.fused:
            x = nn.functional.scaled_dot_product_attention(q, k, v)
        else:
            attention = ((q * self.scale) @ k.transpose(-2, -1)).softmax(dim=-1)
            if self.maps is not None:
                self.maps.append(attention)
            x = attention @ v
        return self.proj(x.transpose(1, 2).reshape(batch, tokens, channels))


class Mlp(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.fc1, self.act, self.fc2 = nn.Linear(channels, 4 * channels), nn.GELU(), nn.Linear(4 * channels, channels)

    def forward(self, x):
        return self.fc2(self.act(self.fc1(x)))


class LayerScale(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(channels))

    def forward(self, x):
        return x * self.gamma


class Block(nn.Module):
    def __init__(self, channels, heads, scaled):
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(channels, eps=1e-6), Attention(channels, heads)
        self.norm2, self.mlp = nn.LayerNorm(channels, eps=1e-6), Mlp(channels)
        self.ls1 = LayerScale(channels) if scaled else nn.Identity()
        self.ls2 = LayerScale(channels) if scaled else nn.Identity()

    def forward(self, x):
        x = x + self.ls1(self.attn(self.norm1(x)))
        return x + self.ls2(self.mlp(self.norm2(x)))


class PatchEmbed(nn.Module):
    def __init__(self, channels, patch):
        super().__init__()
        self.proj = nn.Conv2d(3, channels, patch, patch)

    def forward(self, x):
        return self.proj(x).flatten(2).transpose(1, 2)


class Vit(nn.Module):
    """Its result is the logits, or the class token where there is no head."""

    def __init__(self, channels, blocks, heads, patch, image, classes, scaled):
        super().__init__()
        self.patch_embed = PatchEmbed(channels, patch)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, channels))
        self.pos_embed = nn.Parameter(torch.zeros(1, (image // patch) ** 2 + 1, channels))
        self.blocks = nn.Sequential(*[Block(channels, heads, scaled) for _ in range(blocks)])
        self.norm = nn.LayerNorm(channels, eps=1e-6)
        self.head = nn.Linear(channels, classes) if classes else nn.Identity()

    def forward(self, x):
        x = self.patch_embed(x)
        x = torch.cat((self.cls_token.expand(x.shape[0], -1, -1), x), 1) + self.pos_embed
        return self.head(self.norm(self.blocks(x))[:, 0])


class VitWithMaps(nn.Module):
    """The result and the attention maps of every block."""

    def __init__(self, vit):
        super().__init__()
        self.vit = vit

    def forward(self, x):
        maps = []
        for block in self.vit.blocks:
            block.attn.maps = maps
        y = self.vit(x)
        for block in self.vit.blocks:
            block.attn.maps = None
        return (y, *maps)


def make(name):
    """Weights large enough for peaked attention and for GELU's bend to matter."""
    vit = Vit(**NETWORKS[name])
    generator = torch.Generator().manual_seed(1)
    for key, p in vit.named_parameters():
        draw = torch.randn(p.shape, generator=generator)
        if key.endswith("bias"):
            p.data = draw * 0.02
        elif "norm" in key or "gamma" in key:
            p.data = 1 + 0.1 * draw
        elif "token" in key or "pos" in key:
            p.data = draw * 0.5
        else:
            p.data = draw * (2.0 if "qkv" in key else 1.0) / p[0].numel() ** 0.5
    return vit.eval()


def make_pixels(name):
    size = NETWORKS[name]["image"]
    return torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(7))


def write_safetensors(path, tensors):
    header, offset = {}, 0
    for key, array in tensors.items():
        header[key] = dict(dtype="F32", shape=list(array.shape), data_offsets=[offset, offset + array.nbytes])
        offset += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in tensors.values():
            file.write(numpy.ascontiguousarray(array).tobytes())


def write(folder, name):
    folder.mkdir(parents=True, exist_ok=True)
    vit, pixels = make(name), make_pixels(name)
    write_safetensors(folder / "weights.safetensors", {k: v.numpy() for k, v in vit.state_dict().items()})
    config = dict(architecture=ARCHITECTURES[name], num_attention_heads=NETWORKS[name]["heads"])
    (folder / "config.json").write_text(json.dumps(config))
    write_safetensors(folder / "pixels.safetensors", {"pixels": pixels[0].numpy()})
    numpy.save(folder / "pixels.npy", pixels.numpy())
    # Recent releases have a second exporter, which needs more packages and makes another graph.
    plain = dict(dynamo=False) if "dynamo" in inspect.signature(torch.onnx.export).parameters else {}
    with torch.no_grad():
        torch.onnx.export(vit, pixels, str(folder / "model.onnx"), opset_version=17, input_names=["x"], output_names=["y"], **plain)
        names = ["y"] + [f"attention.{i}" for i in range(NETWORKS[name]["blocks"])]
        torch.onnx.export(VitWithMaps(vit), pixels, str(folder / "model-attention.onnx"), opset_version=17,
                          input_names=["x"], output_names=names, **plain)
        y, *maps = VitWithMaps(make(name).double())(pixels.double())
    # Rows of the maps are enough to compare: the class token's.
    numpy.savez(folder / "reference.npz", y=y[0].numpy(), class_rows=numpy.stack([m[0, :, 0].numpy() for m in maps]))


if __name__ == "__main__":
    for name in sys.argv[2:]:
        target = pathlib.Path(sys.argv[1]) / name
        if not (target / "reference.npz").exists():
            write(target, name)
