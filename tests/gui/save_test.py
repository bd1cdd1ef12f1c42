"""Saving from the window gives the bytes that `headlight export` gives, and says so in a toast."""

from driver import ROOT, check, open_window

photo = ROOT / "assets" / "images" / "chelsea.png"
MODEL = sorted((ROOT / "assets" / "models").glob("*.safetensors"))[0]

with open_window("--model", MODEL, photo) as window:
    window.settle()
    window.key("Down")
    state = window.key("Down")
    check(state["shown"]["head"] == "0", f"two steps down from the mean is head 0: {state['shown']['head']}")
    block = state["shown"]["block"]

    window.key("ctrl+s")
    check(window.mark("browser.name")["value"] == f"block{block:02d}_head00.png", "a name is suggested")
    window.key("ctrl+a")
    mine = window.folder / "mine.png"
    window.type(str(mine))
    state = window.key("Return")
    check(str(mine) in state["toast"], f"it says so: {state['toast']}")

    window.command_line("export", "--model", MODEL, "--image", photo, "--out", window.folder / "theirs", "--block", block,
                        "--head", "0")
    theirs = window.folder / "theirs" / f"block{block:02d}_head00.png"
    check(mine.read_bytes() == theirs.read_bytes(), "window and command line write the same bytes")
