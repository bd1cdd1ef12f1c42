"""The file browser by the keyboard: typed paths, folders to save in, and a question before a file is written over."""

import shutil

from driver import ROOT, check, open_window

MODEL = "random:C=48,L=2,h=3,P=16,S=64,K=5,seed=1"
photo = ROOT / "assets" / "images" / "rocket.jpg"


def hint(window):
    return window.mark("browser.hint")["value"]


def saved(window, words):
    window.wait_for(lambda s: words in s["toast"], f"a toast with {words}")
    window.wait_for(lambda s: s["toast"] == "", "the toast's end")


with open_window("--model", MODEL, photo) as window:
    window.settle()
    folder = window.folder / "maps"
    (folder / "deeper").mkdir(parents=True)
    shutil.copy(ROOT / "assets" / "images" / "chelsea.png", window.folder / "cat.png")

    # Opening: the button takes the typed path, as Enter does.
    window.key("ctrl+o")
    window.type("~/nowhere.png")
    window.click("browser.accept")
    check("nowhere.png" in hint(window), f"a path that leads nowhere says so: {hint(window)}")
    window.move("browser.filter")
    window.key("Escape")
    window.key("ctrl+o")
    window.type("~/cat.png")
    window.click("browser.accept")
    check("browser.accept" not in window.marks(), "the button opens the typed path, from the home folder")

    # Saving: nothing is marked, Enter saves, and what exists is asked about once.
    window.key("ctrl+s")
    name = window.mark("browser.name")["value"]
    rows = [m for i, m in window.marks().items() if i.startswith("browser.item.")]
    check(rows and all(m["value"] == "" for m in rows), "no row is marked at first")
    check(hint(window).startswith("Enter saves"), f"the hint says what Enter does: {hint(window)}")
    window.key("Return")
    saved(window, name)
    target = window.folder / name
    first = target.read_bytes()
    window.key("ctrl+s")
    check(window.mark("browser.name")["value"] == name.replace(".png", "_2.png"), "the next name that is free")
    window.key("ctrl+a")
    target.write_bytes(b"old")
    window.type(name)
    window.key("Return")
    check(hint(window).startswith(f"{name} exists."), f"it asks: {hint(window)}")
    window.key("Escape")
    check(window.mark("browser.name")["value"] == name and hint(window).startswith("Enter saves"),
          "Escape takes the question back, not the name")
    check(target.read_bytes() == b"old", "nothing is written over yet")
    window.key("Return")
    window.key("Return")
    saved(window, name)
    check(target.read_bytes() == first, "Enter again replaces the file")

    # A folder to save in: Enter takes the shown one, arrow keys mark another.
    window.key("ctrl+e")
    window.click("sheet.shows.All heads")
    window.click("sheet.separate")
    window.key("Escape")
    window.key("ctrl+s")
    check(hint(window).startswith("Enter saves in this folder"), f"Enter takes the folder: {hint(window)}")
    window.type(str(folder))
    window.key("Return")
    window.key("Down")
    check(window.mark("browser.item.deeper")["value"] == "on", "an arrow key marks a folder")
    check(hint(window).startswith("Enter opens"), f"which Enter then opens: {hint(window)}")
    window.key("Return")
    window.key("Return")
    saved(window, "files in")
    pictures = sorted(p.name for p in (folder / "deeper").iterdir())
    check(any(name.endswith("__b01_heads_cls.png") for name in pictures), f"all heads are in the folder: {pictures}")

    window.key("ctrl+s")
    window.type(str(folder / "deeper"))
    window.key("Return")
    window.key("Return")
    check(f"{len(pictures)} files of this photo and network exist" in hint(window), f"it asks: {hint(window)}")
    window.key("ctrl+Return")
    saved(window, "files in")
