#!/usr/bin/env python3
"""What workflows do beyond themselves: calls, secrets, questions to humans, other workflows, and what operators do.

    Tests/blackbox/workflow_effects.py [PATH OF holdpoint]      (or HOLDPOINT_BINARY)

Runs documents over REST against a real server; prints "N passed, N failed". Python's standard library only.
"""

import base64
import concurrent.futures
import sys
import threading

sys.dont_write_bytecode = True  # a suite leaves nothing behind in the tree
from operating import expect
from shared.workflows import ERRORS, STAND_IN, Cases, Run, document, has

cases = Cases()
scenario, case, refused = cases.scenario, cases.case, cases.refused


# Calls.


@scenario("http: method, headers, query and body arrive as the document says")
def _(flows, agent):
    flows.service.on("PATCH", f"/{agent}", (200, b"kept", {"Content-Type": "text/plain"}))
    run = flows.run(agent, document(agent, f"""
    do:
      - a:
          call: http
          with:
            method: PATCH
            endpoint: http://service.example/{agent}?fixed=1
            headers: {{ X-Text: "${{ .text }}", X-Number: 5, X-Absent: null }}
            query: {{ q: "${{ .text }}", many: [ 1, two ], flag: true, none: null }}
            body: {{ text: "${{ .text }}", amount: 9007199254740991, list: [ 1.5, null ] }}
    """), {"text": "a&b ü"})
    expect(run.output() == "kept", run.look())
    (call,) = flows.service.seen(f"/{agent}")
    expect(call.query == {"fixed": ["1"], "q": ["a&b ü"], "many": ["1", "two"], "flag": ["true"]}, call)
    expect(call.json == {"text": "a&b ü", "amount": 9007199254740991, "list": [1.5, None]}, call)
    expect(call.headers["x-number"] == "5" and "x-absent" not in call.headers, call)
    expect(call.headers["content-type"] == "application/json", call)
    key = call.headers["idempotency-key"]
    (proposed,) = run.events("tool_proposed")
    expect(key == f"dev:default:{run.id}:{proposed['seq']}", key)


@scenario("http: contents of each kind, as content and as bytes")
def _(flows, agent):
    binary = bytes([0, 255, 128, 7])
    contents = {
        "json": (b'{"n": 9007199254740993}', "application/json", {"n": 9007199254740993}),
        "like-json": (b"[1]", "application/problem+json; charset=utf-8", [1]),
        "text": ("grün".encode(), "text/plain", "grün"),
        "bytes": (binary, "image/png", base64.b64encode(binary).decode()),
        "false-json": (b"{no", "application/json", "{no"), "empty": (b"", "application/json", None),
    }
    flows.define(agent, document(agent, f"""
    do:
      - a:
          call: http
          with: {{ method: get, endpoint: "http://service.example/{agent}/{{kind}}" }}
          output: {{ as: "{{ content: . }}" }}
          export: {{ as: . }}
      - b:
          input: {{ from: $workflow.input }}
          call: http
          with: {{ method: get, endpoint: "http://service.example/{agent}/{{kind}}", output: raw }}
          output: {{ as: "{{ bytes: . }}" }}
    output: {{ as: "{{ bytes: .bytes, content: $context.content }}" }}
    """.replace('as: . }', 'as: "." }')))
    exact = document(agent + "-exact", f"""
    do:
      - a:
          call: http
          with: {{ method: get, endpoint: "http://service.example/{agent}/{{kind}}" }}
    """)
    flows.define(agent + "-exact", exact)
    for kind, (body, type, content) in contents.items():
        flows.service.on("GET", f"/{agent}/{kind}", (200, body, {"Content-Type": type}))
        expect(flows.start(agent + "-exact", {"kind": kind}).output() == content, kind)
        if kind == "json":
            continue  # jq would change that number
        output = flows.start(agent, {"kind": kind}).output()
        raw = base64.b64encode(body).decode()
        expect(output["content"] == content, (kind, output))
        expect(output["bytes"] == raw or (body == b"" and output["bytes"] in (None, "")), (kind, output))


