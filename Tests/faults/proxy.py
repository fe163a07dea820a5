"""Stands between nodes and their stores and between clients and nodes; delays, cuts, half-closes and keeps back."""

import asyncio
import contextlib
import random
import threading

CHUNK_BYTES = 65536
KEPT_BACK_BYTES = 8 << 20  # beyond it the sender has to wait


class Link:
    """One connection through the proxy: two streams of bytes, each of which may end by itself."""

    def __init__(self, door, client, server):
        self.door, self.client, self.server = door, client, server
        self.tasks = [
            asyncio.create_task(self._pump(client[0], server[1])),
            asyncio.create_task(self._pump(server[0], client[1]))]

    async def _pump(self, reader, writer):
        with contextlib.suppress(OSError, asyncio.CancelledError):
            while data := await reader.read(CHUNK_BYTES):
                if self.door.delay:
                    await asyncio.sleep(random.uniform(0, self.door.delay))
                await self.door.open.wait()
                writer.write(data)
                await writer.drain()
            await self.door.open.wait()
            writer.write_eof()

    def half_close(self, towards_server):
        """Ends one direction only: that side is told of an end, and what comes for it is dropped."""
        task, (_, writer) = (self.tasks[0], self.server) if towards_server else (self.tasks[1], self.client)
        task.cancel()
        with contextlib.suppress(OSError, RuntimeError):
            writer.write_eof()

    def cut(self):
        for task in self.tasks:
            task.cancel()
        for _, writer in (self.client, self.server):
            writer.transport.abort()

    async def run(self):
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for _, writer in (self.client, self.server):
            writer.close()


class Door:
    """One listener, and what it does at present to all that comes through."""

    def __init__(self, proxy, name, target):
        self.proxy, self.name, self.target = proxy, name, target
        self.delay, self.links = 0, set()
        self.open = asyncio.Event()
        self.open.set()
        self.listener = self.port = None

    async def _listen(self, path):
        if path:
            self.listener = await asyncio.start_unix_server(self._accept, path, limit=KEPT_BACK_BYTES)
        else:
            self.listener = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=KEPT_BACK_BYTES)
            self.port = self.listener.sockets[0].getsockname()[1]

    async def _accept(self, *client):
        try:
            if isinstance(self.target, int):
                server = await asyncio.open_connection("127.0.0.1", self.target, limit=KEPT_BACK_BYTES)
            else:
                server = await asyncio.open_unix_connection(str(self.target), limit=KEPT_BACK_BYTES)
        except OSError:  # whoever should take it is away
            client[1].transport.abort()
            return
        link = Link(self, client, server)
        self.links.add(link)
        try:
            await link.run()
        finally:
            self.links.discard(link)

    # What a fault does; how many connections it met

    def slow(self, seconds):
        """From now on each portion takes up to so long; 0 for no delay."""
        return self._do(lambda: setattr(self, "delay", seconds))

    def cut(self):
        return self._do(lambda: [link.cut() for link in list(self.links)])

    def half_close(self, towards_server):
        return self._do(lambda: [link.half_close(towards_server) for link in list(self.links)])

    def keep_back(self):
        """Keeps back what is sent from now on, both ways, until `let_through`."""
        return self._do(self.open.clear)

    def let_through(self):
        return self._do(self.open.set)

    def _do(self, deed):
        async def act():
            count = len(self.links)
            deed()
            return count
        return self.proxy.wait_for(act())


class Proxy:
    """All listeners, on an event loop in a thread of its own."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.doors = []
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def wait_for(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    def add(self, name, target, path=None):
        """A listener in front of a port or a socket's path, itself at a path or at a free port."""
        async def make():
            door = Door(self, name, target)
            await door._listen(path)
            return door
        self.doors.append(self.wait_for(make()))
        return self.doors[-1]

    def calm(self):
        """No fault in any of them from now on."""
        for door in self.doors:
            door.slow(0)
            door.let_through()

    def stop(self):
        async def close():
            for door in self.doors:
                door.listener.close()
                for link in list(door.links):
                    link.cut()
        self.wait_for(close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
