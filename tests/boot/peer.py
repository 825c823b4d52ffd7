# SPDX-License-Identifier: MIT
"""Boots that are conversations, held with Dragoman and with QEMU 7.2, and what the two print and draw compared.

A script of cases imports this and calls main(). A case is a function with the decorator @case(ARCH, ...): it starts the machine it is
given and talks to it; a text that does not come fails it. Then QEMU has the same conversation (PEER=1: in all cases; PEER=0: in none;
else in those that are quick), and each line or picture that only one of the two shows must be one of the case's known differences.
KEEP=DIR keeps what both printed and drew. By itself: peer.py NAME OURS THEIRS compares two serial logs."""
import collections, difflib, os, re, shutil, subprocess, sys, tempfile, threading, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from dial import connect  # noqa: E402

BUILD = os.environ.get("BUILD", "build")
CASES = []
# What differs from run to run or with the pace of the host, in any boot: (pattern, what stands for it).
NOISE = [
    (r"\x1b\[[0-9;?=]*[a-zA-Z]|\x1b[78=>()][0AB]?|\x00", ""), (r"\r", ""),
    (r"(Press ESC in \d seconds[^\n]*?to continue\.)+", "Press ESC"),
    (r"(Hit any key to stop autoboot: *)[\d \b]*", r"\1"),
    (r"\b\d+(\.\d+)? ?([KMG]i?B/s|ms\b)", "PACE"),
    (r"(?m)^\[ *\d+\.\d+\] ", ""),
    (r"[^\n]\x08", ""), (r"[ \t]+", " "),
]


class Missing(Exception):
    """A file or package that a case needs is not there."""


class Failed(Exception):
    """The machine did not do what it should."""


def need(path, package):
    if not os.path.exists(path):
        raise Missing("%s is missing (Debian package %s)" % (path, package))
    return path


def kernel(arch):
    """The kernel of Debian's installer."""
    name = "vmlinuz" if arch == "armhf" else "linux"
    return need("/usr/lib/debian-installer/images/12/%s/text/debian-installer/%s/%s" % (arch, arch, name),
                "debian-installer-12-netboot-" + arch)


def shell(command, error=Failed, **variables):
    """Runs a command of the shell with variables in its environment. error: what its failure means; a tool that is not there is Missing."""
    done = subprocess.run(["sh", "-ec", "PATH=$PATH:/usr/sbin:/sbin\n" + command], capture_output=True, text=True,
                          env=dict(os.environ, BUILD=BUILD, **variables))
    if done.returncode:
        why = (done.stderr.strip() or "%r: status %d" % (command, done.returncode)).split("\n")[-1]
        raise (Missing if done.returncode == 127 else error)(why)