@scenario("http: a status outside 200 to 299 is an error, a redirect too unless it is asked for")
def _(flows, agent):
    flows.service.on("GET", f"/{agent}/moved", lambda call: (307, None, {"Location": f"/{agent}/here"}))
    flows.service.on("GET", f"/{agent}/here", (200, "here"))
    flows.service.on("GET", f"/{agent}/unchanged", (304, None))
    flows.service.on("GET", f"/{agent}/teapot", (418, {"tea": True}))
    for redirect in ("true", "false"):
        flows.define(f"{agent}-{redirect}", document(f"{agent}-{redirect}", f"""
    do:
      - a:
          call: http
          with: {{ method: get, endpoint: "http://service.example/{agent}/{{place}}", redirect: {redirect} }}
    """))
    expect(flows.start(f"{agent}-true", {"place": "moved"}).output() == "here", "not followed")
    for place, redirect, status in (("moved", "false", 307), ("unchanged", "false", 304), ("teapot", "true", 418)):
        error = flows.start(f"{agent}-{redirect}", {"place": place}).error()
        expect(has(error, {"type": ERRORS + "communication", "status": status, "instance": "/do/0/a"}), error)
    expect(flows.start(f"{agent}-true", {"place": "unchanged"}).output() is None, "304 is an error")


@scenario("http: what cannot be called is an error with a reason, and nothing is sent")
def _(flows, agent):
    flows.define(agent, document(agent, """
    do:
      - a:
          call: http
          with:
            method: get
            endpoint: ${ .uri }
            headers: ${ .headers }
    """))
    for uri, headers, kind in (
        ("http://10.1.2.3/", {}, "communication"), ("http://169.254.169.254/latest/meta-data", {}, "communication"),
        ("http://[::1]:9/", {}, "communication"), ("http://127.0.0.1:9/", {}, "communication"),
        ("ftp://127.0.0.1/", {}, "configuration"), ("http://user:word@127.0.0.1/", {}, "configuration"),
        (flows.service.url, {"Host": "elsewhere"}, "configuration"),
        (flows.service.url, {"X": "a\r\nY: b"}, "configuration"), (5, {}, "configuration"),
    ):
        error = flows.start(agent, {"uri": uri, "headers": headers}).error()
        expect(has(error, {"type": ERRORS + kind, "instance": "/do/0/a"}) and error["detail"], (uri, error))
    expect(flows.service.seen("/") == [], flows.service.seen("/"))


@scenario("http: a variable of the address without a value, or with one that is no text, is an error")
def _(flows, agent):
    flows.define(agent, document(agent, f"""
    do:
      - a:
          call: http
          with: {{ method: get, endpoint: "http://service.example/{agent}/{{place}}" }}
    """))
    for input in ({}, {"place": {"a": 1}}, {"place": [1]}):
        error = flows.start(agent, input).error()
        expect(has(error, {"type": ERRORS + "expression", "status": 400, "instance": "/do/0/a"}), error)
    flows.service.on("GET", f"/{agent}/true", (200, "yes"))
    flows.service.on("GET", f"/{agent}/a%2Fb%3F", (200, "encoded"))
    expect(flows.start(agent, {"place": True}).output() == "yes", "another output")
    expect(flows.start(agent, {"place": "a/b?"}).output() == "encoded", "another output")
    expect(len(flows.service.seen(f"/{agent}")) == 2, "something was sent")

# Functions and secrets.

case("functions: arguments are the input, and the caller's variables stay with the caller", """
    use:
      functions:
        greet:
          input: { schema: { document: { type: object, required: [ name ] } } }
          do:
            - a:
                set: { greeting: "${ \\"Ahoy \\" + .name }", input: "${ $input }" }
        twice:
          do:
            - b: { call: greet, with: { name: "${ .who + .who }" } }
    do:
      - each:
          for: { each: name, in: .names }
          do:
            - c: { call: twice, with: { who: "${ $name }" }, output: { as: .greeting }, export: { as: $context.seen } }
            - d: { set: { last: "${ . }" } }
    """.replace(", export: { as: $context.seen }", ""), {"names": ["Ada"]}, {"last": "Ahoy AdaAda"})
case("functions: arguments that do not fit are an error of the function", """
    use:
      functions:
        greet:
          input: { schema: { document: { type: object, required: [ name ] } } }
          set: { greeting: "${ .name }" }
    do:
      - a: { call: greet, with: { nome: Ada } }
    """, error={"type": ERRORS + "validation", "instance": "/use/functions/greet"})
