"""A click on a prediction asks which patches speak for that class, and the file that the window saves is the command line's."""

from driver import ASSETS, check, open_window

MODEL = ASSETS / "models" / "headlight-vit-cifar10.safetensors"
PHOTO = ASSETS / "images" / "chelsea.png"

with open_window() as window:
    window.settle()
    likeliest, second = [mark for mark in window.marks() if mark.startswith("prediction.")][:2]
    window.click(second)
    state = window.settle()
    words = window.mark("heads.sentence")["value"]
    check(state["page"] == "class-rollout", f"the click opens the page of the class: {state['page']}")
    check("dog" in words, f"which speaks of it: {words}")
    window.click(likeliest)
    window.settle()
    words = window.mark("heads.sentence")["value"]
    check("cat" in words, f"another click asks about another one: {words}")

    window.click(second)
    window.key("ctrl+s")
    window.key("ctrl+a")
    mine = window.folder / "mine.png"
    window.type(str(mine))
    window.key("Return")
    window.wait_for(lambda s: str(mine) in s["toast"], "word that the figure is saved")
    window.command_line("export", "--model", MODEL, "--image", PHOTO, "--out", window.folder / "theirs", "--analysis",
                        "class-rollout", "--set", f"class={second.removeprefix('prediction.')}", "--block", "5", "--overlay")
    (theirs,) = (window.folder / "theirs").glob("*.png")
    check(mine.read_bytes() == theirs.read_bytes(), f"the command line makes the same picture: {theirs.name}")
