#!/usr/bin/env python3
"""tests/clean_root.py BUILD [PICTURE]: makes the Debian package, and installs, starts and purges it in a Debian that has nothing else.

The root is debootstrap's smallest, from the mirror that apt uses here; apt brings the package's own dependencies, so that one
that is missing shows. The X server runs outside. PICTURE is the window's first picture. Exit status 77 where there is no root to be
made: no Debian, not root, no debootstrap, no mirror.
"""

import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "gui"))
sys.dont_write_bytecode = True
from driver import xvfb  # noqa: E402

SKIPPED = 77
NOBODY = "65534:65534"
PHOTO = "/usr/share/headlight/assets/images/moose.jpg"
# Where packages write as they are installed, whatever becomes of them later.
LEFT_ALONE = ("var/cache", "var/log", "var/lib/apt", "var/lib/dpkg", "tmp", "proc", "etc/ld.so.cache", "run")


def run(*command, **options):
    done = subprocess.run([*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout[-4000:]}")
    return done.stdout


def mirror():
    """(address, codename) of the Debian that apt uses; (None, why) where there is none."""
    if platform.freedesktop_os_release().get("ID") != "debian":
        return None, "this is no Debian"
    name = platform.freedesktop_os_release()["VERSION_CODENAME"]
    for line in run("apt-get", "indextargets", "--format", "$(SITE) $(RELEASE)").splitlines():
        site, _, release = line.rpartition(" ")
        if release == name and "security" not in site:
            try:
                urllib.request.urlopen(f"{site.rstrip('/')}/dists/{name}/Release", timeout=20).close()
            except OSError as error:
                return None, f"apt's mirror does not answer: {error}"
            return site, name
    return None, "apt names no mirror of this Debian"


def why_not():
    if os.geteuid() != 0:
        return "only root can make a root"
    if shutil.which("debootstrap") is None:
        return "install debootstrap"
    return None


class Root:
    def __init__(self, folder):
        self.folder = folder

    def run(self, *command, user="0:0", **environment):
        return run("chroot", f"--userspec={user}", self.folder, *command,
                   env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive", **environment})

    def files(self):
        found = set()
        for at, folders, files in os.walk(self.folder):
            inside = pathlib.Path(at).relative_to(self.folder)
            folders[:] = [name for name in folders if str(inside / name) not in LEFT_ALONE]
            found |= {str(inside / name) for name in [*files, *folders]} - set(LEFT_ALONE)
        return found


def start(root, display, picture):
    """The command line and the window, as somebody without rights."""
    (root.folder / "tmp" / "home").mkdir(mode=0o777)
    (root.folder / "tmp" / "home").chmod(0o777)
    me = {"HOME": "/tmp/home", "user": NOBODY}
    root.run("headlight", "export", "--image", PHOTO, "--block", "0", "--head", "0", "--out", "/tmp/home/maps", **me)
    assert [*(root.folder / "tmp/home/maps").glob("*.png")], "no map was written"
    root.run("headlight", "--screenshot", "/tmp/home/window.png", DISPLAY=display, LIBGL_ALWAYS_SOFTWARE="1", **me)
    shot = root.folder / "tmp/home/window.png"
    assert shot.stat().st_size > 20000, "the window is empty"
    if picture:
        shutil.copy(shot, picture)


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    reason = why_not()
    site, name = (None, reason) if reason else mirror()
    if site is None:
        print(f"skipped: {name}")
        return SKIPPED
    if "HEADLIGHT_CLEAN_ROOT" not in os.environ:  # mounts of its own, which go when it ends
        os.environ["HEADLIGHT_CLEAN_ROOT"] = "1"
        os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, *sys.argv])
    kept = build / "clean_root_packages"  # what was fetched, for the next time
    kept.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="headlight_root_") as text:
        folder = pathlib.Path(text)
        run("cmake", "--build", build, "--target", "manual")
        run("cpack", "-G", "DEB", "-B", folder, cwd=build)
        (package,) = folder.glob("*.deb")
        depends = run("dpkg-deb", "-f", package, "Depends").strip()
        root = Root(folder / "root")
        run("debootstrap", "--variant=minbase", f"--cache-dir={kept}", name, root.folder, site)
        run("mount", "-t", "proc", "proc", root.folder / "proc")
        try:
            shutil.copy(package, root.folder / "tmp" / "headlight.deb")
            for archive in kept.glob("*.deb"):
                shutil.copy(archive, root.folder / "var/cache/apt/archives")
            root.run("apt-get", "-qq", "update")
            before = root.files()
            root.run("apt-get", "-qq", "install", "-y", "--no-install-recommends", "-o", "APT::Keep-Downloaded-Packages=true",
                     "/tmp/headlight.deb")
            for archive in (root.folder / "var/cache/apt/archives").glob("*.deb"):
                shutil.copy(archive, kept)
            owned = root.run("dpkg", "-L", "headlight").split()
            print(f"ok: installs in a clean {name}, {len(owned)} files; Depends: {depends}")
            with xvfb(1280, 800) as display:
                start(root, display, sys.argv[2] if len(sys.argv) > 2 else None)
            print("ok: writes a map and opens its window")
            root.run("apt-get", "-qq", "purge", "-y", "--autoremove", "headlight")
            left = root.files() - before
            named = sorted(file for file in left if "headlight" in file.lower())
            assert not named, f"purged, it leaves {named}"
            print(f"ok: purged with what it brought; of Headlight nothing is left ({len(left)} files of other packages: {sorted(left)[:5]})")
        finally:
            run("umount", root.folder / "proc")
    return 0


if __name__ == "__main__":
    sys.exit(main())
