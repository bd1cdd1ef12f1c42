#!/usr/bin/env python3
"""tests/bad/run.py PROGRAM: opens each of the files of files.py, and asks for one clear sentence.

A file must end the program with status 1 or 2, soon and within a bound of memory, with the one line on standard error that
sentences.txt has for it, in which "(*)" stands for a library's own words and "-" for none: that file can be read. Nothing in
a file may be executed. `--write` writes sentences.txt anew, for people to judge.
"""

import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import time

import files

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PHOTO = ROOT / "assets" / "images" / "chelsea.png"
SMALL = next((ROOT / "assets" / "models").glob("*.safetensors"))
OWNED = pathlib.Path("/tmp/headlight-owned")
SENTENCES = pathlib.Path(__file__).parent / "sentences.txt"
LIMIT_S, LIMIT_BYTES = 60, 6 << 30  # of address space, which a pool of threads and a sanitizer take much of


def command_for(kind, path, folder):
    what = {"model": ["info", "--model", path],
            "image": ["export", "--model", SMALL, "--image", path, "--block", "0", "--head", "mean", "--out", folder / "out"],
            "view": ["export", "--view", path, "--out", folder / "out"],
            "labels": ["predict", "--model", SMALL, "--image", PHOTO, "--labels", path],
            "pixels": ["export", "--pixels", path, "--out", folder / "out"]}
    return [str(word) for word in what[kind]]


def pattern_of(sentence):
    return re.compile(re.escape(sentence).replace(re.escape("(*)"), r"\(.*\)"))


def sentences():
    lines = SENTENCES.read_text().splitlines() if SENTENCES.exists() else []
    return dict(line.split(": ", 1) for line in lines if line and not line.startswith("#"))


def complaint(done, said, elapsed_s, expected):
    """What is wrong with how the program took the file; empty: nothing."""
    lines = done.stderr.strip().split("\n")
    if done.returncode < 0:
        return f"signal {-done.returncode}"
    if expected == "-":
        return "" if done.returncode == 0 else "is refused, though it can be read"
    if done.returncode not in (1, 2):
        return f"status {done.returncode}"
    if len(lines) != 1 and not (done.returncode == 2 and lines[-1].startswith("See `")):
        return f"{len(lines)} lines"
    if expected is None or not pattern_of(expected).fullmatch(said):
        return f"is not what sentences.txt has: {expected}"
    return f"{elapsed_s:.0f} s" if elapsed_s > LIMIT_S / 2 else ""


def main():
    program, write = sys.argv[1], "--write" in sys.argv
    only = [word for word in sys.argv[2:] if not word.startswith("--")]
    OWNED.unlink(missing_ok=True)
    failed, expected, heard = 0, sentences(), {}
    cases = [one for one in files.CASES if not only or one[0] in only]
    for name, kind, make in cases:
        with tempfile.TemporaryDirectory() as text:
            folder = pathlib.Path(text)
            command = [program, *command_for(kind, make(folder), folder)]
            start = time.monotonic()
            try:
                done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=LIMIT_S,
                                      preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (LIMIT_BYTES,) * 2))
                said = done.stderr.strip().replace(text, "").split("\n")[0] or "-"
                wrong = complaint(done, said, time.monotonic() - start, expected.get(name))
            except subprocess.TimeoutExpired:
                wrong, said = f"takes more than {LIMIT_S} s", ""
        if OWNED.exists():
            wrong = "RAN WHAT THE FILE SAID"
            OWNED.unlink()
        failed += bool(wrong)
        heard[name] = said
        if wrong:
            print(f"FAILED {kind} {name}: {said}\n  {wrong}")
    if write:
        SENTENCES.write_text("# What `headlight` says of each file of files.py; see run.py.\n" +
                             "".join(f"{name}: {said}\n" for name, said in heard.items()))
    print(f"{len(cases)} files, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
