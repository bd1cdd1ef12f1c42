"""What each page costs the main thread a frame, while the pointer moves over it and blocks and heads are changed.

    python3 tests/bench/page_frames.py build/test/headlight --crop 518 assets/images/moose.jpg

What follows the program goes to it: a model, a photo, preprocessing. For each page: frames, the median, the 95th of 100
and the most milliseconds of processor time that taking results and drawing the panels took of a frame's own thread,
without OpenGL's part (uploads, heat maps), which a software renderer draws on that thread too; and the most of that part.
The frames are those from the first maps to rest, so that a page's own results are taken meanwhile.
"""

import json
import math
import pathlib
import re
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "gui"))

from driver import open_window  # noqa: E402

WIDTH, HEIGHT = 1600, 1000
STEPS = 120
KEYS = ["Left", "Left", "Up", "Up", "Right", "Down"]
LIMIT_MS = 2.0


def pages(program):
    text = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
    return re.search(r"--tab NAME:\{([^}]*)\}", text).group(1).split(",")


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else math.nan


def frames_of(page, arguments):
    with open_window(*arguments, "--tab", page, "--frame-log", "frames.jsonl", width=WIDTH, height=HEIGHT) as window:
        window.settle()
        for step in range(STEPS):
            turn = 2 * math.pi * step / STEPS
            window.xtest.move(WIDTH * (0.45 + 0.35 * math.cos(turn)), HEIGHT * (0.5 + 0.4 * math.sin(3 * turn)))
            if step % 20 == 10:
                window.xtest.key(KEYS[step // 20])
            time.sleep(0.03)
        window.settle()
        lines = [json.loads(line) for line in (window.folder / "frames.jsonl").read_text().splitlines()]
    first = next((line["frame"] for line in lines if "first_maps_ms" in line), 0)  # a page may refuse the network
    return [line for line in lines if line.get("frame", 0) > first and "panels_cpu_ms" in line]


def main():
    program = sys.argv[1]
    arguments = [str(pathlib.Path(word).resolve()) if pathlib.Path(word).exists() else word for word in sys.argv[2:]]
    print(f"{'page':16} frames  median   95th   most   OpenGL")
    for page in pages(program):
        frames = frames_of(page, arguments)
        own = [line["update_cpu_ms"] + line["panels_cpu_ms"] for line in frames]
        paint = [line["paint_cpu_ms"] for line in frames]
        late = "  over" if percentile(own, 0.95) > LIMIT_MS else ""
        print(f"{page:16} {len(own):6} {percentile(own, 0.5):7.2f} {percentile(own, 0.95):6.2f} {max(own, default=0):6.2f}"
              f" {max(paint, default=0):8.2f}{late}", flush=True)


if __name__ == "__main__":
    main()
