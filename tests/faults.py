#!/usr/bin/env python3
"""tests/faults.py PROGRAM [NAME…]: what the machine does to a program, one fault after the other.

A fault ends in one sentence on standard error that says what to do, or in nothing at all where the program can go on; never
in a signal, and never in half a file. Full disks and read-only folders are in disk.py, bad files in tests/bad.
"""

import contextlib
import json
import os
import pathlib
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PHOTO = ROOT / "assets" / "images" / "chelsea.png"
MODEL = next((ROOT / "assets" / "models").glob("*.safetensors"))
NOBODY = 65534
LIMIT_S = 120
FAULTS = []


class Skipped(Exception):
    pass


def fault(test):
    FAULTS.append(test)
    return test


def run(arguments, environment=None, **options):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, errors="replace", timeout=LIMIT_S,
                          env=os.environ | (environment or {}), **options)


def export_to(folder, *more):
    return ["export", "--model", MODEL, "--image", PHOTO, "--block", "0", "--head", "mean", "--out", folder, *more]


def must_say(done, *words, status=1):
    """One sentence with these words, and that status."""
    said = done.stderr.strip()
    assert done.returncode == status, f"status {done.returncode}, not {status}: {said}"
    if status == 2:  # an option that cannot be heeded: a second line names the help
        said = said.rsplit("\nSee `", 1)[0]
    assert said.startswith("headlight") and "\n" not in said, f"not one sentence: {said}"
    for word in words:
        assert str(word) in said, f"\"{word}\" is missing: {said}"


def must_go_on(done):
    assert done.returncode == 0, f"status {done.returncode}: {done.stderr.strip()}"


def no_half_files(folder):
    left = [file.name for file in folder.rglob("*") if file.name.endswith(".part")]
    assert not left, f"half files were left: {left}"


# ---- files ----

@fault
def a_file_may_not_grow(folder):
    """SIGXFSZ would end the program; the same limit with the signal ignored is an error of write()."""
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))  # noqa: E731
    must_say(run(export_to(folder / "out"), preexec_fn=limit), "cannot be written", "out")
    no_half_files(folder)
    tensors = folder / "all.safetensors"
    tensors.write_text("what stood here before")
    must_say(run(["export", "--model", MODEL, "--image", PHOTO, "--tensors", tensors], preexec_fn=limit), "cannot be written")
    assert tensors.read_text() == "what stood here before"
    no_half_files(folder)


@fault
def a_device_that_is_full(folder):
    if not os.path.exists("/dev/full"):
        raise Skipped("there is no /dev/full")
    must_say(run(["cost", "--model", MODEL, "--json", "/dev/full"]), "/dev/full cannot be written", "No space left")


@fault
def links_pipes_and_devices_for_a_photo(folder):
    (folder / "gone.png").symlink_to(folder / "nowhere.png")
    (folder / "loop.png").symlink_to(folder / "loop.png")
    os.mkfifo(folder / "pipe.png")
    for name, word in (("gone.png", "does not exist"), ("loop.png", "does not exist"), ("pipe.png", "no ordinary file")):
        must_say(run(["export", "--model", MODEL, "--image", folder / name, "--out", folder / "out"]), word, name)
    must_say(run(["export", "--model", MODEL, "--image", "/dev/zero", "--out", folder / "out"]), "no ordinary file")


@fault
def links_pipes_and_devices_for_labels_and_views(folder):
    (folder / "gone").symlink_to(folder / "nowhere")
    os.mkfifo(folder / "pipe")
    for name in ("gone", "pipe"):
        must_say(run(["predict", "--model", MODEL, "--image", PHOTO, "--labels", folder / name]), name)
    must_say(run(["export", "--view", folder / "pipe", "--out", folder / "out"]), "holds no view", status=2)
    must_say(run(["predict", "--model", MODEL, "--image", PHOTO, "--labels", "/dev/zero"]), "/dev/zero")


