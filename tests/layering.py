#!/usr/bin/env python3
"""What may know what: reads the includes of every source file and fails where a layer knows too much.

engine/  the standard library, POSIX and Eigen; stb and JSON inside one .cpp each; never the app, GL, windows or argv
app/     the engine, but not the insides of its kernels, and no Eigen
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
WINDOW = re.compile(r"^(GL/|GLFW/|GLES|epoxy/|imgui|backends/imgui|X11/|CLI/)")
COMPRESSION = re.compile(r"^(zlib|zip|png)\.h$")


def sources(folder):
    return sorted(p for p in (ROOT / folder).rglob("*") if p.suffix in (".h", ".cpp"))


def main():
    problems = []
    holders = {"stb": set(), "JSON": set()}

    def check(path, condition, sentence):
        if condition:
            problems.append(f"{path.relative_to(ROOT)}: {sentence}")

    count = 0
    for path in sources("engine"):
        text = path.read_text()
        code = COMMENT.sub("", text)
        check(path, re.search(r"\bargv\b", code), "the engine knows no command line")
        check(path, re.search(r'"[^"\n]*\bassets/', code), "the engine does not know where assets lie")
        for name in INCLUDE.findall(text):
            count += 1
            check(path, WINDOW.match(name), f"the engine includes <{name}>")
            check(path, name.startswith(("app/", "../app", "tests/")), f'the engine includes "{name}"')
            for kind, pattern in (("stb", r"(stb/|stb_)"), ("JSON", r"nlohmann/")):
                if re.match(pattern, name):
                    check(path, path.suffix == ".h", f"{kind} in a header")
                    holders[kind].add(path)
            # The parts of the kernels that are compiled for each instruction set are all Eigen, and nobody else's.
            check(path, "/isa/" in name and "kernels/isa" not in str(path), f'"{name}" outside of the kernels')
            kinds = (COMPRESSION,) if "kernels/isa" in str(path) else (r"Eigen/|unsupported/Eigen", COMPRESSION)
            for kind in kinds:
                check(path, path.suffix == ".h" and re.match(kind, name), f"<{name}> in a header of the engine")
    for kind, files in holders.items():
        if len(files) > 1:
            problems.append(f"{kind} is included by {', '.join(sorted(f.name for f in files))}: keep it inside one")

    for path in sources("app"):
        for name in INCLUDE.findall(path.read_text()):
            count += 1
            inside = name.startswith("engine/kernels/") and name != "engine/kernels/kernels.h"
            check(path, inside, f'the app includes "{name}", the inside of a kernel')
            check(path, name.startswith("Eigen/"), f"the app includes <{name}>")
            check(path, name.startswith("tests/"), f'the app includes "{name}"')

    for path in sorted((ROOT / "shaders").glob("*")):
        first = path.read_text().split("\n", 1)[0]
        check(path, path.suffix in (".vert", ".frag", ".glsl") and first != "#version 330 core", f"begins with {first!r}")

    outside = ".." + "/shared"  # what lies beside a checkout is not part of it
    texts = [p for f in ("app", "engine", "shaders", "tests", ".ci") for p in (ROOT / f).rglob("*") if p.is_file()]
    texts += [p for p in ROOT.iterdir() if p.is_file() and p.suffix in (".txt", ".md", ".json")]
    for path in texts:
        if path.suffix in (".safetensors", ".png", ".jpg", ".npz", ".pth", ".pdparams", ".pyc"):
            continue
        check(path, outside in path.read_text(errors="replace"), f"mentions {outside}")

    for problem in problems:
        print(problem)
    print(f"{count} includes read, {len(problems)} problems")
    return 1 if problems or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
