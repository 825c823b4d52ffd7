#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The host's side of tests/net/guest: serves a page and data by HTTP, takes an upload, all on the loopback.
peer.py BYTES REPORT: writes "http PORT", "upload PORT", "digest SHA256" to REPORT at once, "uploaded SHA256" later."""
import hashlib
import http.server
import random
import socket
import sys
import threading

data = random.Random(1).randbytes(int(sys.argv[1]))
lock = threading.Lock()


def report(line):
    with lock, open(sys.argv[2], "a") as file:
        file.write(line + "\n")


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = data if self.path == "/data" else b"hello from the host"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


def take_uploads(listener):
    while True:
        connection, _ = listener.accept()
        digest = hashlib.sha256()
        while True:
            part = connection.recv(1 << 16)
            if not part:
                break
            digest.update(part)
        report("uploaded " + digest.hexdigest())       # first: the guest goes on, and off, when the connection ends
        connection.close()


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=take_uploads, args=(listener,), daemon=True).start()
report(f"http {server.server_port}")
report(f"upload {listener.getsockname()[1]}")
report("digest " + hashlib.sha256(data).hexdigest())
server.serve_forever()
