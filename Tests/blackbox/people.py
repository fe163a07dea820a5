#!/usr/bin/env python3
"""People who answer through a platform's key: who may, how many must, and what else they do.

    Tests/blackbox/people.py [PATH OF holdpoint]      (or HOLDPOINT_BINARY)

Drives a real server over HTTP and the command line, as a platform would, and checks what it records. Prints
"N passed, N failed". Python's standard library only.
"""

import concurrent.futures
import hashlib
import http.client
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # a suite leaves nothing behind in the tree
from operating import BASE, KEY, Failed, Server, environment, expect

APPROVE = {"action": "approve"}
REJECT = {"action": "reject"}


def edit(amount):
    return {"action": "edit", "arguments": {"amount": amount}}


class Scene:
    """A server with a few users, and one session for each check."""

    def __init__(self, binary, server, folder):
        self.binary, self.server, self.folder = binary, server, folder
        self.session = None
        for user, level, groups in [
            ("ann@example.org", "N2", ["finance"]), ("bob", "N2", ["finance"]), ("eve", "N3", ["finance"]),
            ("low", "N1", ["finance"]), ("chair", "N4", ["board"]), ("max", "N2", []),
        ]:
            self.call("PUT", f"/users/{user}", {"accreditation": level, "groups": groups}, status=200)
        self.call("PUT", "/agents/clerk", {"kind": "external"}, status=200)

    def call(self, method, path, body=None, status=None, key=KEY, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=70)
        try:
            sent = {"Authorization": f"Bearer {key}", **{name.replace("_", "-"): text for name, text in headers.items()}}
            if body is not None:
                sent["Content-Type"] = "application/json"
            connection.request(method, BASE + path, None if body is None else json.dumps(body), sent)
            response = connection.getresponse()
            payload = response.read()
            found = json.loads(payload) if payload else None
        finally:
            connection.close()
        expect(status is None or response.status == status, f"{method} {path}: {response.status} {found}")
        return response.status, found

    def begin(self, name, **more):
        self.session = name
        self.call("POST", "/sessions", {"agent": "clerk", "id": name, "input": {}, **more}, status=201)

    def ask(self, approvers, **more):
        body = {
            "type": "permission", "title": "Pay?", "tool": "pay", "arguments": {"amount": 7}, "allow_edit": True,
            "approvers": approvers, **more}
        return self.call("POST", f"/sessions/{self.session}/requests", body, status=201)[1]["id"]

    def answer(self, request, response, user=None, status=200, **headers):
        body = {"response": response, **({"as": user} if user else {})}
        return self.call("POST", f"/requests/{request}/respond", body, status=status, **headers)[1]

    def act(self, request, name, body, status=200):
        return self.call("POST", f"/requests/{request}/{name}", body, status=status)[1]

    def request(self, request):
        return self.call("GET", f"/requests/{request}", status=200)[1]

    def events(self, *types):
        items = self.call("GET", f"/sessions/{self.session}/events?limit=1000", status=200)[1]["items"]
        return [item for item in items if not types or item["type"] in types]

    def key(self, scopes):
        done = subprocess.run(
            [self.binary, "key", "create", "--project", "dev/default", "--scopes", scopes, "--data",
             str(self.server.data), "-o", "json"],
            capture_output=True, text=True, env=environment(), check=False, timeout=60)
        expect(done.returncode == 0, f"no key was made: {done.stderr}")
        return json.loads(done.stdout)["key"]

    def run(self, *words, given=""):
        return subprocess.run(
            [self.binary, *words, "--url", f"http://127.0.0.1:{self.server.port}", "--key", KEY], input=given,
            capture_output=True, text=True, env=environment(), check=False, timeout=60)


