"""The heads of the last layer as DINO's demonstration draws them (enlarged to the pixels, saved as plain images), with timm's model:
export_dino.py WEIGHTS ARCHITECTURE IMAGE BLOCK OUT; prints the seconds that the imports took."""

import time

begin = time.perf_counter()
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import timm
import torch
import torchvision
from PIL import Image

imports = time.perf_counter() - begin

weights, architecture, image, block, out = sys.argv[1:]
model = timm.create_model(architecture, checkpoint_path=weights).eval()
attention = model.blocks[int(block)].attn
attention.fused_attn = False
maps = []
attention.attn_drop.register_forward_hook(lambda module, inputs, output: maps.append(output))
size = model.patch_embed.img_size
transform = torchvision.transforms.Compose([
    torchvision.transforms.Resize(size),
    torchvision.transforms.ToTensor(),
    torchvision.transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
])
pixels = transform(Image.open(image).convert("RGB")).unsqueeze(0)
with torch.inference_mode():
    model(pixels)
patch = model.patch_embed.patch_size[0]
side = pixels.shape[-1] // patch
heads = maps[0][0, :, 0, 1:].reshape(-1, side, side)
large = torch.nn.functional.interpolate(heads.unsqueeze(0), scale_factor=patch, mode="nearest")[0]
torchvision.utils.save_image(torchvision.utils.make_grid(pixels, normalize=True, scale_each=True), f"{out}/image.png")
for head, values in enumerate(large):
    plt.imsave(f"{out}/head{head}.png", values.numpy(), format="png")
print(imports)
