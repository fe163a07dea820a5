"""A small HTTP/1.1 client over asyncio: connections that stay, and event streams. Its own speed is not measured."""

import asyncio
import json

BLANK_LINE = b"\n\n"


class Failure(Exception):
    """A benchmark that is not valid: something was refused, lost or out of order."""


class Connection(asyncio.Protocol):
    """One connection that stays open, with one request under way at a time."""

    @classmethod
    async def open(cls, server):
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(lambda: cls(server), "127.0.0.1", server.port)
        return connection

    def __init__(self, server):
        self.server = server
        self.received = bytearray()
        self.reply = None
        self.transport = None

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.received += data
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self.received[:end]).lower()
        total = end + 4 + int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        if len(self.received) >= total:
            body = bytes(self.received[end + 4:total])
            del self.received[:total]
            self.reply.set_result((int(head[9:12]), body))

    def connection_lost(self, error):
        if self.reply and not self.reply.done():
            self.reply.set_exception(Failure("the server closed a connection"))

    async def call(self, method, path, body=None):
        """(status, body) of one request; the path is written out."""
        self.reply = asyncio.get_running_loop().create_future()
        self.transport.write(request_bytes(self.server, method, path, body))
        return await self.reply

    async def make(self, method, path, body=None):
        """The JSON document of a request below the project's path that must succeed."""
        status, text = await self.call(method, self.server.project_path + path, body)
        if status not in (200, 201):
            raise Failure(f"{method} {path} was answered {status}: {text[:300]!r}")
        return json.loads(text)

    def close(self):
        self.transport.close()


class EventStream(asyncio.Protocol):
    """An event stream: hands each event to `on_event(type, data)` as it arrives, data being undecoded JSON."""

    @classmethod
    async def open(cls, server, path, on_event):
        loop = asyncio.get_running_loop()
        _, stream = await loop.create_connection(lambda: cls(on_event, loop), "127.0.0.1", server.port)
        stream.transport.write(request_bytes(server, "GET", server.project_path + path, None))
        await stream.opened
        return stream

    def __init__(self, on_event, loop):
        self.on_event = on_event
        self.opened, self.ended = loop.create_future(), loop.create_future()
        self.received, self.text = bytearray(), bytearray()
        self.is_complete = False
        self.transport = None

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.received += data
        if not self.opened.done() and not self._take_head():
            return
        self._take_chunks()
        self._take_events()

    def connection_lost(self, error):
        if not self.opened.done():
            self.opened.set_exception(Failure("a stream was closed before it began"))
        if not self.ended.done():
            self.ended.set_result(self.is_complete)

    def close(self):
        self.transport.close()

    def _take_head(self):
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = bytes(self.received[:end]).lower()
        del self.received[:end + 4]
        if head[9:12] == b"200" and b"transfer-encoding: chunked" in head:
            self.opened.set_result(None)
        else:
            self.opened.set_exception(Failure(f"a stream was answered {head[:300]!r}"))
            self.transport.close()
        return True

    def _take_chunks(self):
        start = 0
        while (line_end := self.received.find(b"\r\n", start)) >= 0:
            size = int(self.received[start:line_end], 16)
            after = line_end + 2 + size + 2
            if len(self.received) < after:
                break
            self.text += self.received[line_end + 2:after - 2]
            start = after
            self.is_complete = self.is_complete or size == 0
        del self.received[:start]

    def _take_events(self):
        *blocks, rest = bytes(self.text).split(BLANK_LINE)
        if not blocks:
            return
        self.text = bytearray(rest)
        for block in blocks:
            fields = dict(line.split(b": ", 1) for line in block.split(b"\n") if line[:1] not in (b"", b":"))
            if b"data" in fields:
                self.on_event(fields[b"event"].decode(), fields[b"data"])


def request_bytes(server, method, path, body):
    content = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {server.key}\r\n"
    if body is not None:
        head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
    return head.encode() + b"\r\n" + content


async def in_lanes(server, lanes, count, work):
    """Runs `work(connection, index)` for each index below `count`, over so many connections at once."""
    connections = [await Connection.open(server) for _ in range(lanes)]

    async def lane(number):
        for index in range(number, count, lanes):
            await work(connections[number], index)

    try:
        async with asyncio.TaskGroup() as group:
            for number in range(lanes):
                group.create_task(lane(number))
    finally:
        for connection in connections:
            connection.close()
