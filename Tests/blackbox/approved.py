#!/usr/bin/env python3
"""What a person allowed is what runs: the guarded call as it was shown or as it was edited, byte for byte, or none.

    Tests/blackbox/approved.py [PATH OF holdpoint]      (or HOLDPOINT_BINARY)

Plays workflows whose permissions guard HTTP calls, answers as people would, and compares the bytes that arrive at the
called service with the bytes that were sent as an answer (I7, I8). Prints "N passed, N failed". Python's standard
library only.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading

sys.dont_write_bytecode = True  # a suite leaves nothing behind in the tree
from operating import environment, expect
from shared.workflows import ERRORS, PATIENCE_SECONDS, STAND_IN, StandIn, Workflows, document, perform, serving

# An integer that no double holds: two different calls could have one digest.
UNDIGESTIBLE = 9007199254740993
REFUSED = "urn:holdpoint:problem:request_"

# Asks for one thing while another branch changes what the first was made from.
ONCE = document("once", f"""
    do:
      - begin: {{ set: {{ amount: 1 }}, export: {{ as: '{{amount: .amount}}' }} }}
      - both:
          fork:
            branches:
              - ask:
                  call: human
                  with:
                    type: permission
                    title: Pay?
                    perform:
                      call: http
                      with:
                        method: post
                        endpoint: {STAND_IN}/once
                        body: '${{ {{amount: $context.amount}} }}'
              - change:
                  call: human
                  with: {{ type: clarification, title: 'How much?' }}
                  export: {{ as: '{{amount: 1000000}}' }}
      - tell: {{ set: '${{ $context }}' }}
