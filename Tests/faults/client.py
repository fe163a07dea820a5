#!/usr/bin/env python3
"""The load: so many sessions at a time, each from its start to its end, by a client that knows nothing but HTTP.

    client.py CONFIGURATION        a JSON file, made by `campaign`

Prints "busy" once so many sessions are open, and "done" at its end. A line on standard input asks it to begin no
further session and to end those that there are. All that it sends and is told goes into its record.
"""

import asyncio
import json
import os
import pathlib
import random
import sys

sys.dont_write_bytecode = True
from caller import Caller, GaveUp, Lost
from record import Record
from session import Session, Unexpected
from story import Story
from subscriber import Subscriber

FAREWELL_SECONDS = 60
LAST = "the-last"


class Client:
    """All sessions, those who follow their streams, and the books of the service that is called."""

    def __init__(self, configuration):
        self.__dict__.update(configuration)  # folder, ports, base, keys, ledger, service, sessions, seed, think
        self.record = Record(pathlib.Path(self.folder) / "client.jsonl")
        self.caller = Caller(self.ports, self.record, self.seed, self.at_once)
        self.caller.base = self.base
        self.random = random.Random(f"client {self.seed}")
        self.finishing = asyncio.Event()
        self.live = {}
        self.number = self.peak = 0
        self.books, self.books_read = set(), 0
        self.watchers = []

    async def run(self):
        asyncio.create_task(self._listen())
        feeds = [self._feed(number) for number in range(self.feeds)]
        slots = [asyncio.create_task(self._slot(number)) for number in range(self.sessions)]
        await asyncio.gather(*slots)
        await self._part(feeds + self.watchers)
        self.record.note("summary", peak=self.peak, sessions=self.number)
        print(f"done: {self.number} sessions, {self.peak} at a time", flush=True)

    async def _listen(self):
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        self.finishing.set()

    async def _slot(self, number):
        """One session after the other; there are as many slots as sessions at a time."""
        await asyncio.sleep(number * self.ramp / self.sessions)
        while not self.finishing.is_set():
            story = Story(self.number)
            self.number += 1
            await self._play(story)

    async def _play(self, story):
        session = self.live[story.id] = Session(self, story)
        if len(self.live) > self.peak:
            self.peak = len(self.live)
            if self.peak == self.sessions:
                print("busy", flush=True)
        self.record.note(
            "begun", session=story.id, agent=story.agent, type=story.type, expires=bool(story.expires_in))
        try:
            if story.is_watched:
                path = f"{self.base}/sessions/{story.id}/stream"
                watcher = Subscriber(f"watcher of {story.id}", path, self.keys[0], self.ports, self.record, self.seed)
                self.watchers.append(asyncio.create_task(watcher.follow()))
            await session.play()
            self.record.note("finished", session=story.id)
        except (GaveUp, Lost, Unexpected, KeyError, TypeError, IndexError) as problem:
            self.record.note("unexpected", session=story.id, why=f"{type(problem).__name__}: {problem}")
        finally:
            del self.live[story.id]

    def _feed(self, number):
        """A subscriber of the project's feed; the first one also tells sessions that there is news of them."""
        types = ["hitl_responded", "session_completed"] if number == self.feeds - 1 else None
        feed = Subscriber(
            f"feed {number}", f"{self.base}/stream", self.keys[0], self.ports, self.record, self.seed, (10, 400),
            types, self._hear if number == 0 else None,
            lambda event: event["session"] == LAST and event["type"] == "session_completed")
        return asyncio.create_task(feed.follow())

    def _hear(self, event):
        if session := self.live.get(event["session"]):
            session.news.set()

    async def _part(self, followers):
        """Every event of the others comes before this session's end, at which the feeds are closed."""
        start = {"agent": "external", "id": LAST, "input": {}}
        self.record.note("begun", session=LAST, agent="external", type=None, expires=False)
        await self.caller.act("start", f"{self.base}/sessions", self.keys[0], start, session=LAST)
        await self.caller.act("end", f"{self.base}/sessions/{LAST}/complete", self.keys[0], {"output": 1}, session=LAST)
        _, late = await asyncio.wait(followers, timeout=FAREWELL_SECONDS)
        for task in late:
            task.cancel()

    async def pause(self, low, high):
        """A while, cut short when all is to end."""
        try:
            async with asyncio.timeout(self.random.uniform(low, high)):
                await self.finishing.wait()
        except TimeoutError:
            pass

    def was_made(self, key):
        """Whether the service's own ledger has a call under this key that it did not refuse."""
        with open(self.ledger, encoding="utf-8") as file:
            file.seek(self.books_read)
            while (line := file.readline()).endswith("\n"):
                row = json.loads(line)
                if row["status"] < 300:
                    self.books.add(row["key"])
                self.books_read = file.tell()
        return key in self.books


def main():
    configuration = json.loads(pathlib.Path(sys.argv[1]).read_text())
    client = Client(configuration)
    asyncio.run(client.run())
    sys.stdout.flush()
    os._exit(0)  # the thread that listens for the end need not


if __name__ == "__main__":
    main()
