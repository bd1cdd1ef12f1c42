"""Drives the real window under Xvfb with real X events, and reads what it shows from --ui-map.

One event at a time, then `settle()`: the program writes after each frame what is requested, what is shown, and the
rectangle and value of every control, so that a test never guesses how long to wait.
"""

import contextlib
import ctypes
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIMIT_S = 60.0  # for anything to happen: busy machines
WATCHED_LIMIT_S = 600.0  # where a sanitizer watches


def watched(program):
    """Whether a sanitizer is built in."""
    return any(name in pathlib.Path(program).read_bytes() for name in (b"__tsan_init", b"__asan_init"))


class Xtest:
    """Keys and buttons in-process, for events whose time matters."""

    def __init__(self, display):
        self.x11 = ctypes.CDLL("libX11.so.6")
        self.xtst = ctypes.CDLL("libXtst.so.6")
        self.x11.XOpenDisplay.restype = ctypes.c_void_p
        self.x11.XStringToKeysym.restype = ctypes.c_ulong
        for function, arguments in ((self.x11.XFlush, [ctypes.c_void_p]),
                                    (self.x11.XKeysymToKeycode, [ctypes.c_void_p, ctypes.c_ulong]),
                                    (self.xtst.XTestFakeKeyEvent,
                                     [ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_ulong]),
                                    (self.xtst.XTestFakeButtonEvent,
                                     [ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_ulong]),
                                    (self.xtst.XTestFakeMotionEvent,
                                     [ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_ulong])):
            function.argtypes = arguments
        self.display = ctypes.c_void_p(self.x11.XOpenDisplay(display.encode()))

    def key(self, name):
        """Presses and releases a key; the time at which the press was handed to the server, in ns."""
        code = self.x11.XKeysymToKeycode(self.display, self.x11.XStringToKeysym(name.encode()))
        sent = time.time_ns()
        self.xtst.XTestFakeKeyEvent(self.display, code, 1, 0)
        self.xtst.XTestFakeKeyEvent(self.display, code, 0, 0)
        self.x11.XFlush(self.display)
        return sent


    def move(self, x, y):
        """The pointer to a place on the screen."""
        self.xtst.XTestFakeMotionEvent(self.display, -1, round(x), round(y), 0)
        self.x11.XFlush(self.display)

    def button(self, down):
        """Presses or releases the left button."""
        self.xtst.XTestFakeButtonEvent(self.display, 1, down, 0)
        self.x11.XFlush(self.display)


