"""The network that train.py, evaluate.py and objectness.py share: a plain pre-norm ViT with timm's parameter names."""
import json
import math
import struct

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x, keep=None):
        batch, tokens, width = x.shape
        q, k, v = self.qkv(x).view(batch, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        # Written out: at this size the fused kernel's backward pass is slower on a CPU, and the maps are wanted anyway.
        scores = (q * (width // self.heads) ** -0.5) @ k.transpose(-2, -1)
        attention = scores.softmax(dim=-1)  # (B, heads, N, N), rows sum to 1
        if keep is not None:
            keep.append(attention)
        return self.proj((attention @ v).transpose(1, 2).reshape(batch, tokens, width))


class Mlp(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.fc1 = nn.Linear(width, hidden)
        self.fc2 = nn.Linear(hidden, width)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, width, heads, hidden):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = Mlp(width, hidden)

    def forward(self, x, keep=None):
        x = x + self.attn(self.norm1(x), keep)
        return x + self.mlp(self.norm2(x))


class PatchEmbed(nn.Module):
    """A convolution whose stride is its kernel, done as one matrix product (much faster on a CPU)."""

    def __init__(self, width, patch):
        super().__init__()
        self.proj = nn.Conv2d(3, width, patch, patch)

    def forward(self, x):
        batch, channels, height, width = x.shape
        p = self.proj.kernel_size[0]
        x = x.reshape(batch, channels, height // p, p, width // p, p).permute(0, 2, 4, 1, 3, 5)
        x = x.reshape(batch, (height // p) * (width // p), channels * p * p)
        return F.linear(x, self.proj.weight.flatten(1), self.proj.bias)


class VisionTransformer(nn.Module):
    def __init__(self, image_size=32, patch=4, width=192, blocks=6, heads=6, hidden=768, classes=10):
        super().__init__()
        self.grid = image_size // patch
        self.patch_embed = PatchEmbed(width, patch)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, self.grid**2 + 1, width))
        self.blocks = nn.ModuleList(Block(width, heads, hidden) for _ in range(blocks))
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.head = nn.Linear(width, classes)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)
                nn.init.zeros_(module.bias)
        nn.init.trunc_normal_(self.pos_embed, std=0.02)
        nn.init.trunc_normal_(self.cls_token, std=0.02)

    def positions(self, grid):
        """Position embeddings for a grid x grid input, resampled (bicubic) if it is not the trained one."""
        if grid == self.grid:
            return self.pos_embed
        cls, patches = self.pos_embed[:, :1], self.pos_embed[:, 1:]
        square = patches.reshape(1, self.grid, self.grid, -1).permute(0, 3, 1, 2)
        square = F.interpolate(square, size=(grid, grid), mode="bicubic", align_corners=False)
        return torch.cat([cls, square.flatten(2).transpose(1, 2)], dim=1)

    def forward(self, x, keep=None, share_of_patches=1.0):
        """Logits (B, classes); with a list as keep, also every block's attention (B, heads, N, N) in it.

        With share_of_patches below 1 every image passes through as its own random subset of patches: cheaper training.
        """
        x = self.patch_embed(x)
        positions = self.positions(math.isqrt(x.shape[1]))
        x = x + positions[:, 1:]
        if share_of_patches < 1:
            kept = torch.rand(x.shape[:2], device=x.device).topk(int(share_of_patches * x.shape[1]), dim=1).indices
            x = x.gather(1, kept.unsqueeze(-1).expand(-1, -1, x.shape[2]))
        x = torch.cat([(self.cls_token + positions[:, :1]).to(x.dtype).expand(len(x), -1, -1), x], dim=1)
        for block in self.blocks:
            x = block(x, keep)
        return self.head(self.norm(x[:, 0]))


# --- files ---------------------------------------------------------------------------------------------------------


def write_safetensors(path, tensors):
    """Writes {name: tensor} as F16 in the safetensors format: length of the header, JSON header, raw little-endian data."""
    header, blobs, offset = {}, [], 0
    for name in sorted(tensors):
        blob = tensors[name].detach().cpu().numpy().astype("<f2").tobytes()
        header[name] = {"dtype": "F16", "shape": list(tensors[name].shape), "data_offsets": [offset, offset + len(blob)]}
        blobs.append(blob)
        offset += len(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def read_safetensors(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    kinds = {"F16": np.float16, "F32": np.float32}
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            array = np.frombuffer(data[begin:end], kinds[entry["dtype"]]).reshape(entry["shape"])
            tensors[name] = torch.from_numpy(array.astype(np.float32))
    return tensors


def model_from(tensors, heads):
    """A network of the sizes that the tensors have, carrying them. The number of heads is in no tensor."""
    blocks = 1 + max(int(name.split(".")[1]) for name in tensors if name.startswith("blocks."))
    width, _, patch, _ = tensors["patch_embed.proj.weight"].shape
    grid = math.isqrt(tensors["pos_embed"].shape[1] - 1)
    model = VisionTransformer(
        grid * patch, patch, width, blocks, heads, len(tensors["blocks.0.mlp.fc1.bias"]), len(tensors["head.bias"])
    )
    model.load_state_dict(tensors)
    return model


def load(path, config_path):
    """The network in a safetensors file, in evaluation mode, and its configuration."""
    with open(config_path) as file:
        config = json.load(file)
    return model_from(read_safetensors(path), config["num_attention_heads"]).eval(), config
