#!/usr/bin/env python3
"""How much the class token's attention lies on the object, against uniform attention. See README.md beside this file.

Mosaics: four test images of different classes, 2 x 2; the object is the tile of the class that the network predicts
(for a network without classes: that --named-by predicts).
Stamps: cut-out photographs with alpha, composited onto pieces of photographs; the object's mask is exact.
The figure is the share of the class token's attention (to patches, without itself) on the object divided by the
object's share of the area: 1 is uniform. It is taken head by head, averaged over the pictures; then the best head and
the mean over heads are given.
"""
import argparse
import os

import numpy as np
import torch
from PIL import Image

import data
from attend import attend, open_network

STAMPS = {
    "airplane": ["747", "f22_raptor"],
    "automobile": ["beetle", "sedan", "sportscar2"],
    "bird": ["blackbird", "crow", "duck", "drake", "lark", "magpie", "ostrich", "pigeon", "seagull", "silver-gull"],
    "deer": ["caribou", "deer", "doe", "wapiti"],
    "dog": ["dingo", "dog"],
    "frog": ["frog", "frog-1"],
    "horse": ["horse"],
    "ship": ["chineseJunk", "walnutBoat"],
    "truck": ["firetruck", "garbagetruck"],
}


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="safetensors file; config.json lies beside it unless --config; "
                        "or a folder of Hugging Face's Dinov2")
    parser.add_argument("--config")
    parser.add_argument("--named-by", help="safetensors file of a network with classes, for a --model without any")
    parser.add_argument("--data", help="folder with test/CLASS/*.jpg: the mosaics are made of these")
    parser.add_argument("--cache", help="folder for the decoded pixels")
    parser.add_argument("--mosaics", type=int, default=1000)
    parser.add_argument("--input", type=int, default=32, help="side that the 64 x 64 mosaic is resized to; 64 keeps it, "
                        "and the position embeddings are resampled")
    parser.add_argument("--stamps", help="tuxpaint's stamps folder (Debian: /usr/share/tuxpaint/stamps)")
    parser.add_argument("--backgrounds", help="folder with photographs for the stamps to lie on")
    parser.add_argument("--each", type=int, default=8, help="composites of every stamp on every background")
    parser.add_argument("--last", type=int, default=2, help="number of last blocks in the figure")
    parser.add_argument("--save-examples", help="PNG file: some of the pictures")
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    if not args.data and not args.stamps:
        parser.error("give --data for the mosaics, --stamps and --backgrounds for the composites, or both")
    return args


def make_mosaics(images, labels, count, side, generator):
    """(pictures uint8 (count, side, side, 3), the class of each tile (count, 4))."""
    pictures, classes = [], []
    by_class = [np.flatnonzero(labels == label) for label in range(len(data.LABELS))]
    for _ in range(count):
        four = generator.choice(len(data.LABELS), 4, replace=False)
        a, b, c, d = (images[generator.choice(by_class[label])] for label in four)
        mosaic = np.vstack([np.hstack([a, b]), np.hstack([c, d])])
        if side != mosaic.shape[0]:
            mosaic = np.asarray(Image.fromarray(mosaic).resize((side, side), Image.BICUBIC))
        pictures.append(mosaic)
        classes.append(four)
    return torch.from_numpy(np.stack(pictures)), torch.from_numpy(np.stack(classes))


def tile_masks(grid):
    """Patch coverage (4, P) of the four tiles."""
    masks = torch.zeros(4, grid, grid)
    half = grid // 2
    for tile in range(4):
        row, column = divmod(tile, 2)
        masks[tile, row * half : (row + 1) * half, column * half : (column + 1) * half] = 1
    return masks.flatten(1)


def find_stamps(folder):
    """[(label, RGBA picture)], the transparent margin cut off."""
    files = {}
    for directory, _, names in os.walk(folder):
        for name in names:
            if name.endswith(".png") and "cartoon" not in directory:
                files[name[:-4]] = os.path.join(directory, name)
    found = []
    for label, names in STAMPS.items():
        for name in names:
            if name not in files:
                raise SystemExit(f"{folder} has no {name}.png; install Debian's tuxpaint-stamps-default")
            stamp = Image.open(files[name]).convert("RGBA")
            found.append((data.LABELS.index(label), stamp.crop(stamp.getchannel("A").getbbox())))
    return found


