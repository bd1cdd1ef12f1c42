#!/usr/bin/env python3
"""Draws the training curve, curve.png, from log.csv."""
import argparse
import csv

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("log")
parser.add_argument("picture")
args = parser.parse_args()
with open(args.log) as file:
    rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
minutes = [row["elapsed_s"] / 60 for row in rows]
figure, (top, bottom) = plt.subplots(2, 1, figsize=(6, 4.5), dpi=110, sharex=True, height_ratios=[3, 2])
top.plot(minutes, [row["ema_accuracy"] for row in rows], "-o", ms=3, color="#d9662b", label="averaged weights (shipped)")
top.plot(minutes, [row["test_accuracy"] for row in rows], "-o", ms=3, color="#999999", label="latest weights")
top.set_ylabel("test accuracy (%)")
top.legend(frameon=False)
bottom.plot(minutes, [row["train_loss"] for row in rows], "-o", ms=3, color="#3b6ea5")
bottom.set_ylabel("training loss")
bottom.set_xlabel("minutes")
for axes in (top, bottom):
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25, linewidth=0.6)
figure.tight_layout()
figure.savefig(args.picture)
