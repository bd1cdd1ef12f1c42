"""A photo whose colour profile is not sRGB: named, applied by a tick, and exports that agree with the command line."""

from driver import ROOT, check, open_window

MODEL = "random:C=48,L=2,h=3,P=16,S=64,K=5,seed=1"
photo = ROOT / "assets" / "images" / "rocket.jpg"  # Adobe RGB (1998)

with open_window("--model", MODEL, photo) as window:
    window.settle()
    check(window.mark("image.icc")["value"] == "off", "a profile is not applied, as the reference pipelines do")
    window.click("image.icc")
    check(window.mark("image.icc")["value"] == "on", "a tick applies it")
    window.click("image.view", 0.5, 0.5)
    window.key("ctrl+s")
    window.key("ctrl+a")
    mine = window.folder / "mine.png"
    window.type(str(mine))
    state = window.key("Return")
    window.wait_for(lambda s: str(mine) in s["toast"], "word that the heatmap is saved")
    theirs = window.folder / "theirs"
    for options in ([], ["--icc"]):
        window.command_line("export", "--model", MODEL, "--image", photo, *options, "--out", theirs / str(len(options)),
                            "--block", state["shown"]["block"], "--head", state["shown"]["head"], "--query",
                            state["shown"]["query"], "--overlay")
    plain, applied = (next((theirs / n).glob("*.png")) for n in "01")
    check(mine.read_bytes() == applied.read_bytes(), "the command line makes the same picture with --icc")
    check(mine.read_bytes() != plain.read_bytes(), "and another one without")
