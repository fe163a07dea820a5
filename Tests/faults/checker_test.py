#!/usr/bin/env python3
"""The checker can fail: a small true story passes, and each way of doctoring it is found by the verdict that is for it.

    Tests/faults/checker_test.py

Needs no server; takes a moment. Prints "N passed, N failed". Python's standard library only.
"""

import pathlib
import sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "cluster")]
from checker import verdicts
from true_story import BOB, true_story


def line(evidence, what, **fields):
    """The first line of the record with these fields."""
    return next(
        one for one in evidence.record
        if one["what"] == what and all(one.get(name) == value for name, value in fields.items()))


def swap(log, number, **fields):
    log[number] = log[number]._replace(**fields)


def got(evidence, who):
    return [number for number, one in enumerate(evidence.record) if one["what"] == "got" and one["who"] == who]


def another_answer(evidence):
    swap(evidence.logs["rivals"], 3, data={"request": "req_1", "by": BOB, "response": {"answer": "red"}})


def closed_again(evidence):
    log = evidence.logs["rivals"]
    log.insert(4, log[3]._replace(seq=5))


def reordered(evidence):
    first, second, *_ = got(evidence, "feed")
    record = evidence.record
    record[first], record[second] = record[second], record[first]


def epoch_back(evidence):
    evidence.writes[2] = evidence.writes[2]._replace(epoch=4, label="life:2", writer="life:2:write")


