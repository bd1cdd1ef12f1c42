"""The walk through a pass: each step speaks of this pass and lights what it is about; nothing is changed by it."""

import numpy as np

from driver import ASSETS, check, open_window

STEPS = 11
# Each step's controls, of which at least one has to be on the screen.
ABOUT = {"patches": "image.size", "embedding": "cost.row.patch_embed", "qkv": "cost.row.qkv", "scores": "cost.row.scores",
         "scale": "cost.row.scale", "softmax": "cost.row.softmax", "sum": "cost.row.attn_v", "merge": "cost.row.proj",
         "mlp": "cost.row.fc1", "answer": ("features.sentence", "prediction."), "head_count": "attention.heads"}

for model in ("dinov2-small-saliency", "headlight-vit-cifar10.safetensors"):
    with open_window("--model", ASSETS / "models" / model) as window:
        window.settle()
        window.key("Up")
        before, requested = window.screenshot(), window.state()["requested"]
        window.click("menu.Help")
        window.click("menu.help.tour")
        said = []
        for step in range(STEPS):
            marks = window.marks()
            name, words = marks["tour.step"]["value"], marks["tour.words"]["value"]
            said.append(words)
            assert any(mark.startswith(ABOUT[name]) for mark in marks), f"what the step {name} is about is not shown"
            cut = [text for text in window.state()["squeezed"] if text["text"] == words]
            assert not cut, f"step {name}: {cut}"
            if step + 1 < STEPS:
                window.key("Return")
        check(len(set(said)) == STEPS and name == "head_count", f"{model}: {STEPS} steps, each with words of its own")
        window.key("bracketright")
        check("in place of" in window.mark("tour.words")["value"], "the last one follows the head count")
        window.click("tour.back")
        check(window.mark("tour.step")["value"] == "answer", "back is the step before")
        window.key("Escape")
        window.xdotool("mousemove", 640, 2)
        window.settle()
        after = window.state()["requested"]
        check("tour.step" not in window.marks() and after | {"run": 0} == requested | {"run": 0},
              "Escape leaves it with everything as it was")
        moved = np.any(window.screenshot()[100:500, 270:880] != before[100:500, 270:880])
        check(not moved, "and the same picture")