@fault
def a_pipe_beside_a_model(folder):
    """What lies beside a checkpoint is read only where it is a file."""
    shutil.copy(MODEL, folder / "m.safetensors")
    os.mkfifo(folder / "config.json")
    os.mkfifo(folder / "preprocessor_config.json")
    must_go_on(run(["info", "--model", folder / "m.safetensors"]))


@fault
def files_that_may_not_be_read_or_written(folder):
    """As a user without rights: root may do everything."""
    as_nobody = []
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            raise Skipped("root may read everything, and there is no setpriv to be somebody else")
        as_nobody = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        if subprocess.run([*as_nobody, PROGRAM, "--version"], capture_output=True).returncode != 0:
            raise Skipped("another user may not start the program where it lies")
    folder.chmod(0o755)
    for name, source in (("m.safetensors", MODEL), ("p.png", PHOTO)):
        shutil.copy(source, folder / name)
        (folder / name).chmod(0)
    (folder / "closed").mkdir(mode=0o555)

    def ask(*arguments):
        return subprocess.run([*as_nobody, PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=LIMIT_S,
                              env=os.environ | {"HOME": str(folder)})

    must_say(ask("info", "--model", folder / "m.safetensors"), "m.safetensors", "Permission denied")
    must_say(ask("export", "--model", MODEL, "--image", folder / "p.png", "--out", folder / "closed"), "p.png", "may read it")
    must_say(ask(*export_to(folder / "closed")), "closed", "Permission denied")
    must_say(ask(*export_to(folder / "closed" / "new")), "closed", "Permission denied")


# ---- numbers ----

def spoiled(folder, tensor):
    """The network with an infinity at the beginning of a tensor."""
    data = bytearray(MODEL.read_bytes())
    length = struct.unpack_from("<Q", data)[0]
    entry = json.loads(data[8:8 + length])[tensor]
    infinity = {"F32": struct.pack("<f", float("inf")), "F16": b"\x00\x7c", "BF16": b"\x80\x7f"}[entry["dtype"]]
    at = 8 + length + entry["data_offsets"][0]
    data[at:at + len(infinity)] = infinity
    file = folder / "spoiled.safetensors"
    file.write_bytes(data)
    for beside in (MODEL.with_suffix(".json"), MODEL.parent / "config.json"):
        if beside.exists():
            shutil.copy(beside, folder / beside.name)
    return file


@fault
def a_weight_that_is_infinite(folder):
    """Maps before it are made, maps behind it say why there are none, and the cost table goes on."""
    file = spoiled(folder, "blocks.1.mlp.fc1.bias")
    where = ("block 1, at the operator", "cannot be shown")

    def ask(block):
        return run(["export", "--model", file, "--image", PHOTO, "--block", str(block), "--head", "mean", "--out", folder / "out"])

    must_go_on(ask(0))
    must_go_on(ask(1))  # its attention comes before its MLP
    must_say(ask(2), *where)
    must_say(run(["predict", "--model", file, "--image", PHOTO]), *where)
    must_say(run(["export", "--model", file, "--image", PHOTO, "--analysis", "rollout", "--out", folder / "out"]), *where)
    must_go_on(run(["cost", "--model", file, "--image", PHOTO, "--runs", "2"]))
    told = run(["info", "--model", file])
    must_go_on(told)
    assert "an infinite number at element 0" in told.stdout, told.stdout
    done = run(["export", "--model", file, "--image", PHOTO, "--tensors", folder / "all.safetensors"])
    must_go_on(done)
    assert where[0] in done.stderr, done.stderr


# ---- the machine ----

CLOCK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>
/* Every look at the time of day finds it an hour earlier; the clock that never goes back is left alone. */
static long looks;
int clock_gettime(clockid_t clock, struct timespec *t) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  int status = real(clock, t);
  if (clock == CLOCK_REALTIME) t->tv_sec -= 3600 * __sync_add_and_fetch(&looks, 1);
  return status;
}
int gettimeofday(struct timeval *t, void *zone) {
  struct timespec now;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &now);
  t->tv_sec = now.tv_sec;
  t->tv_usec = now.tv_nsec / 1000;
  return 0;
}
time_t time(time_t *t) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (t) *t = now.tv_sec;
  return now.tv_sec;
}
"""


@fault
def the_clock_is_set_back(folder):
    """Between any two looks at it, and below the times of the files: the bytes are the same."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise Skipped("there is no C compiler to make a clock with")
    (folder / "clock.c").write_text(CLOCK)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", folder / "clock.so", folder / "clock.c", "-ldl"], check=True)
    photos = folder / "photos"
    photos.mkdir()
    shutil.copy(PHOTO, photos)
    future = time.time() + 10 * 365 * 86400
    os.utime(photos / PHOTO.name, (future, future))
    batch = ["export", "--model", MODEL, "--images", photos, "--block", "0", "--head", "mean", "--out"]
    must_go_on(run([*batch, folder / "straight"]))
    back = {"LD_PRELOAD": str(folder / "clock.so")}
    for _ in range(2):  # the second one goes on where the first ended
        must_go_on(run([*batch, folder / "back"], back))

    def pictures(name):
        return {file.relative_to(folder / name): file.read_bytes() for file in (folder / name).rglob("*.png")}

    assert pictures("straight") and pictures("straight") == pictures("back"), "other pictures than with an honest clock"
    must_go_on(run(["cost", "--model", MODEL], back))


