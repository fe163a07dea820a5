"""Cycles of any peer: a workflow starts, asks a human, is answered and completes. Python's standard library only."""

import asyncio
import dataclasses
import itertools
import statistics
import time

TEXT = "x" * 1_000
QUESTION = {"title": "Which one?", "context": {"text": TEXT}}


class Wrong(Exception):
    """A cycle that did not come to what it should have."""


@dataclasses.dataclass
class Lanes:
    """What came of a stretch of cycles."""

    cycles: int
    seconds: float
    start_to_paused: float
    answer_to_done: float

    @property
    def rate(self):
        return self.cycles / self.seconds


async def run(peers, prefix, seconds):
    """One cycle after the other with each of `peers` at the same time, until the time is over and all have ended.

    A peer has `start(id, text)`, which returns the question once the workflow waits for its answer, and
    `answer(id, answer)`, which returns what the workflow came to. Every question and every outcome is checked.
    """
    numbers, starts, answers = itertools.count(), [], []
    begun = time.perf_counter()

    async def lane(peer):
        while (before := time.perf_counter()) < begun + seconds:
            session, answer = f"{prefix}-{next(numbers)}", f"the answer {len(starts)} of {prefix}"
            question = await peer.start(session, TEXT)
            paused = time.perf_counter()
            if question != QUESTION:
                raise Wrong(f"{session} asks {question!r}")
            output = await peer.answer(session, answer)
            if output != {"text": TEXT, "answer": answer}:
                raise Wrong(f"{session} was answered {answer!r} and came to {output!r}")
            starts.append(paused - before)
            answers.append(time.perf_counter() - paused)

    async with asyncio.TaskGroup() as group:
        for peer in peers:
            group.create_task(lane(peer))
    taken = time.perf_counter() - begun
    return Lanes(len(starts), taken, statistics.median(starts), statistics.median(answers))