def make_composites(stamps, backgrounds, size, patch, generator, each):
    """(pictures, labels, patch coverage (B, P)): every stamp on `each` pieces of every background."""
    pictures, labels, masks = [], [], []
    for label, stamp in stamps:
        for ground in backgrounds:
            for _ in range(each):
                piece = int(generator.integers(min(ground.size) // 3, min(ground.size)))
                left = int(generator.integers(0, ground.size[0] - piece + 1))
                top = int(generator.integers(0, ground.size[1] - piece + 1))
                picture = ground.resize((4 * size, 4 * size), Image.BICUBIC, (left, top, left + piece, top + piece))
                longest = int(generator.uniform(0.5, 0.8) * 4 * size)
                scale = longest / max(stamp.size)
                small = stamp.resize([max(1, round(scale * n)) for n in stamp.size], Image.BICUBIC)
                at = tuple(int(generator.integers(0, 4 * size - n + 1)) for n in small.size)
                mask = Image.new("L", picture.size)
                mask.paste(small.getchannel("A"), at)
                picture.paste(small, at, small)
                pictures.append(np.asarray(picture.resize((size, size), Image.BICUBIC)))
                coverage = np.asarray(mask, np.float32) / 255
                grid, side = size // patch, 4 * patch
                masks.append(coverage.reshape(grid, side, grid, side).mean(axis=(1, 3)).ravel())
                labels.append(label)
    return torch.from_numpy(np.stack(pictures)), torch.tensor(labels), torch.from_numpy(np.stack(masks))


def report(title, maps, masks, last):
    """Prints the table for pictures with attention maps (B, blocks, heads, P) and coverage masks (B, P)."""
    on_object = torch.einsum("nbhp,np->nbh", maps, masks).mean(dim=0)
    ratio = on_object / masks.mean()  # (blocks, heads)
    print(f"\n{title}: the object's share of the area is {masks.mean():.3f}")
    print("block  " + " ".join(f"head {h}" for h in range(ratio.shape[1])) + "    best    mean")
    for block, row in enumerate(ratio):
        print(f"{block:5d}  " + " ".join(f"{value:6.2f}" for value in row) + f"  {row.max():6.2f}  {row.mean():6.2f}")
    tail = ratio[-last:]
    print(f"last {last} blocks: best head {tail.max():.2f} x uniform, mean over heads {tail.mean():.2f} x uniform")


def save_examples(path, pictures):
    chosen = pictures[torch.linspace(0, len(pictures) - 1, 64).long()].numpy()
    size = chosen.shape[1]
    sheet = chosen.reshape(8, 8, size, size, 3).transpose(0, 2, 1, 3, 4).reshape(8 * size, 8 * size, 3)
    Image.fromarray(sheet).resize((1024, 1024), Image.NEAREST).save(path)


def measure_mosaics(args, network):
    images, labels = data.decode_once(args.data, "test", args.cache) if args.cache else data.decode(args.data, "test")

    def pictures_of(side):
        generator = np.random.default_rng(args.seed)  # the same images whatever the size
        return make_mosaics(np.asarray(images), np.asarray(labels), args.mosaics, side, generator)

    pictures, classes = pictures_of(args.input)
    predicted, maps = attend(network, pictures)
    if args.named_by:
        namer = open_network(args.named_by)
        predicted, _ = attend(namer, pictures_of(namer.image_size)[0])
    if predicted is None:
        raise SystemExit("This network has no classes: --named-by says which network names a tile of the mosaic.")
    hit = (classes == predicted.unsqueeze(1)).float()
    used = hit.sum(dim=1) > 0
    masks = tile_masks(args.input // network.patch_size)[hit.argmax(dim=1)]
    print(f"{len(pictures)} mosaics at {args.input} x {args.input}; in {int(used.sum())} of them one tile is of the "
          "predicted class; the others are left out")
    report("mosaics", maps[used], masks[used], args.last)
    if args.save_examples:
        save_examples(args.save_examples, pictures)


def measure_stamps(args, network):
    photographs = [Image.open(os.path.join(args.backgrounds, name)).convert("RGB")
                   for name in sorted(os.listdir(args.backgrounds)) if name.endswith((".png", ".jpg", ".jpeg"))]
    generator = np.random.default_rng(args.seed)
    pictures, labels, masks = make_composites(
        find_stamps(args.stamps), photographs, network.image_size, network.patch_size, generator, args.each)
    predicted, maps = attend(network, pictures)
    print(f"\n{len(pictures)} composites")
    report("stamps, all", maps, masks, args.last)
    if predicted is not None:
        right = predicted == labels
        print(f"\n{100 * right.float().mean():.1f} % of them classified rightly")
        if right.any():
            report("stamps, those classified rightly", maps[right], masks[right], args.last)
    if args.save_examples and not args.data:
        save_examples(args.save_examples, pictures)


def main():
    args = options()
    network = open_network(args.model, args.config)
    if args.data:
        measure_mosaics(args, network)
    if args.stamps:
        measure_stamps(args, network)


if __name__ == "__main__":
    main()
