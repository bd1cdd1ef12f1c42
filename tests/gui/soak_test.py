"""A window that stays open for days: random actions, networks in turn, idle hours, many photos and passes; its memory and picture.

tests/gui/soak_test.py PROGRAM [--long] [--seed N] [--picture FILE] [--only PART …]; --long takes a quarter of an hour (tests/run --soak).
FILE is a chart of the memory; PART is a function of PARTS below. Of a program that a sanitizer watches, whose memory is its own
affair, the actions are judged by what the sanitizer finds (preset tsan, target headlight; --long --only random_actions).
"""

import itertools
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import time

import numpy as np

from driver import ROOT, check, keys, open_window, watched

LONG = "--long" in sys.argv
SEED = int(sys.argv[sys.argv.index("--seed") + 1]) if "--seed" in sys.argv else 14
WATCHED = watched(sys.argv[1])
PICTURE = sys.argv[sys.argv.index("--picture") + 1] if "--picture" in sys.argv else None
# The first hundred do each thing once, in any order: open every page, click on one of each kind of what it shows, press every
# key. What is seen for the first time makes its textures, its fonts, and the renderer compile its shaders, and stays; from then
# on memory may not grow.
ACTIONS, WARM = (1000, 100) if LONG else (80, 60)
EVERY = 50 if LONG else 20  # actions, after which memory is read in the same state
AT_REST_S = 2.5  # a window at rest gives freed memory back after two seconds (Worker::kReturnMs)
NETWORKS = 100 if LONG else 8
PHOTOS = 1000 if LONG else 80
PASSES = 10_000 if LONG else 500
IDLE_S = 8 * 3600
RATE = 1000 if LONG else 4000  # seconds of the window's clock in one
# What memory may grow by, the larger of the two. A reading at rest wavers by 2 MB, the size of a large page, two or three times:
# whether the last small piece on one is gone by then is chance. After few actions some things are drawn for the first time.
GROWTH, GROWTH_MB = 0.04, 6 if LONG else 30
WIDTH, HEIGHT = 1280, 800
CLOCK = pathlib.Path(sys.argv[1]).resolve().parent / "tests" / "libfast_clock.so"
MODEL = ROOT / "assets" / "models" / "headlight-vit-cifar10.safetensors"
TWICE = {"F2", "F3", "i", "w", "ctrl+t"}  # the second time takes it back
LEFT_OUT = {"space"}  # held, not pressed
CLICKED = ("heads.tile.", "grid.tile.", "heads.prefix.", "heads.caption.", "cost.row.", "image.view", "query.")
memory = {}  # {what: [MB]}


