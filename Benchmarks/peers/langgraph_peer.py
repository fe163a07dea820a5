"""LangGraph with its checkpointer for Postgres; `HOLDPOINT_DURABILITY` is default, or a durability of LangGraph's."""

import contextlib
import os
import typing

from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

import hosting
import lanes

CONNECTIONS = 16


class State(typing.TypedDict, total=False):
    text: str
    answer: str


def ask(state: State):
    return {"answer": interrupt(lanes.QUESTION)}


class Graph:
    def __init__(self, saver):
        builder = StateGraph(State)
        builder.add_node("ask", ask)
        builder.add_edge(START, "ask")
        builder.add_edge("ask", END)
        self.graph = builder.compile(checkpointer=saver)
        durability = os.environ.get("HOLDPOINT_DURABILITY", "default")
        self.options = {} if durability == "default" else {"durability": durability}

    async def start(self, session, text):
        state = await self._go_on(session, {"text": text})
        return state["__interrupt__"][0].value

    async def answer(self, session, answer):
        return await self._go_on(session, Command(resume=answer))

    async def _go_on(self, session, value):
        return await self.graph.ainvoke(value, {"configurable": {"thread_id": session}}, **self.options)


@contextlib.asynccontextmanager
async def graph(url):
    options = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    async with AsyncConnectionPool(url, min_size=CONNECTIONS, max_size=CONNECTIONS, kwargs=options) as pool:
        saver = AsyncPostgresSaver(pool)
        await saver.setup()
        yield Graph(saver)


def app():
    return hosting.application(graph)


if __name__ == "__main__":
    hosting.main(graph)