refused("functions: one that leads back to itself is refused", """
    use:
      functions:
        one: { do: [ { a: { call: two } } ] }
        two: { do: [ { b: { call: one } } ] }
    do:
      - c: { call: one }
    """, ("/use/functions", "calls itself"))


@scenario("secrets: the service gets the value; expressions, log and errors do not")
def _(flows, agent):
    word = "tide-" + "s3cret" * 3
    flows.api.ok("PUT", "/secrets/harbour_pass", {"value": word})
    flows.service.on("GET", f"/{agent}", lambda call: (200, {"heard": call.headers["authorization"]}))
    run = flows.run(agent, document(agent, f"""
    use:
      secrets: [ harbour_pass ]
    do:
      - a:
          call: http
          with:
            method: get
            endpoint:
              uri: http://service.example/{agent}
              authentication: {{ bearer: {{ use: harbour_pass }} }}
          export: {{ as: '{{ seen: $secrets }}' }}
    output: {{ as: '{{ answer: ., seen: $context.seen }}' }}
    """))
    output = run.output()
    (call,) = flows.service.seen(f"/{agent}")
    expect(call.headers["authorization"] == f"Bearer {word}", call)
    expect(output["seen"] == {"harbour_pass": {"secret": "use/harbour_pass"}}, output)
    told = str(run.events()) + str(run.look())
    expect(word not in told and "s3cret" not in told, "the secret is told")

# Humans.

ASKING = """
    do:
      - ask:
          try:
            - question:
                call: human
                with: %s
          catch:
            do:
              - note:
                  set: { type: "${ $error.type }", status: "${ $error.status }", detail: "${ $error.detail }",
                         where: "${ $error.instance }" }
    """
HUMAN = "urn:holdpoint:problem:request_"


@scenario("human: a clarification, with texts that are expressions")
def _(flows, agent):
    run = flows.run(agent, document(agent, ASKING % (
        '{ type: clarification, title: "${ \\"Which berth for \\" + .boat + \\"?\\" }", context: { boat: "${ . }" },'
        " options: [ { id: north, label: North }, { id: south } ], allow_custom: true }")), {"boat": "Swift"})
    request = run.request()
    expect(request["title"] == "Which berth for Swift?" and request["context"] == {"boat": {"boat": "Swift"}}, request)
    expect(run.look()["status"] == "waiting" and request["opened_by"], request)
    answered = run.answer({"answer": "north"})
    expect(answered["status"] == "answered", answered)
    expect(run.output() == {"answer": "north"}, run.look())


@scenario("human: a decision, and its default when nobody answers")
def _(flows, agent):
    flows.define(agent, document(agent, ASKING % (
        '{ type: decision, title: "Which way?", expires_in: "${ .seconds }", default: "${ .default }",'
        " options: [ { id: left }, { id: right } ] }")))
    run = flows.start(agent, {"seconds": 600, "default": None})
    run.answer({"decision": "left"})
    expect(run.output() == {"decision": "left"}, run.look())
    run = flows.start(agent, {"seconds": 1, "default": {"decision": "right"}})
    expect(run.output() == {"decision": "right"}, run.look())
    run = flows.start(agent, {"seconds": 1, "default": None})
    output = run.output()
    where = "/do/0/ask/try/0/question"
    expect(has(output, {"type": HUMAN + "expired", "status": 408, "where": where}), output)


@scenario("human: values for a tool; what is secret stays a handle")
def _(flows, agent):
    run = flows.run(agent, document(agent, ASKING % (
        '{ type: env_var, title: "How to reach the office?", tool: office,'
        " fields: [ { name: WORD }, { name: HOST, secret: false } ] }")))
    request = run.request()
    run.answer({"values": {"WORD": "s3cret-word", "HOST": "office"}})
    output = run.output()
    expect(output["values"] == {"WORD": {"secret": f"{request['id']}/WORD"}, "HOST": "office"}, output)
    expect("s3cret-word" not in str(run.events()), "the secret is in the log")


