"""The client's own log: what it sent, and what it was told, written as it happens."""

import hashlib
import json
import os
import time


def fingerprint(value):
    """What two equal JSON values have in common, whatever the order of their members."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


class Record:
    """A file of JSON lines, each of which is with the operating system before the client goes on."""

    def __init__(self, path):
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(self, what, **fields):
        line = {"what": what, "at": round(time.time(), 3), **fields}
        os.write(self.file, (json.dumps(line, ensure_ascii=False) + "\n").encode())


def read(path):
    """The lines of a record; one that was not written to its end is none."""
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.endswith("\n")]
