#!/usr/bin/env python3
"""app/install/portable.py BUILD FOLDER: a tar.gz that runs where it is unpacked, without installing anything.

It holds what `cmake --install` writes, the libraries that a desktop may lack or have in another version, and a launcher.
From the system come the C and C++ libraries, OpenGL, X11 and fonts: a driver must find those that it was made for. It runs on
systems whose C library is at least as new as the one that it names at the end (Debian 12 and Ubuntu 22.04 have 2.36 and 2.35).
"""

import gzip
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

# Of the system, by the beginning of the name.
SYSTEM = ("ld-linux", "libc.", "libm.", "libdl.", "libpthread.", "librt.", "libresolv.", "libstdc++.", "libgcc_s.", "libGL", "libEGL",
          "libOpenGL", "libX", "libxcb", "libwayland", "libdrm", "libbsd.", "libmd.", "libz.", "libzstd.", "libffi.", "libexpat.",
          "libfreetype.", "libfontconfig.", "linux-vdso")
LAUNCHER = """#!/bin/sh
# Starts Headlight with the libraries that lie beside it.
here=$(dirname "$(readlink -f "$0")")
LD_LIBRARY_PATH="$here/lib/headlight${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" exec "$here/bin/headlight" "$@"
"""


def run(*command):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout


def libraries(program):
    """{name: file} of all that the program loads and the system need not have."""
    found = {}
    for line in run("ldd", program).splitlines():
        if match := re.match(r"\s*(\S+) => (/\S+)", line):
            if not match[1].startswith(SYSTEM):
                found[match[1]] = pathlib.Path(match[2])
        elif "not found" in line:
            sys.exit(f"{program} misses a library: {line.strip()}")
    return found


def newest_glibc(files):
    versions = {tuple(map(int, version.split("."))) for file in files
                for version in re.findall(r"GLIBC_([0-9.]+)", run("objdump", "-T", file))}
    return ".".join(map(str, max(versions)))


def pack(tree, file):
    """The same tree gives the same bytes: no times, no owners, entries by name."""
    def plain(info):
        info.mtime = info.uid = info.gid = 0
        info.uname = info.gname = ""
        return info

    with open(file, "wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="", compresslevel=6) as packed:
        with tarfile.open(fileobj=packed, mode="w") as archive:
            for path in sorted(tree.rglob("*")):
                archive.add(path, tree.name + "/" + str(path.relative_to(tree)), recursive=False, filter=plain)


def main():
    build, target = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    version = re.search(r"CMAKE_PROJECT_VERSION:STATIC=(\S+)", (build / "CMakeCache.txt").read_text())[1]
    with tempfile.TemporaryDirectory() as text:
        tree = pathlib.Path(text) / f"headlight-{version}"
        run("cmake", "--install", build, "--prefix", tree, "--strip")
        inside = tree / "lib" / "headlight"
        inside.mkdir(parents=True)
        for name, file in libraries(build / "headlight").items():
            shutil.copy(file, inside / name)
        (tree / "headlight").write_text(LAUNCHER)
        (tree / "headlight").chmod(0o755)
        glibc = newest_glibc([tree / "bin" / "headlight", *inside.iterdir()])
        target.mkdir(parents=True, exist_ok=True)
        machine = run("uname", "-m").strip()
        file = target / f"headlight-{version}-linux-{machine}.tar.gz"
        pack(tree, file)
        print(f"{file}: {file.stat().st_size / 1e6:.1f} MB, {len(list(inside.iterdir()))} libraries, glibc {glibc} or newer")


if __name__ == "__main__":
    main()
