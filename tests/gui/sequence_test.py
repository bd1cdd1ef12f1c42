"""A sequence in the window: a film strip that steps, plays and is dragged, maps that follow, and films that are saved."""

import pathlib
import tempfile
import time

import numpy as np
from PIL import Image

from driver import ROOT, check, open_window

MODEL = "random:C=48,L=2,h=3,P=16,S=64,K=5,seed=1"
FRAMES = 12


def make_frames(folder):
    """A bright square that wanders over a photo: a GIF, and the same frames as a folder."""
    photo = Image.open(ROOT / "assets" / "images" / "chelsea.png").convert("RGB").resize((180, 120))
    frames = []
    for n in range(FRAMES):
        frame = photo.copy()
        frame.paste((255, 240, 60), (12 * n, 6 * n, 12 * n + 40, 6 * n + 40))
        frames.append(frame)
    frames[0].save(folder / "walk.gif", save_all=True, append_images=frames[1:], duration=100, loop=0)
    (folder / "frames").mkdir()
    for n, frame in enumerate(frames, 1):
        frame.save(folder / "frames" / f"{n}.png")


def film_height(window):
    return window.mark("film.line")["y"] - window.mark("film.before")["y"]


with tempfile.TemporaryDirectory() as name:
    place = pathlib.Path(name)
    make_frames(place)
    with open_window("--model", MODEL, ROOT / "assets" / "images" / "chelsea.png") as window:
        window.settle()
        check("film.play" not in window.marks() and "menu.Sequence" not in window.marks(),
              "without a sequence there is no film strip")
        still = window.mark("image.view")
        window.key("ctrl+f")
        window.type(str(place / "walk.gif"))
        window.key("Return")
        window.wait_for(lambda s: any(m["id"] == "film.place" for m in s["marks"]) and s["settled"], "the film strip")
        place_words = lambda: window.mark("film.place")["value"]
        check(place_words() == f"frame 1 of {FRAMES}", "a GIF opens at its first frame")
        check(window.mark("film.frame.1")["value"] == "on", "the film strip marks it")
        check(80 <= film_height(window) <= 110, "the film strip is some 90 points high")
        first = window.screenshot()
        window.key("shift+Right")
        check(place_words() == f"frame 2 of {FRAMES}", "Shift+→ shows the next frame")
        second = window.screenshot()
        view = window.mark("image.view")
        part = np.s_[int(view["y"]):int(view["y"] + view["h"]), int(view["x"]):int(view["x"] + view["w"])]
        check(np.any(first[part] != second[part]), "and its maps")
        window.key("shift+Left")
        check(np.array_equal(window.screenshot()[part], first[part]), "Shift+← shows the same picture as before")
        window.key("shift+Left")
        check(place_words() == f"frame {FRAMES} of {FRAMES}", "before the first frame stands the last one")
        window.key("l")
        window.key("shift+Right")
        check(place_words() == f"frame {FRAMES} of {FRAMES}", "without the loop the last frame is the end")
        window.key("l")
        window.key("shift+Home")
        check(place_words() == f"frame 1 of {FRAMES}", "Shift+Home shows the first frame")
        window.click("film.frame.4")
        check(place_words() == f"frame 4 of {FRAMES}", "a click on a frame shows it")
        window.click("film.line", 0.999)
        check(place_words() == f"frame {FRAMES} of {FRAMES}", "a click on the line goes there")
        window.key("shift+Home")
        wanted = window.state()["requested"]["run"]

        window.xdotool("key", "ctrl+space")
        seen, end = set(), time.monotonic() + 60
        while len(seen) < FRAMES and time.monotonic() < end:
            seen.add(place_words())
            time.sleep(0.01)
        check(len(seen) == FRAMES, f"playing shows every frame: {len(seen)}")
        check(window.state()["shown"]["run"] > wanted, "and the maps follow")
        window.key("ctrl+space")
        stood = place_words()
        time.sleep(0.5)
        check(place_words() == stood, "it stops where it is told to")
        window.key("shift+Home")  # it may have stopped anywhere: from here on the film stands at its beginning again

        for step in ("menu.Sequence", "menu.sequence.save_film"):
            window.click(step)
        film = window.folder / "film.png"
        window.key("ctrl+a")
        window.type(str(film))
        window.key("Return")
        window.wait_for(lambda s: str(film) in s["toast"], "word that the film is saved")
        with Image.open(film) as saved:
            check(saved.n_frames == FRAMES, "a film is an animated PNG of all frames")
            check(abs(saved.info["duration"] - 100) < 1, "as fast as the file says")
            saved.seek(3)
            fourth = np.array(saved.convert("RGB"))
        window.command_line("export", "--model", MODEL, "--images", place / "walk.gif", "--film",
                            window.folder / "theirs.png", "--block", window.state()["shown"]["block"], "--head",
                            window.state()["shown"]["head"], "--query", window.state()["shown"]["query"], "--overlay")
        with Image.open(window.folder / "theirs.png") as theirs:
            theirs.seek(3)
            check(np.array_equal(np.array(theirs.convert("RGB")), fourth), "the command line makes the same frames")

        window.key("ctrl+s")
        window.key("ctrl+a")
        mine = window.folder / "mine.png"
        window.type(str(mine))
        window.key("Return")
        window.wait_for(lambda s: str(mine) in s["toast"], "word that the figure is saved")
        check(np.array_equal(np.array(Image.open(mine).convert("RGB")).shape, fourth.shape), "as large as a figure alone")

        window.click("film.frame.4")
        window.key("ctrl+f")
        window.type(str(place / "frames"))
        window.key("Return")
        check("browser.cancel" in window.marks(), "Enter on a folder's path looks into it")
        window.key("ctrl+Return")
        window.wait_for(lambda s: s["settled"] and not any(m["id"] == "browser.cancel" for m in s["marks"])
                        and next(m for m in s["marks"] if m["id"] == "film.place")["value"].startswith("frame 1 "),
                        "the folder's first frame")
        check(place_words() == f"frame 1 of {FRAMES}", "a folder of frames opens, too")
        window.click("film.frame.4")
        window.key("ctrl+f")
        window.type(str(place / "frames"))
        window.key("ctrl+Return")
        window.wait_for(lambda s: s["settled"] and not any(m["id"] == "browser.cancel" for m in s["marks"])
                        and next(m for m in s["marks"] if m["id"] == "film.place")["value"].startswith("frame 1 "),
                        "the typed folder's first frame")

        (place / "film.mp4").write_bytes(b"no film")
        window.key("ctrl+f")
        window.type(str(place / "film.mp4"))
        window.act("key", "Return")
        check("browser.cancel" in window.marks(), "what is no film keeps the browser open, which says why")
        window.key("Escape")
        window.key("ctrl+o")
        window.type(str(ROOT / "assets" / "images" / "chelsea.png"))
        window.key("Return")
        window.wait_for(lambda s: s["settled"] and "film.place" not in {m["id"] for m in s["marks"]}, "no film strip")
        after = window.mark("image.view")
        check(all(abs(after[k] - still[k]) < 1 for k in ("x", "y", "w", "h")), "a photo ends it, and all stands as before")
