#!/usr/bin/env python3
"""tests/skipped.py JUNIT.xml: names the tests that ctest skipped; fails if one is not listed in tests/may_skip.txt.

A test that is skipped proves nothing, and looks like one that passed. Run by tests/run with HEADLIGHT_REQUIRE_ALL=1.
"""
import fnmatch
import pathlib
import sys
import xml.etree.ElementTree as xml


def allowed():
    lines = (pathlib.Path(__file__).parent / "may_skip.txt").read_text().splitlines()
    return dict(line.split(maxsplit=1) for line in lines if line and not line.startswith("#"))


def main():
    reasons, bad = allowed(), 0
    for case in xml.parse(sys.argv[1]).getroot().iter("testcase"):
        if case.get("status") in ("run", "fail"):
            continue
        name = case.get("name")
        reason = next((why for pattern, why in reasons.items() if fnmatch.fnmatchcase(name, pattern)), None)
        print(f"{name} was not run: {reason or 'tests/may_skip.txt does not allow it'}")
        bad += reason is None
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
