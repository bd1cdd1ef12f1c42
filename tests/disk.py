#!/usr/bin/env python3
"""What `headlight` does where it cannot write: one sentence, no half file, and what stood there stays.

Usage: disk.py HEADLIGHT. Works on a small file system in memory of its own; exit status 77 where none can be mounted.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

SKIPPED = 77
MODEL = ["--model", "random:C=48,L=2,h=4,P=16,S=224,K=10,seed=1"]
NAME = "coffee__random-C-48-L-2-h-4-P-16-S-224-K-10-seed-1__b00_h0_cls"
PHOTO = ["--image", str(pathlib.Path(__file__).parents[1] / "assets" / "images" / "coffee.png")]
OLD = b"what stood here before"


def fill(folder, left):
    """Leaves so many bytes."""
    filler = os.open(folder / "filler", os.O_WRONLY | os.O_CREAT)
    try:
        while True:
            os.write(filler, b"x" * 4096)
    except OSError:
        os.ftruncate(filler, os.fstat(filler).st_size - left)
    os.close(filler)


def empty(folder):
    for file in folder.iterdir():
        file.unlink()


def commands(folder):
    """Command, and the file that it is to replace, if there is one."""
    yield ["export", *MODEL, *PHOTO, "--out", str(folder), "--block", "0", "--head", "0"], folder / f"{NAME}.png"
    yield ["export", *MODEL, *PHOTO, "--out", str(folder), "--block", "0", "--head", "0", "--format", "npy"], \
        folder / f"{NAME}.npy"
    yield ["export", *MODEL, *PHOTO, "--tensors", str(folder / "all.safetensors")], folder / "all.safetensors"
    yield ["cost", *MODEL, "--json", str(folder / "cost.json")], folder / "cost.json"
    yield ["info", *MODEL, "--json", str(folder / "info.json")], folder / "info.json"
    yield ["export", *MODEL, *PHOTO, "--out", str(folder / "new" / "folder")], None


def check(headlight, folder, reason, chosen):
    failures = []
    before = sorted(folder.iterdir())
    for arguments, old in chosen:
        run = subprocess.run([headlight, *arguments], capture_output=True, text=True)
        said = run.stderr.strip()
        what = f"headlight {' '.join(arguments)} (status {run.returncode}): {said!r}"
        if run.returncode == 0:
            failures.append(what + ": no error")
        if said.count("\n") or reason not in said or str(folder) not in said:
            failures.append(what + f": not one sentence with the path and \"{reason}\"")
        if old is not None and old.read_bytes() != OLD:
            failures.append(what + f": {old.name} was lost")
        left = set(folder.iterdir()) - set(before)
        if left:
            failures.append(what + f": left {sorted(f.name for f in left)}")
    return failures


def mount(*arguments):
    if subprocess.run(["mount", *arguments], capture_output=True).returncode != 0:
        sys.exit(SKIPPED)


def main():
    headlight = str(pathlib.Path(sys.argv[1]).resolve())
    if os.environ.get("HEADLIGHT_OWN_MOUNTS") != "1":  # a name space of its own: nothing stays mounted
        inside = ["unshare", "--mount", "--map-root-user", sys.executable, __file__, headlight]
        if subprocess.run(inside[:3] + ["true"], capture_output=True).returncode != 0:
            sys.exit(SKIPPED)
        sys.exit(subprocess.run(inside, env=os.environ | {"HEADLIGHT_OWN_MOUNTS": "1"}).returncode)
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        mount("-t", "tmpfs", "-o", "size=64k", "tmpfs", temporary)
        everything = list(commands(folder))
        long_file = [c for c in everything if c[1] == folder / "all.safetensors"]
        try:
            failures = []
            for left, chosen in ((0, everything[:-1]), (16384, long_file)):  # nothing fits, or the beginning
                empty(folder)
                for _, old in chosen:
                    old.write_bytes(OLD)
                fill(folder, left)
                failures += check(headlight, folder, "No space left", chosen)
            empty(folder)
            for _, old in everything[:-1]:
                old.write_bytes(OLD)
            mount("-o", "remount,ro", temporary)
            failures += check(headlight, folder, "Read-only", everything)
        finally:
            subprocess.run(["umount", temporary], check=True)
    print("\n".join(failures) or "full and read-only: nothing lost, nothing left")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