def users_are_put_listed_and_deleted(scene):
    done = scene.run("user", "put", "zoe", "--accreditation", "N3", "--groups", "a,b", "-o", "json")
    expect(done.returncode == 0, done.stderr)
    expect(json.loads(done.stdout)["groups"] == ["a", "b"], done.stdout)
    expect("N3" in scene.run("user", "get", "zoe").stdout, "the user is not shown")
    expect("zoe" in scene.run("user", "list").stdout, "the user is not listed")
    done = scene.run("user", "put", "zoe", '{"accreditation": "N9"}')
    expect(done.returncode != 0 and "/accreditation" in done.stderr, done.stderr)
    expect(scene.run("user", "delete", "zoe").returncode == 0, "not deleted")
    scene.call("GET", "/users/zoe", status=404)
    scene.call("DELETE", "/users/zoe", status=404)
    scene.call("PUT", "/users/a%20b", {}, status=422)
    page = scene.call("GET", "/users?limit=2", status=200)[1]
    expect(page["has_more"] and [user["id"] for user in page["items"]] == ["ann@example.org", "bob"], page)
    rest = scene.call("GET", f"/users?cursor={page['next_cursor']}", status=200)[1]
    expect([user["id"] for user in rest["items"]] == ["chair", "eve", "low", "max"], rest)


def only_those_who_are_named_answer(scene):
    scene.begin("who", on_behalf_of="eve")
    request = scene.ask({"groups": ["finance"], "accreditation": "N2", "not_requester": True})
    for user in [None, "low", "max", "chair", "eve"]:
        refused = scene.answer(request, APPROVE, user, status=403)
        expect(refused["code"] == "not_an_approver", refused)
    refused = scene.answer(request, APPROVE, "nobody", status=422)
    expect([error["pointer"] for error in refused["errors"]] == ["/as"], refused)
    scene.call("PUT", "/users/bob", {"accreditation": "N2", "groups": ["finance"], "active": False}, status=200)
    expect(scene.answer(request, APPROVE, "bob", status=422)["code"] == "user_unknown", "an inactive user answered")
    scene.call("PUT", "/users/bob", {"accreditation": "N2", "groups": ["finance"]}, status=200)
    shown = scene.answer(request, APPROVE, "bob")
    expect(shown["responded_by"] == "user:bob" and shown["responded_via"].startswith("key:"), shown)


def a_key_speaks_for_others_only_with_its_scope(scene):
    answering, speaking = scene.key("requests:respond"), scene.key("respond_as")
    scene.begin("scopes")
    path = f"/requests/{scene.ask({'groups': ['finance']})}/respond"
    spoken, own = {"response": APPROVE, "as": "bob"}, {"response": APPROVE}
    expect(scene.call("POST", path, spoken, key=answering)[1]["code"] == "scope_missing", "spoke without the scope")
    expect(scene.call("POST", path, own, key=speaking)[1]["code"] == "scope_missing", "answered without the scope")
    scene.call("POST", path, spoken, key=speaking, status=200)


def two_must_approve_the_same(scene):
    scene.begin("two")
    request = scene.ask({"groups": ["finance"], "quorum": 2})
    shown = scene.answer(request, APPROVE, "bob")
    expect(shown["status"] == "pending" and shown["progress"]["votes"][0]["user"] == "bob", shown)
    scene.answer(request, APPROVE, "bob")
    expect(scene.answer(request, REJECT, "bob", status=409)["code"] == "already_voted", "a vote was changed")
    scene.answer(request, edit(5), "eve")
    expect(scene.request(request)["progress"]["arguments"] == {"amount": 5}, "the edit is not shown")
    expect(scene.answer(request, APPROVE, "low", status=409)["code"] == "arguments_edited", "an unseen edit was approved")
    shown = scene.answer(request, edit(5), "bob")
    expect(shown["status"] == "answered", shown)
    expect([one["user"] for one in shown["approvals"]] == ["eve", "bob"], shown)
    digest = hashlib.sha256(b'{"amount":5}').hexdigest()
    expect(shown["approved_digest"] == digest, "another digest was approved")
    expect(len(scene.events("hitl_voted")) == 2 and len(scene.events("hitl_responded")) == 1, scene.events())


