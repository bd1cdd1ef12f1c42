"""At rest no frame is drawn and no processor time is used; a key press then draws."""

import time

from driver import check, open_window

with open_window() as window:
    rest = window.settle()
    time.sleep(1.0)  # a toast or tooltip may still fade
    rest = window.state()
    cpu = window.cpu_s()
    time.sleep(3.0)
    used_ms = 1000 * (window.cpu_s() - cpu)
    check(window.state()["frame"] == rest["frame"], f"no frame in 3 s of rest (frame {rest['frame']})")
    check(used_ms <= 30, f"{used_ms:.0f} ms of processor time in 3 s of rest")
    after = window.key("Left")
    check(after["frame"] > rest["frame"], f"a key press draws: frame {after['frame']}")
    check(after["shown"]["block"] == rest["shown"]["block"] - 1, f"block {after['shown']['block']} is shown")
