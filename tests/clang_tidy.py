#!/usr/bin/env python3
"""tests/clang_tidy.py BUILD [--all]: clang-tidy 14 over the sources, with the checks of .clang-tidy; a finding is an error.

A source that passed is not read again until it, a header of ours that it includes, its compile command or .clang-tidy
changes: BUILD/tidy holds a mark for each. Without --all the commands of the command line stay out: the headers of CLI11 and
JSON make each of them cost half a minute, as much as eight others, and they hold little but options.
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SKIPPED = 77
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)
COSTLY = "app/cli/"


def with_headers(path, seen):
    """The file and the headers of ours that it includes, directly or not."""
    if path in seen or not path.is_file():
        return
    seen.add(path)
    for name in INCLUDE.findall(path.read_text()):
        with_headers(ROOT / name, seen)


def key_of(source, command, version):
    files = set()
    with_headers(source, files)
    digest = hashlib.sha256((version + command + (ROOT / ".clang-tidy").read_text()).encode())
    for file in sorted(files):
        digest.update(str(file).encode() + file.read_bytes())
    return digest.hexdigest()


def check(program, build, source, mark):
    done = subprocess.run([program, "-p", build, "--quiet", "--warnings-as-errors=*", source], capture_output=True, text=True)
    if done.returncode == 0:
        mark.touch()
        return ""
    return done.stdout + done.stderr


def main():
    program = shutil.which("clang-tidy-14")
    if program is None:
        print("clang-tidy-14 is not installed; app/packages test installs it")
        return SKIPPED
    build = pathlib.Path(sys.argv[1]).resolve()
    marks = build / "tidy"
    marks.mkdir(exist_ok=True)
    version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
    # Each source once: the kernels are compiled for every instruction set, and compute nothing else in any of them.
    commands = {entry["file"]: entry["command"] for entry in json.loads((build / "compile_commands.json").read_text())}
    jobs = []
    for file, command in sorted(commands.items()):
        relative = os.path.relpath(file, ROOT)
        if relative.startswith(("engine/", "app/")) and ("--all" in sys.argv or not relative.startswith(COSTLY)):
            mark = marks / key_of(pathlib.Path(file), command, version)
            if not mark.exists():
                jobs.append((file, mark))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = [text for text in pool.map(lambda job: check(program, str(build), *job), jobs) if text]
    print("\n".join(found))
    print(f"{len(commands)} sources, {len(jobs)} read, {len(found)} with findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
