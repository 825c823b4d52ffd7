# SPDX-License-Identifier: MIT
"""What the tests of QMP share: a machine with a QMP socket, a client, the runner of a script's tests."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from dial import PATIENCE, connect  # noqa: E402

BUILD = os.environ.get("BUILD", "build")
work = tempfile.mkdtemp(prefix="dragoman-qmp-")
running = []


class Machine:
    """A machine of 16 MiB without window and serial line that takes QMP at `work`/qmp."""

    def __init__(self, *arguments, program=BUILD + "/dragoman", verb=("run",), qmp="unix:" + work + "/qmp,server=on,wait=off", preexec_fn=None):
        running.append(self)
        self.process = subprocess.Popen([program, *verb, "-m", "16M", "-display", "none", "-serial", "none", "-qmp", qmp, *arguments],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=preexec_fn)

    def end(self):
        status = self.process.wait(PATIENCE)
        text = self.process.stdout.read().decode(errors="replace")
        self.process.stdout.close()
        assert status == 0, "exit status %d: %s" % (status, text)


class Client:
    """One that has negotiated unless asked not to; `events` are the names of those that came, `told` all of them."""

    def __init__(self, negotiate=True):
        self.line = connect(work + "/qmp", running[-1].process if running and not running[-1].process.stdout.closed else None)
        self.data, self.events, self.told = b"", [], []
        self.greeting = self.message()
        if negotiate:
            assert self.do("qmp_capabilities") == {}

    def message(self):
        while b"\n" not in self.data:
            part = self.line.recv(65536)
            if not part:
                raise EOFError("the monitor hung up")
            self.data += part
        text, self.data = self.data.split(b"\n", 1)
        assert text.endswith(b"\r"), text
        return json.loads(text)

    def hear(self, message):
        assert set(message["timestamp"]) == {"seconds", "microseconds"}
        self.events.append(message["event"])
        self.last = message
        self.told.append(message)

    def answer(self):
        while True:
            message = self.message()
            if "event" not in message:
                return message
            self.hear(message)

    def wait_event(self, name):
        """The event that came or comes; nothing is asked meanwhile."""
        while name not in self.events:
            self.hear(self.message())
        return next(message for message in reversed(self.told) if message["event"] == name)

    def send(self, text):
        self.line.sendall(text.encode() if isinstance(text, str) else text)

    def do(self, command, **arguments):
        names = {key.replace("_", "-") if key not in ("backing_file",) else key: value for key, value in arguments.items()}
        self.send(json.dumps({"execute": command, "arguments": names, "id": 7}))
        answer = self.answer()
        assert answer["id"] == 7, answer
        return answer["return"] if "return" in answer else answer["error"]

    def quit(self):
        self.events = []
        assert self.do("quit") == {}
        assert self.events == ["SHUTDOWN"] and self.last["data"] == {"guest": False, "reason": "host-qmp-quit"}, self.events
        self.line.close()


JSON_TYPES = {"string": (str,), "int": (int,), "boolean": (bool,)}


class Schema:
    """query-qmp-schema, and what of it was seen."""

    def __init__(self, client):
        self.entities = {entity["name"]: entity for entity in client.do("query-qmp-schema")}
        self.seen = set()           # (type, member) of optional members

    def check(self, value, name, where):
        entity = self.entities[name]
        kind = entity["meta-type"]
        if kind == "builtin":
            assert entity["json-type"] == "value" or type(value) in JSON_TYPES[entity["json-type"]], (where, name, value)
        elif kind == "enum":
            assert value in entity["values"], (where, name, value)
        elif kind == "array":
            assert isinstance(value, list), (where, name, value)
            for element in value:
                self.check(element, entity["element-type"], where + "[]")
        else:
            assert kind == "object" and isinstance(value, dict), (where, name, value)
            members = {member["name"]: member for member in entity["members"]}
            assert set(value) <= set(members), (where, name, set(value) - set(members))
            for key, member in members.items():
                assert key in value or "default" in member, (where, name, key)
                if key in value:
                    self.seen.add((name, key))
                    self.check(value[key], member["type"], where + "." + key)

    def reached(self, name, into):
        """All types that an answer of this type may hold."""
        if name not in into:
            into.add(name)
            entity = self.entities[name]
            for member in entity.get("members", []):
                self.reached(member["type"], into)
            if "element-type" in entity:
                self.reached(entity["element-type"], into)
        return into


def run_tests(functions, prefix):
    """Runs those named test_*; how many failed."""
    failures = 0
    for name, function in list(functions.items()):
        if name.startswith("test_"):
            try:
                function()
                print("ok %s_%s" % (prefix, name[5:]), flush=True)
            except Exception as error:
                why = (str(error) or "line %d" % traceback.extract_tb(error.__traceback__)[-1].lineno).replace("\n", " | ")
                print("not ok %s_%s: %s: %s" % (prefix, name[5:], type(error).__name__, why[:600]), flush=True)
                failures += 1
            for machine in running:
                machine.process.kill()
                machine.process.wait()
            running.clear()
    shutil.rmtree(work, ignore_errors=True)
    return failures
