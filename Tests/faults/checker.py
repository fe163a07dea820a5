"""The judgement: each verdict has a name and the list of what is wrong, empty if all is well."""

import collections

from promises import Promises
from traces import Traces


def verdicts(evidence):
    """[(name, sentence, what is wrong)]"""
    promises, traces = Promises(evidence), Traces(evidence)
    return [
        ("lost answers", "I3: acknowledged answers lost", promises.lost_answers()),
        ("lost commands", "I3: other acknowledged or stored commands lost", promises.lost_commands()),
        ("applied twice", "I3: applied twice", promises.applied_twice()),
        ("refusals", "refusals that are not true: 409 without the winner, 410 too early", promises.wrong_refusals()),
        ("silence", "I8: silences taken for an answer", promises.silence()),
        ("surprises", "replies that must not come, and callers who gave up", promises.surprises()),
        ("old epochs", "I2: events written under an old epoch", traces.old_epochs()),
        ("logs", "logs with gaps, or with rows that say something else", traces.loose_logs()),
        ("unfinished", "sessions that did not complete", traces.unfinished()),
        ("quarantine", "I10: sessions quarantined that two deaths did not find alone under work",
         traces.rash_quarantines()),
        ("streams", "I4: subscribers with gaps, doubles or another order", traces.broken_streams()),
        ("feed", "I4: events that are missing on the feed, or twice on it", traces.thin_feed()),
        ("effects", "effects that the service's ledger does not have exactly once", traces.wrong_effects()),
        ("secrets", "I9: secrets in plain text", traces.secrets_in_plain()),
        ("folds", "I6: folds unlike their snapshots", traces.other_folds()),
    ]


def decision_times(record):
    """For each command, the seconds from the first try to the reply or the outcome that decided it, in order."""
    began, ended = {}, {}
    for line in record:
        if line["what"] == "sent":
            began.setdefault(line["n"], line["at"])
        elif line["what"] in ("reply", "outcome"):
            ended[line["n"]] = line["at"]
    return sorted(ended[number] - began[number] for number in ended) or [0]


def figures(evidence):
    """What the verdicts are about, in numbers."""
    answers = collections.Counter(
        str(line["status"]) for line in evidence.record if line["what"] == "reply" and line["op"] == "answer")
    count = collections.Counter(line["what"] for line in evidence.record)
    told = ", ".join(f"{number} x {status}" for status, number in sorted(answers.items()))
    owners = len({(write.shard, write.epoch) for write in evidence.writes})
    refused = sum(
        line["what"] == "outcome" and line["op"] == "answer" and line["status"] == "refused"
        for line in evidence.record)
    replayed = sum(line.get("replayed") is True for line in evidence.record)
    times = decision_times(evidence.record)
    quarantines = sum(mark.is_quarantine for mark in evidence.marks)
    return [
        f"{len(evidence.sessions)} sessions, {sum(map(len, evidence.logs.values()))} events under {owners} epochs "
        "of shards",
        f"answers: {told}, of the stored ones {refused} refused in the end",
        f"of all requests {count['lost']} were lost on the way, {replayed} repetitions were known by their keys; "
        f"{count['outcome']} stored commands were followed up",
        f"{count['subscribed']} subscribers, {count['got']} events, {count['opened']} connections",
        f"from a command's first try to its decision: median {times[len(times) // 2]:.2f} s, 95 % within "
        f"{times[len(times) * 95 // 100]:.1f} s, the longest {times[-1]:.0f} s",
        f"{len(evidence.ledger)} calls in the ledger; of those whose outcome was unknown people said "
        f"{sum(line['what'] == 'judged' and line['response']['decision'] == 'done' for line in evidence.record)} done, "
        f"{sum(line['what'] == 'judged' and line['response']['decision'] == 'repeat' for line in evidence.record)} "
        "repeat",
        f"{quarantines} times two kills fell on a session that was alone under work: it was quarantined, and let go on "
        "by whoever was on call",
    ]
