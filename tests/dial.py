# SPDX-License-Identifier: MIT
"""What tests that talk to a running program share: patience, a connection to who is about to listen, a port for who will."""
import random
import socket
import time

PATIENCE = 120          # seconds: far more than anything takes on a slow, loaded machine, so who waits so long waits in vain


def connect(address, process=None):
    """To a UNIX socket (a path) or a TCP port (host, port) as soon as somebody listens there. process: who should; its end is an error."""
    end = time.monotonic() + PATIENCE
    while True:
        line = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
        line.settimeout(PATIENCE)
        try:
            line.connect(address)
            return line
        except OSError as error:
            line.close()
            if process and process.poll() is not None:
                said = process.stdout.read() if process.stdout and not process.stdout.closed else ""
                raise AssertionError("nobody listens at %s: exit status %d: %s" % (address, process.returncode, said)) from None
            if time.monotonic() > end:
                raise AssertionError("nobody listens at %s: %s" % (address, error)) from None
            time.sleep(0.02)


def eventually(condition, what="it"):
    """Waits until condition() is true and returns that value."""
    end = time.monotonic() + PATIENCE
    while not (value := condition()):
        assert time.monotonic() < end, "%s does not come true" % what
        time.sleep(0.02)
    return value


def free_port():
    """A TCP port that nobody has: not of those that the system hands out by itself, so no other test gets it meanwhile."""
    while True:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", random.randrange(10000, 30000)))
                return probe.getsockname()[1]
            except OSError:
                pass