PAYING = ASKING % (
    '{ type: permission, title: "Pay the toll?", allow_edit: true, expires_in: "${ .seconds }", perform: { call: http,'
    ' with: { method: post, endpoint: "http://service.example/AGENT/toll",'
    ' body: { eur: "${ .eur }", to: "${ .to }" } } } }')


def paying(flows, agent, **input):
    flows.service.on("POST", f"/{agent}/toll", lambda call: (201, {"paid": call.json}))
    flows.define(agent, document(agent, PAYING.replace("AGENT", agent)))
    return flows.start(agent, {"eur": 20, "to": "harbour", "seconds": 600, **input})


@scenario("human: a permission shows the call that it guards; approved, exactly that is made")
def _(flows, agent):
    run = paying(flows, agent)
    request = run.request()
    arguments = {"method": "POST", "uri": f"{flows.service.url}/{agent}/toll", "body": {"eur": 20, "to": "harbour"}}
    expect(request["arguments"] == arguments and request["tool"] == "http", request)
    expect(flows.service.seen(f"/{agent}") == [], "it was made before it was allowed")
    answered = run.answer({"action": "approve"})
    expect(answered["approved_digest"] == request["arguments_digest"], answered)
    expect(run.output() == {"paid": {"eur": 20, "to": "harbour"}}, run.look())
    (call,) = flows.service.seen(f"/{agent}")
    expect(call.json == {"eur": 20, "to": "harbour"}, call)
    (proposed,) = run.events("tool_proposed")
    expect(proposed["data"]["arguments"] == arguments, proposed)


@scenario("human: a permission that is edited makes the call that it was edited to")
def _(flows, agent):
    run = paying(flows, agent)
    request = run.request()
    edited = {**request["arguments"], "body": {"eur": 15, "to": "harbour"}}
    answered = run.answer({"action": "edit", "arguments": edited})
    expect(answered["approved_digest"] != request["arguments_digest"], answered)
    expect(run.output() == {"paid": {"eur": 15, "to": "harbour"}}, run.look())
    expect([call.json for call in flows.service.seen(f"/{agent}")] == [{"eur": 15, "to": "harbour"}], "another call")


@scenario("human: a permission that is rejected raises an error, and nothing is sent")
def _(flows, agent):
    run = paying(flows, agent)
    run.answer({"action": "reject", "feedback": "too much"})
    expected = {
        "type": HUMAN + "rejected", "status": 403, "detail": "too much", "where": "/do/0/ask/try/0/question"}
    expect(run.output() == expected, run.look())
    expect(flows.service.seen(f"/{agent}") == [], "it was made")


@scenario("human: a permission that nobody answers counts as rejected, and nothing is sent")
def _(flows, agent):
    run = paying(flows, agent, seconds=1)
    output = run.output()
    expect(has(output, {"type": HUMAN + "expired", "status": 408, "where": "/do/0/ask/try/0/question"}), output)
    expect(flows.service.seen(f"/{agent}") == [], "it was made")


@scenario("human: a request that an operator withdraws raises an error")
def _(flows, agent):
    run = paying(flows, agent)
    request = run.request()
    flows.api.ok("POST", f"/requests/{request['id']}/cancel")
    output = run.output()
    expect(has(output, {"type": HUMAN + "withdrawn", "status": 410}), output)


@scenario("human: an amount that no double holds is never put to a human")
def _(flows, agent):
    output = paying(flows, agent, eur=9007199254740993).output()
    expect(has(output, {"type": ERRORS + "validation", "where": "/do/0/ask/try/0/question"}), output)
    expect("/body/eur" in output["detail"], output)


@scenario("human: an edit to an amount that no double holds is refused, and the request stays")
def _(flows, agent):
    run = paying(flows, agent)
    request = run.request()
    edited = {**request["arguments"], "body": {"eur": 9007199254740993, "to": "harbour"}}
    status, problem = flows.api(
        "POST", f"/requests/{request['id']}/respond", {"response": {"action": "edit", "arguments": edited}})
    expect(status == 422 and "/response/arguments/body/eur" in str(problem), problem)
    run.answer({"action": "approve"})
    expect(run.output() == {"paid": {"eur": 20, "to": "harbour"}}, run.look())


