#!/usr/bin/env python3
"""tests/arm64/run.py FOLDER: compiles the kernels and the forward pass for 64-bit ARM in FOLDER, and runs their tests in QEMU.

Ends with 77 where compiler or emulator is missing.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
NEEDED = {"aarch64-linux-gnu-g++": "g++-aarch64-linux-gnu", "qemu-aarch64-static": "qemu-user-static"}
LEFT_OUT = ("Forward.RowsAndWaitingAddUpToTheWallTime",)  # of time, which an emulator does not keep
FEWEST = 60  # tests; fewer: some were not compiled


def output(*command):
    done = subprocess.run([*map(str, command)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        sys.exit(f"{done.stdout[-6000:]}\n{command[0]} ended with {done.returncode}")
    return done.stdout


def main():
    missing = [package for program, package in NEEDED.items() if shutil.which(program) is None]
    if missing:
        print(f"skipped: install {', '.join(missing)}")
        return 77
    folder = pathlib.Path(sys.argv[1])
    output("cmake", "--preset", "arm64", "-B", folder, *(["-DHEADLIGHT_STRICT=ON"] if os.environ.get("HEADLIGHT_STRICT") == "1" else []))
    output("cmake", "--build", folder)
    kind = output("readelf", "-h", folder / "arm64_tests")
    assert "AArch64" in kind, f"compiled for another processor: {kind}"
    emulator = ["qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu", folder / "arm64_tests"]
    listed = output(*emulator, "--gtest_list_tests")
    assert "neon" in listed, f"no test of the instruction set neon:\n{listed}"
    text = output(*emulator, f"--gtest_filter=-{':'.join(LEFT_OUT)}")
    passed, skipped = (int((re.findall(rf"\[  {word} *\] (\d+) tests?", text) or [0])[-1]) for word in ("PASSED", "SKIPPED"))
    print(text[-1500:])
    assert passed >= FEWEST and skipped == 0, f"{passed} tests passed, {skipped} were skipped"
    return 0


if __name__ == "__main__":
    sys.exit(main())
