"""A picture of 12 bits in a file of 16: what is said of it, its levels by rule and by hand, and exports that agree with the
command line; frames of a folder likewise, and another photo is read as it is stored."""

import json
import pathlib
import tempfile

import numpy as np
from PIL import Image

from driver import ROOT, check, open_window

MODEL = "random:C=48,L=2,h=3,P=16,S=64,K=5,seed=1"
PHOTO = ROOT / "assets" / "images" / "chelsea.png"
LARGEST = 4000


def twelve_bits(file, part):
    """The photo's luminance as 0 … 4,000; returns the values."""
    grey = np.asarray(Image.open(PHOTO).convert("L"), dtype=np.float64)[:, :300]
    values = np.rint((grey - grey.min()) / (grey.max() - grey.min()) * LARGEST * part).astype(np.uint16)
    Image.fromarray(values).save(file)
    return values


def brightness(window, name="image.view"):
    m = window.mark(name)
    x, y, w, h = (round(m[key]) for key in "xywh")
    return window.screenshot()[y + h // 4:y + 3 * h // 4, x + w // 4:x + 3 * w // 4].mean()


def saved_view(window):
    file = window.folder / "view.json"
    file.unlink(missing_ok=True)
    window.key("ctrl+shift+v")
    window.key("ctrl+a")
    window.type(str(file))
    window.key("Return")
    window.wait_for(lambda s: file.exists(), "the saved view")
    return file, json.loads(file.read_text())


def exported(window, state, *options):
    folder = pathlib.Path(tempfile.mkdtemp(dir=window.folder))
    said = window.command_line("export", "--model", MODEL, *options, "--out", folder, "--overlay", "--block",
                               state["shown"]["block"], "--head", state["shown"]["head"], "--query", state["shown"]["query"])
    return np.asarray(Image.open(next(folder.glob("*.png")))).tobytes(), said


with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    photo, frames = folder / "cells.png", folder / "frames"
    values = twelve_bits(photo, 1)
    frames.mkdir()
    for n in (1, 2, 3):
        twelve_bits(frames / f"{n}.png", n / 3)

    with open_window("--model", MODEL, photo) as window:
        window.settle()
        check(window.mark("image.levels")["value"] == "as stored", "levels are as stored, as the pipelines have them")
        window.click("view.picture.Photo")
        dark = brightness(window)
        check(dark < 12, f"so that the photo is nearly black: {dark:.1f} of 255")

        window.click("image.levels")
        window.click("image.levels.least to greatest")
        state = window.settle()
        light = brightness(window)
        check(light > 60, f"from its least value to its greatest it is seen: {light:.1f}")
        check(window.mark("image.levels.low")["value"] == "0", "the least value is told")
        check(window.mark("image.levels.high")["value"] == "4,000", "and the greatest")
        window.click("view.picture.Over")
        mine, said = exported(window, state, "--image", photo, "--levels", "auto")
        check("Levels 0 to 4,000 of 65,535" in said, "the command line says what it chose")
        view, json_of_it = saved_view(window)
        check(json_of_it["image"]["levels"] == "auto", "a saved view holds the rule")
        theirs, _ = exported(window, state, "--view", view)
        check(mine == theirs, "and exports the same picture")
        plain, said = exported(window, state, "--image", photo)
        check("--levels auto" in said and "Levels under PHOTO" in said, "without, it names the option and the control")
        check(mine != plain, "which makes another picture")
        window.click("view.picture.Photo")

        window.click("image.levels.high", 0.25)
        window.settle()
        check(window.mark("image.levels")["value"] == "fixed", "a drag of an end fixes both")
        high = int(window.mark("image.levels.high")["value"].replace(",", ""))
        check(900 < high < 1150, f"the slider covers the bits that the values need: {high} at a quarter of it")
        brighter = brightness(window)
        check(brighter > light + 20, f"a lower white makes it brighter: {brighter:.1f}")
        _, json_of_it = saved_view(window)
        check(json_of_it["image"]["levels"] == f"0,{high}", "a saved view holds the numbers")

        window.click("image.levels")
        window.click("image.levels.as stored")
        window.settle()
        check(abs(brightness(window) - dark) < 1, "as stored it is dark again")

        window.click("image.levels")
        window.click("image.levels.fixed")
        state = window.choose("ctrl+o", PHOTO)
        check("image.levels" not in window.marks(), "another photo is read as it is stored")

        window.key("ctrl+f")
        window.key("ctrl+a")
        window.type(str(frames))
        window.key("ctrl+Return")
        window.wait_for(lambda s: any(m["id"] == "film.place" and m["value"] == "frame 1 of 3" for m in s["marks"])
                        and s["settled"], "three frames")
        window.click("image.levels")
        window.click("image.levels.least to greatest")
        window.settle()
        check(window.mark("image.levels.high")["value"] == "1,333", "a frame of a folder has levels of its own")
        window.key("shift+Right")
        window.settle()
        check(window.mark("image.levels.high")["value"] == "2,667", "and so has the next one: the sequence goes on")
        window.click("image.levels")
        window.click("image.levels.fixed")
        window.settle()
        window.key("shift+Right")
        window.settle()
        check(window.mark("image.levels.high")["value"] == "2,667", "fixed they stay from frame to frame")
