#!/usr/bin/env python3
"""Fails on an include that the room tables of CONTRIBUTING.md do not allow. With --count it prints the tables' rooms."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
KERNELS = ("engine/kernels/kernels.h", "engine/kernels/backward_kernels.h",
           "engine/kernels/bf16_kernels.h")  # what the room shows to others
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
WINDOW = re.compile(r"^(GL/|GLFW/|GLES|epoxy/|imgui|backends/imgui|X11/|CLI/)")
ROW = re.compile(r"^\| `(\w+)` \|[^|]*\|([^|]*)\|$")
NAMES_LIBRARIES = "app/cli/version.cpp"  # tells the version of each
AT_THE_TOP = {"app/main.cpp": "cli"}  # files outside the rooms, and the room whose rules they follow

# Libraries that one place keeps to itself: what is included, and where it may be.
KEPT_IN = {
    r"(stb/stb_image\.h|stb_image\.h)$": r"engine/image/decode_stb\.cpp",
    r"(jpeglib|jerror)\.h$": r"engine/image/decode_jpeg\.cpp",
    r"webp/": r"engine/image/decode_webp\.cpp",
    r"tiffio\.h$": r"engine/image/decode_tiff\.cpp",
    r"gif_lib\.h$": r"engine/image/decode_gif\.cpp",
    r"libheif/": r"engine/image/decode_heif\.cpp",
    r"avif/": r"engine/image/decode_avif\.cpp",
    r"lcms2\.h$": r"engine/image/color_profile\.cpp",
    r"zlib\.h$|zip\.h$": r"engine/containers/\w+\.cpp|app/files/\w+\.cpp",
    r"png\.h$": r"app/files/\w+\.cpp",
    r"fontconfig/": r"app/words/font_files\.cpp|app/export/lettering\.cpp",
    r"cairo": r"app/export/(lettering|paper)\.(h|cpp)",
    r"curl/": r"app/hub/\w+\.cpp",
    r"openssl/": r"app/files/digest\.cpp|tests/.*",
    r"CLI/": r"app/cli/.*",
    r"GLFW/": r"app/(window|ui)/.*|tests/.*",
    r"epoxy/": r"app/(gl|window)/.*|tests/.*",
    r"imgui": r"app/(ui|gl|panels|pages|window)/.*|tests/.*",
}


def sources(folder):
    return sorted(p for p in (ROOT / folder).rglob("*") if p.suffix in (".h", ".cpp"))


def room_tables():
    """{"engine": {room: rooms it may use}, "app": …} from CONTRIBUTING.md."""
    tables, top = {}, None
    for line in (ROOT / "CONTRIBUTING.md").read_text().splitlines():
        if head := re.match(r"^\| (engine|app)/ \|", line):
            top = tables.setdefault(head[1], {})
        elif top is not None and (row := ROW.match(line)):
            top[row[1]] = set(row[2].split())
        elif not line.startswith("|"):
            top = None
    for top, rooms in tables.items():
        for room, uses in rooms.items():
            uses.add(room)
            if top == "engine":
                uses.add("base")
    return tables


def room_of(relative):
    """("engine", "network") for engine/network/model.h; the room of an included name likewise."""
    parts = relative.split("/")
    if relative in AT_THE_TOP:
        return "app", AT_THE_TOP[relative]
    return (parts[0], parts[1]) if len(parts) > 2 else (parts[0], None)


def check_rooms(tables, problem):
    includes = 0
    for top, rooms in tables.items():
        for room in rooms:
            if not sources(f"{top}/{room}"):
                problem(f"{top}/{room}", "is in the table and has no files")
        for path in sources(top):
            relative = str(path.relative_to(ROOT))
            room = room_of(relative)[1]
            if room not in rooms:
                problem(relative, "stands in no room of the table")
                continue
            for name in INCLUDE.findall(path.read_text()):
                includes += 1
                other_top, other = room_of(name)
                if other_top == "tests" or (top == "engine" and other_top == "app"):
                    problem(relative, f'includes "{name}"')
                elif other_top == top and other not in rooms[room]:
                    problem(relative, f'includes "{name}": {room} may not use {other}')
                elif other_top == "engine" and top == "app" and other not in tables["engine"]:
                    problem(relative, f'includes "{name}", which is in no room')
                # The parts of the kernels that are compiled for each instruction set are all Eigen, and nobody else's.
                elif name.startswith("engine/kernels/") and name not in KERNELS and room != "kernels":
                    problem(relative, f'includes "{name}", the inside of a kernel')
    return includes


def check_libraries(problem):
    json_in_engine = set()
    for top in ("engine", "app"):
        for path in sources(top):
            relative, text = str(path.relative_to(ROOT)), path.read_text()
            for name in INCLUDE.findall(text):
                for library, places in KEPT_IN.items():
                    kept = relative == NAMES_LIBRARIES or re.fullmatch(places, relative)
                    if re.match(library, name) and not kept:
                        problem(relative, f"includes <{name}>, which {places} keeps to itself")
                header = path.suffix == ".h" and "kernels/isa" not in relative
                if re.match(r"Eigen/|unsupported/Eigen", name) and (top == "app" or header):
                    problem(relative, f"includes <{name}>: Eigen stays inside the engine's .cpp files")
                if top == "engine" and WINDOW.match(name):
                    problem(relative, f"includes <{name}>: the engine has no window")
                if top == "engine" and name.startswith("nlohmann/"):
                    json_in_engine.add(relative)
            if top == "engine":
                code = COMMENT.sub("", text)
                if re.search(r"\bargv\b", code):
                    problem(relative, "mentions argv: the engine knows no command line")
                if re.search(r'"[^"\n]*\bassets/', code):
                    problem(relative, "mentions assets/: the engine does not know where they lie")
    if len(json_in_engine) > 1 or any(name.endswith(".h") for name in json_in_engine):
        problem(", ".join(sorted(json_in_engine)), "include JSON: keep it inside one .cpp")


def check_texts(problem):
    for path in sorted((ROOT / "shaders").glob("*")):
        first = path.read_text().split("\n", 1)[0]
        if path.suffix in (".vert", ".frag", ".glsl") and first != "#version 330 core":
            problem(path.relative_to(ROOT), f"begins with {first!r}")
    outside = ".." + "/shared"  # what lies beside a checkout is not part of it
    texts = [p for f in ("app", "engine", "shaders", "tests", ".ci") for p in (ROOT / f).rglob("*") if p.is_file()]
    texts += [p for p in ROOT.iterdir() if p.is_file() and p.suffix in (".txt", ".md", ".json")]
    for path in texts:
        if path.suffix not in (".safetensors", ".png", ".jpg", ".npz", ".pth", ".pdparams", ".pyc"):
            if outside in path.read_text(errors="replace"):
                problem(path.relative_to(ROOT), f"mentions {outside}")


def check_unit_tests(tables, problem):
    """tests/unit mirrors the rooms: tests/unit/engine/network tests engine/network."""
    for path in sources("tests/unit"):
        relative = str(path.relative_to(ROOT / "tests/unit"))
        top, room = room_of(relative)
        if "/" in relative and (top not in tables or room not in tables[top]):
            problem(f"tests/unit/{relative}", "mirrors no room")
        elif "/" not in relative and path.name.endswith("_test.cpp"):
            problem(f"tests/unit/{relative}", "stands in no room")


def count(tables):
    for top, rooms in tables.items():
        for room in rooms:
            files = sources(f"{top}/{room}")
            lines = sum(len(p.read_text().splitlines()) for p in files)
            print(f"{top + '/' + room:20} {len(files):4} files {lines:6} lines")


def main():
    tables = room_tables()
    if "--count" in sys.argv:
        return count(tables)
    problems = []

    def problem(where, sentence):
        problems.append(f"{where}: {sentence}")

    includes = check_rooms(tables, problem)
    check_libraries(problem)
    check_unit_tests(tables, problem)
    check_texts(problem)
    for line in problems:
        print(line)
    print(f"{includes} includes read, {len(problems)} problems")
    return 1 if problems or includes == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
