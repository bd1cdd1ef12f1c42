"""Menus, drop-down lists and dialogs: Escape closes the innermost one, a click on a title opens that menu."""

import time

from driver import ROOT, check, open_window

MODEL = "random:C=48,L=2,h=3,P=16,S=64,K=5,seed=1"
photo = ROOT / "assets" / "images" / "rocket.jpg"


def opened(window, menu):
    return window.mark(f"menu.{menu}")["value"] == "on"


with open_window("--model", MODEL, photo) as window:
    window.settle()
    window.click("menu.File")
    check(opened(window, "File"), "a click opens a menu")
    window.click("menu.Export")
    check(opened(window, "Export") and not opened(window, "File"), "a click on another title opens that one instead")
    window.click("menu.Export", 0.4)
    check(not opened(window, "Export"), "a second click closes it")
    window.click("menu.View")
    window.key("Escape")
    check(not opened(window, "View"), "Escape closes a menu")
    window.click("view.colormap")
    check("view.colormap.turbo" in window.marks(), "a click opens a drop-down list")
    window.key("Escape")
    check("view.colormap.turbo" not in window.marks(), "Escape closes it")

    # A list in a dialog, the dialog, another in front of it: one Escape each.
    window.click("model.report")
    window.click("report.heads")
    window.key("Escape")
    check("report.heads.6" not in window.marks() and "report.close" in window.marks(), "Escape leaves the dialog open")
    window.key("F1")
    check("help.close" in window.marks(), "F1 opens the keys in front")
    window.key("Escape")
    check("help.close" not in window.marks() and "report.close" in window.marks(), "Escape closes the one in front")
    head = window.state()["requested"]["head"]
    window.xdotool("mousemove", 640, 4)
    mark = window.mark("heads.tile.2")
    window.xdotool("mousemove", round(mark["x"] + 20), round(mark["y"] + mark["h"] - 4))
    time.sleep(0.2)
    window.act("mousedown", 1)
    state = window.act("mouseup", 1)
    check(state["requested"]["head"] == head, "behind a dialog nothing is pressed")
    run = state["requested"]["run"]
    window.xdotool("mousemove", round(mark["x"] + mark["w"] - 12), round(mark["y"] + 12))
    time.sleep(0.2)
    window.act("mousedown", 1)
    state = window.act("mouseup", 1)
    check(state["requested"]["run"] == run, "nor is a head switched off")
    dimmed = window.screenshot()[0:30, 0:200].max()
    window.key("Escape")
    check("report.close" not in window.marks(), "Escape closes the last one")
    check(dimmed < 0.8 * window.screenshot()[0:30, 0:200].max(), "what is behind a dialog is dimmed")
