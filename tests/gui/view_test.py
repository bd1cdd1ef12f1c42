"""Views as a user has them: saved, undone, opened again, carried by pictures, and copied as a command line."""

import json
import pathlib
import shlex
import tempfile

from driver import ROOT, check, open_window

photo = ROOT / "assets" / "images" / "chelsea.png"
MODEL = sorted((ROOT / "assets" / "models").glob("*.safetensors"))[0]


def seen(state):
    """What a view decides of what is shown."""
    return {name: state["shown"][name] for name in ("block", "num_heads", "head", "query")}


def field(state, name):
    """The text in a field of a frame."""
    return next((m["value"] for m in state["marks"] if m["id"] == name), "")


def settled_as(window, wanted):
    return window.wait_for(lambda s: s["settled"] and seen(s) == wanted, f"settled {wanted}")


with open_window("--model", MODEL, photo) as window:
    window.settle()
    window.key("Down")
    window.key("Down")
    window.key("Left")
    state = window.key("bracketleft")
    saved = seen(state)
    check(saved["head"] == "0", f"a state to save: {saved}")
    view = window.folder / "mine.json"
    state = window.choose("ctrl+shift+v", view)
    check(str(view) in state["toast"], f"it says that it saved the view: {state['toast']}")
    check(json.loads(view.read_text())["format"] == "headlight view", "the file is a view")

    picture = window.folder / "mine.png"
    window.choose("ctrl+s", picture)

    window.wait_for(lambda s: s["settled"], "rest")
    state = window.key("bracketright")
    other = seen(state)
    check(other["num_heads"] > saved["num_heads"], f"another head count: {other}")
    window.key("ctrl+z")
    settled_as(window, saved)
    print("ok: undo gives the head count back")
    window.key("ctrl+shift+z")
    settled_as(window, other)
    print("ok: redo takes it again")

    window.key("Left")
    window.key("Down")
    window.choose("ctrl+shift+o", view)
    settled_as(window, saved)
    print("ok: opening the view brings everything back")

    window.key("bracketright")
    window.key("Left")
    state = window.choose("ctrl+o", picture)
    check("holds a view" in state["toast"], f"a picture with a view in it says so: {state['toast']}")
    settled_as(window, saved)
    print("ok: and reopens what it shows")
    window.choose("ctrl+o", picture)
    window.settle()
    state = window.choose("ctrl+shift+v", window.folder / "photo.json")
    opened = json.loads((window.folder / "photo.json").read_text())["image"]["path"]
    check(opened.endswith("mine.png"), f"opened once more it is a photo: {opened}")

    window.choose("ctrl+shift+o", view)
    settled_as(window, saved)
    window.key("ctrl+shift+c")
    window.key("ctrl+s")  # a field to paste into
    # A text field sees a key that is down in a frame; one that comes and goes between two of them passes it by.
    window.xdotool("keydown", "ctrl", "keydown", "v")
    state = window.wait_for(lambda s: "headlight export " in field(s, "browser.name"), "pasted command")
    window.act("keyup", "v", "keyup", "ctrl", presses=0)
    copied = field(state, "browser.name")
    window.key("Escape")
    check(copied.startswith("headlight export "), f"the clipboard has the command: {copied}")
    window.command_line(*shlex.split(copied)[1:])
    overlay = window.folder / "overlay.png"
    window.choose("ctrl+s", overlay)
    written = list((window.folder / "maps").glob("*.png"))
    check(len(written) == 1 and written[0].read_bytes() == overlay.read_bytes(),
          "the copied command writes the picture that the window saves")

    text = view.read_text()
    view.write_text(text.replace("chelsea.png", "gone.png"))
    state = window.choose("ctrl+shift+o", view)
    check("gone.png is gone" in state["toast"], f"a view whose photo is gone says so: {state['toast']}")

with tempfile.TemporaryDirectory() as folder:
    view = pathlib.Path(folder) / "view.json"
    view.write_text(text)
    with open_window("--view", view) as window:
        state = window.wait_for(lambda s: s["settled"] and s["shown"]["num_heads"] > 0, "first picture")
        check(seen(state) == saved, f"--view begins with it: {seen(state)}")
