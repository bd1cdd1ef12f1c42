"""Getting a model from a server on this machine: the list, progress, cancel, and the fetched model opens."""

import http.server
import os
import threading
import time

from driver import ROOT, check, open_window

FOLDER = ROOT / "assets" / "models"
MODEL = sorted(FOLDER.glob("*.safetensors"))[0]
NAME = "vit_small_patch16_224.dino"
held = threading.Event()  # set: the server lets the rest of the weights go


class Server(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.answer(False)

    def do_GET(self):
        self.answer(True)

    def answer(self, body):
        file = FOLDER / "config.json" if self.path.endswith("config.json") else MODEL
        data = file.read_bytes()
        first = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").split("-")[0])
        self.send_response(206 if first else 200)
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - first))
        self.send_header("X-Linked-Size", str(len(data)))
        self.send_header("Accept-Ranges", "bytes")
        self.end_headers()
        if not body:
            return
        try:
            half = max(first, len(data) // 2)
            self.wfile.write(data[first:half])
            self.wfile.flush()
            if file == MODEL:
                held.wait(120)
            self.wfile.write(data[half:])
        except ConnectionError:
            pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
os.environ["HF_ENDPOINT"] = f"http://127.0.0.1:{server.server_port}"
for name in ("http_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
    os.environ.pop(name, None)

with open_window("--model", "random:C=48,L=2,h=3,P=16,S=64,K=5,seed=1") as window:
    first = window.settle()
    window.key("ctrl+g")
    button = f"get.{NAME}"
    check(button in window.marks(), "the well-known models are listed")
    window.click(button)
    window.wait_for(lambda s: any(m["id"] == "get.vit_small_patch8_224.dino" and not m["enabled"] for m in s["marks"]),
                    "one fetch at a time")
    state = window.key("Left")
    check(state["shown"]["block"] == first["shown"]["block"] - 1, "pictures go on while it comes")
    window.move(button)
    time.sleep(0.3)
    window.xdotool("click", 1)
    state = window.wait_for(lambda s: s["toast"].startswith("Stopped"), "word that it is cancelled")
    check(state["shown"]["run"] == first["shown"]["run"], "the open model stays")

    held.set()
    window.wait_for(lambda s: any(m["id"] == "get.vit_small_patch8_224.dino" and m["enabled"] for m in s["marks"]),
                    "the list at rest")
    window.click(button)
    window.wait_for(lambda s: s["toast"].startswith("Fetched"), "the model")
    state = window.wait_for(lambda s: s["settled"] and s["shown"]["run"] > first["shown"]["run"], "its first picture")
    check(button not in window.marks(), "the list closes")
    window.key("ctrl+g")
    fetched = window.folder / "data" / "headlight" / "models" / NAME
    check((fetched / "model.safetensors").read_bytes() == MODEL.read_bytes(), "the file is whole")
    check(not window.mark(button)["enabled"], "it is marked as open")
    window.click("get.shipped.headlight-vit-cifar10")
    window.wait_for(lambda s: s["settled"] and button not in {m["id"] for m in s["marks"]}, "the other model")
    window.key("ctrl+g")
    check(window.mark(button)["enabled"], "it is marked as here")
    window.click(button)
    window.wait_for(lambda s: s["settled"] and button not in {m["id"] for m in s["marks"]}, "it opens again")
    check(window.mark("model.list")["value"] == NAME, f"under its name: {window.mark('model.list')['value']}")
