"""SIGTERM and SIGINT close the window as its close button does: settings are saved, status 0, at any moment."""

import json
import random
import signal
import time

from driver import check, open_window

MOMENTS = 12  # of a start, at which it is stopped
LIMIT_S = 15


def end(window, *signals):
    """The status with which the program ends after the signals, and the seconds that it took."""
    begun = time.monotonic()
    for number in signals:
        window.process.send_signal(number)
    return window.process.wait(LIMIT_S), time.monotonic() - begun


def saved(window):
    file = window.folder / "config" / "headlight" / "window.json"
    return json.loads(file.read_text()) if file.exists() else {}


with open_window() as window:
    window.settle()
    check(not saved(window), "nothing is saved while the window is open")
    for number, key, control in ((signal.SIGTERM, "c", "view.colormap"), (signal.SIGINT, "r", "view.range")):
        before = window.mark(control)["value"]
        window.key(key)
        chosen = window.mark(control)["value"]
        status, took_s = end(window, number)
        name = signal.Signals(number).name
        check(status == 0, f"{name} at rest ends the window with status {status} after {1000 * took_s:.0f} ms")
        kept = saved(window)
        check(kept, "and the settings are saved")
        window.start()
        window.settle()
        now = window.mark(control)["value"]
        check(now == chosen != before, f"the next start takes up what was chosen: {control} {now}, not {before}")

    window.act("key", "Prior", presses=1)
    for _ in range(3):
        window.xdotool("key", "Prior")  # a pass that takes long is on its way
    status, took_s = end(window, signal.SIGTERM)
    check(status == 0 and took_s < 5, f"SIGTERM amid a pass: status {status} after {1000 * took_s:.0f} ms")

    chance = random.Random(14)
    ends = []
    for _ in range(MOMENTS):
        window.start()
        time.sleep(chance.uniform(0, 0.8))
        ends.append(end(window, signal.SIGTERM)[0])
        assert saved(window)["colormap"] == kept["colormap"], f"the settings were lost: {saved(window)}"
    # Before the program listens, the signal ends it as any other.
    check(set(ends) <= {0, -signal.SIGTERM}, f"SIGTERM at {MOMENTS} moments of a start: {ends}; no setting is lost")
    check(ends.count(0) >= MOMENTS // 2, "most of them end it in good order")
    window.start()
    window.settle()