""")


def canonical(value):
    """RFC 8785, for numbers whose shortest form Python and ECMAScript write alike."""
    if isinstance(value, dict):
        members = sorted(value.items(), key=lambda member: member[0].encode("utf-16-be"))
        return "{" + ",".join(f"{canonical(name)}:{canonical(inner)}" for name, inner in members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, float) and value == int(value):
        value = int(value)
    return json.dumps(value, ensure_ascii=False)


def digest(value):
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def guarded(name, call, more="allow_edit: true"):
    """A workflow of one task: a permission that guards this call, which is written as the `with` of `call: http`."""
    return document(name, f"""
    do:
      - ask:
          call: human
          with:
            type: permission
            title: May this be sent?
            {more}
            perform:
              call: http
              with: {call}
    """)


class Cases:
    """Every method whose name begins with `case_` is one; they share a server and a service, not paths."""

    def __init__(self, flows, service, binary, folder):
        self.flows, self.service, self.binary, self.folder = flows, service, binary, folder

    def ask(self, name, body="{a: 1}", method="post", more="allow_edit: true", input=None):
        """A session that waits for a permission to send this body to /NAME."""
        self.service.on(method.upper(), f"/{name}", (200, {"taken": True}))
        call = f"{{method: {method}, endpoint: '{STAND_IN}/{name}', body: {body}}}"
        return self.flows.run(name, guarded(name, call, more), input)

    def url(self, name):
        return f"{self.service.url}/{name}"

    def calls(self, name):
        return self.service.seen(f"/{name}")

    def edit(self, run, request, body, headers="", uri=None, method="POST"):
        """Answers with an edit whose body is these bytes of JSON; (status, reply)."""
        uri = uri or request["arguments"]["uri"]
        arguments = f'{{"method": "{method}", "uri": "{uri}", {headers}"body": '.encode()
        answer = b'{"response": {"action": "edit", "arguments": ' + arguments + body + b"}}}"
        return self.flows.api("POST", f"/requests/{request['id']}/respond", answer)

    def edited(self, name, body, expected, headers=""):
        """Edits a call to these bytes; what arrives must be `expected`."""
        run = self.ask(name)
        request = run.request()
        status, answered = self.edit(run, request, body, headers)
        expect(status == 200, f"{status} {answered}")
        run.output()
        calls = self.calls(name)
        expect(len(calls) == 1, f"{len(calls)} calls")
        expect(calls[0].body == expected, f"{calls[0].body!r} arrived instead of {expected!r}")
        self.receipt(run, answered, calls[0])
        return calls[0]

    def receipt(self, run, answered, call):
        """The digest of the answer is that of what arrived, and of what the log says was performed."""
        event = run.events("hitl_responded")[0]["data"]
        proposed = run.events("tool_proposed")
        expect(len(proposed) == 1, f"{len(proposed)} calls in the log")
        proposal = proposed[0]["data"]
        digests = {answered["approved_digest"], event["approved_digest"], proposal["arguments_digest"]}
        expect(len(digests) == 1, f"the digests differ: {digests}")
        arguments = proposal["arguments"]
        sent = {"method": call.method, "uri": self.service.url + call.path}
        if call.body:
            sent["body"] = call.json if call.json is not None else call.body.decode()
        if arguments.get("query"):
            expect(call.query == {name: [str(value)] for name, value in arguments["query"].items()}, call.query)
            sent["query"] = arguments["query"]
        if arguments.get("headers"):
            sent["headers"] = arguments["headers"]
            for header, value in arguments["headers"].items():
                expect(call.headers[header.lower()] == value, f"{header} is {call.headers.get(header.lower())}")
        expect(digests == {digest(sent)}, f"what arrived has digest {digest(sent)}, approved was {digests}")
        expect(call.headers["idempotency-key"] == f"dev:default:{run.id}:{proposed[0]['seq']}", call)

    # What is shown is what runs

    def case_approved(self):
        """I7: an approval runs the call that was shown, byte for byte"""
        name = "approved"
        run = self.ask(name, body="'${ {zebra: 1, apple: .amount, text: .text} }'",
                       input={"amount": 1.5, "text": "Zoë \U0001f6f3"})
        request = run.request()
        expect(request["tool"] == "http", request)
        expect(request["arguments_digest"] == digest(request["arguments"]), "the digest is not of what is shown")
        expect(not self.calls(name), "something was sent before the answer")
        answered = run.answer({"action": "approve"}, request)
        expect(answered["approved_digest"] == request["arguments_digest"], answered)
        expect(run.output() == {"taken": True}, "the output is not the answer of the service")
        call, = self.calls(name)
        expect({"method": call.method, "uri": self.url(name), "body": call.json} == request["arguments"], call)
        self.receipt(run, answered, call)

    def case_evaluated_once(self):
        """I7: arguments are evaluated once; what changes while the person thinks changes nothing"""
        self.service.on("POST", "/once", (200, {}))
        run = self.flows.run("once", ONCE)
        asked = {request["type"]: request for request in run.requests(2)}
        run.answer({"answer": "a million"}, asked["clarification"])
        shown = run.request()
        expect(shown["arguments"]["body"] == {"amount": 1}, shown)
        run.answer({"action": "approve"}, shown)
        expect(run.output() == {"amount": 1000000}, "the change did not happen")
        call, = self.calls("once")
        expect(call.body == b'{"amount":1}', call)

    # An edit is what runs

    def case_edit_keeps_order(self):
        """an edit's members arrive in the order in which they were sent"""
        self.edited("order", b'{"zebra":1,"apple":{"y":[3,1,2],"x":null},"":true}',
                    b'{"zebra":1,"apple":{"y":[3,1,2],"x":null},"":true}')

    def case_edit_keeps_numbers(self):
        """an edit's numbers arrive digit for digit, whatever their digest makes of them"""
        sent = b'{"a":1.50,"b":1.5,"c":1e2,"d":100,"e":-0.0,"f":0.10,"g":12E-1,"h":9007199254740992}'
        self.edited("numbers", sent, sent)

    def case_edit_keeps_text(self):
        """an edit's text arrives as it was sent, in UTF-8"""
        sent = '{"name":"Zoë 東京 \U0001f6f3\u200b\u2028","ключ":"a/b","e\u0301":"\u00e9"}'.encode()
        self.edited("text", sent, sent)

    def case_edit_is_one_spelling(self):
        """white space and escapes are not kept: JSON arrives in its shortest spelling"""
        sent = rb'{ "t" : "A\u0042\u00e9\/\u001F\n\ud83d\udef3" , "l" : [ 1 , 2 ] }'
        self.edited("spelling", sent, '{"t":"ABé/\\u001f\\n\U0001f6f3","l":[1,2]}'.encode())

    def case_edit_of_plain_text(self):
        """a body that is text arrives byte for byte"""
        sent = "line one\r\n  line two\t\u20ac 1.50\x00\U0001f6f3 "
        self.edited("plain", json.dumps(sent).encode(), sent.encode(),
                    headers='"headers": {"Content-Type": "text/plain; charset=utf-8"}, ')

    def case_edit_of_query_and_headers(self):
        """query and headers arrive as the edit has them"""
        call = self.edited("query", b'{"a":2}', b'{"a":2}',
                           headers='"query": {"z": "a b&c=\u00e9", "n": 7}, "headers": {"X-Reason": "1.50"}, ')
        expect(list(call.query) == ["z", "n"], call.query)

    def case_edit_goes_elsewhere(self):
        """an edited address and method are what is called, and the first one is not"""
        self.service.on("PUT", "/elsewhere/new", (200, {}))
        run = self.ask("elsewhere")
        request = run.request()
        status, answered = self.edit(run, request, b'{"a":2}', uri=self.url("elsewhere/new"), method="PUT")
        expect(status == 200, f"{status} {answered}")
        run.output()
        call, = self.calls("elsewhere")
        expect((call.method, call.path, call.body) == ("PUT", "/elsewhere/new", b'{"a":2}'), call)
        self.receipt(run, answered, call)

    def case_edit_survives_a_kill(self):
        """I7: killed with -9 while the call is under way, the same bytes go out again under the same key"""
        arrived, release = threading.Event(), threading.Event()

        def hold(_):
            arrived.set()
            release.wait(PATIENCE_SECONDS)
            return 200, {}

        self.service.on("PUT", "/killed", hold)
        folder = self.folder / "killed"
        folder.mkdir()
        sent = '{"z":1.50,"a":"Zoë"}'.encode()
        with serving(self.binary, folder) as server:
            own = Cases(Workflows(server, self.service), self.service, self.binary, folder)
            call = f"{{method: put, endpoint: '{STAND_IN}/killed', body: {{}}}}"
            run = own.flows.run("killed", guarded("killed", call))
            expect(own.edit(run, run.request(), sent, method="PUT")[0] == 200, "the edit was refused")
            expect(arrived.wait(PATIENCE_SECONDS), "nothing arrived")
            server.process.kill()
            server.process.wait()
        release.set()
        with serving(self.binary, folder) as server:
            run.flows = Workflows(server, self.service)
            run.output()
        calls = self.calls("killed")
        expect([call.body for call in calls] == [sent, sent], calls)
        expect(len({call.headers["idempotency-key"] for call in calls}) == 1, calls)

    # Nothing else runs

    def case_rejected(self):
        """I7: nothing runs after a rejection, whose reason the workflow can handle"""
        run = self.ask("rejected")
        run.answer({"action": "reject", "feedback": "too dear"})
        error = run.error()
        expect(error["type"] == REFUSED + "rejected" and error["detail"] == "too dear", error)
        expect(not self.calls("rejected") and not run.events("tool_proposed"), self.calls("rejected"))

    def case_expired(self):
        """I8: nothing runs after silence, and a yes that comes later is too late"""
        run = self.ask("expired", more="expires_in: 1")
        request = run.request()
        error = run.error()
        expect(error["type"] == REFUSED + "expired", error)
        status, problem = self.flows.api(
            "POST", f"/requests/{request['id']}/respond", {"response": {"action": "approve"}})
        expect((status, problem["code"]) == (410, "request_expired"), f"{status} {problem}")
        expect(not self.calls("expired"), self.calls("expired"))

    def case_cancelled(self):
        """nothing runs after the session was cancelled"""
        run = self.ask("cancelled")
        request = run.request()
        self.flows.api.ok("POST", f"{run.path}/cancel", {"reason": "changed our mind"})
        status, problem = self.flows.api(
            "POST", f"/requests/{request['id']}/respond", {"response": {"action": "approve"}})
        expect(status in (409, 410), f"{status} {problem}")
        expect(not self.calls("cancelled"), self.calls("cancelled"))

    def case_no_edit_unless_allowed(self):
        """an edit is refused where none was allowed, and the request stays open"""
        run = self.ask("fixed", more="risk: high")
        request = run.request()
        status, problem = self.edit(run, request, b'{"a":2}')
        expect((status, problem["code"]) == (422, "invalid_answer"), f"{status} {problem}")
        expect(not self.calls("fixed"), self.calls("fixed"))
        run.answer({"action": "approve"})
        run.output()
        expect([call.body for call in self.calls("fixed")] == [b'{"a":1}'], self.calls("fixed"))

    def case_one_answer_wins(self):
        """of many answers at once one is taken, and its call is made once"""
        run = self.ask("many")
        request = run.request()

        def answer(number):
            if number == 0:
                body = json.dumps({"response": {"action": "approve"}}).encode()
                return number, *self.flows.api("POST", f"/requests/{request['id']}/respond", body)
            return number, *self.edit(run, request, f'{{"a":{number * 10}}}'.encode())

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(answer, range(8)))
        winners = [number for number, status, _ in replies if status == 200]
        expect(len(winners) == 1, f"{len(winners)} answers were taken")
        expect({status for _, status, _ in replies} == {200, 409}, [reply[1] for reply in replies])
        run.output()
        expected = f'{{"a":{winners[0] * 10 or 1}}}'.encode()
        expect([call.body for call in self.calls("many")] == [expected], self.calls("many"))

    # An edit is no way to the project's secrets (I9)

    def ask_with_credentials(self, name):
        """A session whose guarded call carries the bearer token `word-in-vault`, and another secret in a header."""
        for secret, word in (("vault_token", "word-in-vault"), ("vault_pin", "pin-in-vault")):
            expect(self.flows.api("PUT", f"/secrets/{secret}", {"value": word})[0] in (200, 201), "no secret")
        self.service.on("POST", f"/{name}", (200, {}))
        self.service.on("POST", f"/{name}/deeper", (200, {}))
        return self.flows.run(name, document(name, f"""
    use: {{ secrets: [ vault_token, vault_pin ] }}
    do:
      - ask:
          call: human
          with:
            type: permission
            title: Sure?
            allow_edit: true
            perform:
              call: http
              with:
                method: post
                endpoint:
                  uri: {STAND_IN}/{name}
                  authentication: {{ bearer: {{ use: vault_token }} }}
                headers: {{ X-Pin: '${{ $secrets.vault_pin }}' }}
                body: {{ a: 1 }}
        """))

    def refused_edit(self, run, request, arguments, pointer):
        status, problem = self.flows.api("POST", f"/requests/{request['id']}/respond", {
            "response": {"action": "edit", "arguments": {**request["arguments"], **arguments}}})
        expect((status, problem["code"]) == (422, "invalid_answer"), f"{status} {problem}")
        expect([error["pointer"] for error in problem["errors"]] == [f"/response/arguments/{pointer}"], problem)

    def case_edit_keeps_credentials(self):
        """I9: an edit sends the call's credentials to no other place, and names no secret that was not shown there"""
        run = self.ask_with_credentials("vault")
        request = run.request()
        handle = request["arguments"]["headers"]["X-Pin"]
        expect("in-vault" not in json.dumps(request) and "secret" in handle, request)
        other = StandIn()
        other.on("POST", "/steal", (200, {}))
        for place in (f"{other.url}/steal", self.url("vault").replace("127.0.0.1", "127.0.0.2"),
                      self.url("vault").replace("http:", "https:")):
            self.refused_edit(run, request, {"uri": place}, "uri")
        self.refused_edit(run, request, {"body": {"a": [handle]}}, "body/a/0")
        self.refused_edit(run, request, {"query": {"a": {"secret": "use/vault_token"}}}, "query/a")
        expect(not self.calls("vault") and not other.calls, "something was sent")
        other.close()
        edited = {**request["arguments"], "uri": self.url("vault/deeper"), "body": {"a": 2}}
        run.answer({"action": "edit", "arguments": edited}, request)
        run.output()
        call, = self.calls("vault")
        expect((call.path, call.body) == ("/vault/deeper", b'{"a":2}'), call)
        expect(call.headers["authorization"] == "Bearer word-in-vault", call)
        expect(call.headers["x-pin"] == "pin-in-vault", call)
        expect("in-vault" not in json.dumps(run.events()), "the log tells a secret")

    # What has no digest is refused

    def case_undigestible_input(self):
        """arguments that come to 9007199254740993 fail the session, and the error names the place"""
        run = self.ask("inexact", body="{order: {amount: '${ .amount }'}}", input={"amount": UNDIGESTIBLE})
        error = run.error()
        expect(error["type"] == ERRORS + "validation", error)
        expect("/body/order/amount" in error["detail"], error)
        expect(not run.events("hitl_requested") and not self.calls("inexact"), "it was asked, or sent")

    def case_undigestible_document(self):
        """a document that holds 9007199254740993 is refused where it stands"""
        call = f"{{method: post, endpoint: '{STAND_IN}/literal', body: {{amount: {UNDIGESTIBLE}}}}}"
        found = self.flows.refusals(guarded("literal", call), "literal")
        expect([pointer for pointer, _ in found] == ["/do/0/ask/with/perform/with/body/amount"], found)

    def case_undigestible_request(self):
        """an external agent's permission for 9007199254740993 is refused with its place"""
        api = self.flows.api
        expect(api("PUT", "/agents/outside", {"kind": "external"})[0] in (200, 201), "no agent")
        api.ok("POST", "/sessions", {"agent": "outside", "input": {}, "id": "outside-1"}, status=201)
        status, problem = api("POST", "/sessions/outside-1/requests", {
            "type": "permission", "title": "Pay?", "tool": "pay", "arguments": {"order": {"amount": UNDIGESTIBLE}}})
        expect(status == 422, f"{status} {problem}")
        expect([error["pointer"] for error in problem["errors"]] == ["/arguments/order/amount"], problem)
        expect(api.ok("GET", "/sessions/outside-1")["open_requests"] == [], "the request was opened")

    def case_undigestible_edit(self):
        """an edit to 9007199254740993 is refused with its place, and the request stays open"""
        run = self.ask("edit")
        request = run.request()
        status, problem = self.edit(run, request, f'{{"amount": [{UNDIGESTIBLE}]}}'.encode())
        expect((status, problem["code"]) == (422, "invalid_answer"), f"{status} {problem}")
        expect([error["pointer"] for error in problem["errors"]] == ["/response/arguments/body/amount/0"], problem)
        expect(not self.calls("edit"), "it was sent")
        expect(self.edit(run, request, b'{"amount":["9007199254740993"]}')[0] == 200, "as text it was refused")
        run.output()
        expect([call.body for call in self.calls("edit")] == [b'{"amount":["9007199254740993"]}'], self.calls("edit"))

    def case_replay(self):
        """replay --all --verify finds no difference (I6)"""
        made = subprocess.run(
            [self.binary, "replay", "--all", "--verify", "--data", str(self.folder / "data")], capture_output=True,
            text=True, timeout=PATIENCE_SECONDS, env=environment())
        expect(made.returncode == 0, made.stdout + made.stderr)


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("HOLDPOINT_BINARY")
    if not path:
        sys.exit(__doc__)
    service, binary = StandIn(), str(pathlib.Path(path).resolve())
    with tempfile.TemporaryDirectory(prefix="holdpoint-approved.") as name:
        folder = pathlib.Path(name)
        with serving(binary, folder) as server:
            cases = Cases(Workflows(server, service), service, binary, folder)
            methods = [getattr(cases, name) for name in vars(Cases) if name.startswith("case_")]
            status = perform([(method.__doc__, method) for method in methods])
    service.close()
    return status


if __name__ == "__main__":
    sys.exit(main())
