"""DBOS: the question is an event of the workflow, the answer a message to it."""

import contextlib

from dbos import DBOS, SetWorkflowID

import hosting
import lanes

CONNECTIONS = 32
PATIENCE_SECONDS = 600


@DBOS.workflow()
async def ask(text: str):
    await DBOS.set_event_async("question", lanes.QUESTION)
    answer = await DBOS.recv_async("answer", timeout_seconds=PATIENCE_SECONDS)
    return {"text": text, "answer": answer}


class Workflows:
    def __init__(self):
        # The outcome of a workflow of another process is polled for once a second; its own handle is told at once.
        self.handles = {}

    async def start(self, session, text):
        with SetWorkflowID(session):
            self.handles[session] = await DBOS.start_workflow_async(ask, text)
        return await DBOS.get_event_async(session, "question", timeout_seconds=PATIENCE_SECONDS)

    async def answer(self, session, answer):
        await DBOS.send_async(session, answer, "answer")
        return await self.handles.pop(session).get_result()


@contextlib.asynccontextmanager
async def workflows(url):
    # Only this scheme names the driver that is installed.
    DBOS(config={
        "name": "bench", "system_database_url": url.replace("postgresql://", "postgresql+psycopg://", 1),
        "sys_db_pool_size": CONNECTIONS, "log_level": "ERROR", "run_admin_server": False})
    DBOS.launch()
    try:
        yield Workflows()
    finally:
        DBOS.destroy()


def app():
    return hosting.application(workflows)


if __name__ == "__main__":
    hosting.main(workflows)
