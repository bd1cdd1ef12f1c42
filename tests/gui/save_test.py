"""The Export sheet: its preview follows its choices, and what it saves is what the command that it shows writes."""

import html
import shlex
import shutil
import subprocess

from driver import ROOT, check, open_window

photo = ROOT / "assets" / "images" / "chelsea.png"
MODEL = sorted((ROOT / "assets" / "models").glob("*.safetensors"))[0]
STEM = f"chelsea__{MODEL.stem}__"


def command(window):
    return shlex.split(window.mark("sheet.command")["value"])[1:]


def suggested(window, ending):
    """The name in the command, as soon as the preview is there to tell it."""
    window.wait_for(lambda s: command(window)[-1].endswith(ending), f"a name that ends in {ending}")
    return command(window)[-1]


def save(window, name):
    """The sheet's file under this name, and the one that its command writes."""
    window.click("sheet.save")
    window.key("ctrl+a")
    mine = window.folder / "made on the way" / name
    window.type(str(mine))
    window.key("Return")
    state = window.wait_for(lambda s: str(mine) in s["toast"], f"word that {name} is saved")
    check(state["toast"] == f"Saved {mine}.", f"it says so: {state['toast']}")
    return mine


def compare(window, name, choose):
    """Opens the sheet, chooses, and compares the saved file with the command's."""
    window.key("ctrl+e")
    for control in choose:
        window.click(control)
    arguments = command(window)
    theirs = window.folder / arguments[-1]
    mine = save(window, name)
    window.command_line(*arguments)
    check(mine.read_bytes() == theirs.read_bytes(), f"{theirs.name}: window and command line write the same bytes")
    window.wait_for(lambda s: s["settled"], "rest")
    return theirs.name


with open_window("--model", MODEL, photo) as window:
    window.settle()
    window.key("Down")
    state = window.key("Down")
    check(state["shown"]["head"] == "0", f"two steps down from the mean is head 0: {state['shown']['head']}")
    block = f"b{state['shown']['block']:02d}"

    window.key("ctrl+e")
    check("sheet.save" in window.marks(), "Ctrl+E opens the sheet")
    name = suggested(window, f"{block}_h0_cls_over.png")
    check(name == f"{STEM}{block}_h0_cls_over.png", f"a name is suggested: {name}")
    window.click("sheet.shows.Map")
    name = suggested(window, f"{block}_h0_cls.png")
    check(name == f"{STEM}{block}_h0_cls.png" and "--overlay" not in command(window), "the map alone")
    check("sheet.whole_photo" not in window.marks(), "which has no photo to crop")
    window.key("Down")
    check("_h1_cls" in suggested(window, "_h1_cls.png"), "keys still choose the head, and the sheet follows")
    window.key("Up")
    window.click("sheet.unit.Millimetres")
    window.click("sheet.dpi.150")
    arguments = command(window)
    check("--width" in arguments and "--dpi" in arguments, f"the command has the width: {arguments}")
    window.key("Escape")
    check("sheet.save" not in window.marks(), "Escape closes it")

    name = compare(window, "map.pdf", ["sheet.kind.PDF"])
    check(name.endswith("_h0_cls.pdf"), f"the choices are kept: {name}")
    compare(window, "over.png", ["sheet.shows.Overlay", "sheet.kind.PNG", "sheet.ground.Transparent", "sheet.bar"])
    compare(window, "heads.svg", ["sheet.shows.All heads", "sheet.kind.SVG", "sheet.over"])
    window.key("ctrl+e")
    window.click("sheet.columns", across=0.9)
    arguments = command(window)
    check("--columns" in arguments, f"the command has the columns: {arguments}")
    window.key("Escape")
    compare(window, "columns.svg", [])
    compare(window, "grid.csv", ["sheet.shows.Grid", "sheet.kind.CSV"])
    compare(window, "grid.npy", ["sheet.kind.NPY"])

    window.key("ctrl+e")
    window.click("sheet.shows.Cost table")
    check("sheet.bar" not in window.marks(), "a table has no colours")
    window.click("sheet.kind.CSV")
    text = save(window, "cost.csv").read_text()
    check(text.startswith("name,op,block,") and "softmax" in text, "the cost table as numbers")

    window.key("ctrl+e")
    window.click("sheet.shows.Overlay")
    window.click("sheet.kind.PNG")
    mark = window.mark("sheet.copy")
    if shutil.which("xclip"):
        window.click("sheet.copy")
        window.wait_for(lambda s: "Copied the figure" in s["toast"], "word that the figure is copied")
        copied = subprocess.run(["xclip", "-selection", "clipboard", "-target", "image/png", "-o"], check=True,
                                env=window.environment, stdout=subprocess.PIPE).stdout
        mine = save(window, "copied.png")
        check(copied == mine.read_bytes(), "the clipboard has the picture")
    else:
        check(not mark["enabled"], "without xclip no picture can be copied, and the button says so")
    window.key("Escape")
    window.click("menu.Export")
    window.click("menu.export.report")
    window.key("ctrl+a")
    page = window.folder / "report.html"
    window.type(str(page))
    window.key("Return")
    window.wait_for(lambda s: str(page) in s["toast"], "word that the report is saved")
    text = page.read_text()
    check(text.endswith("</html>\n") and "Predicted ms" in text, "the report is whole, with measured times")
    shown = html.unescape(text.rsplit("<pre>", 1)[1].split("</pre>")[0])
    arguments = shlex.split(shown)[1:]
    check(arguments[-1] == str(page), f"and ends with the command that makes it again: {shown}")
    page.unlink()
    window.command_line(*arguments)
    again = page.read_text()
    figures = lambda text: [part for part in text.split("<h2>") if not part.startswith(("What it costs", "Settings"))]
    check(figures(text) == figures(again), "which writes the same page, measured times and the command aside")
