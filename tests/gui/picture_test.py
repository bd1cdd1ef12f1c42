"""A tile on the screen is the exported picture, before and after a head change, nearest and smooth."""

import numpy as np
from PIL import Image

from driver import ROOT, check, open_window

photo = ROOT / "assets" / "images" / "chelsea.png"
MODEL = sorted((ROOT / "assets" / "models").glob("*.safetensors"))[0]
HEAD = 2


def compare(window, *settings):
    state = window.settle()
    shown, m = state["shown"], window.mark(f"heads.tile.{HEAD}")
    x, y, w, h = (round(m[k]) for k in "xywh")
    screen = window.screenshot()[y:y + h, x:x + w].astype(int)
    file = window.folder / "tile.png"
    window.command_line("export", "--model", MODEL, "--image", photo, "--figure", file, "--block", shown["block"],
                        "--head", HEAD, "--num-heads", shown["num_heads"], "--size", max(w, h), "--no-bar",
                        "--no-caption", *settings)
    picture = np.asarray(Image.open(file).convert("RGB")).astype(int)
    check(picture.shape == screen.shape, f"both are {w}x{h} px")
    inside = (slice(2, -2), slice(2, -2))  # the chosen tile's frame covers its edge
    difference = np.abs(picture - screen)[inside].max()
    contrast = np.ptp(picture.reshape(-1, 3), axis=0).max()
    check(contrast > 60, f"the picture shows something: contrast {contrast}")
    check(difference <= 2, f"{shown['num_heads']} heads, block {shown['block']}, {' '.join(settings) or 'nearest'}: "
                           f"screen and file differ by at most {difference}/255")


with open_window("--model", MODEL, photo) as window:
    window.settle()
    compare(window)
    window.key("bracketright")
    compare(window)
    window.key("Left")
    compare(window)
    window.key("s")
    compare(window, "--smooth")
