#!/usr/bin/env python3
"""man_page.py PROGRAM > headlight.1: the manual page, made from what `--help` says of the program and its sub-commands."""

import os
import re
import subprocess
import sys


def said(*command):
    environment = os.environ | {"LC_ALL": "C.UTF-8", "COLUMNS": "100"}
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout


def groff(text):
    text = text.replace("\\", r"\\").replace("-", r"\-")
    return re.sub(r"^([.'])", r"\\&\1", text)


def sections(help_text):
    """(title, [(name, sentence)]) of each part of a help text; what is before the first has the title ""."""
    parts = [("", [])]
    for line in help_text.splitlines():
        option = re.match(r"  (\S.*?)(?:\s{2,}(.*))?$", line)
        more = re.match(r"\s{8,}(\S.*)$", line)
        if re.match(r"\S.*:$", line):
            parts.append((line[:-1], []))
        elif more and parts[-1][1]:
            name, sentence = parts[-1][1][-1]
            parts[-1][1][-1] = (name, f"{sentence} {more[1]}".strip())
        elif option and not line.startswith(" " * 8):
            parts[-1][1].append((option[1], option[2] or ""))
        elif line.startswith("Exit status: "):
            parts.append(("Exit status", [("", line.removeprefix("Exit status: "))]))
        elif line.strip() and not line.startswith("Usage:"):
            parts[-1][1].append(("", line.strip()))
    return [(title, entries) for title, entries in parts if entries]


def print_part(title, entries, level):
    if title:
        print(f".{level} {groff(title.upper() if level == 'SH' else title)}")
    for name, sentence in entries:
        print(f".TP\n.B {groff(name)}" if name else ".PP")
        print(groff(sentence))


def main():
    program = sys.argv[1]
    version = said(program, "--version").split("\n")[0].split()[1]
    parts = sections(said(program, "--help"))
    commands = next(entries for title, entries in parts if title == "Subcommands")
    print(f'.TH HEADLIGHT 1 "" "headlight {version}" "User Commands"')
    print(".SH NAME\nheadlight \\- shows what the attention heads of a Vision Transformer look at, and what they cost")
    print(".SH SYNOPSIS\n.B headlight\n[\\fIOPTIONS\\fR] [\\fIIMAGE\\fR]\n.br\n.B headlight\n\\fICOMMAND\\fR [\\fIOPTIONS\\fR]")
    print(".SH DESCRIPTION\nWithout a command it opens a window.")
    for title, entries in parts:
        if title:
            print_part("Commands" if title == "Subcommands" else title, entries, "SH")
    for name, _ in commands:
        print(f".SH HEADLIGHT {groff(name.upper())}")
        for title, entries in sections(said(program, name, "--help")):
            print_part(title, entries, "SS")
    print(".SH SEE ALSO\nThe README.md in /usr/share/doc/headlight.")


if __name__ == "__main__":
    main()
