#!/usr/bin/env python3
"""tests/hardened.py PROGRAM [compiled]: whether the program has what makes a fault in it hard to use, read from the binary.

Always: position-independent, no executable stack, addresses of functions looked up at the start and read-only from then on.
`compiled`: also a guarded stack, checked sizes of copies, and landing marks for indirect jumps (CET), which take compiler flags
(the option HEADLIGHT_HARDENED).
"""

import re
import subprocess
import sys


def read(*arguments):
    return subprocess.run(arguments, check=True, capture_output=True, text=True).stdout


def main():
    program, compiled = sys.argv[1], "compiled" in sys.argv[2:]
    header = read("readelf", "-Wh", program)
    segments = read("readelf", "-Wl", program)
    dynamic = read("readelf", "-Wd", program)
    imported = read("readelf", "-W", "--dyn-syms", program)
    stack = re.search(r"GNU_STACK(?:\s+0x[0-9a-f]+){5}\s+(\S+)", segments)
    found = {
        "position-independent": "DYN" in header and "Flags: PIE" in dynamic.replace("NOW PIE", "PIE"),
        "no executable stack": stack is not None and "E" not in stack[1],
        "relocations read-only": "GNU_RELRO" in segments,
        "bound at the start": re.search(r"\(FLAGS(_1)?\).*\b(BIND_NOW|NOW)\b", dynamic) is not None,
        "no path of a build inside": "RPATH" not in dynamic and "RUNPATH" not in dynamic,
    }
    if compiled:
        found["guarded stack"] = "__stack_chk_fail" in imported
        found["checked copies"] = re.search(r"__(mem|str|sn?|vsn?|f|v|p?read)\w*_chk\b", imported) is not None
        if "X86-64" in header:
            entry = read("objdump", "-d", "--no-show-raw-insn", f"--start-address={address_of(program)}", program)
            found["landing marks"] = "endbr64" in "\n".join(entry.splitlines()[:9])
    for what, there in found.items():
        print(("ok: " if there else "MISSING: ") + what)
    return 0 if all(found.values()) else 1


def address_of(program):
    """Of main, or where it is stripped of the program's entry."""
    symbols = read("readelf", "-Ws", program)
    line = re.search(r"([0-9a-f]{16})\s+\d+ FUNC\s+GLOBAL DEFAULT\s+\d+ main\n", symbols)
    return "0x" + (line[1] if line else re.search(r"Entry point address:\s+0x([0-9a-f]+)", read("readelf", "-h", program))[1])


if __name__ == "__main__":
    sys.exit(main())
