"""A peer in a process of its own: driven there, or behind FastAPI as its users have it.

    PEER.py drive URL AT-ONCE SECONDS     prints cycles, seconds and the two medians, in seconds
    PEER.py serve URL PORT PROCESSES      until it is stopped
"""

import asyncio
import contextlib
import os
import pathlib
import sys

import fastapi
import uvicorn
import uvloop

import lanes

PATIENCE_SECONDS = 60  # a process that is slow to come up on a busy machine is not started again


def application(make):
    """What a process serves of the database that the environment names.

    `POST /sessions` starts and returns the question; `POST /sessions/ID/answer` returns the outcome.
    """
    @contextlib.asynccontextmanager
    async def lifespan(app):
        async with make(os.environ["HOLDPOINT_PEER_URL"]) as app.state.peer:
            yield

    app = fastapi.FastAPI(lifespan=lifespan)

    @app.post("/sessions")
    async def start(body: dict):
        return {"status": "paused", "question": await app.state.peer.start(body["id"], body["text"])}

    @app.post("/sessions/{session}/answer")
    async def answer(session: str, body: dict):
        return {"status": "done", "output": await app.state.peer.answer(session, body["answer"])}

    @app.get("/ready")
    async def ready():
        return {"status": "ready", "process": os.getpid()}

    return app


async def drive(make, at_once, seconds):
    async with make() as peer:
        await lanes.run([peer] * at_once, "warm", min(seconds, 2))
        done = await lanes.run([peer] * at_once, "timed", seconds)
    print(done.cycles, done.seconds, done.start_to_paused, done.answer_to_done, flush=True)


def main(make):
    """`make(url)` is an asynchronous context manager that gives the peer."""
    act, url, *rest = sys.argv[1:]
    if act == "drive":
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(drive(lambda: make(url), int(rest[0]), float(rest[1])))
    elif act == "serve":
        # Further processes import the peer again, and find the database in the environment.
        os.environ["HOLDPOINT_PEER_URL"] = url
        uvicorn.run(
            f"{pathlib.Path(sys.argv[0]).stem}:app", factory=True, host="127.0.0.1", port=int(rest[0]),
            workers=int(rest[1]), timeout_worker_healthcheck=PATIENCE_SECONDS, loop="uvloop", http="httptools",
            log_level="warning", access_log=False)
    else:
        sys.exit(__doc__)
