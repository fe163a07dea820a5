"""What the database, the streams and the called service show: one writer, dense logs, whole streams, one effect."""

import collections
import json

from caller import LATER
from promises import is_lost_call
from record import fingerprint
from workflows import DOCUMENTS, expected_effects

DEATHS_TO_QUARANTINE = 2


class Traces:
    """The judgement of everything that is not told in a reply."""

    def __init__(self, evidence):
        self.evidence, self.logs = evidence, evidence.logs

    def old_epochs(self):
        """Events by another writer than the shard's owner at that moment, or under an epoch before the last one."""
        wrong, epochs, owners, seen = [], {}, {}, collections.Counter()
        for write in self.evidence.writes:
            what = f"{write.session} {write.seq}: shard {write.shard}, epoch {write.epoch}"
            seen[write.session, write.seq] += 1
            if write.writer != f"{write.label}:write":
                wrong.append(f"{what}: written by {write.writer!r} while {write.label!r} owned it")
            if write.epoch < epochs.get(write.shard, 0):
                wrong.append(f"{what}: after {epochs[write.shard]}")
            if owners.setdefault((write.shard, write.epoch), write.label) != write.label:
                wrong.append(f"{what}: of two owners, {write.label} and {owners[write.shard, write.epoch]}")
            epochs[write.shard] = max(epochs.get(write.shard, 0), write.epoch)
        there = {(name, event.seq) for name, log in self.logs.items() for event in log}
        wrong += [f"{key}: no witness saw it written" for key in sorted(there - set(seen))]
        return wrong + [f"{key}: written {count} times" for key, count in seen.items() if count > 1]

    def loose_logs(self):
        """Logs with gaps, and rows beside them that say something else."""
        wrong = []
        for name, session in self.evidence.sessions.items():
            log = self.logs.get(name, [])
            if [event.seq for event in log] != list(range(1, session.head + 1)):
                wrong.append(f"{name}: {[event.seq for event in log]}, but its head is {session.head}")
            states = {}
            for event in log:
                if event.type == "hitl_requested":
                    states[event.data["id"]] = "pending"
                elif event.type in ("hitl_responded", "hitl_expired", "hitl_cancelled"):
                    states[event.data["request"]] = event.type.removeprefix("hitl_").replace("responded", "answered")
            rows = {id: status for id, (owner, status) in self.evidence.requests.items() if owner == name}
            if rows != states:
                wrong.append(f"{name}: requests are {rows}, but by the log {states}")
        return wrong

    def unfinished(self):
        begun = {line["session"] for line in self.evidence.record if line["what"] == "begun"}
        there = self.evidence.sessions
        wrong = [f"{name}: is not there" for name in sorted(begun - set(there))]
        wrong += [
            f"{name}: {session.status}{', quarantined' if session.is_quarantined else ''}"
            for name, session in there.items() if session.status != "completed" or session.is_quarantined]
        return wrong + [f"{name}: nobody began it" for name in sorted(set(there) - begun)]

    def rash_quarantines(self):
        """Of sessions that not two processes had alone under work, and whatever whoever is on call was refused."""
        wrong, lives = [], collections.defaultdict(set)
        for mark in self.evidence.marks:
            if not mark.is_quarantine:
                lives[mark.session].add(mark.writer)
            elif len(lives.pop(mark.session, ())) < DEATHS_TO_QUARANTINE:
                wrong.append(f"{mark.session}: was not alone under the marks of two processes")
        return wrong + [
            f"{line['session']}: resume got {line['status']}" for line in self.evidence.resumed
            if line["status"] not in (200, *LATER)]

    # Streams

    def followers(self):
        """Who: (path, types, what came, whether it was over), across all connections."""
        found = {}
        for line in self.evidence.record:
            if line["what"] == "subscribed":
                found[line["who"]] = {"path": line["path"], "types": line["types"], "got": [], "is_over": False}
            elif line["what"] == "got":
                found[line["who"]]["got"].append(
                    (line["id"], line["session"], line["seq"], line["type"], line["sum"]))
            elif line["what"] == "ended":
                found[line["who"]]["is_over"] = True
        return found

    def broken_streams(self):
        wrong = []
        for who, follower in self.followers().items():
            if "/sessions/" in follower["path"]:
                name = follower["path"].split("/")[-2]
                expected = [
                    (str(event.seq), name, event.seq, event.type, fingerprint(event.data))
                    for event in self.logs.get(name, [])]
            else:
                expected = self._feed(follower["types"])
            if wrongs := self._compare(follower["got"], expected, follower["is_over"]):
                wrong.append(f"{who}: {wrongs}")
        return wrong

    def _feed(self, types):
        events = {(name, event.seq): event for name, log in self.logs.items() for event in log}
        rows = [
            (position, name, seq, events[name, seq]) for position, name, seq in self.evidence.feed
            if (name, seq) in events]  # one that points at nothing is told of by `thin_feed`
        return [
            (position, name, seq, event.type, fingerprint(event.data)) for position, name, seq, event in rows
            if not types or event.type in types]

    @staticmethod
    def _compare(got, expected, is_over):
        if got == expected:
            return "" if is_over else "saw all, and still waits"
        ids, wanted = [one[0] for one in got], [one[0] for one in expected]
        doubles = [id for id, count in collections.Counter(ids).items() if count > 1]
        gaps = [id for id in wanted if id not in set(ids)]
        foreign = [one for one in got if one not in set(expected)]
        return (
            f"{len(got)} of {len(expected)} events; missing {gaps[:5]}, twice {doubles[:5]}, "
            f"others {foreign[:3]}{'' if doubles or gaps or foreign else ', in another order'}")

    def thin_feed(self):
        """Events that belong on the feed and are not, or are on it twice."""
        on_feed = collections.Counter((name, seq) for _, name, seq in self.evidence.feed)
        belong = {(name, event.seq) for name, log in self.logs.items() for event in log if event.on_feed}
        wrong = [f"{key}: is on the feed {count} times" for key, count in on_feed.items() if count > 1]
        return wrong + [f"{key}: is on one side only" for key in sorted(belong ^ set(on_feed))]

    # Effects

    def wrong_effects(self):
        """The service's ledger against the answers: each effect once, under one key, and no call beyond."""
        rows = collections.defaultdict(list)
        for row in self.evidence.ledger:
            rows[row["run"]].append(row)
        wrong = []
        for name, session in self.evidence.sessions.items():
            made = rows.pop(name, [])
            if session.agent in DOCUMENTS:
                wrong += [f"{name}: {line}" for line in self._effects(name, session.agent, made)]
            elif made:
                wrong.append(f"{name}: {len(made)} calls of a session that makes none")
        return wrong + [f"{name}: {len(made)} calls of nobody" for name, made in rows.items()]

    def _effects(self, name, agent, made):
        log = self.logs.get(name, [])
        doubts = {event.data["id"] for event in log if event.type == "hitl_requested" and is_lost_call(event.data)}
        answers = [
            event.data["response"] for event in log
            if event.type == "hitl_responded" and event.data["request"] not in doubts]
        expected = [
            (method, path, body and json.dumps(body, separators=(",", ":")) or "")
            for method, path, body in (expected_effects(agent, name, answers[0]) if answers else [])]
        keys = collections.defaultdict(list)
        for row in made:
            keys[row["key"]].append(row)
        wrong = []
        effects = sorted({(key, row["method"], row["path"], row["body"]) for key, each in keys.items() for row in each})
        if sorted(effect[1:] for effect in effects) != sorted(expected):
            wrong.append(f"calls {effects} instead of {expected}")
        for key, each in keys.items():
            call = key.rpartition(":")[2]
            if key != f"{self.evidence.scope}:{name}:{call}" or not any(
                    event.type == "tool_proposed" and str(event.seq) == call for event in log):
                wrong.append(f"a key of no call, {key}")
            if each[0]["method"] == "POST" and len(each) > 1:
                wrong.append(f"{len(each)} times POST under {key}")
        return wrong

    def secrets_in_plain(self):
        return list(self.evidence.secrets)

    def other_folds(self):
        status, said = self.evidence.replay
        return [] if status == 0 else [said or f"status {status}"]