class Machine:
    """One run of a case. work: a folder that both runs share, for media; text: what the serial port said since start()."""

    def __init__(self, program, work, other=None):
        self.program, self.work, self.other = program, work, other
        self.process, self.log, self.pictures, self.different = None, "", {}, []

    def start(self, *options, theirs=()):
        """theirs: options that only QEMU needs, to leave out something of its own."""
        if self.other:
            options += tuple(theirs)
        self.text, self.seen, self.grown = "", 0, threading.Condition()
        self.monitor_path = tempfile.mktemp(dir=self.work)
        with open(os.path.join(self.work, "errors"), "wb") as errors:
            self.process = subprocess.Popen(
                [self.program, *options, "-display", "none", "-serial", "stdio", "-monitor",
                 "unix:%s,server=on,wait=off" % self.monitor_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def medium(self, name, command, /, **variables):
        """The file that a command of the shell makes at $out; both runs have the same."""
        path = os.path.join(self.work, name)
        if not os.path.exists(path):
            shell(command, out=path, **variables)
        return path

    def copy(self, path):
        """A copy of a file for this run alone, which it may write; the same in a second start."""
        own = os.path.join(self.work, os.path.basename(path) + (".theirs" if self.other else ".ours"))
        if not os.path.exists(own):
            shutil.copyfile(path, own)
        return own

    def ramdisk(self, arch, init):
        """Busybox with a script as the first process; Missing without network or package."""
        return self.medium("ramdisk-" + arch, "tools/mkinitramfs $arch $out $init", arch=arch, init=init, error=Missing)

    def read(self):
        for piece in iter(lambda: os.read(self.process.stdout.fileno(), 4096), b""):
            with self.grown:
                self.text += piece.decode("latin-1")
                self.grown.notify()

    def wait(self, text, seconds=120):
        """TEXT comes on the serial port, after what was waited for before."""
        until = time.monotonic() + seconds
        with self.grown:
            while (at := self.text.find(text, self.seen)) < 0:
                if time.monotonic() > until or (self.process.poll() is not None and not self.reader.is_alive()):
                    raise Failed("no '%s'; last: %r; %s" % (text, self.text[-300:], self.errors()))
                self.grown.wait(0.2)
            self.seen = at + len(text)

    def errors(self):
        with open(os.path.join(self.work, "errors"), errors="replace") as file:
            return " ".join(file.read()[-300:].split())

    def say(self, text, end="\r"):
        self.process.stdin.write((text + end).encode())
        self.process.stdin.flush()

    def command(self, text):
        """A command of the human monitor, and what it answers."""
        try:
            monitor = connect(self.monitor_path, self.process)
        except AssertionError as error:
            raise Failed("%s; %s" % (error, self.errors())) from None
        with monitor:
            answer = b""
            for line in (None, text):
                if line:
                    monitor.sendall(line.encode() + b"\n")
                    answer = b""
                while not answer.rstrip(b" ").endswith(b"(qemu)"):
                    piece = monitor.recv(4096)
                    if not piece:
                        return ""
                    answer += piece
            return answer.decode("latin-1")

    def key(self, *names):
        for name in names:
            self.command("sendkey %s" % name)

    def note(self, title, lines):
        """Something more to compare: lines that are not of the serial port."""
        self.log += "%s:\n%s\n" % (title, "\n".join(lines))

    def rows(self):
        """The text screen at B8000h: 25 rows."""
        path = os.path.join(self.work, "text")
        self.command('pmemsave 0xb8000 4000 "%s"' % path)
        with open(path, "rb") as file:
            cells = file.read()[::2].decode("cp437")
        return [cells[i * 80:i * 80 + 80].replace("\0", " ").rstrip() for i in range(25)]

    def wait_row(self, text, seconds=120):
        """TEXT comes in a row of the text screen."""
        until = time.monotonic() + seconds
        while not any(text in row for row in self.rows()):
            if time.monotonic() > until or self.process.poll() is not None:
                raise Failed("no '%s' on the screen: %s" % (text, " / ".join(row.strip() for row in self.rows() if row.strip())))
            time.sleep(0.2)

    def wait_size(self, width, height, seconds=120):
        """The screen becomes so many pixels wide and high."""
        path, until, head = os.path.join(self.work, "size"), time.monotonic() + seconds, b""
        while not head.startswith(b"P6\n%d %d\n" % (width, height)):
            if time.monotonic() > until or self.process.poll() is not None:
                raise Failed("the screen is not %d x %d: %r" % (width, height, head))
            time.sleep(0.2)
            self.command('screendump "%s"' % path)
            with open(path, "rb") as file:
                head = file.read(20)

    def picture(self, name, seconds=120, still=0, most=3, unlike=None):
        """The screen now, or once something is drawn on it (other than the picture `unlike`, which a key has asked to change) that has
        not changed for `still` seconds; the second run's becomes that of the first within so many seconds, or differs by name.
        most: of 255."""
        path = os.path.join(self.work, "%s-%s.ppm" % (name, "theirs" if self.other else "ours"))
        self.pictures[name] = path
        until = time.monotonic() + seconds
        while True:
            before = os.path.exists(path) and open(path, "rb").read()
            self.command('screendump "%s"' % path)
            if not self.other:
                with open(path, "rb") as file:
                    now = file.read()
                drawn = len(set(now[15:])) > 1 and (not unlike or now != open(self.pictures[unlike], "rb").read())
                if not still or (before == now and drawn) or time.monotonic() > until:
                    return
                time.sleep(still)
                continue
            done = subprocess.run([sys.executable, "tests/boot/ppm_compare.py", self.other.pictures[name], path, str(most)],
                                  capture_output=True, text=True)
            if not done.returncode:
                return
            if time.monotonic() > until:
                self.different.append("picture %s: %s" % (name, done.stderr.strip().split("\n")[-1]))
                return
            time.sleep(0.3)

    def ends(self, seconds=120):
        """The machine ends by itself, with status 0."""
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failed("does not end; last: %r" % self.text[-300:])
        self.stop()
        if status:
            raise Failed("exit status %d; last: %r; %s" % (status, self.text[-300:], self.errors()))

    def stop(self):
        """Ends the machine, if it runs, and keeps what it said."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdin.close()
            self.reader.join()
            self.log += self.text
            self.process = None


def lines_of(text, noise=()):
    for pattern, instead in NOISE + list(noise):
        text = re.sub(pattern, instead, text)
    return [line.strip() for line in text.split("\n") if line.strip()]


def differences(ours, theirs, noise=(), known=()):
    """Lines that only one of two logs has, in their order, but for those of the known patterns. Where the reason of a pattern begins
    with "order", both logs must have the line all the same."""
    ours, theirs = lines_of(ours, noise), lines_of(theirs, noise)
    more = collections.Counter(ours)
    more.subtract(theirs)
    different = []
    for mark, line in ((line[0], line[2:]) for line in difflib.ndiff(ours, theirs, None, None)):
        reasons = [reason for pattern, reason in known if re.search(pattern, line)]
        if mark in "-+" and not any(not reason.startswith("order") or not more[line] for reason in reasons):
            different.append(("ours: " if mark == "-" else "QEMU's: ") + line)
    return different


def case(arch, quick=False, noise=(), known=()):
    """A case for a machine of QEMU's name arch. noise: (pattern, instead); known: (pattern of a line, why only one says it)."""
    def add(function):
        CASES.append((function, arch, quick, noise, known))
        return function
    return add


def keep(name, machine, side):
    folder = os.environ.get("KEEP") or os.path.join(BUILD, "test-logs")
    if os.path.isdir(folder):
        with open(os.path.join(folder, "%s-%s.serial" % (name, side)), "w", encoding="utf-8") as file:
            file.write(machine.log)
        for picture in machine.pictures.values():
            if os.path.exists(picture):
                shutil.copy(picture, os.path.join(folder, "%s-%s" % (name, os.path.basename(picture))))


def converse(function, machine, side):
    try:
        function(machine)
        return "ok " + function.__name__
    except Missing as error:
        return "skip %s: %s" % (function.__name__, error)
    except (Failed, OSError) as error:
        return "not ok %s: %s" % (function.__name__, error)
    finally:
        machine.stop()
        if "KEEP" in os.environ:
            keep(function.__name__, machine, side)


def run(function, arch, quick, noise, known):
    name, qemu, peer = function.__name__, "qemu-system-" + arch, os.environ.get("PEER")
    with tempfile.TemporaryDirectory() as work:
        ours = Machine("%s/compat/%s" % (BUILD, qemu), work)
        result = converse(function, ours, "ours")
        yield result
        if result.startswith("not"):
            keep(name, ours, "ours")
        if not result.startswith("ok") or not (quick if peer is None else peer == "1"):
            return
        if not shutil.which(qemu):
            yield "skip %s_as_in_qemu: %s is missing" % (name, qemu)
            return
        theirs = Machine(qemu, work, ours)
        result = converse(function, theirs, "theirs")
        different = theirs.different + differences(ours.log, theirs.log, noise, known)
        if not result.startswith("ok"):
            yield result.replace(name, name + "_in_qemu", 1)
            return
        if different:
            keep(name, ours, "ours")
            keep(name, theirs, "theirs")
        yield verdict(name, different)


def verdict(name, different):
    """The lines of a test's result."""
    if not different:
        return "ok %s_as_in_qemu" % name
    return "".join("# %s\n" % line for line in different) + \
        "not ok %s_as_in_qemu: %d differ, the first: %s" % (name, len(different), different[0])


def compare(name, *paths):
    """Two serial logs."""
    ours, theirs = (open(path, encoding="latin-1").read() for path in paths)
    result = verdict(name, differences(ours, theirs))
    print(result)
    return "not ok" in result


def main():
    failed = False
    wanted = sys.argv[1:]
    for one in CASES:
        if not wanted or one[0].__name__ in wanted:
            for result in run(*one):
                print(result, flush=True)
                failed |= "not ok" in result
    sys.exit(failed)


if __name__ == "__main__":
    sys.exit(compare(*sys.argv[1:]))
