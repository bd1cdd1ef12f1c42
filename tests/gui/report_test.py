"""Overrides from the load report: the pass runs again at once, what is looked at stays, and each can be taken back."""

import json

from driver import ROOT, check, open_window

MODEL = "random:C=48,L=3,h=3,P=16,S=64,K=5,seed=1"
photo = ROOT / "assets" / "images" / "rocket.jpg"


def pick(window, fact, value):
    run = window.state()["shown"]["run"]
    window.click(f"report.{fact}")
    window.click(f"report.{fact}.{value}")
    return window.wait_for(lambda s: s["settled"] and s["shown"]["run"] > run, f"a new pass with {fact} {value}")


def source(window, fact):
    return window.mark(f"report.reason.{fact}")["value"]


with open_window("--model", MODEL, photo) as window:
    window.settle()
    window.click("image.view", 0.5, 0.5)
    state = window.key("Left")
    shown = state["shown"]
    before = window.mark("heads.histogram")["value"]
    window.click("model.report")
    check("report.heads.reset" not in window.marks(), "nothing is overridden at first")

    state = pick(window, "heads", "6")
    check(state["shown"]["num_heads"] == 6, "6 heads are now the trained count, and shown")
    check((state["shown"]["block"], state["shown"]["query"]) == (shown["block"], shown["query"]),
          "block and query stay as they were")
    check("report.heads.reset" in window.marks() and "attention.as_trained" not in window.marks(), "it is overridden, and as trained")
    window.click("report.heads.reset")
    state = window.wait_for(lambda s: s["settled"] and s["shown"]["num_heads"] == 3, "the file's own 3 heads")
    check(window.mark("heads.histogram")["value"] == before, f"the map is the first one again: {before}")

    pick(window, "eps", "0.001")
    check(source(window, "eps") == "0.001", "eps is what was chosen")
    pick(window, "activation", "QuickGELU")
    changed = window.mark("heads.histogram")["value"]
    check(changed != before, f"another activation, another map: {changed}")
    pick(window, "mean", "0.485 0.456 0.406  ImageNet")
    check(window.mark("heads.histogram")["value"] != changed, "so does another mean")
    for fact in ("eps", "activation", "mean"):
        check(f"report.{fact}.reset" in window.marks(), f"{fact} can be taken back")
    run = window.state()["shown"]["run"]
    window.click("report.mean.reset")
    window.wait_for(lambda s: s["settled"] and s["shown"]["run"] > run, "a pass with the file's mean")
    check("report.mean.reset" not in window.marks() and source(window, "eps") == "0.001", "each by itself")

    window.command_line("info", "--model", MODEL, "--eps", "0.001", "--mean", "0.485,0.456,0.406", "--activation",
                        "quick_gelu", "--trained-heads", "6", "--json", window.folder / "info.json")

    facts = {f["name"]: f for f in json.loads((window.folder / "info.json").read_text())["facts"]}
    for fact in ("heads", "eps", "activation", "mean"):
        check(facts[fact]["source"] == "overridden" and "in place of" in facts[fact]["reason"],
              f"headlight info says the same of {fact}: {facts[fact]['value']}, {facts[fact]['reason']}")
