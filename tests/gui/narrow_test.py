"""A small window: on no page does text lie on other text, and no control or number is cut, at any choice of columns.

Sentences may end in "…" there, and names in the middle of a line of numbers may go.
"""

from driver import ASSETS, check, open_window

MODELS = (ASSETS / "models" / "dinov2-small-saliency", ASSETS / "models" / "headlight-vit-cifar10.safetensors")
PHOTO = ASSETS / "images" / "moose.jpg"


def faults(window):
    state = window.settle()
    cut = [f"“{t['text']}” has {t['room']:.0f} of {t['needs']:.0f} px" for t in state["squeezed"]
           if not t["text"].endswith((".", "…"))]
    lost = [f"{m['id']} reaches beyond the window" for m in state["marks"]
            if m["w"] > 0 and (m["x"] < -8 or m["x"] + m["w"] > window.width + 8)]
    return sorted(set(cut + [f"“{a}” and “{b}” overlap" for a, b in state["overlaps"]] + lost))


def look(window, what):
    window.move("status")
    found = faults(window)
    check(not found, f"{what}: all text has its room" if not found else f"{what}: " + "; ".join(found))


def pages(window):
    window.click("menu.Pages")
    found = [mark for mark, of in window.marks().items() if mark.startswith("menu.page.") and of["enabled"]]
    window.key("Escape")
    return found


for width, height in ((1024, 640), (800, 500)):
    for model in MODELS:
        with open_window(PHOTO, "--model", model, width=width, height=height) as window:
            window.width = width
            window.settle()
            all_pages = pages(window)
            for page in all_pages:
                window.click("menu.Pages")
                window.click(page)
                look(window, f"{width}×{height}, {model.stem}, {page.removeprefix('menu.page.')}")
            window.key("equal")
            window.key("bracketright")
            look(window, f"{width}×{height}, {model.stem}, two sides")