def memory_mb(pid):
    """What the process holds of its own: not the files that it has mapped."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"RssAnon:\s+(\d+)", status).group(1)) / 1024


def point_away(window):
    """The pointer to where no control is, and the frames after that: no tooltip."""
    frame = window.state()["frame"]
    window.xdotool("mousemove", WIDTH // 2 + 1, 2, "mousemove", WIDTH // 2, 2)
    window.wait_for(lambda s: s["frame"] > frame, "frame with the pointer elsewhere")
    time.sleep(0.3)
    window.settle()


def memory_at_rest_mb(window):
    point_away(window)
    time.sleep(AT_REST_S)
    return memory_mb(window.process.pid)


def must_not_grow(what, warm):
    """The last quarter is compared with the first after so many readings."""
    if WATCHED:
        return
    read = memory[what][warm:]
    quarter = max(1, len(read) // 4)
    before, after = np.median(read[:quarter]), np.median(read[-quarter:])
    allowed = before + max(GROWTH * before, GROWTH_MB)
    check(after <= allowed, f"{what}: {before:.0f} MB at first, {after:.0f} MB at last, at most {max(read):.0f} MB between "
                            f"({allowed:.0f} are allowed)")


class Person:
    """Does what comes into its head, in an order that a seed fixes."""

    def __init__(self, window, seed):
        self.window, self.chance = window, random.Random(seed)
        self.keys = sorted(set(keys()) - LEFT_OUT)
        self.now = ""  # what it does
        self.done = {"key": 0, "page": 0, "click": 0}
        window.click("menu.Pages")
        self.pages = [name for name in window.marks() if name.startswith("menu.page.")]
        window.key("Escape")
        self.first = [*((self.key, key) for key in self.keys), *((self.new_page, page) for page in self.pages)]
        self.chance.shuffle(self.first)
        assert len(self.first) <= 100, f"{len(self.first)} keys and pages are no hundred"

    def act(self):
        """What has not been done yet, and then anything."""
        if self.first:
            kind, what = self.first.pop()
            kind(what)
        else:
            self.chance.choices((self.key, self.page, self.click), (6, 3, 2))[0]()
        self.tidy()

    def key(self, key=None):
        self.done["key"] += 1
        self.now = key or self.chance.choice(self.keys)
        for _ in range(2 if self.now in TWICE else 1):
            self.window.key(self.now)

    def page(self, page=None):
        self.done["page"] += 1
        self.now = page or self.chance.choice(self.pages)
        for _ in range(3):  # an open menu that a key has left there is closed by the first click
            self.window.click("menu.Pages")
            if self.now in self.window.marks():
                return self.window.click(self.now)
        raise AssertionError("the menu does not open")

    def new_page(self, page):
        """And one of each kind of what can be clicked there."""
        self.page(page)
        for kind in CLICKED:
            if self.clickable(kind):
                self.click(kind)
                self.tidy()

    def clickable(self, kind):
        marks = self.window.marks()
        return [n for n in marks if n.startswith(kind) and marks[n]["enabled"] and marks[n]["y"] + marks[n]["h"] < HEIGHT]

    def click(self, kind=CLICKED):
        names = self.clickable(kind)
        if not names:
            return self.key()
        self.done["click"] += 1
        self.now = self.chance.choice(names)
        self.window.click(self.now, self.chance.uniform(0.2, 0.8), self.chance.uniform(0.2, 0.8))

    def tidy(self):
        """Closes what was opened, and takes back a large input, which would make every pass slow."""
        for _ in range(6):
            marks = self.window.marks()
            if not any(n.endswith((".close", ".cancel")) for n in marks) and not any(n.startswith("menu.page.") for n in marks):
                break
            self.window.key("Escape")
        if "image.native" in self.window.marks():
            self.window.key("n")


def picture(window):
    """What the middle of the window shows, without pointer and tooltip."""
    point_away(window)
    marks = window.marks()
    parts = [m for name, m in marks.items() if name == "image.view" or name.startswith("heads.tile.")]
    assert parts, f"nothing is shown: {sorted(marks)}"
    screen = window.screenshot()
    return np.concatenate([screen[int(m["y"]):int(m["y"] + m["h"]), int(m["x"]):int(m["x"] + m["w"])].ravel() for m in parts])


def back_to(window, view):
    """Opens the view, and fits the photo: how near one looks at it is not part of a view."""
    window.choose("ctrl+shift+o", view)
    window.settle()
    window.key("f")


def random_actions(window):
    view = window.folder / "start.json"
    window.settle()
    window.choose("ctrl+shift+v", view)
    before = picture(window)
    person, read, every = Person(window, SEED), memory.setdefault("random actions, in one state", []), memory.setdefault("random actions", [])
    for number in range(1, ACTIONS + 1):
        try:
            person.act()
        except AssertionError as error:
            raise AssertionError(f"action {number}, {person.now}: {error}") from error
        every.append(memory_mb(window.process.pid))
        if number % EVERY == 0:
            back_to(window, view)
            read.append(memory_at_rest_mb(window))
            print(f"   {number} actions: {read[-1]:.1f} MB", flush=True)
            assert np.array_equal(picture(window), before), f"after {number} actions the same view is another picture"
    check(True, f"{ACTIONS} random actions (seed {SEED}; {person.done}; {len(person.keys)} keys, {len(person.pages)} pages): the same picture "
                f"after every {EVERY}")
    must_not_grow("random actions, in one state", WARM // EVERY - 1)
    errors = window.state()["gl_errors"]
    check(errors == 0, f"OpenGL reported {errors} errors")


def networks(window):
    """Those of the golden tests that open without being told more."""
    files = [*(ROOT / "tests" / "golden" / "vit").glob("*/model.safetensors"), *(ROOT / "tests" / "golden" / "families").iterdir()]
    random.Random(3).shuffle(files)
    for file in files:
        done = subprocess.run([window.program, "info", "--model", file], capture_output=True)
        if done.returncode == 0:
            yield file


def networks_in_turn(window):
    openable = []
    for file in networks(window):
        openable.append(file)
        if len(openable) == NETWORKS:
            break
    read = memory.setdefault("networks in turn", [])
    run = window.state()["shown"]["run"]
    for number in range(NETWORKS):
        for file in (openable[number % len(openable)], *([MODEL] if number % 2 else [])):
            window.choose("ctrl+m", file)
            if file.is_dir():  # which has been entered
                window.key("ctrl+Return")
            run = window.wait_for(lambda s: s["settled"] and s["shown"]["run"] > run, f"pass of {file}")["shown"]["run"]
        if number % 2:
            read.append(memory_at_rest_mb(window))
    check(True, f"{NETWORKS} times a network was opened, {len(openable)} different ones")
    must_not_grow("networks in turn", max(1, len(read) // 10))


def idle_hours(window):
    """With a clock that runs faster (fast_clock.cpp): what waits for a moment would wake the window."""
    assert CLOCK.exists(), f"{CLOCK} is missing: build fast_clock"
    window.end()
    window.start(LD_PRELOAD=str(CLOCK), HEADLIGHT_CLOCK_RATE=str(RATE))
    window.settle()
    first = window.key("Left")
    time.sleep(2)
    rest, held, cpu_s = window.state(), memory_mb(window.process.pid), window.cpu_s()
    time.sleep(IDLE_S / RATE)
    used_s, frames = window.cpu_s() - cpu_s, window.state()["frame"] - rest["frame"]
    last = window.key("Right")
    hours = (last["clock_s"] - first["clock_s"]) / 3600
    check(hours >= 8, f"for the window {hours:.1f} hours have gone by")
    check(frames == 0 and used_s < 0.1, f"in which it drew {frames} frames and used {1000 * used_s:.0f} ms of processor time")
    check(last["shown"]["block"] == first["shown"]["block"] + 1, "it then answers a key as before")
    grown = memory_mb(window.process.pid) - held
    check(grown < GROWTH_MB, f"and holds {grown:.1f} MB more")
    window.end()
    window.start()
    window.settle()


def watched(window, what, *arguments):
    """Runs a command, and reads its memory meanwhile."""
    read = memory.setdefault(what, [])
    process = subprocess.Popen([window.program, *map(str, arguments)], env=window.environment, cwd=window.folder,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while process.poll() is None:
        try:
            read.append(memory_mb(process.pid))
        except (OSError, AttributeError):  # it has just ended
            break
        time.sleep(0.05)
    complaint = process.communicate()[1]
    assert process.returncode == 0, f"{what}: status {process.returncode}: {complaint}"
    print("   MB at a hundredth, a tenth and all of it:", *(f"{read[int(part * (len(read) - 1))]:.1f}" for part in (0.01, 0.1, 1)))
    must_not_grow(what, len(read) // 5)


def many_photos(window):
    folder, photos = window.folder / "photos", sorted((ROOT / "assets" / "images").glob("*.*"))
    folder.mkdir()
    photos = [p for p in photos if p.suffix in (".png", ".jpg")]
    for number in range(PHOTOS):
        photo = photos[number % len(photos)]
        (folder / f"{number:04d}{photo.suffix}").symlink_to(photo)
    out = window.folder / "maps"
    watched(window, f"{PHOTOS} photos in a batch", "export", "--images", folder, "--model", MODEL, "--block", "5", "--head", "mean",
            "--out", out)
    written = len([*out.rglob("*.png")])
    check(written == PHOTOS, f"{written} maps were written")
    shutil.rmtree(out)


def many_passes(window):
    watched(window, f"{PASSES} passes", "bench", "--model", MODEL, "--runs", PASSES)


def chart():
    """A line for each part, from nothing up to what was held most."""
    from PIL import Image, ImageDraw
    width, height, left, top = 800, 150, 60, 30
    image = Image.new("RGB", (width, height * len(memory)), "white")
    draw = ImageDraw.Draw(image)
    for number, (what, read) in enumerate(memory.items()):
        y, most = number * height, 1.15 * max(read)
        draw.text((left, y + 8), f"{what}: {len(read)} readings, MB", fill="black")
        for mb in (0, max(read)):
            at = y + height - 10 - mb / most * (height - top - 10)
            draw.line((left, at, width - 10, at), fill="#cccccc")
            draw.text((8, at - 6), f"{mb:.0f}", fill="black")
        points = [(left + index / max(1, len(read) - 1) * (width - left - 10), y + height - 10 - mb / most * (height - top - 10))
                  for index, mb in enumerate(read)]
        draw.line(points, fill="#1f5fae", width=2)
    image.save(PICTURE)


PARTS = (random_actions, networks_in_turn, idle_hours, many_photos, many_passes)
ONLY = [part.__name__ for part in PARTS]
if "--only" in sys.argv:
    ONLY = list(itertools.takewhile(lambda word: not word.startswith("--"), sys.argv[sys.argv.index("--only") + 1:]))
assert set(ONLY) <= {part.__name__ for part in PARTS}, f"--only {ONLY}: none of {[part.__name__ for part in PARTS]}"
if WATCHED:  # a finding ends the program with another status than 0
    os.environ.setdefault("TSAN_OPTIONS", f"suppressions={ROOT / 'tests' / 'tsan.txt'} second_deadlock_stack=1")
started = time.monotonic()
with open_window("--model", MODEL, ROOT / "assets" / "images" / "chelsea.png", width=WIDTH, height=HEIGHT) as window:
    try:
        for part in (part for part in PARTS if part.__name__ in ONLY):
            begun = time.monotonic()
            part(window)
            print(f"   {part.__name__}: {time.monotonic() - begun:.0f} s", flush=True)
    finally:
        if PICTURE:
            chart()
    print(f"all in {time.monotonic() - started:.0f} s")
