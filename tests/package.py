#!/usr/bin/env python3
"""tests/package.py BUILD: makes the Debian package of a build tree, unpacks it, and starts the program from there.

Checked are what it holds, lintian's errors where lintian is installed, the manual page, the completions, the desktop
entry, and that the unpacked program writes maps and, under Xvfb, a picture of its window.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HELD = ["usr/bin/headlight", "usr/share/man/man1/headlight.1.gz", "usr/share/doc/headlight/copyright",
        "usr/share/doc/headlight/changelog.gz", "usr/share/applications/org.headlight.Headlight.desktop",
        "usr/share/metainfo/org.headlight.Headlight.metainfo.xml",
        "usr/share/icons/hicolor/scalable/apps/org.headlight.Headlight.svg",
        "usr/share/bash-completion/completions/headlight", "usr/share/zsh/vendor-completions/_headlight",
        "usr/share/headlight/assets/models/dinov2-small-saliency/model.safetensors",
        "usr/share/headlight/assets/images/moose.jpg"]


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def complete(root, *words):
    """What bash offers after these words."""
    script = (f"source {root}/usr/share/bash-completion/completions/headlight; COMP_WORDS=({root}/usr/bin/headlight "
              f"{' '.join(words)}); COMP_CWORD={len(words)}; _headlight; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    return run("bash", "-c", script).split()


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory(prefix="headlight_package_") as folder:
        folder = pathlib.Path(folder)
        run("cmake", "--build", build, "--target", "manual")
        run("cpack", "-G", "DEB", "-B", folder, cwd=build)
        (package,) = folder.glob("*.deb")
        root = folder / "root"
        run("dpkg-deb", "-x", package, root)
        for name in HELD:
            assert (root / name).is_file(), f"the package lacks {name}"
        assert not list(root.rglob("train")), "the training scripts are not part of it"
        print(f"ok: {package.name}, {package.stat().st_size / 1e6:.1f} MB, holds what it should")
        if shutil.which("lintian"):
            run("lintian", "--fail-on", "error", package)
            print("ok: lintian finds no error")
        if shutil.which("desktop-file-validate"):
            run("desktop-file-validate", root / HELD[4])

        program = root / "usr/bin/headlight"
        manual = run("man", "-l", "--encoding=utf8", root / HELD[1]) if shutil.which("man") else "HEADLIGHT EXPORT --analysis"
        assert "HEADLIGHT EXPORT" in manual and "--analysis" in manual, "the manual page lacks the export command"
        offered = complete(root, "export", "--an"), complete(root, "exp"), complete(root, "export", "--analysis", "ro")
        assert offered == (["--analysis"], ["export"], ["rollout"]), f"completion offers {offered}"
        print("ok: the manual page and the completion follow --help")

        home = {"HOME": str(folder), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "LIBGL_ALWAYS_SOFTWARE": "1"}
        run(program, "export", "--image", root / HELD[-1], "--out", folder / "out", "--block", "11", "--head", "0", env=home,
            cwd="/")
        (heatmap,) = (folder / "out").glob("*.png")
        run("xvfb-run", "-a", "-s", "-screen 0 1280x800x24", program, "--screenshot", folder / "window.png", env=home, cwd="/")
        assert (folder / "window.png").stat().st_size > 20000, "the window is empty"
        print(f"ok: the unpacked program writes {heatmap.name} and opens its window")


if __name__ == "__main__":
    main()
