"""The CIFAR-10 JPEG files as arrays, and the augmentations, each one vectorised over a whole batch."""
import math
import os

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

LABELS = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
MEAN = [0.4914, 0.4822, 0.4465]
STD = [0.2470, 0.2435, 0.2616]


def decode(folder, part):
    """(images uint8 (N, 32, 32, 3), labels int64 (N)) of folder/part/CLASS/*.jpg, in the order of class, then name."""
    images, labels = [], []
    for label, name in enumerate(LABELS):
        directory = os.path.join(folder, part, name)
        for file in sorted(os.listdir(directory)):
            images.append(np.asarray(Image.open(os.path.join(directory, file)).convert("RGB")))
            labels.append(label)
    return np.stack(images), np.array(labels, np.int64)


def decode_once(folder, part, cache):
    """As decode(), but keeps the decoded pixels in the folder cache, because 50,000 small files take a while."""
    path = os.path.join(cache, f"cifar10-{part}.npz")
    if not os.path.exists(path):
        os.makedirs(cache, exist_ok=True)
        images, labels = decode(folder, part)
        np.savez(path + ".part.npz", images=images, labels=labels)
        os.replace(path + ".part.npz", path)
    stored = np.load(path)
    return torch.from_numpy(stored["images"]), torch.from_numpy(stored["labels"])


def to_floats(images):
    """uint8 (B, H, W, 3) -> float (B, 3, H, W) in 0..1."""
    return images.permute(0, 3, 1, 2).contiguous().float().div_(255)


def normalise(x):
    mean = torch.tensor(MEAN, device=x.device).view(1, 3, 1, 1)
    std = torch.tensor(STD, device=x.device).view(1, 3, 1, 1)
    return (x - mean) / std


def uniform(count, low, high, device):
    return torch.empty(count, device=device).uniform_(low, high)


def chance(count, probability, device):
    return torch.rand(count, device=device) < probability


def move(x, strength):
    """Random flip and crop (shift by up to 4 pixels); for half of the images also rotation, shear and scale."""
    count, device = len(x), x.device
    bent = chance(count, 0.5, device).float() * strength
    angle = uniform(count, -math.pi / 10, math.pi / 10, device) * bent
    scale = torch.exp(uniform(count, -0.2, 0.2, device) * bent)
    shear = uniform(count, -0.2, 0.2, device) * bent
    flip = chance(count, 0.5, device).float() * -2 + 1
    cos, sin = torch.cos(angle) * scale, torch.sin(angle) * scale
    shift = torch.randint(-4, 5, (count, 2), device=device).float() * (2 / x.shape[-1])
    theta = torch.stack([cos * flip, shear * cos - sin, shift[:, 0], sin * flip, shear * sin + cos, shift[:, 1]], dim=1)
    grid = F.affine_grid(theta.view(count, 2, 3), x.shape, align_corners=False)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="reflection", align_corners=False)


def recolour(x, strength):
    """Random brightness, contrast, saturation and tint; now and then grey or inverted above a threshold (solarised)."""
    count, device = len(x), x.device

    def factor(width):
        return (1 + uniform(count, -width, width, device) * strength).view(-1, 1, 1, 1)

    x = x * factor(0.4)
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    x = (x - mean) * factor(0.4) + mean
    grey = x.mean(dim=1, keepdim=True)
    saturation = torch.where(chance(count, 0.1 * strength, device).view(-1, 1, 1, 1), torch.zeros(1, device=device), factor(0.5))
    x = (x - grey) * saturation + grey
    x = x + torch.empty(count, 3, 1, 1, device=device).uniform_(-0.05, 0.05) * strength
    x = x.clamp_(0, 1)
    solarised = chance(count, 0.05 * strength, device).view(-1, 1, 1, 1)
    return torch.where(solarised & (x > 0.6), 1 - x, x)