@contextlib.contextmanager
def xvfb(width, height):
    """A display of its own; yields its name."""
    read, write = os.pipe()
    server = subprocess.Popen(["Xvfb", "-displayfd", str(write), "-screen", "0", f"{width}x{height}x24", "-nolisten",
                               "tcp", "-noreset"], pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        with os.fdopen(read) as pipe:
            number = pipe.readline().strip()
        if not number:
            raise RuntimeError("Xvfb did not start")
        yield f":{number}"
    finally:
        server.terminate()
        server.wait()


ASSETS = pathlib.Path(__file__).resolve().parents[2] / "assets"


def with_small_defaults(arguments):
    """The small network and a photo of a cat, unless the arguments name others: what a test needs of speed and classes."""
    arguments = [str(argument) for argument in arguments]
    if "--view" in arguments:  # which names both
        return arguments
    if "--model" not in arguments:
        arguments += ["--model", str(ASSETS / "models" / "headlight-vit-cifar10.safetensors")]
    if not any(argument.endswith((".png", ".jpg")) for argument in arguments):
        arguments.insert(0, str(ASSETS / "images" / "chelsea.png"))
    return arguments


KEY_NAMES = {"←": "Left", "→": "Right", "↑": "Up", "↓": "Down", "[": "bracketleft", "]": "bracketright", ",": "comma",
             ".": "period", "+": "shift+equal", "=": "equal", "-": "minus", "Page Up": "Prior", "Page Down": "Next",
             "Backspace": "BackSpace", "Space": "space"}


def keys():
    """The keys of the README's table, as X names them, without the one that quits."""
    section = (ROOT / "README.md").read_text().split("## Keys")[1].split("\n## ")[0]
    cells = [line.split(" |")[0] for line in section.splitlines() if line.startswith("| ")]
    for key in [key for cell in cells for key in re.findall("`([^`]+)`", cell) if key != "Ctrl+Q"]:
        *modifiers, last = key.split("+") if len(key) > 1 else [key]
        yield "+".join([*(m.lower() for m in modifiers), KEY_NAMES.get(last, last if len(last) > 1 else last.lower())])


class Window:
    """A running Headlight. Use `with open_window(…) as window`."""

    def __init__(self, program, arguments, display, folder, width, height):
        self.program, self.display, self.folder = program, display, folder
        self.map_file = folder / "ui_map.json"
        self.newest = None  # the description read last
        self.limit_s = WATCHED_LIMIT_S if watched(program) else LIMIT_S
        self.xtest = Xtest(display)
        self.environment = os.environ | {
            "DISPLAY": display, "LIBGL_ALWAYS_SOFTWARE": "1", "HOME": str(folder), "LC_ALL": "C.UTF-8",
            **{f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in ("CONFIG", "CACHE", "DATA", "STATE")}}
        self.environment.pop("WAYLAND_DISPLAY", None)
        self.command = [str(program), *with_small_defaults(arguments), "--ui-map", str(self.map_file), "--width", str(width),
                        "--height", str(height), "--theme", "dark", *([] if "--ui-scale" in arguments else ["--ui-scale", "1"])]
        self.start()

    def start(self, **environment):
        """Once more where the program has ended."""
        self.map_file.unlink(missing_ok=True)
        self.newest = None
        self.process = subprocess.Popen(self.command, env=self.environment | environment, cwd=self.folder, start_new_session=True)

    def end(self):
        """Ends it as a session of the desktop does; its status, or None where it had to be killed."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.process.wait(self.limit_s)
        self.process.kill()
        return None

    # --- What is shown ---

    def state(self):
        """The newest frame's description, with the time at which it was written, or None before the first."""
        try:
            with self.map_file.open() as file:  # each frame's is a new file: what is open here does not change
                written_ns = os.fstat(file.fileno()).st_mtime_ns
                if self.newest is None or self.newest["written_ns"] != written_ns:  # reading takes the program's time
                    self.newest = json.load(file) | {"written_ns": written_ns}
                return self.newest
        except FileNotFoundError:
            return None

    def wait_for(self, condition, what):
        """Polls until `condition(state)`; returns that state."""
        end = time.monotonic() + self.limit_s
        while True:
            state = self.state()
            if state is not None and condition(state):
                return state
            if self.process.poll() is not None:
                raise AssertionError(f"the program ended with {self.process.returncode} while waiting for {what}")
            if time.monotonic() > end:
                raise AssertionError(f"no {what} within {self.limit_s:.0f} s; last: " + brief(state))
            time.sleep(0.004)

    def settle(self):
        """Waits until nothing is pending."""
        return self.wait_for(lambda s: s["settled"], "settled frame")

    def marks(self):
        return {m["id"]: m for m in self.state()["marks"]}

    def mark(self, name):
        marks = self.marks()
        assert name in marks, f"no {name} among {sorted(marks)}"
        return marks[name]

    def screenshot(self):
        """What the X server shows, (height, width, 3) bytes."""
        raw = subprocess.run(["xwd", "-root", "-silent"], env=self.environment, check=True,
                             stdout=subprocess.PIPE).stdout
        header = np.frombuffer(raw, ">u4", 25)
        size, width, height, order, bits, line, colors = (int(header[i]) for i in (0, 4, 5, 7, 11, 12, 19))
        assert bits == 32 and order == 0, "a screen of 24 bits, low byte first"
        pixels = np.frombuffer(raw, np.uint8, offset=size + 12 * colors).reshape(height, line)
        return pixels[:, :4 * width].reshape(height, width, 4)[:, :, 2::-1]

    # --- Events ---

    def xdotool(self, *arguments):
        subprocess.run(["xdotool", *map(str, arguments)], env=self.environment, check=True,
                       stdout=subprocess.DEVNULL)

    def act(self, *arguments, presses=1):
        """Events of so many presses, then the settled frame after the program heard them all."""
        heard = self.state()["presses"]
        self.xdotool(*arguments)
        return self.wait_for(lambda s: s["presses"] >= heard + presses and s["settled"], f"settled frame after {arguments}")

    def key(self, name):
        return self.act("key", name, presses=name.count("+") + 1)

    def type(self, text):
        return self.act("type", "--delay", "30", text, presses=len(text))

    def choose(self, command, path):
        """Types a path into the file browser that a key opens; the settled frame after that."""
        self.key(command)
        self.key("ctrl+a")
        self.type(str(path))
        return self.key("Return")

    def move(self, name, across=0.5, down=0.5):
        """The pointer onto a control, without a click."""
        m = self.mark(name)
        x, y = round(m["x"] + across * m["w"]), round(m["y"] + down * m["h"])
        self.xdotool("mousemove", x + 1, y, "mousemove", x, y)  # a frame follows though the pointer was there before
        time.sleep(0.05)

    def click(self, name, across=0.5, down=0.5):
        """Moves onto a control and presses the left button there; the settled frame after it."""
        before = self.state()
        self.move(name, across, down)
        self.wait_for(lambda s: s["frame"] > before["frame"], "frame with the pointer on the control")
        self.act("mousedown", 1)
        return self.act("mouseup", 1)

    # --- The program as a process ---

    def cpu_s(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def pass_ms(self, model, *arguments):
        """The median time of a forward pass here and now; of the default model where none is named."""
        report = self.folder / "bench.json"
        named = ["--model", model] if model else []
        self.command_line("bench", *named, "--runs", 5, "--json", report, *arguments)
        return json.loads(report.read_text())["ms_median"]

    def command_line(self, *arguments):
        """The same program as a command, with the same small network where none is named; its output."""
        if "--model" not in arguments and "--view" not in arguments and arguments[0] in ("export", "cost", "bench"):
            arguments = (*arguments, "--model", ASSETS / "models" / "headlight-vit-cifar10.safetensors")
        done = subprocess.run([str(self.program), *map(str, arguments)], env=self.environment, cwd=self.folder,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, f"{arguments}: exit code {done.returncode}\n{done.stdout}"
        return done.stdout


def brief(state):
    return "nothing drawn" if state is None else str({k: v for k, v in state.items() if k != "marks"})


@contextlib.contextmanager
def open_window(*arguments, width=1280, height=800):
    """Starts the program named by the command line on a display of its own; ends both."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="headlight_gui_"))
    window = None
    try:
        with xvfb(width, height) as display:
            window = Window(pathlib.Path(sys.argv[1]).resolve(), arguments, display, folder, width, height)
            try:
                window.xdotool("mousemove", width // 2, 2)
                yield window
                assert window.process.poll() is None, f"the program ended with {window.process.returncode}"
                status = window.end()
                assert status == 0, f"asked to end, the program ended with {status}"
                errors = (window.state() or {}).get("gl_errors", 0)
                assert errors == 0, f"OpenGL reported {errors} errors"
            except BaseException:
                keep_picture(window)
                raise
            finally:
                window.end()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def keep_picture(window):
    """The screen at the moment of a failure, beside the build."""
    with contextlib.suppress(Exception):
        from PIL import Image
        target = pathlib.Path.cwd() / f"failed_{pathlib.Path(sys.argv[0]).stem}.png"
        Image.fromarray(window.screenshot()).save(target)
        print(f"the screen when it failed: {target}")


def check(condition, sentence):
    if not condition:
        raise AssertionError(sentence)
    print(f"ok: {sentence}")
