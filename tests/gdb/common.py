# SPDX-License-Identifier: MIT
"""What the gdb tests share: a machine under test, a client of the protocol that sends any packet, stock debuggers."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import dial  # noqa: E402

BUILD = os.environ.get("BUILD", "build")
work = tempfile.mkdtemp(prefix="dragoman-gdb-")
running = []
failures = 0


class Machine:
    """A machine whose gdb server is the socket `path`; it stands at its first instruction unless paused is False."""

    def __init__(self, *arguments, options="", paused=True, serial="none"):
        self.path = "%s/gdb%d" % (work, len(running))
        command = [BUILD + "/dragoman", "run", "-display", "none", "-serial", serial, "-gdb", "unix:%s%s" % (self.path, options)]
        self.process = subprocess.Popen(command + (["-S"] if paused else []) + list(arguments), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        running.append(self)
        connect(self).close()

    def end(self, status=None):
        if status is None:
            self.process.kill()
        got = self.process.wait(dial.PATIENCE)
        text = self.process.stdout.read().decode(errors="replace")
        self.process.stdout.close()
        assert status is None or got == status, "exit status %s: %s" % (got, text)
        return text


def connect(machine):
    return dial.connect(machine.path, machine.process)


class Client:
    """The protocol by hand."""

    def __init__(self, machine, features="swbreak+;hwbreak+"):
        self.line = connect(machine)
        self.buffer = b""
        self.ack = True
        self.supported = self.ask("qSupported:" + features).decode()

    def send(self, body):
        body = body.encode() if isinstance(body, str) else body
        escaped = b"".join(b"}" + bytes([c ^ 0x20]) if c in b"#$}*" else bytes([c]) for c in body)
        self.line.sendall(b"$" + escaped + b"#%02x" % (sum(escaped) & 255))

    def send_and_wait(self, body):
        """Returns when the server has the packet: what others do comes after it."""
        self.send(body)
        assert self.byte() == b"+"

    def byte(self):
        if not self.buffer:
            self.buffer = self.line.recv(65536)
            assert self.buffer, "the connection was closed"
        first, self.buffer = self.buffer[:1], self.buffer[1:]
        return first

    def receive(self):
        while self.byte() != b"$":
            pass
        body = total = b""
        while (c := self.byte()) != b"#":
            total += c
            if c == b"}":
                c = self.byte()
                total += c
                c = bytes([c[0] ^ 0x20])
            body += c
        got = int(self.byte() + self.byte(), 16)
        assert got == sum(total) & 255, "checksum"
        if self.ack and body[:1] != b"W":   # after that it may be gone
            self.line.sendall(b"+")
        return body

    def ask(self, body):
        self.send(body)
        return self.receive()

    def command(self, line):
        """A monitor command's output."""
        self.send("qRcmd," + line.encode().hex())
        text = b""
        while (part := self.receive()) != b"OK":
            assert part[:1] == b"O", part
            text += bytes.fromhex(part[1:].decode())
        return text.decode()

    def registers(self):
        """Number of each register by name, from the description."""
        text, offset = b"", 0
        while True:
            part = self.ask("qXfer:features:read:target.xml:%x,ffb" % offset)
            text += part[1:]
            offset += len(part) - 1
            if part[:1] == b"l":
                break
        self.description = text.decode()
        return {name: int(number) for name, number in re.findall(r'<reg name="(\w+)" bitsize="\d+" regnum="(\d+)"', self.description)}

    def value(self, number):
        return int.from_bytes(bytes.fromhex(self.ask("p%x" % number).decode()), "little")


def debug(program, machine, commands, architecture=None):
    """Stock gdb's output for a list of commands, connected to the machine."""
    script = work + "/script"       # gdb gives up a packet that is not answered in two seconds, unless it is told to wait
    with open(script, "w") as file:
        file.write("\n".join(["set pagination off", "set confirm off", "set width 0", "set height 0", "set remotetimeout %d" % dial.PATIENCE,
                              "target remote " + machine.path, *commands]) + "\n")
    try:
        got = subprocess.run([program, "-nx", "-batch", "-x", script], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, timeout=2 * dial.PATIENCE)
        return got.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired as late:
        raise AssertionError("%s hangs after: %s" % (program, late.stdout.decode(errors="replace")[-1000:])) from None


def assemble(name, text, address=0x7c00):
    """A boot sector out of 16-bit x86 assembly."""
    source, output = "%s/%s.S" % (work, name), "%s/%s.img" % (work, name)
    with open(source, "w") as file:
        file.write(".code16\n.globl _start\n_start:\n%s\n.org 510\n.word 0xaa55\n" % text)
    subprocess.run(["as", "--32", source, "-o", output + ".o"], check=True)
    subprocess.run(["ld", "-m", "elf_i386", "-Ttext", hex(address), "--oformat", "binary", "-o", output, output + ".o"], check=True)
    return output


def symbol(name, label):
    """The address of a label of what assemble made."""
    listing = subprocess.run(["nm", "%s/%s.img.o" % (work, name)], stdout=subprocess.PIPE, check=True).stdout.decode()
    return 0x7c00 + int(re.search(r"^(\w+) . %s$" % label, listing, re.M).group(1), 16)


def expect(text, *patterns):
    """The patterns come in this order."""
    at = 0
    for pattern in patterns:
        found = re.compile(pattern, re.M).search(text, at)
        assert found, "no '%s' in: %s" % (pattern, text[at:][:1500])
        at = found.end()


def run(group, *cases):
    global failures
    for case in cases:
        name = "%s_%s" % (group, case.__name__)
        try:
            case()
            print("ok " + name, flush=True)
        except Exception as error:
            failures += 1
            print("not ok %s: %s" % (name, str(error) or type(error).__name__), flush=True)
            traceback.print_exc(limit=-2)
        finally:
            for machine in running:
                if machine.process.poll() is None:
                    machine.end()
    shutil.rmtree(work, ignore_errors=True)
    sys.exit(failures != 0)


def need(group, program, package):
    if not shutil.which(program):
        print("skip %s: %s is missing (Debian package %s)" % (group, program, package))
        return False
    return True
