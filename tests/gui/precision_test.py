"""Products of bf16 numbers in the window: what they changed is said, and all goes back."""

import pathlib
import re

from driver import ROOT, check, open_window

if "avx512_bf16" not in pathlib.Path("/proc/cpuinfo").read_text():
    with open_window() as window:
        window.settle()
        check(not window.mark("run.precision")["enabled"], "a processor without bf16 products offers none")
else:
    with open_window(ROOT / "assets" / "images" / "chelsea.png") as window:
        window.settle()
        exact = window.mark("status")["value"]
        check("bf16" not in exact, "exact at first")
        run = window.state()["shown"]["run"]
        window.click("run.precision")
        window.click("run.precision.bf16")
        window.wait_for(lambda s: s["shown"]["run"] > run and s["settled"], "a pass with bf16 products")
        said = lambda s: next(m["value"] for m in s["marks"] if m["id"] == "status")
        state = window.wait_for(lambda s: "% of the attention moved" in said(s), "what they changed")
        moved = float(re.search(r"bf16 products \(([\d.e-]+) % of the attention moved, top-1 unchanged\)", said(state)).group(1))
        check(0 < moved < 5, f"{moved} % of the attention moved, and the class stayed")
        file = window.folder / "bf16.png"
        window.key("ctrl+s")
        window.key("ctrl+a")
        window.type(str(file))
        window.key("Return")
        window.wait_for(lambda s: str(file) in s["toast"], "word that the figure is saved")
        check(b"bf16 products (" in file.read_bytes(), "the figure says so, too")
        window.click("run.precision")
        window.click("run.precision.exact")
        window.wait_for(lambda s: s["settled"] and "bf16" not in said(s), "the exact pass again")
        check(True, "and exact again")