@scenario("human: a hundred sessions ask at once, and each goes on with its own answer")
def _(flows, agent):
    flows.define(agent, document(agent, """
    do:
      - ask: { call: human, with: { type: clarification, title: "${ .number | tostring }" } }
      - keep: { set: { number: "${ $workflow.input.number }", answer: "${ .answer }" } }
    """))

    def one(number):
        run = flows.start(agent, {"number": number}, id=f"{agent}-many-{number}")
        request = run.request()
        expect(request["title"] == str(number), request)
        run.answer({"answer": f"answer {number}"}, request)
        return run.output() == {"number": number, "answer": f"answer {number}"}

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        expect(all(pool.map(one, range(100))), "another answer")

# Workflows that run others.

CHILD = """
    do:
      - ask:
          call: human
          with: { type: clarification, title: "${ \\"Berth for \\" + .boat }" }
      - told:
          set: { berth: "${ .answer }", boat: "${ $workflow.input.boat }" }
    """


def parent(child, version="0.1.0"):
    return f"""
    do:
      - run:
          try:
            - child:
                run:
                  workflow:
                    namespace: harbour
                    name: {child}
                    version: '{version}'
                    input: {{ boat: "${{ .name }}" }}
          catch:
            as: trouble
            do:
              - note: {{ set: {{ trouble: "${{ $trouble }}" }} }}
    """


def child_of(flows, run):
    (started,) = run.events("child_started")
    return Run(flows, started["data"]["session"])


@scenario("run: another workflow asks a human, and its output is the task's")
def _(flows, agent):
    flows.define(f"{agent}-child", document(f"{agent}-child", CHILD))
    run = flows.run(agent, document(agent, parent(f"{agent}-child")), {"name": "Swift"})
    run.until(lambda session: bool(run.events("child_started")), "no child")
    child = child_of(flows, run)
    request = child.request()
    expect(request["title"] == "Berth for Swift", request)
    child.answer({"answer": "north"}, request)
    expect(run.output() == {"berth": "north", "boat": "Swift"}, run.look())
    expect(child.look()["status"] == "completed", child.look())


@scenario("I3: run: of many workflows at once each hears of its child, which ends as soon as it begins")
def run_many(flows, agent):
    # A child's start asks its parent whether it is still wanted, just as the turn ends in which the parent said so.
    flows.define(f"{agent}-child", document(f"{agent}-child", """
    do:
      - note: { set: { n: 1 } }
    """))
    flows.define(agent, document(agent, f"""
    do:
      - pause: {{ wait: {{ milliseconds: 1 }} }}
      - other:
          run:
            workflow: {{ namespace: harbour, name: {agent}-child, version: latest }}
      - refused:
          try:
            - ask: {{ call: http, with: {{ method: get, endpoint: '{STAND_IN}/none' }} }}
          catch:
            do:
              - note: {{ set: {{ n: 2 }} }}
    """))
    for run in [flows.start(agent) for _ in range(400)]:
        run.output()


@scenario("run: an error of the other workflow is the task's, and can be caught")
def _(flows, agent):
    flows.define(f"{agent}-child", document(f"{agent}-child", """
    do:
      - fail: { raise: { error: { type: urn:harbour:full, status: 409, title: Full } } }
    """))
    output = flows.run(agent, document(agent, parent(f"{agent}-child")), {"name": "Swift"}).output()
    expect(has(output["trouble"], {
        "type": "urn:harbour:full", "status": 409, "instance": "/do/0/run/try/0/child"}), output)


@scenario("run: a workflow that nobody put, or no such version of it, is an error")
def _(flows, agent):
    flows.define(f"{agent}-child", document(f"{agent}-child", CHILD))
    for suffix, child, version in (("a", f"{agent}-nobody", "0.1.0"), ("b", f"{agent}-child", "7.0.0")):
        name = f"{agent}-{suffix}"
        output = flows.run(name, document(name, parent(child, version)), {"name": "Swift"}).output()
        expect(output["trouble"]["instance"] == "/do/0/run/try/0/child" and output["trouble"]["detail"], output)