def many_approve_at_once(scene):
    for user in range(12):
        scene.call("PUT", f"/users/many{user}", {"groups": ["many"]}, status=200)
    scene.begin("crowd")
    request = scene.ask({"groups": ["many"], "quorum": 5})
    path = f"/requests/{request}/respond"
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        replies = list(pool.map(
            lambda user: (user, scene.call("POST", path, {"response": APPROVE, "as": f"many{user % 12}"})), range(24)))
    approvals = {one["user"] for one in scene.request(request)["approvals"]}
    expect(len(approvals) == 5, f"I7: approved by {approvals}")
    expect(len(scene.events("hitl_voted")) == 4, "I3: votes were lost or counted twice")
    for user, (status, body) in replies:
        expected = 200 if f"many{user % 12}" in approvals else 409
        expect(status == expected, f"I3: {user} got {status} {body}")


def a_claim_keeps_others_away(scene):
    scene.begin("claims")
    request = scene.ask({"groups": ["finance"]})
    scene.act(request, "claim", {"as": "low"}, status=200)
    scene.act(request, "release", {"as": "low"})
    shown = scene.act(request, "claim", {"as": "bob", "for": 600})
    expect(shown["progress"]["claimed_by"] == "bob", shown)
    for refused in [scene.answer(request, APPROVE, "eve", 409), scene.act(request, "claim", {"as": "eve"}, 409)]:
        expect(refused["code"] == "claimed" and refused["winner"]["claimed_by"] == "user:bob", refused)
    scene.act(request, "claim", {"as": "max"}, status=403)
    scene.act(request, "claim", {"as": "bob", "for": 86401}, status=422)
    scene.act(request, "claim", {}, status=422)
    shown = scene.act(request, "claim", {"as": "bob", "for": 1})
    deadline = time.monotonic() + 30
    while scene.call("POST", f"/requests/{request}/respond", {"response": APPROVE, "as": "eve"})[0] != 200:
        expect(time.monotonic() < deadline, "the claim did not end")
        time.sleep(0.05)


def it_is_delegated(scene):
    scene.begin("delegates")
    request = scene.ask({"users": ["bob"], "accreditation": "N2"})
    expect(scene.act(request, "delegate", {"as": "bob", "to": "low"}, 422)["errors"][0]["pointer"] == "/to", "low")
    scene.act(request, "delegate", {"as": "max", "to": "bob"}, status=403)
    scene.act(request, "delegate", {"as": "bob", "to": "max"})
    expect(scene.answer(request, APPROVE, "max")["responded_by"] == "user:max", "not the delegate")


def nobody_answers(scene):
    scene.begin("silence")
    request = scene.ask(
        {"users": ["bob"]}, expires_in=3, reminders=[1],
        escalation=[{"after": 2, "approvers": {"groups": ["board"], "accreditation": "N4"}}])
    expect(scene.answer(request, APPROVE, "chair", 403)["code"] == "not_an_approver", "the board was too early")
    shown = scene.call("GET", f"/requests/{request}", status=200, Prefer="wait=30")[1]
    expect(shown["status"] == "expired" and shown["response"] == REJECT, f"I8: {shown}")
    kinds = [event["type"] for event in scene.events()]
    expect(kinds[2:] == ["hitl_reminded", "hitl_escalated", "hitl_expired"], kinds)
    scene.call("POST", f"/requests/{request}/reopen", {}, status=201)
    again = scene.call("POST", f"/requests/{request}/reopen", {"as": "max"}, status=200)[1]
    expect(again["follows"] == request and again["status"] == "pending", again)
    expect(scene.act(again["id"], "reopen", {}, status=409)["code"] == "request_pending", "asked twice")
    scene.answer(again["id"], APPROVE, "bob")
    expect(scene.act(again["id"], "reopen", {}, status=409)["code"] == "already_answered", "asked after a yes")
    scene.call("POST", f"/sessions/{scene.session}/complete", {"output": None}, status=200)
    expect(scene.act(request, "reopen", {}, status=409)["code"] == "session_finished", "asked after the end")


