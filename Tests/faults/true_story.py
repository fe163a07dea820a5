"""A small true story, as it shows in all the places that the checker looks at: what `checker_test.py` doctors."""

import json

from evidence import Event, Evidence, Mark, Session, Write
from record import fingerprint

AGENT, ANN, BOB = PEOPLE = ["key:agent", "key:ann", "key:bob"]


class Play:
    """Writes down what happened, in all the places where it shows."""

    def __init__(self):
        self.evidence = Evidence(
            people=PEOPLE, scope="acme:harbour", record=[], ledger=[], sessions={}, logs={}, requests={}, commands={},
            feed=[], writes=[], secrets=[], marks=[], resumed=[], replay=(0, "verified"))

    def told(self, what, **fields):
        self.evidence.record.append({"what": what, "code": None, "winner": None, "command": None, **fields})

    def happens(self, session, type, data):
        log = self.evidence.logs.setdefault(session, [])
        event = Event(len(log) + 1, type, type.startswith(("session_", "hitl_")), data)
        log.append(event)
        if event.on_feed:
            self.evidence.feed.append((f"{700 + len(self.evidence.writes)}-1", session, event.seq))
        number = len(self.evidence.writes) + 1
        self.evidence.writes.append(Write(number, session, event.seq, 7, 3, "life:1", "life:1:write"))
        return event

    def begins(self, session, agent):
        self.told("begun", session=session, agent=agent)
        self.happens(session, "session_started", {"id": session})
        self.told("reply", op="start", session=session, status=201)

    def asks(self, session, request, type="clarification", **more):
        self.happens(session, "hitl_requested", {"id": request, "type": type, **more})
        self.evidence.requests[request] = (session, "pending")

    def answers(self, session, request, person, response, **more):
        by = PEOPLE[1 + person]
        self.happens(session, "hitl_responded", {"request": request, "by": by, "response": response, **more})
        self.evidence.requests[request] = (session, "answered")

    def says(self, session, request, person, response, status, **more):
        self.told("reply", op="answer", session=session, request=request, person=person, response=response,
                  status=status, **more)

    def ends(self, session, agent):
        self.happens(session, "session_completed", {"output": None})
        self.evidence.sessions[session] = Session(agent, "completed", len(self.evidence.logs[session]), False)
        self.told("finished", session=session)

    def asks_again_after_quarantine(self, session):
        """Two processes died while it was alone under work; whoever was on call let it go on."""
        self.begins(session, "external")
        self.asks(session, "req_6")
        self.evidence.marks += [
            Mark(session, False, "life:1:write"), Mark(session, False, "life:2:write"),
            Mark(session, True, "life:3:write")]
        said = {"answer": "still here"}
        self.says(session, "req_6", 0, said, 409, code="session_quarantined")
        self.evidence.resumed.append({"what": "resumed", "session": session, "status": 200})
        self.answers(session, "req_6", 0, said)
        self.says(session, "req_6", 0, said, 200)
        self.ends(session, "external")

    def calls(self, session, method, path, body, call):
        self.evidence.ledger.append({
            "run": session, "method": method, "path": path, "key": f"acme:harbour:{session}:{call}", "status": 201,
            "body": json.dumps(body, separators=(",", ":"))})

    def follows(self, who, path, rows, types=None):
        self.told("subscribed", who=who, path=path, types=types)
        for id, session, seq in rows:
            event = self.evidence.logs[session][seq - 1]
            if not types or event.type in types:
                self.told("got", who=who, id=id, session=session, seq=seq, type=event.type, sum=fingerprint(event.data))
        self.told("ended", who=who)


def true_story():
    """Two people and one question; a secret that was stored first; a deadline that passed; a call of a workflow."""
    play = Play()
    play.begins("rivals", "external")
    play.happens("rivals", "step_completed", {"name": "prepared", "data": 1})
    play.told("reply", op="step", session="rivals", status=200)
    play.asks("rivals", "req_1")
    play.answers("rivals", "req_1", 0, {"answer": "blue"})
    play.says("rivals", "req_1", 0, {"answer": "blue"}, 200)
    play.says("rivals", "req_1", 1, {"answer": "red"}, 409, code="already_answered", winner={"responded_by": ANN})
    play.ends("rivals", "external")

    play.begins("secret", "external")
    play.asks("secret", "req_2", "env_var")
    said = {"values": {"TOKEN": "secret-2-of-1", "REGION": "eu"}}
    play.answers("secret", "req_2", 1, {"values": {"TOKEN": {"secret": "req_2/TOKEN"}, "REGION": "eu"}})
    play.says("secret", "req_2", 1, said, 202, command="cmd_1")
    play.told("outcome", op="answer", session="secret", request="req_2", person=1, response=said, command="cmd_1",
              status="applied")
    play.evidence.commands["cmd_1"] = ("secret", "answer", {"applied": {"request": "req_2", "new": False}})
    play.told("secret", session="secret", request="req_2", token="secret-2-of-1")
    play.ends("secret", "external")

    play.begins("late", "external")
    play.asks("late", "req_3", "permission")
    play.happens("late", "hitl_expired", {"request": "req_3", "response": {"action": "reject"}})
    play.evidence.requests["req_3"] = ("late", "expired")
    play.says("late", "req_3", 0, {"action": "approve"}, 410, code="request_expired")
    play.ends("late", "external")

    play.begins("close", "external")  # of two answers one came before the deadline, and was applied after it
    play.asks("close", "req_5", expires_at="2026-11-21T12:00:00.000Z")
    play.answers("close", "req_5", 0, {"answer": "yes"}, received_at="2026-11-21T11:59:59.900Z")
    play.says("close", "req_5", 1, {"answer": "no"}, 410, code="request_expired", at=1795262400.7)
    play.says("close", "req_5", 0, {"answer": "yes"}, 200)
    play.ends("close", "external")

    play.asks_again_after_quarantine("struck")

    play.begins("errand", "errand")
    play.asks("errand", "req_4")
    play.answers("errand", "req_4", 0, {"answer": "quay"})
    play.says("errand", "req_4", 0, {"answer": "quay"}, 200)
    call = play.happens("errand", "tool_proposed", {"tool": "http"}).seq
    play.calls("errand", "POST", "/deliveries", {"order": "errand", "to": "quay"}, call)
    play.ends("errand", "errand")

    log = play.evidence.logs["rivals"]
    play.follows("watcher", "/v1/projects/harbour/sessions/rivals/stream", [
        (str(event.seq), "rivals", event.seq) for event in log])
    play.follows("feed", "/v1/projects/harbour/stream", play.evidence.feed)
    play.follows("chosen", "/v1/projects/harbour/stream", play.evidence.feed, ["hitl_responded"])
    return play.evidence
