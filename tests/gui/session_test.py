"""A session as a person has it: open, click a patch, change block and heads, save, open a broken file."""

import pathlib
import shutil

from driver import ROOT, check, open_window

photo = sorted((ROOT / "assets" / "images").glob("chelsea.png"))[0]

with open_window(photo) as window:
    start = window.settle()
    marks = window.marks()
    for name in ("attention.heads", "attention.block", "image.view", "heads.tile.mean", "heads.tile.max", "heads.tile.0"):
        check(name in marks, f"there is a control {name}")
    check(start["shown"] | {"run": 0} == start["requested"] | {"run": 0}, f"what is shown is what was asked: {start['shown']}")

    state = window.click("image.view")
    check("," in state["shown"]["query"], f"a click in the photo asks that patch: {state['shown']['query']}")
    asked = state["shown"]["query"]
    state = window.click("heads.tile.1", 0.9, 0.9)
    check(state["shown"]["query"] == asked and state["shown"]["head"] == "1", "a click on a tile chooses head 1, and asks nothing")
    window.xdotool("keydown", "alt")
    state = window.click("heads.tile.2", 0.9, 0.9)
    window.xdotool("keyup", "alt")
    row, col = (int(n) for n in state["shown"]["query"].split(","))
    check(row > 3 and col > 3 and state["shown"]["head"] == "1", f"Alt and a click in a tile ask patch {row},{col}, and choose nothing")
    one_way = window.mark("heads.histogram")["value"]
    window.key("d")
    other_way = window.mark("heads.histogram")["value"]
    check(other_way != one_way, "D asks who looks at that patch")
    window.click("attention.direction")
    check(window.mark("heads.histogram")["value"] not in (one_way, other_way), "a click shows the product of both ways")
    window.click("attention.direction")
    check(window.mark("heads.histogram")["value"] == one_way, "a click turns it back")
    state = window.click("query.patch")
    check(state["shown"]["query"] == f"{row},{col}", "the patch's chip asks it")
    state = window.click("query.0")
    check(state["shown"]["query"] == "cls", "the class token's chip asks the class token")
    window.click("query.patch")
    state = window.key("q")
    check(state["shown"]["query"] == "cls", "Q asks the class token")

    before = state["shown"]["block"]
    state = window.key("Left")
    check(state["shown"]["block"] == before - 1, f"← shows block {state['shown']['block']}")
    state = window.click("attention.block", 0.02, 0.75)
    check(state["shown"]["block"] == 0, "the left end of the block slider is block 0")
    heads = state["shown"]["num_heads"]
    state = window.key("bracketright")
    check(state["shown"]["num_heads"] > heads and f"heads.tile.{heads}" in window.marks(),
          f"] shows {state['shown']['num_heads']} heads and as many tiles")

    prediction = {name: m["value"] for name, m in window.marks().items() if name.startswith("prediction.")}
    window.move("heads.tile.1")
    window.wait_for(lambda s: any(m["id"] == f"switch.{s['shown']['block']}.1" for m in s["marks"]), "⊘ on the tile")
    window.click(f"switch.{state['shown']['block']}.1")
    check(window.mark(f"switch.{state['shown']['block']}.1")["value"] == "off", "⊘ on a tile switches its head off")
    changed = {name: m["value"] for name, m in window.marks().items() if name.startswith("prediction.")}
    check(changed != prediction, "and the prediction follows")
    window.key("Delete")
    check(f"switch.{state['shown']['block']}.1" not in window.marks() or
          window.mark(f"switch.{state['shown']['block']}.1")["value"] == "on", "Delete switches the chosen head on again")

    window.key("ctrl+s")
    window.xdotool("key", "Return")
    state = window.wait_for(lambda s: s["toast"].startswith("Saved "), "word that the heatmap is saved")
    saved = pathlib.Path(state["toast"].removeprefix("Saved ").removesuffix("."))
    shown = state["shown"]
    exported = window.folder / "exported"
    window.command_line("export", "--image", photo, "--out", exported, "--block", shown["block"], "--head",
                        shown["head"], "--num-heads", shown["num_heads"], "--overlay")
    check(saved.read_bytes() == (exported / saved.name).read_bytes(),
          f"{saved.name} is byte for byte what `headlight export` writes")
    window.wait_for(lambda s: s["toast"] == "", "the toast's end")

    folder = window.folder / "photos"
    folder.mkdir()
    shutil.copy(photo, folder / "whole.png")
    (folder / "broken.png").write_bytes(photo.read_bytes()[:5000])
    shown = state["shown"]
    window.xdotool("mousemove", 640, 2)
    window.key("ctrl+o")
    window.type(str(folder / "broken.png"))
    state = window.key("Return")
    sentence = window.mark("browser.hint")["value"]
    check("broken.png is a" in sentence, f"a broken file says so: {sentence}")
    check(state["shown"] == shown, "the last good picture stays")
    window.key("Escape")