def several_answers_at_once(scene):
    scene.begin("several")
    first, second, third = (scene.ask({"groups": ["finance"]}) for _ in range(3))
    answers = [
        {"request": first, "response": APPROVE, "as": "bob", "comment": "yes"},
        {"request": second, "response": {"action": "perhaps"}, "as": "bob"},
        {"request": second, "response": REJECT, "as": "nobody"},
        {"request": third, "response": APPROVE},
        {"request": "req_none", "response": APPROVE},
        {"request": first, "response": REJECT, "as": "eve"},
    ]
    body = scene.call("POST", "/requests/respond", {"answers": answers}, status=200, Idempotency_Key="many")[1]
    found = [(one["request"], one["status"], one["body"].get("code")) for one in body["outcomes"]]
    expect(found == [
        (first, 200, None), (second, 422, "invalid_answer"), (second, 422, "user_unknown"),
        (third, 403, "not_an_approver"), ("req_none", 404, "request_not_found"), (first, 409, "already_answered"),
    ], found)
    pointers = [one["body"]["errors"][0]["pointer"] for one in body["outcomes"][1:3]]
    expect(pointers == ["/answers/1/response/action", "/answers/2/as"], pointers)
    refused = scene.call("POST", "/requests/respond", {"answers": [{"request": third}] * 2}, status=422)[1]
    expect({error["pointer"] for error in refused["errors"]} == {
        "/answers/0/response", "/answers/1/response"}, refused)
    scene.call("POST", "/requests/respond", {"answers": answers[:1] * 51}, status=422)
    scene.call("POST", "/requests/respond", {"answers": []}, status=422)


def votes_survive_a_kill(scene):
    scene.begin("killed")
    request = scene.ask({"groups": ["finance"], "quorum": 3})
    scene.answer(request, APPROVE, "bob")
    scene.act(request, "claim", {"as": "eve"})
    before = scene.request(request)
    scene.server.process.kill()
    scene.server.process.wait()
    scene.server = Server(scene.binary, scene.server.data)
    scene.server.await_ready()
    expect(scene.request(request) == before, "I6: it is another request after the kill")
    scene.answer(request, APPROVE, "low", status=409)
    for user in ["eve", "low"]:
        shown = scene.answer(request, APPROVE, user)
    expect([one["user"] for one in shown["approvals"]] == ["bob", "eve", "low"], shown)
    done = subprocess.run(
        [scene.binary, "replay", "--all", "--verify", "--data", str(scene.server.data)],
        capture_output=True, text=True, env=environment(), check=False, timeout=60)
    expect(done.returncode == 0, f"I6: {done.stdout} {done.stderr}")


def main():
    binary = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.environ["HOLDPOINT_BINARY"])
    tests = [
        users_are_put_listed_and_deleted, only_those_who_are_named_answer, a_key_speaks_for_others_only_with_its_scope,
        two_must_approve_the_same, many_approve_at_once, a_claim_keeps_others_away, it_is_delegated, nobody_answers,
        several_answers_at_once, votes_survive_a_kill,
    ]
    failed = 0
    with tempfile.TemporaryDirectory(prefix="holdpoint-people.") as folder:
        server = Server(binary, pathlib.Path(folder) / "data")
        server.await_ready()
        scene = Scene(binary, server, folder)
        try:
            for test in tests:
                try:
                    test(scene)
                    print(f"ok      {test.__name__}")
                except Failed as failure:
                    failed += 1
                    print(f"FAILED  {test.__name__}: {failure}")
        finally:
            scene.server.stop()
    print(f"{len(tests) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
