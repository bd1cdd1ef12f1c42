"""A slow pass of a new photo: the photo with its patches at once, and the maps of the blocks that are done."""

import time

from driver import LIMIT_S, ROOT, check, open_window

MODEL = ROOT / "assets" / "models" / "dinov2-small-saliency"
HEADS = 72  # 12 blocks of 6


def watch(window):
    """How many maps stood there while it loaded, in the order in which they were seen."""
    counts, until = [], time.monotonic() + LIMIT_S
    while True:
        marks = {mark["id"]: mark for mark in (window.state() or {"marks": []})["marks"]}
        if "heads.tile.0" in marks:
            return counts
        if "loading.maps" in marks:
            assert "loading.photo" in marks, "the photo is not there"
            counts.append(int(marks["loading.maps"]["value"]))
        assert time.monotonic() < until, "the first pass does not end"
        time.sleep(0.02)


with open_window("--model", MODEL, "--resize", "714", "--crop", "714", ROOT / "assets" / "images" / "moose.jpg") as window:
    counts = watch(window)
    check(counts == sorted(counts) and any(0 < count < HEADS for count in counts),
          f"maps come block by block: {sorted(set(counts))} of {HEADS}")
    check("loading.maps" not in window.marks(), "then the page has them all")
