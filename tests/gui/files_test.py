"""What is opened, and how: the lists at the names, pictures in the browser, a failed opening, preprocessing as a drawer, a
guessed head count."""

import shutil

import numpy as np

from driver import ROOT, check, open_window

MODEL = "random:C=48,L=2,h=3,P=16,S=64,K=5,seed=1"
CIFAR = ROOT / "assets" / "models" / "headlight-vit-cifar10.safetensors"
photo = ROOT / "assets" / "images" / "rocket.jpg"


def rectangle(window, name):
    m = window.mark(name)
    return tuple(round(m[side]) for side in "xywh")


def cut(window, name):
    x, y, w, h = rectangle(window, name)
    return window.screenshot()[y:y + h, x:x + w].astype(int)


def run_of(window):
    return window.state()["shown"]["run"]


with open_window("--model", MODEL, photo) as window:
    window.settle()

    # The lists.
    window.click("model.list")
    check({"model.list.dinov2-small-saliency", "model.list.get", "model.list.open"} <= set(window.marks()),
          "the list at the model's name has shipped networks, Get a model and Open")
    run = run_of(window)
    window.click("model.list.headlight-vit-cifar10")
    window.wait_for(lambda s: s["settled"] and s["shown"]["run"] > run, "a pass of the network for CIFAR-10")
    check(window.mark("model.list")["value"] == "Small ViT for CIFAR-10", "it opens, under its name")
    window.click("menu.File")
    window.click("menu.file.models")
    check(window.mark("model.list.headlight-vit-cifar10")["value"] == "on", "File › Models drops the same list down")
    window.key("Escape")
    window.click("menu.File")
    window.click("menu.file.photos")
    window.settle()
    run = run_of(window)
    window.click("image.list.chelsea")
    window.wait_for(lambda s: s["settled"] and s["shown"]["run"] > run, "a pass of the cat")
    check(window.mark("image.list")["value"] == "chelsea.png", "a photo of the list opens")

    # The browser.
    folder = window.folder / "photos"
    folder.mkdir()
    shutil.copy(photo, folder / "whole.jpg")
    (folder / "broken.png").write_bytes((ROOT / "assets" / "images" / "chelsea.png").read_bytes()[:5000])
    window.key("ctrl+o")
    check(window.mark("browser.item.chelsea.png")["value"] == "on", "the browser opens where the open photo is, on it")
    check(window.mark("browser.preview.moose.jpg")["value"] == "976×683 with a picture", "the photos have small pictures")
    pixels = cut(window, "browser.item.coffee.png")[6:-6, 8:56]
    check(pixels.std() > 20, f"which are drawn: their levels spread by {pixels.std():.0f}")
    window.type(f"{folder}/")
    window.key("Return")
    check(window.mark("browser.preview.broken.png")["value"] == "", "a broken picture has none")
    shown = window.state()["shown"]
    window.type("brok")
    state = window.key("Return")
    sentence = window.mark("browser.hint")["value"]
    check("broken.png is a PNG file that ends too early" in sentence, f"what does not open says so inside: {sentence}")
    check(window.mark("browser.filter")["value"] == "brok", "what was typed stays")
    check(state["shown"] == shown and state["toast"] == "", "the last good picture stays, and nothing pops up")
    window.key("Escape")
    window.key("ctrl+o")
    window.type(str(folder / "whole.jpg"))
    window.key("Return")
    state = window.wait_for(lambda s: s["settled"] and s["shown"]["run"] > shown["run"], "the picture of the whole one")
    check("browser.accept" not in window.marks(), "the next one opens, and the browser closes")
    window.key("ctrl+m")
    check(window.mark(f"browser.preview.{CIFAR.name}")["value"] == "timm ViT", "a checkpoint's row tells its family")
    window.key("Escape")

    # Get a model.
    window.key("ctrl+g")
    check(not window.mark("get.shipped.headlight-vit-cifar10")["enabled"], "the open model is marked as open")
    check(window.mark("get.shipped.dinov2-small-saliency")["enabled"], "the other one that ships can be opened")
    window.key("Escape")

with open_window("--model", MODEL, photo) as window:
    window.settle()

    # The drawer.
    place, before = rectangle(window, "image.view"), cut(window, "image.view")
    frame = window.click("image.preprocess")["frame"]
    window.xdotool("mousemove", 640, 2)
    window.wait_for(lambda s: s["settled"] and s["frame"] > frame + 2, "frames with the pointer elsewhere")
    check(rectangle(window, "image.view") == place, "the photo stays where it is beside the drawer")
    check(np.abs(cut(window, "image.view") - before).max() <= 8, "and is not dimmed")
    x, y, w, h = rectangle(window, "prepare.pixels")
    check(x > place[0] + place[2], "the drawer does not cover it")
    check(window.mark("prepare.pixels")["value"] == "64×64", "it shows the pixels that the network reads")
    colours = cut(window, "prepare.pixels")
    window.click("prepare.show.red")
    grey = cut(window, "prepare.pixels")
    check(np.abs(grey[:, :, 0] - grey[:, :, 2]).max() <= 60 < np.abs(colours[:, :, 0] - colours[:, :, 2]).max(),
          "and one channel of them, as normalised, in grey")
    run = run_of(window)
    window.click("prepare.size", 0.2)
    window.wait_for(lambda s: s["settled"] and s["shown"]["run"] > run, "a pass of another size")
    size = window.mark("prepare.pixels")["value"]
    check(size != "64×64" and window.mark("image.size")["value"].startswith(f"{size} px"), f"its size is live: {size}")
    window.click("prepare.reset")
    state = window.click("image.view", 0.5, 0.5)
    check(state["shown"]["query"] != "cls", "the photo is asked beside the drawer as ever")
    window.key("Escape")
    check("prepare.close" not in window.marks() and "cost.bar" in window.marks(), "Escape closes the drawer")

    # A head count that no file tells.
    guessed = window.folder / "somebody.safetensors"
    shutil.copy(CIFAR, guessed)
    window.key("ctrl+m")
    window.type(str(guessed))
    run = run_of(window)
    window.key("Return")
    window.wait_for(lambda s: s["settled"] and s["shown"]["run"] > run, "a pass of the file without a configuration")
    check(window.mark("model.heads")["value"] == "3, guessed", f"its count is guessed: {window.mark('model.heads')['value']}")
    window.click("model.heads")
    run = run_of(window)
    window.click("model.heads.6")
    state = window.wait_for(lambda s: s["settled"] and s["shown"]["run"] > run, "a pass with six heads")
    check(state["shown"]["num_heads"] == 6 and window.mark("model.heads")["value"] == "6, chosen", "another is a press away")
