"""Thirty head-count steps, sent without waiting, end on the last value; at least a third of what could be seen is."""

import math
import statistics
import threading
import time

from driver import check, open_window

DIVISORS = [d for d in range(1, 721) if 720 % d == 0]
STEPS = ["bracketright"] * 10 + ["bracketleft"] * 10 + ["bracketright"] * 10
# A network whose pass takes at least 50 ms, and much less than the 300 ms to go with which a pass may be cancelled by
# the next step: how many blocks that makes depends on the machine.
MODEL = "random:C=720,L={},h=12,P=16,S=224,K=10,seed=1"
PASS_MS = 80


def one_step_s(window):
    """From a single step to its picture; the median of some."""
    times = []
    for step in ["bracketright", "bracketleft"] * 2:
        before, sent = window.settle(), time.monotonic()
        window.xtest.key(step)
        window.wait_for(lambda s: s["shown"]["num_heads"] == s["requested"]["num_heads"] != before["shown"]["num_heads"],
                        "the step's picture")
        times.append(time.monotonic() - sent)
    return statistics.median(times)


def send_steps(window, pass_ms):
    single_s = one_step_s(window)
    start = window.settle()
    seen, done = [], threading.Event()

    def watch():
        while not done.is_set():
            shown = window.state()["shown"]
            if not seen or seen[-1] != (shown["run"], shown["num_heads"]):
                seen.append((shown["run"], shown["num_heads"]))
            time.sleep(0.002)

    watcher = threading.Thread(target=watch)
    watcher.start()
    sent = time.monotonic()
    try:
        for step in STEPS:
            window.xtest.key(step)
            time.sleep(0.6e-3 * pass_ms)  # faster than the passes, as a hand on a slider is
        possible = min(len(STEPS), (time.monotonic() - sent) / single_s)
        expected = DIVISORS[DIVISORS.index(start["shown"]["num_heads"]) + 10]
        end = window.wait_for(lambda s: s["requested"]["num_heads"] == expected and s["settled"], f"{expected} heads")
    finally:
        done.set()
        watcher.join()
    check(end["shown"]["num_heads"] == end["requested"]["num_heads"] == expected, f"it ends on {expected} heads")
    check(end["shown"]["run"] == end["requested"]["run"], "the last picture is the last request's")
    runs, heads = zip(*seen)
    pictures = len(set(runs) - {start["shown"]["run"]})
    check(3 * pictures >= possible, f"{pictures} pictures are seen, where one at a time {possible:.1f} would be: "
                                    f"{', '.join(map(str, heads))} heads")
    check(list(runs) == sorted(runs), "no picture is older than the one before it")


with open_window() as probe:
    probe.settle()
    depth, pass_ms = 4, 0.0
    while pass_ms < 50:
        depth = math.ceil(depth * PASS_MS / probe.pass_ms(MODEL.format(depth)))
        pass_ms = probe.pass_ms(model := MODEL.format(depth))

with open_window("--model", model) as window:
    print(f"a pass of {model} takes {pass_ms:.0f} ms")
    window.settle()
    send_steps(window, pass_ms)
