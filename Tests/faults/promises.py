"""What callers were told, held against what is there: nothing acknowledged is lost, nothing is done twice."""

import collections
import datetime

from caller import QUARANTINED

CLOSED = ("hitl_responded", "hitl_expired", "hitl_cancelled")


# Nodes follow the database's clock, the record has the client's: the same machine's, read at other moments.
CLOCK_SECONDS = 0.5


def seconds(time):
    """A time of the API's in seconds since 1970."""
    return datetime.datetime.fromisoformat(time).timestamp()


def is_lost_call(data):
    return data.get("decision_type") == "unknown_outcome"


class Promises:
    """The judgement of commands, from the client's record and the logs."""

    def __init__(self, evidence):
        self.evidence, self.logs = evidence, evidence.logs
        self.closings = collections.defaultdict(list)  # request: events that closed it
        for log in self.logs.values():
            for event in log:
                if event.type in CLOSED:
                    self.closings[event.data["request"]].append(event)
        self.quarantined = {mark.session for mark in evidence.marks if mark.is_quarantine}
        self.fetched = {line["request"]: line["token"] for line in evidence.record if line["what"] == "secret"}

    def lines(self, *ops):
        return [
            line for line in self.evidence.record if line["what"] in ("reply", "outcome") and line["op"] in ops]

    def events(self, session, type):
        return [event for event in self.logs.get(session, []) if event.type == type]

    def is_applied(self, line):
        """Whether this person's answer is the one in the log; of a secret the log has a handle only."""
        person, said = self.evidence.people[1 + line["person"]], line["response"]
        for event in self.closings.get(line["request"], []):
            if event.type != "hitl_responded" or event.data["by"] != person:
                continue
            found = event.data["response"]
            if "values" not in said:
                return found == said
            handle = {"secret": f"{line['request']}/TOKEN"}
            return (
                found["values"] == {**said["values"], "TOKEN": handle}
                and self.fetched.get(line["request"]) in (None, said["values"]["TOKEN"]))
        return False

    def by(self, request):
        """Who answered it."""
        found = [event.data["by"] for event in self.closings.get(request, []) if event.type == "hitl_responded"]
        return found[0] if found else None

    # The verdicts: what is wrong, one sentence each

    def lost_answers(self):
        """Of those that got 200, or 202 and any other outcome than their own."""
        wrong = []
        for line in self.lines("answer"):
            name = f"{line['session']}, person {line['person']}"
            if line["what"] == "reply" and line["status"] == 200 and not self.is_applied(line):
                wrong.append(f"{name}: 200 to {line['response']}, but the log has {self.closing(line)}")
            if line["what"] == "outcome" and line["status"] == "applied" and not self.is_applied(line):
                wrong.append(f"{name}: {line['command']} was applied, but the log has {self.closing(line)}")
            if line["what"] == "reply" and line["status"] == 202:
                outcome = self.evidence.commands.get(line["command"], (None, None, None))[2]
                if outcome is None or "dead" in outcome:
                    wrong.append(f"{name}: {line['command']} got 202, and then {outcome}")
                elif ("applied" in outcome) != self.is_applied(line):
                    wrong.append(f"{name}: {line['command']} got {outcome}, but the log has {self.closing(line)}")
        return wrong

    def closing(self, line):
        return [(event.type, event.data) for event in self.closings.get(line["request"], [])]

    def lost_commands(self):
        """Of the agents' commands that were acknowledged, and of the stored ones that got no outcome."""
        places = {
            "start": ("session_started", lambda data: True), "message": ("message_received", lambda data: True),
            "step": ("step_completed", lambda data: data["name"] == "prepared"),
            "act": ("step_completed", lambda data: data["name"] == "acted"),
            "open": ("hitl_requested", lambda data: True), "end": ("session_completed", lambda data: True)}
        wrong = []
        for line in self.lines(*places):
            type, fits = places[line["op"]]
            is_told = line["status"] in (200, 201, "applied")
            if is_told and not any(fits(event.data) for event in self.events(line["session"], type)):
                wrong.append(f"{line['session']}: {line['op']} got {line['status']}, and is not in the log")
        return wrong + [
            f"{session}: the stored command {id} ({kind}) has {outcome}"
            for id, (session, kind, outcome) in self.evidence.commands.items() if not outcome or "dead" in outcome]

    def applied_twice(self):
        wrong = [
            f"{request} was closed {len(events)} times: {[(event.seq, event.type) for event in events]}"
            for request, events in self.closings.items() if len(events) > 1]
        for name, log in self.logs.items():
            counts = collections.Counter(
                (event.type, event.data.get("name") if event.type == "step_completed" else None) for event in log
                if event.type in ("session_started", "message_received", "step_completed", "session_completed")
                or event.type == "hitl_requested" and not is_lost_call(event.data))
            wrong += [f"{name}: {what} came {count} times" for what, count in counts.items() if count > 1]
        return wrong

    def wrong_refusals(self):
        """Of two people one wins; the other gets 409 that names the winner; who comes late gets 410."""
        wrong = []
        for line in self.lines("answer"):
            if line["status"] not in (409, 410, "refused"):
                continue
            name, code = f"{line['session']}, person {line['person']}", line["code"]
            if code == QUARANTINED:
                if line["session"] not in self.quarantined:
                    wrong.append(f"{name}: was told {code}, but it never was")
                continue
            closings = self.closings.get(line["request"], [])
            winner = (line["winner"] or {}).get("responded_by")
            if code == "already_answered":
                if self.is_applied(line):
                    wrong.append(f"{name}: was refused, but the answer is the one in the log")
                elif winner is None or winner != self.by(line["request"]):
                    wrong.append(f"{name}: was told that {winner} won, but the log has {self.by(line['request'])}")
            elif code != "request_expired" or not all(self.came_late(line, event) for event in closings):
                wrong.append(f"{name}: was told {code}, but the log has {[event.type for event in closings]}")
        return wrong

    def came_late(self, line, closing):
        """Whether 410 is true beside what closed the question: its deadline, or an answer that came before that.

        Such an answer counts, however late it is applied; whoever came after the deadline is told so at once.
        """
        if closing.type == "hitl_expired":
            return True
        asked = [event.data for event in self.events(line["session"], "hitl_requested")]
        deadline = next((data.get("expires_at") for data in asked if data["id"] == line["request"]), None)
        if closing.type != "hitl_responded" or not deadline:
            return False
        return closing.data["received_at"] <= deadline and line["at"] >= seconds(deadline) - CLOCK_SECONDS

    def silence(self):
        """A permission expires as rejected, and a default is only what was declared."""
        wrong = []
        for name, log in self.logs.items():
            asked = {event.data["id"]: event.data for event in log if event.type == "hitl_requested"}
            for event in self.events(name, "hitl_expired"):
                request, found = asked[event.data["request"]], event.data.get("response")
                if request["type"] == "permission":
                    if (found or {}).get("action") != "reject":
                        wrong.append(f"{name}: silence became {found}")
                elif found is not None and found != request["default"]:
                    wrong.append(f"{name}: silence became {found}, but {request['default']} was declared")
        return wrong

    def surprises(self):
        """What the client says must not have come: statuses, and patience that ended."""
        wrong = [
            f"{line.get('session') or line.get('who')}: {line['why']}" for line in self.evidence.record
            if line["what"] in ("unexpected", "broken")]
        begun = {line["session"] for line in self.evidence.record if line["what"] == "begun"}
        known = {line["session"] for line in self.evidence.record if line["what"] in ("finished", "unexpected")}
        wrong += [f"{name}: the client did not come to its end" for name in sorted(begun - known - {"the-last"})]
        return wrong