def rectangles(count, size, low, high, device):
    """Masks (count, 1, size, size) with one rectangle each, whose area is a share of low..high of the image."""
    side = torch.sqrt(uniform(count, low, high, device)) * size
    stretch = torch.exp(uniform(count, -0.4, 0.4, device))
    height, width = (side * stretch).clamp(1, size), (side / stretch).clamp(1, size)
    top, left = torch.rand(count, device=device) * (size - height), torch.rand(count, device=device) * (size - width)
    pixel = torch.arange(size, device=device).view(1, -1) + 0.5
    rows = (pixel > top.view(-1, 1)) & (pixel < (top + height).view(-1, 1))
    columns = (pixel > left.view(-1, 1)) & (pixel < (left + width).view(-1, 1))
    return (rows.unsqueeze(2) & columns.unsqueeze(1)).unsqueeze(1)


def erase(x, probability):
    """Replaces a rectangle by noise in some of the images."""
    mask = rectangles(len(x), x.shape[-1], 0.05, 0.25, x.device) & chance(len(x), probability, x.device).view(-1, 1, 1, 1)
    return torch.where(mask, torch.rand_like(x), x)


def one_hot(labels, smoothing):
    return F.one_hot(labels, len(LABELS)).float() * (1 - smoothing) + smoothing / len(LABELS)


def mixup(x, targets):
    share = torch.distributions.Beta(0.8, 0.8).sample((len(x),)).to(x.device)
    order = torch.randperm(len(x), device=x.device)
    a, b = share.view(-1, 1, 1, 1), share.view(-1, 1)
    return x * a + x[order] * (1 - a), targets * b + targets[order] * (1 - b)


def cutmix(x, targets):
    mask = rectangles(len(x), x.shape[-1], 0.05, 0.6, x.device)
    share = mask.float().mean(dim=(1, 2, 3)).view(-1, 1)
    order = torch.randperm(len(x), device=x.device)
    return torch.where(mask, x[order], x), targets * (1 - share) + targets[order] * share


def paste(x):
    """Every image, made smaller, at a random place on what is left of another image when its shapes are destroyed.

    Returns the pictures and the masks (B, H, W) that say where the smaller images lie.
    """
    count, size, device = len(x), x.shape[-1], x.device
    other = x[torch.randperm(count, device=device)]
    soft = F.interpolate(F.avg_pool2d(other, size // 4), size=size, mode="bilinear", align_corners=False)
    tile = size // 8
    tiles = other.reshape(count, 3, 8, tile, 8, tile).permute(0, 2, 4, 1, 3, 5).reshape(count, 64, 3, tile, tile)
    tiles = tiles[:, torch.randperm(64, device=device)].reshape(count, 8, 8, 3, tile, tile)
    shuffled = tiles.permute(0, 3, 1, 4, 2, 5).reshape(x.shape)
    ground = torch.where(chance(count, 0.5, device).view(-1, 1, 1, 1), soft, shuffled)
    zoom = uniform(count, 1.1, 2.0, device)
    reach = (zoom - 1).view(-1, 1)
    centre = torch.empty(count, 2, device=device).uniform_(-1, 1) * reach
    zero = torch.zeros(count, device=device)
    theta = torch.stack([zoom, zero, centre[:, 0], zero, zoom, centre[:, 1]], dim=1).view(count, 2, 3)
    grid = F.affine_grid(theta, x.shape, align_corners=False)
    inside = (grid.abs() < 1).all(dim=-1).unsqueeze(1)
    smooth = (x + F.avg_pool2d(x, 3, 1, 1)) / 2  # so that shrinking does not alias
    picture = torch.where(inside, F.grid_sample(smooth, grid, padding_mode="border", align_corners=False), ground)
    return picture, inside.squeeze(1).float()


def mosaic(x, labels):
    """2 x 2 mosaics of four images at half size, and their four labels (B, 4)."""
    half = F.avg_pool2d(x, 2)
    orders = [torch.arange(len(x), device=x.device)] + [torch.randperm(len(x), device=x.device) for _ in range(3)]
    a, b, c, d = (half[order] for order in orders)
    picture = torch.cat([torch.cat([a, b], dim=3), torch.cat([c, d], dim=3)], dim=2)
    return picture, torch.stack([labels[order] for order in orders], dim=1)
