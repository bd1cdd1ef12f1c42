"""Every page, dialog, key and control once: the program goes on and comes to rest after each, or the failure names it."""

import contextlib
import os
import time

import numpy as np

from driver import check, keys, open_window

WIDTH, HEIGHT = 1280, 960
TOOLTIP_S = 0.5  # after which a control explains itself
DIALOGS = {"help": "F1", "report": "model.report", "prepare": "image.preprocess", "get": "ctrl+g"}  # a key, or a control
# What must be so that a key has something to change: keys, or a control to click.
BEFORE = {"Right": "Left", "Up": "Down", "f": "shift+equal", "1": "f", "n": "Prior", "BackSpace": "x", "q": "image.view",
          "t": "image.view", "ctrl+shift+z": "ctrl+z"}
# Of a film strip and of two sides: sequence_test and compare_test press them where there is one.
ELSEWHERE = {"ctrl+space", "shift+Left", "shift+Right", "shift+Home", "shift+End", "l", "shift+b"}
TWICE = {"F2", "F3", "w", "a", "ctrl+t"}  # the column is back, the sweep stops, and so on
OPEN_A_LIST = {"ctrl+Delete"}  # which Escape closes
REFUSED = {"bias", "pool"}  # the network has neither relative positions nor an attention pool
LISTS = {"model.list", "image.list", "other.model", "other.image"}  # drop down, and are closed again: their entries open other files
WORDS = {"attention.query", "status", "heads.sentence", "cost.bar", "cost.times", "cost.change",
         "features.sentence", "features.cosine", "features.moved", "badge"}  # marks that are no controls
# Of these kinds, each with one behaviour, some stand for all.
MANY = ("heads.tile.", "heat.", "rank.", "heads.caption.", "grid.tile.", "heads.prefix.", "cost.row.", "prediction.", "report.reason.",
        "get.shipped.", "get.")
SOME = 2


def some_of(names):
    """Without those of which there are many, but for some."""
    counts = {}
    for name in names:
        kind = next((k for k in MANY if name.startswith(k)), name)
        counts[kind] = counts.get(kind, 0) + 1
        if kind == name or counts[kind] <= SOME:
            yield name


@contextlib.contextmanager
def doing(what):
    """What goes wrong meanwhile names the control."""
    try:
        yield
    except AssertionError as error:
        raise AssertionError(f"{what}: {error}") from error