DOCTORED = [
    ("lost answers", "another answer than the one that got 200 is in the log", another_answer),
    ("lost answers", "an answer that got 200 is not in the log", lambda e: e.logs["errand"].pop(2)),
    ("lost answers", "a stored answer has no outcome", lambda e: e.commands.update(cmd_1=("secret", "answer", None))),
    ("lost answers", "a stored answer is gone", lambda e: e.commands.clear()),
    ("lost answers", "a stored answer was refused, although it is in the log",
     lambda e: e.commands.update(cmd_1=("secret", "answer", {"refused": {"code": "already_answered"}}))),
    ("lost answers", "the secret that was fetched is another one",
     lambda e: line(e, "secret").update(token="secret-2-of-0")),
    ("lost commands", "a step that got 200 is not in the log", lambda e: e.logs["rivals"].pop(1)),
    ("lost commands", "a stored command was given up",
     lambda e: e.commands.update(cmd_2=("late", "step", {"dead": "five failures"}))),
    ("applied twice", "a question was closed twice", closed_again),
    ("applied twice", "a step is in the log twice",
     lambda e: e.logs["rivals"].insert(2, e.logs["rivals"][1]._replace(seq=3))),
    ("refusals", "the winner is told that another one won",
     lambda e: line(e, "reply", person=1, status=409).update(person=0, response={"answer": "blue"})),
    ("refusals", "409 names another winner",
     lambda e: line(e, "reply", status=409).update(winner={"responded_by": BOB})),
    ("refusals", "409 names no winner", lambda e: line(e, "reply", status=409).update(winner=None)),
    ("refusals", "410 for a question that was answered",
     lambda e: line(e, "reply", status=409).update(status=410, code="request_expired", winner=None)),
    ("refusals", "410 before the deadline",
     lambda e: line(e, "reply", session="close", status=410).update(at=1795262398.0)),
    ("silence", "a permission expired as approved",
     lambda e: swap(e.logs["late"], 2, data={"request": "req_3", "response": {"action": "approve"}})),
    ("surprises", "a client met a reply that must not come",
     lambda e: e.record.append({"what": "unexpected", "session": "late", "why": "step: 500"})),
    ("surprises", "a session did not come to its end in the client",
     lambda e: e.record.remove(line(e, "finished", session="errand"))),
    ("old epochs", "an event was written by who did not own the shard",
     lambda e: swap(e.writes, 4, writer="life:9:write")),
    ("old epochs", "an event was written while nobody owned the shard", lambda e: swap(e.writes, 4, label="")),
    ("old epochs", "the epochs of a shard go back", epoch_back),
    ("old epochs", "one epoch has two owners", lambda e: swap(e.writes, 4, label="life:5", writer="life:5:write")),
    ("old epochs", "an event came past the witness", lambda e: e.writes.pop()),
    ("logs", "a log has a gap", lambda e: e.logs["secret"].pop(1)),
    ("logs", "a session's head is beyond its log",
     lambda e: e.sessions.update(late=e.sessions["late"]._replace(head=9))),
    ("logs", "a list shows an answered question as pending",
     lambda e: e.requests.update(req_1=("rivals", "pending"))),
    ("unfinished", "a session still waits",
     lambda e: e.sessions.update(late=e.sessions["late"]._replace(status="waiting"))),
    ("unfinished", "a session is quarantined",
     lambda e: e.sessions.update(late=e.sessions["late"]._replace(is_quarantined=True))),
    ("quarantine", "a session was quarantined after one life",
     lambda e: e.marks.pop(0)),
    ("quarantine", "a session was quarantined after two marks of one life",
     lambda e: swap(e.marks, 1, writer="life:1:write")),
    ("quarantine", "whoever is on call was refused", lambda e: e.resumed[0].update(status=409)),
    ("refusals", "a session that nobody quarantined is said to be",
     lambda e: line(e, "reply", code="already_answered").update(code="session_quarantined")),
    ("unfinished", "a session is not there", lambda e: e.sessions.pop("late")),
    ("streams", "a subscriber of a session misses an event", lambda e: e.record.pop(got(e, "watcher")[1])),
    ("streams", "a subscriber of a session got an event twice",
     lambda e: e.record.insert(got(e, "watcher")[2], e.record[got(e, "watcher")[1]])),
    ("streams", "a subscriber of the feed misses the last event", lambda e: e.record.pop(got(e, "feed")[-1])),
    ("streams", "a subscriber of the feed got two events in another order", reordered),
    ("streams", "a subscriber with types misses one", lambda e: e.record.pop(got(e, "chosen")[0])),
    ("streams", "an event came with other data", lambda e: e.record[got(e, "watcher")[0]].update(sum="0")),
    ("streams", "a subscriber waits in vain", lambda e: e.record.remove(line(e, "ended", who="watcher"))),
    ("feed", "an event is not on the feed", lambda e: e.feed.pop()),
    ("feed", "an event is on the feed twice", lambda e: e.feed.append(("999-1", *e.feed[0][1:]))),
    ("effects", "a call was not made", lambda e: e.ledger.clear()),
    ("effects", "a call was made twice under one key", lambda e: e.ledger.append(e.ledger[0])),
    ("effects", "a call was made twice under two keys",
     lambda e: e.ledger.append({**e.ledger[0], "key": "acme:harbour:errand:1"})),
    ("effects", "a call was made with another body",
     lambda e: e.ledger[0].update(body='{"order":"errand","to":"attic"}')),
    ("effects", "somebody called who should not",
     lambda e: e.ledger.append({**e.ledger[0], "run": "rivals", "key": "acme:harbour:rivals:1"})),
    ("secrets", "a secret is in an event", lambda e: e.secrets.append("event secret 3")),
    ("folds", "a snapshot is not the fold of its log",
     lambda e: setattr(e, "replay", (1, "session rivals: the snapshot at 5 differs"))),
]


def main():
    outcomes = []

    def check(is_good, sentence):
        outcomes.append(is_good)
        print(f"{'ok  ' if is_good else 'FAIL'} {sentence}")

    red = [name for name, _, wrong in verdicts(true_story()) if wrong]
    check(not red, f"the true story is held for true {red or ''}")
    untried = {name for name, *_ in verdicts(true_story())} - {name for name, *_ in DOCTORED}
    check(not untried, f"every verdict is tried {sorted(untried) or ''}")
    for name, sentence, doctor in DOCTORED:
        evidence = true_story()
        doctor(evidence)
        red = {verdict: wrong for verdict, _, wrong in verdicts(evidence) if wrong}
        check(name in red, f"{name}: {sentence} ({str(red.get(name, [f'only {red}'])[0])[:120]})")
    print(f"{sum(outcomes)} passed, {len(outcomes) - sum(outcomes)} failed")
    return 0 if all(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