@fault
def no_home(folder):
    bare = {"PATH": os.environ.get("PATH", "/usr/bin:/bin")}
    for environment in (bare, bare | {"HOME": ""}, bare | {"HOME": "/nowhere/at/all"}):
        done = subprocess.run([PROGRAM, *map(str, export_to(folder / "out"))], capture_output=True, text=True, env=environment)
        must_go_on(done)
        with display() as name:
            done = subprocess.run([PROGRAM, "--screenshot", folder / "shot.png", "--model", MODEL, PHOTO], capture_output=True,
                                  text=True, timeout=LIMIT_S, env=environment | {"DISPLAY": name, "LIBGL_ALWAYS_SOFTWARE": "1"})
            must_go_on(done)


# ---- the window ----

@contextlib.contextmanager
def display(process=None):
    """A display of its own; yields its name, and appends the server to `process`."""
    if shutil.which("Xvfb") is None:
        raise Skipped("there is no Xvfb")
    read, write = os.pipe()
    server = subprocess.Popen(["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset"],
                              pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        with os.fdopen(read) as pipe:
            name = ":" + pipe.readline().strip()
        if process is not None:
            process.append(server)
        yield name
    finally:
        server.terminate()
        server.wait()


def of_window(folder, name):
    """An environment in which settings lie in the folder."""
    return {"DISPLAY": name, "LIBGL_ALWAYS_SOFTWARE": "1", "HOME": str(folder), "XDG_CONFIG_HOME": str(folder / "config")}


def start_window(folder, name, *arguments):
    process = subprocess.Popen([PROGRAM, "--model", MODEL, PHOTO, "--ui-map", folder / "map.json", *arguments],
                               stderr=subprocess.PIPE, text=True, env=os.environ | of_window(folder, name))
    end = time.monotonic() + LIMIT_S
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError, ValueError):
            if json.loads((folder / "map.json").read_text())["settled"]:
                return process
        time.sleep(0.02)
    raise AssertionError(f"the window did not settle: {process.poll()}")


@fault
def no_opengl_3_3(folder):
    with display() as name:
        done = run(["--screenshot", folder / "shot.png", "--model", MODEL, PHOTO],
                   of_window(folder, name) | {"MESA_GL_VERSION_OVERRIDE": "2.1", "MESA_GLSL_VERSION_OVERRIDE": "120"})
    must_say(done, "OpenGL 3.3", "headlight export")


@fault
def no_display(folder):
    environment = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
    done = subprocess.run([PROGRAM, "--model", MODEL, PHOTO], capture_output=True, text=True, timeout=LIMIT_S, env=environment)
    must_say(done, "no display", "headlight export")