class Tour:
    def __init__(self, window):
        self.window = window
        self.hovered, self.explained, self.changed = set(), set(), set()

    # --- Getting about ---

    def do(self, step):
        """Presses a key, or clicks a control."""
        with doing(step):
            if "." in step:
                self.window.click(step)
            else:
                self.window.key(step)

    def tabs(self):
        return [name.removeprefix("tab.") for name in self.window.marks() if name.startswith("tab.")]

    def pages(self):
        """The pages of all tabs, as the menu lists them."""
        self.do("menu.Pages")
        names = [name for name in self.window.marks() if name.startswith("menu.page.")]
        self.do("Escape")
        return [name.removeprefix("menu.page.") for name in names]

    def show(self, page):
        for step in ("menu.Pages", f"menu.page.{page}"):
            self.do(step)

    def shows(self, page):
        return self.window.state()["page"] == page

    def front(self):
        """What lies above the page: the id of a dialog or the file browser, or None."""
        marks = self.window.marks()
        if "browser.cancel" in marks:
            return "browser"
        return next((name for name in (*DIALOGS, "export") if f"{name}.close" in marks), None)  # save_test tours the export

    def tidy(self, keep=None):
        """Closes what an action has opened, and takes an input size back that would make every pass slow."""
        for _ in range(8):
            if self.front() in (None, keep):
                break
            self.do("Escape")
        assert self.front() in (None, keep), f"{self.front()} does not close"
        if keep is None and "image.native" in self.window.marks():
            self.do("n")

    def reach(self, name):
        """Scrolls a dialog's control into sight; its mark, or None where it is beyond the edge of the page."""
        m, front = self.window.mark(name), self.front()
        if front in DIALOGS:
            close = self.window.mark(f"{front}.close")
            bottom = HEIGHT - close["y"] - 8  # a dialog stands in the middle of the window
            for _ in range(60):
                if m["y"] + m["h"] < bottom:
                    break
                self.window.xdotool("mousemove", WIDTH // 2, HEIGHT // 2)
                self.window.act("click", 5)
                m = self.window.mark(name)
            assert m["y"] + m["h"] < bottom, "it cannot be scrolled to"
        return m if m["y"] + m["h"] / 2 < HEIGHT and m["x"] + m["w"] / 2 < WIDTH else None

    # --- Pages and keys ---

    def open_tabs(self):
        tabs = self.tabs()
        check(len(tabs) >= 2, f"there are tabs: {', '.join(tabs)}")
        for number, tab in [*enumerate(tabs, 1)][::-1]:  # the first is open already
            other = tabs[0] if tab != tabs[0] else tabs[1]
            ways = {"tab": [f"tab.{tab}"], "menu": ["menu.View", f"menu.view.tab_{tab}"]}
            if number <= 9:
                ways["key"] = [f"ctrl+{number}"]
            for way, steps in ways.items():
                self.do(f"tab.{other}")
                for step in steps:
                    self.do(step)
                assert self.window.mark(f"tab.{tab}")["value"] == "on", f"tab {tab} does not open by its {way}"
            check(True, f"tab {tab} opens by {', '.join(ways)}")

    def open_pages(self):
        pages = self.pages()
        for page in [*pages[1:], pages[0]]:
            self.show(page)
            assert self.shows(page), f"page {page} does not open by the menu"
            if page == "difference":  # which is empty without a side B
                assert "compare.words" in self.window.marks(), "an empty comparison says nothing"
                self.do("equal")
            state = self.window.state()
            if page in REFUSED:
                assert state["shown"]["run"] == 0, f"page {page} shows maps that this network does not have"
                continue
            assert state["shown"]["run"] == state["requested"]["run"], f"page {page} shows another pass than asked"
        check(True, f"the menu opens the pages {', '.join(pages)}")

    def press_keys(self, page):
        """Presses every key; those that change what is seen."""
        acted = set()
        for key in keys():
            if not self.shows(page):
                self.show(page)
            before = BEFORE.get(key)
            if before is not None and (before in self.window.marks() or "." not in before):
                self.do(before)
            self.window.xdotool("mousemove", WIDTH // 2, 2)
            with doing(f"key {key} on page {page}"):
                screen = self.window.screenshot()
                self.window.key(key)
                if np.any(screen != self.window.screenshot()):
                    acted.add(key)
                self.tidy()
            if key in TWICE:
                self.do(key)
            if key in OPEN_A_LIST:
                self.do("Escape")
        self.do("BackSpace")
        return acted

    # --- Controls ---

    def names(self, beginning=""):
        return [*some_of(name for name in self.window.marks() if name.startswith(beginning))]

    def hover(self, beginning=""):
        for name in self.names(beginning):
            if name in self.hovered or name not in self.window.marks():
                continue
            self.hovered.add(name)
            with doing(f"the pointer on {name}"):
                if self.reach(name) is None:
                    continue
                self.window.move(name)
                family = name.rsplit(".", 1)[0] if name.count(".") > 1 else name
                if family not in self.explained:  # one of each family until it explains itself
                    self.explained.add(family)
                    time.sleep(TOOLTIP_S)
                self.window.settle()

    def change(self, beginning="", keep=None):
        """A short drag on each control: a slider moves, a button, box or segment is pressed, a list opens."""
        def left():
            return (n for n in self.names(beginning) if n not in self.changed and not n.startswith(("menu.", "tab.")))

        while name := next(left(), None):
            self.changed.add(name)
            if name in WORDS or name.endswith(".close") or name.startswith("get.shipped."):
                continue
            with doing(f"a drag on {name}"):
                self.change_one(name)
                self.tidy(keep)
                if name in ("prepare.resize_px", "prepare.size"):  # large inputs would make every pass slow
                    self.reach("prepare.reset")
                    self.window.click("prepare.reset")

    def change_one(self, name):
        mark, before = self.reach(name), set(self.window.marks())
        if mark is None or not mark["enabled"]:
            return
        self.window.move(name, 0.2)
        self.window.act("mousedown", 1)
        self.window.move(name, 0.3)
        self.window.act("mouseup", 1)
        marks = self.window.marks()
        if name in LISTS:
            assert any(n.startswith(f"{name}.") for n in marks), "no list drops down"
            return self.do("Escape")
        entries = [n for n in marks if n.startswith(f"{name}.") and n not in before]
        if entries:
            self.window.click(next(n for n in entries if marks[n]["value"] != "on"))


os.environ["HF_ENDPOINT"] = "http://127.0.0.1:9"  # the models' buttons are pressed, and nothing answers
started = time.monotonic()
with open_window(width=WIDTH, height=HEIGHT) as window:
    window.settle()
    tour = Tour(window)
    tour.open_tabs()
    tour.open_pages()
    tour.do("menu.Pages")
    for key in ("Down", "Down", "Return"):
        tour.do(key)
    check(window.state()["page"] == tour.pages()[1], "arrow keys and Enter choose in a menu")
    tour.do("Escape")
    chosen = []
    for keys_of_list in (("Home", "Return"), ("Down", "Return")):
        tour.do("view.range")
        for key in keys_of_list:
            tour.do(key)
        chosen.append(window.mark("view.range")["value"])
    check(chosen == ["block", "map"], f"and in a drop-down list, from its chosen entry on: {chosen}")
    place = window.mark("image.view")
    rows, cols = (slice(int(place[at]), int(place[at] + place[size])) for at, size in (("y", "h"), ("x", "w")))

    def becomes(other):  # a held key repeats, so that the window does not come to rest
        for _ in range(50):
            time.sleep(0.1)
            if np.any(window.screenshot()[rows, cols] != before) == other:
                return True
        return False

    tour.do("view.picture.Over")
    window.xdotool("mousemove", WIDTH // 2, 2)  # no tooltip
    window.settle()
    before = window.screenshot()[rows, cols]
    window.xdotool("keydown", "space")
    held = becomes(True)
    window.xdotool("keyup", "space")
    check(held and becomes(False), "the space bar shows the photo while it is held")
    acted = set()
    for page in ("heads", "grid", "rollout"):
        tour.show(page)
        acted |= tour.press_keys(page)
    silent = set(keys()) - acted - ELSEWHERE - {f"ctrl+{n}" for n in range(1, 10)}  # those of the pages were pressed before
    check(not silent, f"every key changes what is seen on some page; those that do not: {sorted(silent) or 'none'}")
    for page in tour.pages():
        tour.show(page)
        tour.hover()
        tour.change()
        tour.do("BackSpace")
    for menu in [n for n in tour.names("menu.") if n.count(".") == 1]:
        tour.do(menu)
        tour.hover("menu.")
        tour.do("Escape")
    for name, opener in DIALOGS.items():
        tour.do(opener)
        check(tour.front() == name, f"{opener} opens the dialog {name}")
        tour.hover(f"{name}.")
        tour.change(f"{name}.", keep=name)
        tour.do("Escape")
        check(tour.front() != name, f"Escape closes the dialog {name}")
    check(True, f"{len(tour.hovered)} controls were hovered and {len(tour.changed)} changed in "
                f"{time.monotonic() - started:.0f} s")
