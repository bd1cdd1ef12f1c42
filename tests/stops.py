#!/usr/bin/env python3
"""tests/stops.py PROGRAM: stops an export at 200 random moments, with SIGINT or SIGTERM, and looks at what it left.

Every file in its folder must be what an undisturbed export writes, byte for byte: whole files or none, and nothing else. The
exit status is 130, or 0 where the signal came too late, or the signal's own where it came before the program listened.
"""

import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODEL = next((ROOT / "assets" / "models").glob("*.safetensors"))
PHOTO = ROOT / "assets" / "images" / "coffee.png"
TIMES = 200


def start(program, folder):
    return subprocess.Popen([program, "export", "--model", MODEL, "--image", PHOTO, "--block", "5", "--format", "png,npy,pdf",
                             "--size", "128", "--out", folder], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def contents(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()} if folder.exists() else {}


def main():
    program, chance, failures = sys.argv[1], random.Random(7), 0
    codes = {}
    with tempfile.TemporaryDirectory() as text:
        began = time.monotonic()
        whole = pathlib.Path(text) / "whole"
        assert start(program, whole).wait() == 0
        expected, lasts_s = contents(whole), time.monotonic() - began
        partly = 0
        for turn in range(TIMES):
            folder = pathlib.Path(text) / str(turn)
            process = start(program, folder)
            time.sleep(chance.uniform(0, 1.1 * lasts_s))
            sent = chance.choice((signal.SIGINT, signal.SIGTERM))
            process.send_signal(sent)
            words = process.communicate()[1].decode()
            found = contents(folder)
            partly += 0 < len(found) < len(expected)
            codes[process.returncode] = codes.get(process.returncode, 0) + 1
            wrong = [name for name, data in found.items() if expected.get(name) != data]
            said = process.returncode != 130 or words == "headlight: cancelled\n"
            complete = process.returncode != 0 or len(found) == len(expected)
            if wrong or not said or not complete or process.returncode not in (0, 130, -sent):
                failures += 1
                print(f"turn {turn}, {sent.name}: status {process.returncode}, {len(found)} files, wrong: {wrong}, {words!r}")
    print(f"{TIMES} exports of {len(expected)} files in {lasts_s:.2f} s stopped: status {codes}, {partly} left some of the files, "
          f"{failures} failed")
    if partly == 0:
        print("no export was stopped half-way: the test says nothing")
        return 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
