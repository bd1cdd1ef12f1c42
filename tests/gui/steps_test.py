"""Thirty head-count steps, sent without waiting, end on the last value, with pictures on the way."""

import threading
import time

from driver import check, open_window

DIVISORS = [d for d in range(1, 721) if 720 % d == 0]
STEPS = ["bracketright"] * 10 + ["bracketleft"] * 10 + ["bracketright"] * 10
MODEL = "random:C=720,L=3,h=12,P=16,S=224,K=10,seed=1"

with open_window("--model", MODEL) as window:
    start = window.settle()
    pass_ms = window.pass_ms(MODEL)
    check(pass_ms >= 50, f"a pass takes {pass_ms:.0f} ms")
    seen, done = [], threading.Event()

    def watch():
        while not done.is_set():
            state = window.state()
            picture = (state["shown"]["run"], state["shown"]["num_heads"])
            if not seen or seen[-1] != picture:
                seen.append(picture)
            time.sleep(0.002)

    watcher = threading.Thread(target=watch)
    watcher.start()
    for step in STEPS:
        window.xtest.key(step)
        time.sleep(0.6e-3 * min(pass_ms, 400))  # faster than the passes, as a hand on a slider is
    expected = DIVISORS[DIVISORS.index(start["shown"]["num_heads"]) + 10]
    window.wait_for(lambda s: s["requested"]["num_heads"] == expected and s["settled"], f"{expected} heads")
    done.set()
    watcher.join()
    end = window.state()
    check(end["shown"]["num_heads"] == end["requested"]["num_heads"] == expected, f"it ends on {expected} heads")
    check(end["shown"]["run"] == end["requested"]["run"], "the last picture is the last request's")
    heads = [h for _, h in seen]
    on_the_way = len(set(h for h in heads if h not in (start["shown"]["num_heads"], expected)))
    check(on_the_way >= 2, f"{on_the_way} pictures of other head counts on the way: {heads}")
    runs = [r for r, _ in seen]
    check(runs == sorted(runs), "no picture is older than the one before it")
