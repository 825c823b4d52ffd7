# SPDX-License-Identifier: MIT
"""A machine with Debian's kernel that a test steers from inside (commands go to a shell on its second serial port) and from outside
(QMP). DRAGOMAN=qemu-system-x86_64 shows what QEMU does."""
import json
import os
import shlex
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from dial import connect  # noqa: E402

BUILD = os.environ.get("BUILD", "build")
PROGRAM = shlex.split(os.environ.get("DRAGOMAN", BUILD + "/dragoman run"))
INSTALLER = "/usr/lib/debian-installer/images/12/amd64/text/debian-installer/amd64/"


def skip(why):
    print("skip %s: %s" % (os.path.basename(sys.argv[0]), why))
    sys.exit(0)


def run(*command, **more):
    return subprocess.run(command, capture_output=True, text=True, **more)


def make_initrd(work, sets, modules_in_order):
    """Modules of the sets of tools/mkmodules, then tests/boot/guest-hotplug."""
    if not os.path.exists(INSTALLER + "linux"):
        skip("%slinux is missing (Debian package debian-installer-12-netboot-amd64)" % INSTALLER)
    modules = work + "/modules"
    made = run("tools/mkmodules", "amd64", modules, *sets)
    if made.returncode:
        skip("no modules for the kernel: " + made.stderr[-200:])
    run("sh", "-c", "zcat %sinitrd.gz | (cd %s && cpio -idu --quiet '*/virtio*.ko' '*failover.ko')" % (INSTALLER, modules))
    found = {name: os.path.join(path, name) for path, _, files in os.walk(modules) for name in files}
    os.makedirs(work + "/more/modules")
    lines = []
    for name in modules_in_order:
        if name + ".ko" in found:
            shutil.copy(found[name + ".ko"], work + "/more/modules/")
            lines.append("insmod /modules/%s.ko\n" % name)
    with open(work + "/init", "w") as file, open("tests/boot/guest-hotplug") as script:
        file.write("".join(lines) + script.read())
    made = run("tools/mkinitramfs", "amd64", work + "/base.gz", work + "/init")
    if made.returncode:
        skip("no initial RAM disk: " + made.stderr[-200:])
    run("sh", "-c", "(cd %s/more && find . | cpio -o -H newc --quiet --owner 0:0 | gzip -1 -n) > %s/more.gz" % (work, work))
    with open(work + "/initrd.gz", "wb") as out:
        for part in ("base.gz", "more.gz"):
            with open(work + "/" + part, "rb") as file:
                out.write(file.read())


class Lines:
    def __init__(self, path, process):
        self.line, self.data = connect(path, process), b""

    def next(self):
        while b"\n" not in self.data:
            part = self.line.recv(65536)
            if not part:
                raise AssertionError("the other side hung up")
            self.data += part
        text, self.data = self.data.split(b"\n", 1)
        return text.decode(errors="replace").strip("\r")


class Machine:
    def __init__(self, work, *arguments):
        self.process = subprocess.Popen(
            [*PROGRAM, "-m", "256M", "-smp", "2", "-display", "none", "-no-reboot", "-net", "none", "-kernel", INSTALLER + "linux",
             "-initrd", work + "/initrd.gz", "-append", "console=ttyS0 panic=-1", "-serial", "file:" + work + "/console",
             "-serial", "unix:%s/port,server=on,wait=off" % work, "-qmp", "unix:%s/qmp,server=on,wait=off" % work, *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.qmp, self.port, self.events = Lines(work + "/qmp", self.process), Lines(work + "/port", self.process), []
        self.qmp.next()
        self.do("qmp_capabilities")
        while self.port.next() != "GUEST ready":
            pass

    def message(self):
        message = json.loads(self.qmp.next())
        if "event" in message:
            self.events.append(message)
        return message

    def ask(self, command, **arguments):
        names = {key.replace("_", "-"): value for key, value in arguments.items()}
        self.qmp.line.sendall(json.dumps({"execute": command, "arguments": names}).encode() + b"\n")
        while True:
            message = self.message()
            if "event" not in message:
                return message

    def do(self, command, **arguments):
        answer = self.ask(command, **arguments)
        assert "return" in answer, "%s %s: %s" % (command, arguments, answer)
        return answer["return"]

    def human(self, line):
        return self.do("human-monitor-command", command_line=line).replace("\r", "")

    def gone(self, device):
        """Waits for the event, then looks whether it is out of the tree."""
        def told():
            return [e for e in self.events if e["event"] == "DEVICE_DELETED" and e["data"].get("device") == device]
        while not told():
            self.message()
        assert told()[0]["data"]["path"] == "/machine/peripheral/" + device, told()
        assert device not in [o["name"] for o in self.do("qom-list", path="/machine/peripheral")]
        self.events = []

    def guest(self, command):
        self.port.line.sendall(command.encode() + b"\n")
        lines = []
        while True:
            line = self.port.next()
            if line.startswith("GUEST end "):
                return "\n".join(lines), int(line.split()[2])
            lines.append(line)

    def says(self, command, status=0):
        text, got = self.guest(command)
        assert got == status, "guest's '%s' ends with %d: %s" % (command, got, text)
        return text

    def wait(self, condition, what):
        text, status = self.guest("i=0; until %s; do i=$((i + 1)); [ $i -lt 1000 ] || exit 1; sleep 0.1; done" % condition)
        assert not status, "%s: '%s' does not come true; %s" % (what, condition, self.guest("dmesg | tail -n 5")[0])
