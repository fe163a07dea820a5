"""Subscribers of event streams, who leave at random points, are cut off, and go on at random nodes."""

import asyncio
import contextlib
import json
import random

from caller import LATER, read_head, request_bytes
from record import fingerprint

SILENCE_SECONDS = 20  # a comment comes every 15 s


class Wrong(Exception):
    """What a stream must not answer."""


class Subscriber:
    """Reads one stream across all its connections, and records every event that it processed.

    `hear` is told of each event; `is_last` says whether it is the one after which nothing more is wanted.
    """

    def __init__(self, name, path, key, ports, record, seed, stays=(1, 6), types=None, hear=None, is_last=None):
        self.name, self.path, self.key, self.ports, self.record = name, path, key, ports, record
        self.random, self.stays, self.types = random.Random(f"{name} {seed}"), stays, types
        self.hear, self.is_last = hear, is_last
        self.last = None
        self.is_over = False

    async def follow(self):
        self.record.note("subscribed", who=self.name, path=self.path, types=self.types)
        try:
            while not self.is_over:
                with contextlib.suppress(OSError, EOFError, ValueError, IndexError, TimeoutError):
                    await self._connect(self.random.choice(self.ports))
                await asyncio.sleep(self.random.uniform(0.02, 0.4))
            self.record.note("ended", who=self.name)
        except Wrong as problem:
            self.record.note("broken", who=self.name, why=str(problem))

    async def _connect(self, port):
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            path = self.path + (f"?types={','.join(self.types)}" if self.types else "")
            headers = {"Accept": "text/event-stream"}
            if self.last is None:
                path += ("&" if self.types else "?") + "after=0"
            else:
                headers["Last-Event-ID"] = self.last
            writer.write(request_bytes("GET", path, self.key, None, headers))
            async with asyncio.timeout(SILENCE_SECONDS):
                status, headers = await read_head(reader)
            if status == 204:
                self.is_over = True
            elif status == 200:
                self.record.note("opened", who=self.name, port=port, last=self.last)
                await self._read(reader, self.random.randint(*self.stays))
            elif status not in LATER and not (status == 404 and self.last is None):  # it is not started yet
                raise Wrong(f"{status} after {self.last}")
        finally:
            writer.transport.abort()

    async def _read(self, reader, most):
        fields = {}
        while most and not self.is_over:
            async with asyncio.timeout(SILENCE_SECONDS):
                line = await reader.readline()
            if not line.endswith(b"\n"):
                return
            name, _, text = line.decode().rstrip("\r\n").partition(":")
            if name:
                fields[name] = text.removeprefix(" ")
            else:
                if "data" in fields:
                    self._take(fields)
                    most -= 1
                fields = {}

    def _take(self, fields):
        event = json.loads(fields["data"])
        self.record.note(
            "got", who=self.name, id=fields.get("id"), type=fields["event"], session=event["session"],
            seq=event["seq"], sum=fingerprint(event["data"]))
        self.last = fields.get("id", self.last)
        if self.hear:
            self.hear(event)
        if self.is_last and self.is_last(event):
            self.is_over = True
