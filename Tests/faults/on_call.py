"""Whoever is on call: finds sessions in quarantine, as an operator would, and lets them go on.

Two kills from outside that fall on a session while it is alone under work look like a session that brings its process
down (docs/guarantees.md). Nothing of it is lost: it waits for an operator's word, which is given here and written
down.
"""

import threading

from people import NoReply
from record import Record

LOOK_SECONDS = 1.0
PAGE = 50


class OnCall:
    """A person with a key that may operate, and a list that is looked at each second."""

    def __init__(self, project, nodes, folder):
        self.project, self.nodes = project, nodes
        self.record = Record(folder / "on-call.jsonl")
        self.turn = 0
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def start(self):
        self.thread.start()

    def _watch(self):
        while not self.ending.wait(LOOK_SECONDS):
            self._look()

    def _look(self):
        """Asks one node after another; whoever cannot answer now is asked again later."""
        self.turn += 1
        node = self.nodes[self.turn % len(self.nodes)]
        try:
            reply = self.project.once(node, "GET", f"/sessions?status=quarantined&limit={PAGE}", timeout=5)
            for item in reply.value["items"] if reply.status == 200 else []:
                told = self.project.once(node, "POST", f"/sessions/{item['id']}/resume", timeout=10)
                self.record.note("resumed", session=item["id"], status=told.status)
        except NoReply:
            pass

    def stop(self):
        self.ending.set()
        if self.thread.is_alive():
            self.thread.join()
