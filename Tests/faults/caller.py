"""Requests over connections that break: sent again to any node until somebody decides them, and all of it recorded."""

import asyncio
import collections
import functools
import itertools
import json
import random

PATIENCE_SECONDS = 240
REPLY_SECONDS = 15
LATER = (429, 502, 503, 504)
QUARANTINED = "session_quarantined"  # refused until an operator has let it go on, and asked again for so long
LONGEST_PAUSE_SECONDS = 1.0
KEPT_CONNECTIONS = 64  # idle ones for each node

Reply = collections.namedtuple("Reply", "status value headers")


class Lost(Exception):
    """The connection broke: whether the request was carried out is unknown."""


class GaveUp(Exception):
    """Nobody decided it in all that time."""


async def read_head(reader):
    """(status, headers with small names)"""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in head[1:] if ": " in line)
    return int(head[0].split(" ")[1]), {name.lower(): text for name, text in headers.items()}


def request_bytes(method, path, key, body, headers):
    lines = [f"{method} {path} HTTP/1.1", "Host: holdpoint", f"Authorization: Bearer {key}"]
    lines += [f"{name}: {text}" for name, text in headers.items()]
    data = b""
    if body is not None:
        data = json.dumps(body, ensure_ascii=False).encode()
        lines.append("Content-Type: application/json")
    if method == "POST" or data:
        lines.append(f"Content-Length: {len(data)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + data


class Caller:
    """One client of several nodes; bounded in how much it has under way at once."""

    def __init__(self, ports, record, seed, at_once):
        self.ports, self.record = ports, record
        self.random = random.Random(f"caller {seed}")
        self.turn = asyncio.Semaphore(at_once)
        self.idle = {port: [] for port in ports}
        self.numbers = itertools.count(1)

    def any_port(self, but=None):
        return self.random.choice([port for port in self.ports if port != but] or self.ports)

    async def once(self, port, method, path, key, body=None, headers=None, begins=None):
        """One try at one node; `begins` is called when it is this one's turn."""
        async with self.turn:
            if begins:
                begins()
            try:
                async with asyncio.timeout(REPLY_SECONDS):
                    return await self._exchange(port, request_bytes(method, path, key, body, headers or {}))
            except (OSError, EOFError, ValueError, IndexError, asyncio.IncompleteReadError, TimeoutError) as problem:
                raise Lost(type(problem).__name__) from None

    async def _exchange(self, port, data):
        idle = self.idle[port]
        reader, writer = idle.pop() if idle else await asyncio.open_connection("127.0.0.1", port)
        is_whole = False
        try:
            writer.write(data)
            status, headers = await read_head(reader)
            payload = await reader.readexactly(int(headers.get("content-length", "0")))
            value = json.loads(payload) if payload else None
            is_whole = headers.get("connection", "").lower() != "close" and len(idle) < KEPT_CONNECTIONS
            return Reply(status, value, headers)
        finally:
            if is_whole:
                idle.append((reader, writer))
            else:
                writer.transport.abort()

    async def get(self, path, key, **headers):
        """The first answer to a question that may be asked at any node, and again."""
        async for _ in self._tries():
            try:
                reply = await self.once(self.any_port(), "GET", path, key, None, headers)
            except Lost:
                continue
            if reply.status not in LATER:
                return reply
        raise GaveUp(f"GET {path}")

    async def act(self, op, path, key, body, idem=None, is_async=False, port=None, **about):
        """A command, until it is decided: its last reply, or the outcome of what was stored (202).

        `about` says what the command is, for the record.
        """
        number = next(self.numbers)
        async for attempt in self._tries():
            headers = {"Idempotency-Key": idem} if idem else {}
            if is_async:
                headers["Prefer"] = "respond-async"
            at = port if port and attempt == 0 else self.any_port()
            sent = functools.partial(self.record.note, "sent", n=number, op=op, idem=idem, port=at, **about)
            try:
                reply = await self.once(at, "POST", path, key, body, headers, sent)
            except Lost as problem:
                self.record.note("lost", n=number, op=op, why=str(problem), **about)
                continue
            value = reply.value if isinstance(reply.value, dict) else {}
            self.record.note(
                "reply", n=number, op=op, status=reply.status, code=value.get("code"), winner=value.get("winner"),
                command=value.get("id") if reply.status == 202 else None,
                replayed=reply.headers.get("idempotency-replayed") == "true", **about)
            if reply.status in LATER or value.get("code") == QUARANTINED:
                continue
            if reply.status != 202:
                return reply
            outcome = await self._outcome(value["id"], key)
            problem = (outcome["outcome"] or {}).get("problem") or {}
            self.record.note(
                "outcome", n=number, op=op, command=value["id"], status=outcome["status"],
                code=problem.get("code"), winner=problem.get("winner"), **about)
            if outcome["status"] != "applied":
                return Reply(outcome["outcome"]["status"], problem, {})
            return Reply(200, None, {})
        raise GaveUp(f"POST {path}")

    async def _outcome(self, command, key):
        path = f"{self.base}/commands/{command}"
        async for _ in self._tries():
            reply = await self.get(path, key)
            if reply.status != 200:
                raise GaveUp(f"the stored command {command} is {reply.status}")
            if reply.value["status"] != "pending":
                return reply.value
        raise GaveUp(f"{command} has no outcome")

    async def _tries(self):
        """Numbers of tries, with pauses that grow between them, until patience ends."""
        pause, end = 0.05, asyncio.get_running_loop().time() + PATIENCE_SECONDS
        for attempt in itertools.count():
            yield attempt
            if asyncio.get_running_loop().time() > end:
                return
            await asyncio.sleep(pause * self.random.uniform(0.5, 1))
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
