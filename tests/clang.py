#!/usr/bin/env python3
"""tests/clang.py BUILD [--all]: reads every source with clang 14; a warning or a finding is an error.

clang-tidy reads the program's sources, with the checks of .clang-tidy, among them the compiler's own warnings. The compiler
alone reads the tests, and the commands of the command line too unless --all is given: the headers of CLI11 and of the JSON
library make clang-tidy spend half a minute on each, and they hold little but options.

A source that passed is not read again until it, a header of ours that it includes, its compile command, .clang-tidy or this
script changes: BUILD/clang holds a mark for each.
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SKIPPED = 77
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)
COSTLY = "app/cli/"
# As in the preset dev-clang. -Wreserved-identifier and -Wzero-as-null-pointer-constant find what two checks of clang-tidy
# find, in a tenth of their time. GCC's options that clang does not have are no concern of the sources.
WARNINGS = ["-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Wno-sign-conversion", "-Wreserved-identifier",
            "-Wzero-as-null-pointer-constant", "-Wno-unknown-warning-option"]


def with_headers(path, seen):
    """The file and the headers of ours that it includes, directly or not."""
    if path in seen or not path.is_file():
        return
    seen.add(path)
    for name in INCLUDE.findall(path.read_text()):
        with_headers(ROOT / name, seen)


def key_of(source, command, version):
    files = {ROOT / ".clang-tidy", pathlib.Path(__file__).resolve()}
    with_headers(source, files)
    digest = hashlib.sha256("\0".join([version, *command]).encode())
    for file in sorted(files):
        digest.update(str(file).encode() + file.read_bytes())
    return digest.hexdigest()


def plain_entry(entry):
    """An entry of compile_commands.json without ccache and precompiled headers: a source includes what it uses."""
    words = shlex.split(entry["command"])
    compiler = next(i for i, word in enumerate(words) if re.fullmatch(r".*\b(c|g|clang)\+\+(-\d+)?", word))
    words = words[compiler:]
    for header in [i for i, word in enumerate(words) if "cmake_pch" in word][::-1]:
        del words[header - 1:header + 1]  # -include FILE
    return {**entry, "command": shlex.join(words)}


def command_for(entry, tidy, compiler, folder, whole):
    """What reads the source of a plain entry; `folder` holds the compile_commands.json of such entries."""
    relative = os.path.relpath(entry["file"], ROOT)
    if relative.startswith(("engine/", "app/")) and (whole or not relative.startswith(COSTLY)):
        return [tidy, "-p", str(folder), "--quiet", "--warnings-as-errors=*", *(f"--extra-arg={w}" for w in WARNINGS),
                entry["file"]]
    options = shlex.split(entry["command"])[1:]
    output = options.index("-o")
    del options[output:output + 2]
    return [compiler, *(option for option in options if option != "-c"), *WARNINGS, "-Werror", "-fsyntax-only"]


def read(command, folder, mark):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode == 0:
        mark.touch()
        return ""
    return done.stdout + done.stderr


def main():
    tidy, compiler = shutil.which("clang-tidy-14"), shutil.which("clang++-14")
    if tidy is None or compiler is None:
        print("clang-14 or clang-tidy-14 is not installed; app/packages test installs them")
        return SKIPPED
    start = time.monotonic()
    build = pathlib.Path(sys.argv[1]).resolve()
    marks = build / "clang"
    marks.mkdir(exist_ok=True)
    version = subprocess.run([tidy, "--version"], capture_output=True, text=True).stdout
    # Each source once: the kernels are compiled for every instruction set, and compute nothing else in any of them.
    entries = {entry["file"]: plain_entry(entry) for entry in json.loads((build / "compile_commands.json").read_text())
               if not pathlib.Path(entry["file"]).is_relative_to(build)}
    (marks / "compile_commands.json").write_text(json.dumps(list(entries.values())))
    jobs = []
    for file, entry in sorted(entries.items()):
        command = command_for(entry, tidy, compiler, marks, "--all" in sys.argv)
        mark = marks / key_of(pathlib.Path(file), command, version)
        if not mark.exists():
            jobs.append((command, entry["directory"], mark))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = 0
        for text in pool.map(lambda job: read(*job), jobs):
            if text:
                found += 1
                print(text, flush=True)
    print(f"{len(entries)} sources, {len(jobs)} read in {time.monotonic() - start:.0f} s, {found} with findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
