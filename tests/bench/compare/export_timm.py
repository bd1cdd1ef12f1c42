"""What a person writes to look at the heads of a layer with timm and matplotlib:
export_timm.py WEIGHTS ARCHITECTURE IMAGE BLOCK OUT; prints the seconds that the imports took."""

import time

begin = time.perf_counter()
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import timm
import torch
from PIL import Image

imports = time.perf_counter() - begin

weights, architecture, image, block, out = sys.argv[1:]
model = timm.create_model(architecture, checkpoint_path=weights).eval()
attention = model.blocks[int(block)].attn
attention.fused_attn = False
maps = []
attention.attn_drop.register_forward_hook(lambda module, inputs, output: maps.append(output))
transform = timm.data.create_transform(**timm.data.resolve_model_data_config(model), is_training=False)
pixels = transform(Image.open(image).convert("RGB")).unsqueeze(0)
with torch.inference_mode():
    model(pixels)
side = pixels.shape[-1] // model.patch_embed.patch_size[0]
for head, weights in enumerate(maps[0][0, :, 0, 1:].reshape(-1, side, side)):
    figure, axes = plt.subplots()
    axes.imshow(weights.numpy(), cmap="viridis")
    axes.set_title(f"block {block}, head {head}")
    axes.axis("off")
    figure.savefig(f"{out}/head{head}.png")
    plt.close(figure)
print(imports)
