#!/usr/bin/env python3
"""tests/portable.py BUILD: makes the portable tar.gz, and starts it where there is nothing but what it takes from the system.

That place is a root folder of its own with the system's C and C++ libraries, X11's and OpenGL's, and nothing else: a library
that the archive forgot is missing there. Exit status 77 where no such root can be entered.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SKIPPED = 77
ENTER = ["unshare", "--map-root-user", "chroot"]
MOST_GLIBC = (2, 36)  # Debian 12's


def loaded(program, environment):
    """{name: file} as the loader finds them."""
    text = subprocess.run(["ldd", program], check=True, capture_output=True, text=True, env=environment).stdout
    found = dict(re.findall(r"\s*(\S+) => (/\S+)", text))
    loader = re.search(r"^\s*(/\S*ld-linux\S*)", text, re.MULTILINE)[1]
    return found | {loader: loader}


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as text:
        folder = pathlib.Path(text)
        said = subprocess.run([sys.executable, HERE.parent / "app" / "install" / "portable.py", build, folder], check=True,
                              capture_output=True, text=True).stdout
        print("ok: " + said.strip().removeprefix(str(folder) + "/"))
        glibc = tuple(map(int, re.search(r"glibc ([0-9.]+)", said)[1].split(".")))
        assert glibc <= MOST_GLIBC, f"it asks for glibc {glibc}"
        (archive,) = folder.glob("*.tar.gz")
        root = folder / "root"
        with tarfile.open(archive) as packed:
            packed.extractall(root)
        (tree,) = root.iterdir()
        inside = tree / "lib" / "headlight"
        of_system = 0
        for name, file in loaded(tree / "bin" / "headlight", os.environ | {"LD_LIBRARY_PATH": str(inside)}).items():
            if inside in pathlib.Path(file).parents:
                continue
            of_system += 1
            target = root / (name.lstrip("/") if name.startswith("/") else f"usr/lib/{name}")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)
        (root / "proc" / "self").mkdir(parents=True)  # by which the program finds its assets
        (root / "proc" / "self" / "exe").symlink_to(f"/{tree.name}/bin/headlight")
        if subprocess.run([*ENTER, "/", "true"], capture_output=True).returncode != 0:
            print("no root of one's own can be entered here")
            return SKIPPED
        program = f"/{tree.name}/bin/headlight"
        environment = {"PATH": os.environ["PATH"], "LD_LIBRARY_PATH": f"/{tree.name}/lib/headlight:/usr/lib"}
        for arguments in (["--version"], ["info"],
                          ["export", "--image", f"/{tree.name}/share/headlight/assets/images/moose.jpg", "--block", "0", "--head",
                           "0", "--format", "npy", "--out", "/out"]):
            done = subprocess.run([*ENTER, root, program, *arguments], capture_output=True, text=True, env=environment)
            assert done.returncode == 0, f"{arguments}: status {done.returncode}: {done.stderr.strip()}"
        assert len(list((root / "out").glob("*.npy"))) == 1, "no map was written"
        print(f"ok: starts and exports in a root with {of_system} libraries of the system and nothing else")
    # The launcher finds what lies beside it, from any folder and through a link.
    return 0


if __name__ == "__main__":
    sys.exit(main())
