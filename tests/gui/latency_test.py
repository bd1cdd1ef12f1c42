"""From the X event of a head-count step to the frame that shows it, on a settled window."""

import statistics
import time

from driver import check, open_window

with open_window() as window:
    window.settle()
    times_ms = []
    for step in ["bracketright", "bracketright", "bracketleft", "bracketleft"] * 4:
        before = window.settle()
        time.sleep(0.05)
        sent = window.xtest.key(step)
        shown = window.wait_for(lambda s: s["shown"]["num_heads"] != before["shown"]["num_heads"] and
                                s["shown"]["num_heads"] == s["requested"]["num_heads"], "the new head count")
        times_ms.append((shown["written_ns"] - sent) / 1e6)
        window.settle()
    times_ms.sort()
    pass_ms = window.pass_ms("")
    print(f"X event to picture: median {statistics.median(times_ms):.1f} ms, from {times_ms[0]:.1f} to "
          f"{times_ms[-1]:.1f} ms; a pass alone takes {pass_ms:.1f} ms (default model, software renderer)")
    # A software renderer draws for tens of milliseconds; what is caught here is a wait for something.
    check(statistics.median(times_ms) < 3 * pass_ms + 400, "half of the steps are seen after a pass and a frame")
