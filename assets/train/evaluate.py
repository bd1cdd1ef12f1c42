#!/usr/bin/env python3
"""Test accuracy of a model file in PyTorch; on request, the decoded pixels and predictions for other programs."""
import argparse
import csv
import os

import torch
from PIL import Image

import data
from model import load


def options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", help="folder with test/CLASS/*.jpg")
    parser.add_argument("--model", required=True, help="safetensors file; config.json lies beside it unless --config")
    parser.add_argument("--config")
    parser.add_argument("--cache", help="folder for the decoded pixels")
    parser.add_argument("--dump-png", help="folder: writes the decoded pixels there, lossless, as CLASS/NNNN.png, so that "
                        "another program can be compared on the same pixels")
    parser.add_argument("--dump-predictions", help="CSV file: file, label, prediction and the logits of every image")
    return parser.parse_args()


@torch.no_grad()
def predict(model, images):
    """Logits (N, classes), in fp32."""
    parts = [model(data.normalise(data.to_floats(images[i : i + 250]))) for i in range(0, len(images), 250)]
    return torch.cat(parts)


def names(labels):
    """CLASS/NNNN of every image: the files of a class are numbered in the order of their names."""
    seen = {}
    for label in labels.tolist():
        seen[label] = seen.get(label, -1) + 1
        yield f"{data.LABELS[label]}/{seen[label]:04d}"


def main():
    args = options()
    model, _ = load(args.model, args.config or os.path.join(os.path.dirname(args.model), "config.json"))
    if args.cache:
        images, labels = data.decode_once(args.data, "test", args.cache)
    else:
        images, labels = map(torch.from_numpy, data.decode(args.data, "test"))
    logits = predict(model, images)
    predicted = logits.argmax(dim=1)
    right = predicted == labels
    for label, name in enumerate(data.LABELS):
        print(f"{name:12s} {100 * right[labels == label].float().mean():6.2f} %")
    print(f"{int(right.sum())} of {len(right)} right: {100 * right.float().mean():.2f} %")
    if args.dump_png:
        for image, name in zip(images.numpy(), names(labels)):
            path = os.path.join(args.dump_png, name + ".png")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            Image.fromarray(image).save(path)
    if args.dump_predictions:
        with open(args.dump_predictions, "w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["file", "label", "predicted"] + data.LABELS)
            for name, label, guess, row in zip(names(labels), labels.tolist(), predicted.tolist(), logits.tolist()):
                writer.writerow([name, data.LABELS[label], data.LABELS[guess]] + [f"{value:.6f}" for value in row])


if __name__ == "__main__":
    main()
