"""No text is cut, reaches beyond its part of the window, or covers another, at three sizes of the window, and in a wide font.

The program notes in --ui-map each text with less room than it needs, and each two that overlap. Names of files may be
cut in the middle: they are as long as they like, and are not noted.
"""

import os
import pathlib
import subprocess
import tempfile

from driver import ASSETS, check, open_window

DEFAULT = ASSETS / "models" / "dinov2-small-saliency"
SMALL = ASSETS / "models" / "headlight-vit-cifar10.safetensors"
PHOTO = ASSETS / "images" / "moose.jpg"
SIZES = ((1280, 800, "1"), (1600, 1000, "1"), (1920, 1080, "1.5"))


def faults(window):
    state = window.settle()
    cut = [f"“{t['text']}” has {t['room']:.0f} of {t['needs']:.0f} px" for t in state["squeezed"]]
    return cut + [f"“{a}” and “{b}” overlap" for a, b in state["overlaps"]]


def look(window, what):
    found = sorted(set(faults(window)))
    check(not found, f"{what}: all text has its room" if not found else f"{what}: " + "; ".join(found))


def walk(window, name):
    """The states in which the columns say most."""
    look(window, f"{name}, as opened")
    window.key("m")
    look(window, f"{name}, cost of the whole network")
    window.key("bracketright")
    look(window, f"{name}, another head count")
    window.key("m")
    look(window, f"{name}, another head count, one block")
    window.key("x")
    look(window, f"{name}, training mode")
    window.click("cost.curve.operators")
    window.move("status")  # no tooltip
    look(window, f"{name}, a line for each operator")


def walk_pages(window, name):
    """Every page that the network has."""
    window.click("menu.Pages")
    pages = [mark for mark, of in window.marks().items() if mark.startswith("menu.page.") and of["enabled"]]
    window.key("Escape")
    for page in pages:
        window.click("menu.Pages")
        window.click(page)
        window.move("status")
        look(window, f"{name}, page {page.removeprefix('menu.page.')}")
    walk_sides(window, name)


def walk_sides(window, name):
    """The page Compare with a side B, which is pinned and then left behind, and under the curtain."""
    window.key("equal")
    window.key("bracketright")
    window.move("status")
    look(window, f"{name}, another head count beside the pinned one")
    window.click("view.curtain")
    window.move("status")
    look(window, f"{name}, the same under a curtain")
    window.click("view.curtain")
    window.click("compare.end")


def only_dejavu(folder):
    """Fontconfig's settings for a system that has no other font."""
    family, _, file = subprocess.run(["fc-match", "-f", "%{family[0]}|%{file}", "DejaVu Sans"], check=True, capture_output=True,
                                     text=True).stdout.partition("|")
    assert family == "DejaVu Sans", f"install DejaVu Sans: fontconfig has {family}"
    settings = pathlib.Path(folder) / "fonts.conf"
    settings.write_text(f"""<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
        <dir>{pathlib.Path(file).parent}</dir><include ignore_missing="yes">/etc/fonts/conf.d</include>
        <cachedir>{folder}/cache</cachedir></fontconfig>""")
    return settings


with tempfile.TemporaryDirectory(prefix="headlight_fonts_") as fonts:
    os.environ["FONTCONFIG_FILE"] = str(only_dejavu(fonts))
    with open_window(PHOTO, "--model", SMALL, width=1280, height=800) as window:
        walk(window, "DejaVu Sans")
        walk_pages(window, "DejaVu Sans")
    del os.environ["FONTCONFIG_FILE"]

for width, height, scale in SIZES:
    for model in (DEFAULT, SMALL):
        size = f"{width}×{height} at {scale}"
        with open_window(PHOTO, "--model", model, "--ui-scale", scale, width=width, height=height) as window:
            walk(window, f"{size}, {model.stem}")
            walk_pages(window, f"{size}, {model.stem}")