@scenario("run: who cancels a workflow cancels what it runs")
def _(flows, agent):
    flows.define(f"{agent}-child", document(f"{agent}-child", CHILD))
    run = flows.run(agent, document(agent, parent(f"{agent}-child")), {"name": "Swift"})
    run.until(lambda session: bool(run.events("child_started")), "no child")
    child = child_of(flows, run)
    child.request()
    flows.api.ok("POST", f"{run.path}/cancel", {"reason": "no more"})
    expect(run.end()["status"] == "cancelled", run.look())
    expect(child.end()["status"] == "cancelled", child.look())

# Operators.


@scenario("operate: a paused workflow stands still; answers wait, and take it on when it is resumed")
def _(flows, agent):
    run = flows.run(agent, document(agent, """
    do:
      - ask: { call: human, with: { type: clarification, title: "Which berth?" } }
      - pause: { wait: { milliseconds: 20 } }
      - keep: { set: { berth: "${ .answer }" } }
    """))
    run.request()
    flows.api.ok("POST", f"{run.path}/pause", {"reason": "storm"})
    run.answer({"answer": "north"})
    expect(run.look()["status"] == "paused" and run.tasks() == [], run.events())
    flows.api.ok("POST", f"{run.path}/resume")
    expect(run.output() == {"berth": "north"}, run.look())


@scenario("operate: a cancelled workflow gives up everything that is open, and takes no answer")
def _(flows, agent):
    is_over = threading.Event()
    flows.service.on("GET", f"/{agent}", lambda call: (200, {} if is_over.wait(60) else None))
    try:
        run = flows.run(agent, document(agent, f"""
    do:
      - all:
          fork:
            branches:
              - ask: {{ call: human, with: {{ type: clarification, title: "Which berth?" }} }}
              - wait: {{ wait: PT1H }}
              - call: {{ call: http, with: {{ method: get, endpoint: "http://service.example/{agent}" }} }}
    """))
        request = run.request()
        run.until(lambda session: bool(flows.service.seen(f"/{agent}")), "no call")
        flows.api.ok("POST", f"{run.path}/cancel", {"reason": "enough"})
    finally:
        is_over.set()
    session = run.end()
    expect(session["status"] == "cancelled" and session["open_requests"] == [], session)
    status, problem = flows.api("POST", f"/requests/{request['id']}/respond", {"response": {"answer": "x"}})
    expect((status, problem["code"]) == (410, "request_cancelled"), problem)
    count = len(run.events())
    expect(flows.api("POST", f"{run.path}/resume")[0] == 409, "it can be resumed")
    expect(len(run.events()) == count and run.events()[-1]["type"] == "session_cancelled", run.events())


@scenario("operate: what a workflow does is not for its caller to say")
def _(flows, agent):
    run = flows.run(agent, document(agent, "do:\n  - a: { wait: PT1H }"))
    for path, body in (
        ("steps", {"name": "x", "data": 1}), ("complete", {"output": 1}), ("fail", {"error": {"title": "x"}}),
        ("requests", {"type": "clarification", "title": "x"}),
    ):
        status, problem = flows.api("POST", f"{run.path}/{path}", body)
        expect((status, problem["code"]) == (409, "program_drives_itself"), (path, status, problem))
    flows.api.ok("POST", f"{run.path}/cancel")


@scenario("operate: a new version of an agent leaves the sessions of the one before on theirs")
def _(flows, agent):
    body = """
    do:
      - ask: { call: human, with: { type: clarification, title: "Which berth?" } }
      - keep: { set: { version: %s, name: "${ $workflow.definition.document.version }" } }
    """
    expect(flows.define(agent, document(agent, body % "one"))["version"] == 1, "another version")
    first = flows.start(agent)
    request = first.request()
    expect(flows.define(agent, document(agent, body % "one"))["version"] == 1, "the same again is another version")
    expect(flows.define(agent, document(agent, body % "two", "0.2.0"))["version"] == 2, "another version")
    second = flows.start(agent)
    second.answer({"answer": "x"})
    first.answer({"answer": "x"}, request)
    expect(second.output() == {"version": "two", "name": "0.2.0"}, second.look())
    expect(first.output() == {"version": "one", "name": "0.1.0"}, first.look())
    expect((first.look()["version"], second.look()["version"]) == (1, 2), first.look())


if __name__ == "__main__":
    sys.exit(cases.main(__doc__))