@fault
def the_display_goes_away(folder):
    server = []
    with display(server) as name:
        process = start_window(folder, name)
        server[0].send_signal(signal.SIGKILL)
        said = process.communicate(timeout=LIMIT_S)[1].strip().splitlines()
    assert process.returncode == 1, f"status {process.returncode}: {said}"
    assert said and said[-1].startswith("headlight: The display is gone"), f"no sentence: {said}"
    saved = json.loads((folder / "config" / "headlight" / "window.json").read_text())
    assert any(PHOTO.name in image for image in saved["recent_images"]), f"the photo is not among the recent ones: {saved}"
    no_half_files(folder)


DAMAGED = {"empty": b"", "noise": bytes(range(256)) * 8, "cut": b'{"width": 14', "list": b"[1, 2]", "deep": b"[" * 200000,
           "types": b'{"width": "wide", "dark": 7, "recent_images": {"a": 1}, "sheet": [1], "opacity": "much"}',
           "numbers": b'{"width": 1e300, "height": -5, "opacity": 1e300, "range_low": 5, "range_high": -5}',
           "text": b'{"folder": "\\ud800", "colormap": "\xff\xfe"}'}


@fault
def settings_that_are_damaged(folder):
    file = folder / "config" / "headlight" / "window.json"
    file.parent.mkdir(parents=True)
    with display() as name:
        for kind, data in DAMAGED.items():
            file.write_bytes(data)
            done = run(["--screenshot", folder / "shot.png", "--model", MODEL, PHOTO], of_window(folder, name))
            assert done.returncode == 0, f"{kind}: status {done.returncode}: {done.stderr.strip()}"
            assert file.read_bytes() == data, f"{kind}: a picture taken by a script changed the settings"
        file.unlink()
        file.mkdir()  # a folder in its place
        must_go_on(run(["--screenshot", folder / "shot.png", "--model", MODEL, PHOTO], of_window(folder, name)))


@fault
def settings_of_a_newer_program(folder):
    """What it wrote beside is still there when this one has saved its own."""
    file = folder / "config" / "headlight" / "window.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"width": 1000, "dark": False, "colormap": "a newer one", "layout": {"panes": [1, 2]}}))
    server = []
    with display(server) as name:
        process = start_window(folder, name)
        server[0].send_signal(signal.SIGKILL)
        process.communicate(timeout=LIMIT_S)
    saved = json.loads(file.read_text())
    assert saved["layout"] == {"panes": [1, 2]} and saved["width"] == 1000 and saved["dark"] is False, saved


@fault
def two_windows_save_their_settings_at_once(folder):
    """The last one's settings are there, whole, whatever happens between."""
    file = folder / "config" / "headlight" / "window.json"
    server = []
    with display(server) as name:
        both = []
        for each in ("a", "b"):
            (folder / each).mkdir()
            both.append(subprocess.Popen([PROGRAM, "--model", MODEL, PHOTO, "--ui-map", folder / each / "map.json"],
                                         stderr=subprocess.DEVNULL, env=os.environ | of_window(folder, name)))
        end = time.monotonic() + LIMIT_S
        while not all((folder / each / "map.json").exists() for each in ("a", "b")) and time.monotonic() < end:
            time.sleep(0.05)
        server[0].send_signal(signal.SIGKILL)  # both save in this moment
        for process in both:
            assert process.wait(timeout=LIMIT_S) == 1, f"status {process.returncode}"
    assert json.loads(file.read_text())["width"] >= 800
    no_half_files(folder)


def main():
    global PROGRAM
    PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    only, failed, skipped = sys.argv[2:], 0, 0
    for test in FAULTS:
        if only and test.__name__ not in only:
            continue
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as text:
            try:
                test(pathlib.Path(text))
                said = "ok"
            except Skipped as why:
                skipped += 1
                said = f"skipped: {why}"
            except (AssertionError, subprocess.TimeoutExpired, OSError) as why:
                failed += 1
                said = f"FAILED: {why}"
        print(f"{test.__name__}: {said} ({time.monotonic() - began:.1f} s)", flush=True)
    print(f"{len(FAULTS)} faults, {skipped} skipped, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
