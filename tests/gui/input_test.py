"""The size and fit of the input, live: by slider, by keys and by name, and exports that agree with the command line."""

from driver import ROOT, check, open_window

MODEL = "random:C=48,L=2,h=3,P=16,S=64,K=5,seed=1"
photo = ROOT / "assets" / "images" / "rocket.jpg"  # 640×427

with open_window("--model", MODEL, photo) as window:
    window.settle()
    size = window.mark("image.size")["value"]
    check(size.startswith("64×64 px"), f"it begins at the trained size: {size}")
    check("image.native" not in window.marks(), "there is nothing to reset")
    window.click("image.view", 0.5, 0.5)
    window.key("Next")
    size = window.mark("image.size")["value"]
    check(size.startswith("48×48 px"), f"Page Down takes one patch off: {size}")
    state = window.click("image.size", 0.99)
    size = window.mark("image.size")["value"]
    check(int(size.split("×")[0]) > 200, f"the right end of the slider is large: {size}")
    row, col = (int(n) for n in state["shown"]["query"].split(","))
    patches = int(size.split("×")[0]) // 16
    check(abs(row + 0.5 - patches / 2) <= 2 and abs(col + 0.5 - patches / 2) <= 2,
          f"the query stays in the middle of the photo: patch ({row}, {col}) of {patches}×{patches}")

    window.key("n")
    check(window.mark("image.size")["value"].startswith("64×64 px"), "N is the trained size again")
    window.click("image.fit")
    window.click("image.fit.whole, by longer side")
    size = window.mark("image.size")["value"]
    check(size.startswith("64×32 px · 4×2"), f"the whole photo in its own shape, whole patches: {size}")
    window.click("image.fit")
    window.click("image.fit.whole, by shorter side")
    size = window.mark("image.size")["value"]
    check(size.startswith("80×64 px · 5×4"), f"by the shorter side: {size}")

    window.key("ctrl+s")
    window.key("ctrl+a")
    mine = window.folder / "mine.png"
    window.type(str(mine))
    state = window.key("Return")
    window.wait_for(lambda s: str(mine) in s["toast"], "word that the heatmap is saved")
    shown = state["shown"]
    window.command_line("export", "--model", MODEL, "--image", photo, "--out", window.folder / "theirs", "--block",
                        shown["block"], "--head", shown["head"], "--query", shown["query"], "--resize", "shorter:64",
                        "--crop", "multiple", "--overlay")
    (theirs,) = (window.folder / "theirs").glob("*.png")
    check(mine.read_bytes() == theirs.read_bytes(), f"the command line makes the same picture: {theirs.name}")
    window.wait_for(lambda s: s["toast"] == "", "the toast's end")
    window.click("image.native")
    check(window.mark("image.fit")["value"] == "centre crop", "the reset is the model's own crop")
