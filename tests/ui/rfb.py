# SPDX-License-Identifier: MIT
"""A VNC client for tests (RFC 6143): handshakes, Raw, Hextile and ZRLE pictures, keys, pointers."""
import os
import struct
import sys
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from dial import connect  # noqa: E402

RAW, HEXTILE, ZRLE, SIZE, POINTER, KEY, LED, NAME, EXTENDED_SIZE = 0, 5, 16, -223, -257, -258, -261, -307, -308


class Client:
    def __init__(self, address, version=b"RFB 003.008\n", password=None, answer=None):
        self.socket = connect(address)
        self.greeting = self.get(12)
        self.socket.sendall(version)
        if version >= b"RFB 003.007":
            kinds = self.get(self.get(1)[0])
            self.security = kinds[0]
            self.socket.sendall(bytes([self.security]))
        else:
            self.security = struct.unpack(">I", self.get(4))[0]
        if self.security == 2:
            self.socket.sendall(answer(password, self.get(16)))
        self.result = 0
        if self.security == 2 or version >= b"RFB 003.008":
            self.result = struct.unpack(">I", self.get(4))[0]
        if self.result:
            return
        self.socket.sendall(b"\1")
        self.width, self.height, self.format = struct.unpack(">HH16s", self.get(20))
        self.name = self.get(struct.unpack(">I", self.get(4))[0]).decode()
        self.bytes, self.zlib = 4, zlib.decompressobj()
        self.pixels = {}
        self.resize(self.width, self.height)
        self.pointer = self.leds = None
        self.extended_keys = False
        self.sizes = []

    def resize(self, width, height):
        self.width, self.height = width, height
        self.picture = [[None] * width for _ in range(height)]

    def get(self, count):
        parts = b""
        while len(parts) < count:
            part = self.socket.recv(count - len(parts))
            if not part:
                raise EOFError("the server hung up")
            parts += part
        return parts

    def set_format(self, bits, depth, big, true, most, shift):
        self.bytes = bits // 8
        self.socket.sendall(struct.pack(">B3xBBBBHHHBBB3x", 0, bits, depth, big, true, *most, *shift))

    def set_encodings(self, *encodings):
        self.socket.sendall(struct.pack(">BxH", 2, len(encodings)) + struct.pack(">%di" % len(encodings), *encodings))

    def request(self, incremental=True):
        self.socket.sendall(struct.pack(">BBHHHH", 3, incremental, 0, 0, self.width, self.height))

    def key(self, symbol, down):
        self.socket.sendall(struct.pack(">BBxxI", 4, down, symbol))

    def key_position(self, symbol, scan, down):
        self.socket.sendall(struct.pack(">BBHII", 255, 0, down, symbol, scan))

    def point(self, buttons, x, y):
        self.socket.sendall(struct.pack(">BBHH", 5, buttons, x, y))

    def update(self):
        """Reads messages up to one update; the number of rectangles in it."""
        while True:
            kind = self.get(1)[0]
            if kind == 0:
                break
            if kind == 1:
                self.colours = struct.unpack(">xHH", self.get(5))
                self.map = struct.unpack(">768H", self.get(self.colours[1] * 6))
            else:
                raise ValueError("message %d" % kind)
        count = struct.unpack(">xH", self.get(3))[0]
        for _ in range(count):
            self.rectangle(*struct.unpack(">HHHHi", self.get(12)))
        return count

    def rectangle(self, x, y, width, height, encoding):
        if encoding == RAW:
            for row in range(height):
                self.put(x, y + row, self.split(self.get(width * self.bytes), self.bytes))
        elif encoding == HEXTILE:
            self.hextile(x, y, width, height)
        elif encoding == ZRLE:
            self.zrle(x, y, width, height)
        elif encoding == SIZE:
            self.sizes.append((x, y))
            self.resize(width, height)
        elif encoding == EXTENDED_SIZE:
            self.get(self.get(4)[0] * 16)
            self.sizes.append((x, y))
            if (width, height) != (self.width, self.height):
                self.resize(width, height)
        elif encoding == POINTER:
            self.pointer = x
        elif encoding == KEY:
            self.extended_keys = True
        elif encoding == LED:
            self.leds = self.get(1)[0]
        elif encoding == NAME:
            self.name = self.get(struct.unpack(">I", self.get(4))[0]).decode()
        else:
            raise ValueError("encoding %d" % encoding)

    @staticmethod
    def split(data, size):
        return [data[i:i + size] for i in range(0, len(data), size)]

    def put(self, x, y, pixels):
        self.picture[y][x:x + len(pixels)] = pixels

    def hextile(self, left, top, width, height):
        back = fore = None
        for y in range(top, top + height, 16):
            for x in range(left, left + width, 16):
                w, h = min(16, left + width - x), min(16, top + height - y)
                kind = self.get(1)[0]
                if kind & 1:
                    for row in range(h):
                        self.put(x, y + row, self.split(self.get(w * self.bytes), self.bytes))
                    continue
                back = self.get(self.bytes) if kind & 2 else back
                fore = self.get(self.bytes) if kind & 4 else fore
                for row in range(h):
                    self.put(x, y + row, [back] * w)
                for _ in range(self.get(1)[0] if kind & 8 else 0):
                    colour = self.get(self.bytes) if kind & 16 else fore
                    xy, wh = self.get(2)
                    for row in range((wh & 15) + 1):
                        self.put(x + (xy >> 4), y + (xy & 15) + row, [colour] * ((wh >> 4) + 1))

    def zrle(self, left, top, width, height):
        data = self.zlib.decompress(self.get(struct.unpack(">I", self.get(4))[0]))
        size, at = (3 if self.bytes == 4 else self.bytes), 0
        for y in range(top, top + height, 64):
            for x in range(left, left + width, 64):
                w, h = min(64, left + width - x), min(64, top + height - y)
                kind = data[at]
                at += 1
                if kind == 0:
                    for row in range(h):
                        self.put(x, y + row, self.split(data[at:at + w * size], size))
                        at += w * size
                    continue
                palette = self.split(data[at:at + kind * size], size)
                at += kind * size
                bits = 0 if kind == 1 else 1 if kind == 2 else 2 if kind <= 4 else 4
                for row in range(h):
                    line = data[at:at + (w * bits + 7) // 8]
                    at += len(line)
                    number = int.from_bytes(line, "big") if bits else 0
                    total = len(line) * 8
                    self.put(x, y + row, [palette[number >> (total - (i + 1) * bits) & (1 << bits) - 1] for i in range(w)])
        if at != len(data):
            raise ValueError("%d bytes too many in ZRLE" % (len(data) - at))

    def complete(self):
        return all(None not in row for row in self.picture)

    def rgb(self):
        """The picture as a PPM's bytes, of the native format."""
        return b"".join(bytes((p[2], p[1], p[0])) for row in self.picture for p in row)
