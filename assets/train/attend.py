"""Networks that objectness.py can ask what their class token looks at: those of model.py, and Hugging Face's Dinov2."""
import json
import os

import torch

import data
from model import load


class Trained:
    """A network that train.py wrote."""

    def __init__(self, path, config_path):
        self.model, config = load(path, config_path)
        self.image_size, self.patch_size = config["image_size"], config["patch_size"]

    def run(self, pictures):
        kept = []
        logits = self.model(data.normalise(data.to_floats(pictures)), keep=kept)
        return logits.argmax(dim=1), kept


class Dinov2:
    """A folder with Hugging Face's Dinov2Model: no classes. Needs transformers."""

    def __init__(self, folder):
        from transformers import Dinov2Model

        with open(os.path.join(folder, "preprocessor_config.json")) as file:
            rule = json.load(file)
        self.mean, self.std = (torch.tensor(rule[key]).view(1, 3, 1, 1) for key in ("image_mean", "image_std"))
        self.image_size = rule["crop_size"]["height"]
        self.model = Dinov2Model.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32).eval()
        self.patch_size = self.model.config.patch_size

    def run(self, pictures):
        pixels = (data.to_floats(pictures) - self.mean) / self.std
        return None, self.model(pixels, output_attentions=True).attentions


def open_network(path, config_path=None):
    """The network in a safetensors file with its configuration, or in a folder of Hugging Face's."""
    if os.path.isdir(path):
        return Dinov2(path)
    return Trained(path, config_path or os.path.join(os.path.dirname(path), "config.json"))


@torch.no_grad()
def attend(network, pictures, batch=20):
    """(predicted class (B) or None, class token's attention to patches (B, blocks, heads, P), each row's sum 1).

    pictures: uint8 (B, H, W, 3).
    """
    predicted, maps = [], []
    for begin in range(0, len(pictures), batch):
        classes, kept = network.run(pictures[begin : begin + batch])
        rows = torch.stack([attention[:, :, 0, 1:] for attention in kept], dim=1)
        predicted.append(classes)
        maps.append(rows / rows.sum(dim=-1, keepdim=True))
    return None if predicted[0] is None else torch.cat(predicted), torch.cat(maps)
