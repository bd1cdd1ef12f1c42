"""The cost lab: the module is chosen, measured and saved, the ceilings are found and kept; and a head is scaled."""

import json

from driver import check, open_window


def save(window, button, name):
    """Presses it and types a name into the browser."""
    window.click(button)
    window.key("ctrl+a")
    window.type(str(window.folder / name))
    window.key("Return")
    return window.folder / name


with open_window() as window:
    window.settle()
    window.click("tab.lab")
    check(window.state()["page"] == "module", "the tab Cost lab shows the Attention module")
    marks = window.marks()
    check(marks["lab.row.softmax"]["value"] == "–", "before it is measured no exponent of time is told")
    check(marks["lab.verdict.softmax"]["value"] == "in part, not measured", "but operations have their verdict")

    window.click("lab.tokens", 0.3)
    window.click("lab.measure")
    marks = window.marks()
    check("±" in marks["lab.row.softmax"]["value"], f"softmax over heads: {marks['lab.row.softmax']['value']}")
    check("not measured" not in marks["lab.verdict.products"]["value"],
          f"q·kᵀ and attn·v: {marks['lab.verdict.products']['value']}")
    check("medians of" in marks["lab.state"]["value"], marks["lab.state"]["value"])
    over_heads = marks["lab.row.softmax"]["value"]
    window.click("lab.axis.N")
    check(window.mark("lab.row.softmax")["value"] != over_heads, "the sweep over N has other exponents")

    file = save(window, "lab.save", "sweeps.json")
    window.wait_for(lambda s: "Saved" in s["toast"], "toast")
    found = json.loads(file.read_text())
    check(len(found["sweeps"]) == 4 and found["rounds"] >= 3, f"all sweeps are saved, of {found['rounds']} rounds")
    file = save(window, "lab.save", "sweep.svg")
    window.wait_for(lambda s: "sweep.svg" in s["toast"], "toast")
    check(">softmax" in file.read_text(), "and the plot is a figure")

    window.click("lab.tokens", 0.6)
    check(window.mark("lab.row.softmax")["value"] == "–", "another N is another module, not measured yet")
    window.key("ctrl+z")
    check("±" in window.mark("lab.row.softmax")["value"], "undo brings the one that was measured back")

    window.click("page")
    window.click("page.Roofline")
    check(window.state()["page"] == "roofline", "the list of the tab shows the roofline")
    window.click("roofline.calibrate")
    kept = window.folder / "cache" / "headlight" / "ceilings.json"
    ceilings = json.loads(kept.read_text())[0]
    check(ceilings["gflops"] > 0 and ceilings["cache_gbytes"] > 0 and ceilings["memory_gbytes"] > 0,
          f"the ceilings are kept: {ceilings['gflops']:.0f} GFLOP/s")
    check("GB/s from memory" in window.mark("roofline.sentence")["value"], "and told")
    one_block = window.mark("roofline.plot")["value"]
    window.click("roofline.scope.whole network")
    check(int(window.mark("roofline.plot")["value"]) > int(one_block), "the whole network has more operators")
    file = save(window, "roofline.save", "roofline.csv")
    window.wait_for(lambda s: "roofline.csv" in s["toast"], "toast")
    check("fc1," in file.read_text(), "its points are saved")

    window.key("ctrl+1")
    window.click("heads.caption.1")
    before = {name: m["value"] for name, m in window.marks().items() if name.startswith("prediction.")}
    window.move("heads.tile.1")
    window.act("click", 3)
    check("head.factor" in window.marks(), "a right click on a tile opens the head's factor")
    window.click("head.factor.2")
    after = {name: m["value"] for name, m in window.marks().items() if name.startswith("prediction.")}
    check(after != before, "twice its output changes the prediction")
    window.key("Escape")
    check("head.factor" not in window.marks(), "Escape closes the list")
    check("× 2" in window.mark("badge")["value"], f"the badge says it: {window.mark('badge')['value']}")
    window.key("BackSpace")
    check("badge" not in window.marks(), "Backspace: as trained")
