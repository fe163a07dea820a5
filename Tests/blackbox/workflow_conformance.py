#!/usr/bin/env python3
"""The scenarios of the specification's conformance kit, and more of our own, over REST against a real server.

    Tests/blackbox/workflow_conformance.py [PATH OF holdpoint]      (or HOLDPOINT_BINARY)

Cases whose name begins with `kit` follow the scenarios of the kit (ctk/features of serverlessworkflow/specification)
in words and values of our own. What calls, humans and operators do is in workflow_effects.py. Prints "N passed, N
failed". Python's standard library only.
"""

import base64
import sys
import threading

sys.dont_write_bytecode = True  # a suite leaves nothing behind in the tree
from operating import expect
from shared.workflows import ANY, ERRORS, Cases, document, has

cases = Cases()
scenario, case, refused = cases.scenario, cases.case, cases.refused


def moment(text):
    """The milliseconds of a time as the API writes it, within its day."""
    hours, minutes, seconds = text[11:23].split(":")
    return (int(hours) * 60 + int(minutes)) * 60_000 + round(float(seconds) * 1000)


def delays(run, cause):
    """The milliseconds for which each timer of a cause was set."""
    return [
        (moment(event["data"]["due"]) - moment(event["time"])) % 86_400_000
        for event in run.events("timer_set") if event["data"]["cause"] == cause]


# The conformance kit: fork, call, data flow, do, emit, flow, for, raise, set, switch, try.

@scenario("kit: of competing branches one gives the output")
def _(flows, agent):
    output = flows.run(agent, document(agent, """
    do:
      - race:
          fork:
            compete: true
            branches:
              - sail:
                  set:
                    first: ${ .first + ["sail"] }
              - oar:
                  set:
                    first: ${ .first + ["oar"] }
              - steam:
                  set:
                    first: ${ .first + ["steam"] }
    """)).output()
    expect(output in [{"first": [name]} for name in ("sail", "oar", "steam")], output)


@scenario("kit: a call's content is parsed, with variables in the address's query, and filtered")
def _(flows, agent):
    boats = [{"id": 3, "name": "Swift", "state": "moored"}, {"id": 4, "name": "Slow", "state": "moored"}]
    flows.service.on("GET", f"/{agent}/boats", (200, boats))
    output = flows.run(agent, document(agent, f"""
    do:
      - findBoats:
          call: http
          with:
            method: get
            endpoint:
              uri: http://service.example/{agent}/boats?state={{state}}
          output:
            as: .[1]
    """), {"state": "moored & dry"}).output()
    expect(output == boats[1], output)
    (call,) = flows.service.seen(f"/{agent}/boats")
    expect(call.query == {"state": ["moored & dry"]}, call)


@scenario("kit: a call's output can be the whole response")
def _(flows, agent):
    flows.service.on("GET", f"/{agent}/5", (200, {"id": 5, "name": "Swift"}, {"X-Berth": "north"}))
    output = flows.run(agent, document(agent, f"""
    do:
      - findBoat:
          call: http
          with:
            method: get
            endpoint:
              uri: http://service.example/{agent}/{{boatId}}
            headers:
              X-Asked-By: harbour
            output: response
    """), {"boatId": 5}).output()
    request = {
        "method": "GET", "uri": f"{flows.service.url}/{agent}/5", "headers": {"X-Asked-By": "harbour"}}
    expect(output["request"] == request and output["statusCode"] == 200, output)
    expect(output["content"] == {"id": 5, "name": "Swift"} and output["headers"]["x-berth"] == "north", output)


@scenario("kit: a call with basic authentication")
def _(flows, agent):
    flows.service.on("GET", f"/{agent}/gate/ada/tide-2", (200, {"open": True}))
    output = flows.run(agent, document(agent, f"""
    do:
      - openGate:
          call: http
          with:
            method: get
            endpoint:
              uri: http://service.example/{agent}/gate/{{user}}/{{word}}
              authentication:
                basic:
                  username: ${{ .user }}
                  password: ${{ .word }}
    """), {"user": "ada", "word": "tide-2"}).output()
    (call,) = flows.service.seen(f"/{agent}/gate")
    expect(call.headers["authorization"] == "Basic " + base64.b64encode(b"ada:tide-2").decode(), call)
    expect(output == {"open": True}, output)


refused("kit: a call by OpenAPI with the content as output is refused", """
    do:
      - findBoats:
          call: openapi
          with:
            document:
              endpoint: http://service.example/harbour.json
            operationId: boatsByState
            parameters:
              state: ${ .state }
          output:
            as: . | length
    """, ("/do/0/findBoats/call", "call: openapi is not supported"))

refused("kit: a call by OpenAPI with the response as output is refused", """
    do:
      - findBoat:
          call: openapi
          with:
            document:
              endpoint: http://service.example/harbour.json
            operationId: boatById
            parameters:
              boatId: ${ .boatId }
            output: response
    """, ("/do/0/findBoat/call", "call: openapi is not supported"))

case("kit: a task's input is filtered", """
    do:
      - note:
          input:
            from: .captain.papers.number
          set:
            papers: ${ . }
    """, {"captain": {"papers": {"number": "K-19"}}}, {"papers": "K-19"})


@scenario("kit: a task's output is filtered to a plain value")
def _(flows, agent):
    flows.service.on("GET", f"/{agent}/5", (200, {"id": 5, "name": "Swift"}))
    expect(flows.run(agent, document(agent, f"""
    do:
      - findBoat:
          call: http
          with:
            method: get
            endpoint:
              uri: http://service.example/{agent}/{{boatId}}
          output:
            as: .id
    """), {"boatId": 5}).output() == 5, "another output")


@scenario("kit: data that is no object flows on, and is $input beside a call's answer")
def _(flows, agent):
    for number in (5, 6):
        flows.service.on("GET", f"/{agent}/{number}", (200, {"id": number}))
    expect(flows.run(agent, document(agent, f"""
    do:
      - findOne:
          call: http
          with:
            method: get
            endpoint:
              uri: http://service.example/{agent}/{{boatId}}
          output:
            as: .id
      - findOther:
          call: http
          with:
            method: get
            endpoint:
              uri: http://service.example/{agent}/6
          output:
            as: '{{ both: [ $input, .id ] }}'
    """), {"boatId": 5}).output() == {"both": [5, 6]}, "another output")


case("kit: the tasks of a `do` run one after another", """
    do:
      - hoist:
          do:
            - jib:
                set:
                  sails: ${ .sails + ["jib"] }
            - main:
                set:
                  sails: ${ .sails + ["main"] }
            - mizzen:
                set:
                  sails: ${ .sails + ["mizzen"] }
    """, None, {"sails": ["jib", "main", "mizzen"]}, tasks=["jib", "main", "mizzen", "hoist"])


@scenario("kit: an event goes out and is the output")
def _(flows, agent):
    run = flows.run(agent, document(agent, """
    do:
      - greet:
          emit:
            event:
              with:
                source: http://harbour.example/gate
                type: harbour.captain.greeted
                data:
                  greeting: ${ "Ahoy \\(.captain.rank) \\(.captain.name)!" }
    """), {"captain": {"rank": "mate", "name": "Ada"}})
    event = run.output()
    expect(set(event) == {"id", "specversion", "time", "source", "type", "data"}, event)
    expect(event["source"] == "http://harbour.example/gate" and event["type"] == "harbour.captain.greeted", event)
    expect(event["data"] == {"greeting": "Ahoy mate Ada!"} and event["specversion"] == "1.0", event)
    expect([logged["data"]["event"] for logged in run.events("event_emitted")] == [event], run.events())


case("kit: tasks follow one another as they are written", """
    do:
      - jib:
          set:
            sails: '${ .sails + [ "jib" ] }'
      - main:
          set:
            sails: '${ .sails + [ "main" ] }'
      - mizzen:
          set:
            sails: '${ .sails + [ "mizzen" ] }'
    """, None, {"sails": ["jib", "main", "mizzen"]}, tasks=["jib", "main", "mizzen"])

case("kit: tasks follow one another as `then` says", """
    do:
      - jib:
          set:
            sails: '${ .sails + [ "jib" ] }'
          then: main
      - mizzen:
          set:
            sails: '${ .sails + [ "mizzen" ] }'
          then: end
      - main:
          set:
            sails: '${ .sails + [ "main" ] }'
          then: mizzen
    """, None, {"sails": ["jib", "main", "mizzen"]}, tasks=["jib", "main", "mizzen"])

case("kit: a loop hands its items and their numbers to its tasks", """
    do:
      - count:
          for:
            each: crate
            in: '.crates'
          do:
            - mark:
                set:
                  marked: '${ { crates: (.marked.crates + [ $crate ]), numbers: (.marked.numbers + [ $index ])} }'
    """, {"crates": ["salt", "rope", "tar"]}, {"marked": {"crates": ["salt", "rope", "tar"], "numbers": [0, 1, 2]}})

case("kit: an error that is raised fails the workflow", """
    do:
      - refuse:
          raise:
            error:
              status: 400
              type: http://harbour.example/problems/papers
              title: Papers are missing
    """, error={
        "status": 400, "type": "http://harbour.example/problems/papers", "title": "Papers are missing",
        "instance": "/do/0/refuse"})

case("kit: `set` takes values and expressions", """
    do:
      - draw:
          set:
            form: sloop
            size: ${ .wanted.size }
            colour: ${ .wanted.colour }
    """, {"wanted": {"size": {"length": 9, "beam": 3}, "colour": {"hull": "red"}}}, {
        "form": "sloop", "size": {"length": 9, "beam": 3}, "colour": {"hull": "red"}})

SORTING = """
    do:
      - sort:
          switch:
            - salt:
                when: '.cargo == "salt"'
                then: toShed
            - rope:
                when: '.cargo == "rope"'
                then: toLoft
            %s
      - toShed:
          set:
            places: '${ .places + [ "shed" ] }'
          then: end
      - toLoft:
          set:
            places: '${ .places + [ "loft" ] }'
          then: end
      - toQuay:
          set:
            places: '${ .places + [ $input.cargo ] }'
    """
case("kit: a switch takes the case that holds", SORTING % "", {"cargo": "salt"}, {"places": ["shed"]},
     tasks=["sort", "toShed"])
case("kit: a switch of which no case holds goes on as its task says", SORTING.replace("%s", "").replace(
    "      - toShed:", "          then: end\n      - toShed:"), {"cargo": "tar"}, {"cargo": "tar"}, tasks=["sort"])
case("kit: a switch of which no case holds takes the one without a condition", SORTING % (
    "- other:\n                then: toQuay"), {"cargo": "tar"}, {"places": ["tar"]}, tasks=["sort", "toQuay"])

FINDING = """
    do:
      - tryToFind:
          try:
            - find:
                call: http
                with:
                  method: get
                  endpoint:
                    uri: http://service.example/unknown/{name}
          catch:
            errors:
              with:
                type: https://serverlessworkflow.io/spec/1.0.0/errors/communication
                status: %d
            as: trouble
            do:
              - note:
                  set:
                    error: ${ $trouble }
    """
# The kit names another type of error here than the DSL's reference has; this is the reference's.
case("kit: an error that is named is caught, with its place, and handled", FINDING % 404, {"name": "Swift"}, {
    "error": {
        "type": ERRORS + "communication", "status": 404, "title": ANY, "instance": "/do/0/tryToFind/try/0/find"}},
     exact=False)
case("kit: an error that is not named goes on", FINDING % 503, {"name": "Swift"}, error={
    "status": 404, "instance": "/do/0/tryToFind/try/0/find"})


# Data flow.

case("data: a workflow's input and output are transformed", """
    input:
      from: .order
    output:
      as:
        kept: ${ .berth }
        first: ${ $workflow.input.order.boat }
    do:
      - moor:
          set:
            berth: ${ .boat + " at 4" }
    """, {"order": {"boat": "Swift"}, "more": 1}, {"kept": "Swift at 4", "first": "Swift"})

case("data: the arguments of a task's expressions", """
    input:
      from: .order
    do:
      - one:
          set:
            boat: ${ .boat }
          export:
            as: '{ kept: $output.boat, before: $context }'
      - two:
          input:
            from: '{ inner: . }'
          set:
            dot: ${ . }
            input: ${ $input }
            raw: ${ $task.input }
            name: ${ $task.name }
            reference: ${ $task.reference }
            body: ${ $task.definition.set.name }
            context: ${ $context }
            all: ${ $workflow.input }
            document: ${ $workflow.definition.document.name | length > 0 }
            runtime: ${ $runtime.name }
            times: ${ ($workflow.startedAt.epoch.milliseconds | type) + " " + ($task.startedAt.iso8601 | .[10:11]) }
          output:
            as: '. + { output: $task.output.name }'
    """, {"order": {"boat": "Swift"}}, {
        "dot": {"inner": {"boat": "Swift"}}, "input": {"inner": {"boat": "Swift"}}, "raw": {"boat": "Swift"},
        "name": "two", "reference": "/do/1/two", "body": "${ $task.name }",
        "context": {"kept": "Swift", "before": {"boat": "Swift"}}, "all": {"order": {"boat": "Swift"}},
        "document": True, "runtime": "holdpoint", "times": "number T", "output": "two"})


@scenario("data: $workflow.id is the session's, and its start the session's")
def _(flows, agent):
    run = flows.run(agent, document(agent, """
    do:
      - tell:
          set:
            id: ${ $workflow.id }
            start: ${ $workflow.startedAt.iso8601 }
    """))
    output = run.output()
    expect(output == {"id": run.id, "start": run.look()["created_at"]}, output)


case("data: a task whose condition does not hold is left out, with its way on and its export", """
    do:
      - skipped:
          if: .wind > 5
          set:
            reefed: true
          export:
            as: '"changed"'
          then: end
      - told:
          set:
            wind: ${ .wind }
            context: ${ $context }
    """, {"wind": 3}, {"wind": 3, "context": {"wind": 3}}, tasks=["told"])

case("data: `export` replaces the context and leaves the output alone", """
    do:
      - one:
          set:
            boat: Swift
          export:
            as: '{ seen: [ .boat ] }'
      - two:
          set:
            boat: ${ .boat + " II" }
          export:
            as: '$context + { last: .boat }'
      - three:
          set:
            boat: ${ .boat }
            context: ${ $context }
    """, None, {"boat": "Swift II", "context": {"seen": ["Swift"], "last": "Swift II"}})

SCHEMA = "{ document: { type: object, required: [ %s ] } }"
case("data: a workflow's input must fit its schema", f"""
    input:
      schema: {SCHEMA % "boat"}
    do:
      - a:
          set: {{ x: 1 }}
    """, {"b": 1}, error={"type": ERRORS + "validation", "status": 400, "instance": ""})
case("data: a task's raw input must fit its schema, before `from`", f"""
    do:
      - a:
          set: {{ x: 1 }}
      - b:
          input:
            schema: {SCHEMA % "y"}
            from: '{{ y: 1 }}'
          set: {{ z: 1 }}
    """, error={"type": ERRORS + "validation", "status": 400, "instance": "/do/1/b"})
case("data: a task's output must fit its schema, after `as`", f"""
    do:
      - a:
          do:
            - b:
                set: {{ x: 1 }}
                output:
                  as: '{{ y: .x }}'
                  schema: {SCHEMA % "x"}
    """, error={"type": ERRORS + "validation", "instance": "/do/0/a/do/0/b"})
case("data: the exported context must fit its schema", f"""
    do:
      - a:
          set: {{ x: 1 }}
          export:
            as: '{{ y: .x }}'
            schema: {SCHEMA % "x"}
    """, error={"type": ERRORS + "validation", "instance": "/do/0/a"})
case("data: a workflow's output must fit its schema", f"""
    do:
      - a:
          set: {{ x: 1 }}
    output:
      schema: {SCHEMA % "y"}
    """, error={"type": ERRORS + "validation", "instance": ""})

case("data: strings are expressions only where they say so", """
    do:
      - a:
          set:
            plain: .boat
            closed: "${ .boat }"
            within: "a ${ .boat }"
            list: [ "${ .boat }", .boat, { deep: "${ .n }" } ]
    """, {"boat": "Swift", "n": 2}, {
        "plain": ".boat", "closed": "Swift", "within": "a ${ .boat }", "list": ["Swift", ".boat", {"deep": 2}]})
case("data: a whole `set` can be one expression", """
    do:
      - a:
          set: ${ .boats | map(.name) }
    """, {"boats": [{"name": "Swift"}, {"name": "Slow"}]}, ["Swift", "Slow"])
case("data: a number that a double cannot hold passes through paths unchanged", """
    do:
      - a:
          set:
            n: ${ .n }
    """, {"n": 9007199254740993}, {"n": 9007199254740993})
case("data: a number that a double cannot hold is an error where jq would change it", """
    do:
      - a:
          set:
            n: ${ .n + 1 }
    """, {"n": 9007199254740993}, error={"type": ERRORS + "expression", "status": 400, "instance": "/do/0/a"})
case("data: an expression without a value is an error that can be caught", """
    do:
      - a:
          try:
            - b:
                set:
                  x: ${ error("no") }
          catch:
            errors:
              with:
                type: https://serverlessworkflow.io/spec/1.0.0/errors/expression
            do:
              - c:
                  set:
                    where: ${ $error.instance }
                    status: ${ $error.status }
    """, None, {"where": "/do/0/a/try/0/b", "status": 400})

# Flow.

case("flow: `exit` leaves its own list, and no more", """
    do:
      - outer:
          do:
            - a:
                set: { seen: a }
                then: exit
            - b:
                set: { seen: b }
      - after:
          set:
            seen: ${ .seen + " and after" }
    """, None, {"seen": "a and after"}, tasks=["a", "outer", "after"])
case("flow: `end` ends the workflow from however deep", """
    output:
      as: '{ done: . }'
    do:
      - outer:
          do:
            - each:
                for: { in: "[1, 2]" }
                do:
                  - a:
                      set: { n: "${ $item }" }
                      then: end
          output:
            as: '"not this"'
      - after:
          set: { seen: after }
    """, None, {"done": {"n": 1}})
case("flow: `exit` within a loop leaves the iteration", """
    do:
      - each:
          for: { in: "[1, 2, 3]" }
          do:
            - a:
                set: { seen: "${ .seen + [ $item ] }" }
                then: exit
            - b:
                set: { seen: "${ .seen + [ -1 ] }" }
    """, None, {"seen": [1, 2, 3]})
case("flow: tasks may go back, as long as something ends it", """
    do:
      - more:
          set: { n: "${ .n + 1 }" }
      - enough:
          switch:
            - again:
                when: .n < 50
                then: more
            - done:
                then: continue
      - after:
          set: { n: "${ .n }", over: true }
    """, {"n": 0}, {"n": 50, "over": True})
case("flow: a branch may end the workflow for all", """
    do:
      - both:
          fork:
            branches:
              - quick:
                  do:
                    - a:
                        set: { by: quick }
                        then: end
              - slow:
                  wait: PT1H
      - after:
          set: { by: after }
    """, None, {"by": "quick"})
refused("flow: tasks of other lists cannot be reached", """
    do:
      - a:
          do:
            - inner:
                set: { x: 1 }
                then: b
      - b:
          set: { x: 1 }
          then: inner
      - c:
          switch:
            - d:
                then: nowhere
    """, ("/do/0/a/do/0/inner/then", "of the same list"), ("/do/1/b/then", "of the same list"),
    ("/do/2/c/switch/0/d/then", "of the same list"))

# Loops.

case("for: items and numbers under names of one's own, one loop within another", """
    do:
      - rows:
          for: { each: row, in: .rows, at: r }
          do:
            - cells:
                for: { each: cell, in: $row, at: c }
                do:
                  - add:
                      set:
                        rows: ${ .rows }
                        seen: '${ .seen + [ "\\($r).\\($c)=\\($cell)" ] }'
    """, {"rows": [["a", "b"], ["c"]]}, {"rows": [["a", "b"], ["c"]], "seen": ["0.0=a", "0.1=b", "1.0=c"]})
case("for: `while` is judged before each iteration", """
    do:
      - take:
          for: { in: "[4, 5, 6, 7]" }
          while: (.sum // 0) < 9
          do:
            - add:
                set: { sum: "${ .sum + $item }" }
    """, None, {"sum": 9})
case("for: nothing to go through leaves the data alone", """
    do:
      - none:
          for: { in: .none }
          do:
            - a:
                set: { x: 1 }
    """, {"none": []}, {"none": []})
case("for: what is no list is an error", """
    do:
      - none:
          for: { in: .none }
          do:
            - a:
                set: { x: 1 }
    """, {"none": {"a": 1}}, error={"type": ERRORS + "expression", "instance": "/do/0/none"})

# Branches.

case("fork: the outputs stand in the order of the branches", """
    do:
      - all:
          fork:
            branches:
              - late:
                  do:
                    - a: { wait: { milliseconds: 80 } }
                    - b: { set: { by: late } }
              - soon:
                  set: { by: soon, from: "${ .from }" }
              - last:
                  set: ${ .from }
    """, {"from": "quay"}, [{"by": "late"}, {"by": "soon", "from": "quay"}, "quay"])


@scenario("fork: an error in one branch gives up what the others wait for")
def _(flows, agent):
    is_asked = threading.Event()
    flows.service.on("GET", f"/{agent}", lambda call: (409 if is_asked.wait(60) else 200, None))
    run = flows.run(agent, document(agent, """
    do:
      - all:
          try:
            - both:
                fork:
                  branches:
                    - ask:
                        call: human
                        with: { type: clarification, title: "Which berth?" }
                    - rest:
                        wait: PT1H
                    - fail:
                        call: http
                        with: { method: get, endpoint: http://service.example/AGENT }
          catch:
            do:
              - note:
                  set: { error: "${ $error }" }
    """.replace("AGENT", agent)))
    request = run.request()
    is_asked.set()
    expect(run.output()["error"]["status"] == 409, "another output")
    found = flows.api.ok("GET", f"/requests/{request['id']}")
    expect(found["status"] == "cancelled", found)
    expect(len(run.events("timer_cancelled")) == 1, run.events())


@scenario("fork: when one of competing branches wins, the request of another is withdrawn")
def _(flows, agent):
    run = flows.run(agent, document(agent, """
    do:
      - race:
          fork:
            compete: true
            branches:
              - mate:
                  call: human
                  with: { type: clarification, title: The mate }
              - master:
                  call: human
                  with: { type: clarification, title: The master }
    """))
    requests = {request["title"]: request for request in run.requests(2)}
    run.answer({"answer": "berth 4"}, requests["The master"])
    expect(run.output() == {"answer": "berth 4"}, "another output")
    loser = flows.api.ok("GET", f"/requests/{requests['The mate']['id']}")
    expect(loser["status"] == "cancelled", loser)
    status, problem = flows.api("POST", f"/requests/{loser['id']}/respond", {"response": {"answer": "berth 5"}})
    expect((status, problem["code"]) == (410, "request_cancelled"), problem)

# Errors.

case("try: the error is `$error` unless told otherwise, and without a handler the input goes on", """
    do:
      - a:
          try:
            - b: { raise: { error: { type: urn:a, status: 418, title: Tea, detail: "${ .why }" } } }
          catch: {}
      - c:
          try:
            - d: { raise: { error: { type: urn:a, status: 418, title: Tea, detail: "${ .why }" } } }
          catch:
            do:
              - e: { set: { input: "${ . }", error: "${ $error }" } }
    """, {"why": "it boils"}, {
        "input": {"why": "it boils"}, "error": {
            "type": "urn:a", "status": 418, "title": "Tea", "detail": "it boils", "instance": "/do/1/c/try/0/d"}})
case("try: `when` and `exceptWhen` judge the error", """
    do:
      - a:
          try:
            - b:
                try:
                  - c:
                      try:
                        - d: { raise: { error: { type: urn:a, status: 418 } } }
                      catch: { when: $error.status == 417, do: [ { e: { set: { by: when } } } ] }
                catch: { exceptWhen: $error.status > 400, do: [ { f: { set: { by: exceptWhen } } } ] }
          catch: { as: found, when: $found.status == 418, exceptWhen: $found.type == "urn:b",
                   do: [ { g: { set: { by: both, where: "${ $found.instance }" } } } ] }
    """, None, {"by": "both", "where": "/do/0/a/try/0/b/try/0/c/try/0/d"})
case("try: an error of the handler goes on", """
    do:
      - a:
          try:
            - b: { raise: { error: { type: urn:a, status: 418 } } }
          catch:
            do:
              - c: { raise: { error: { type: urn:b, status: 419 } } }
    """, error={"type": "urn:b", "status": 419, "instance": "/do/0/a/catch/do/0/c"})
case("raise: errors under `use`, with expressions, and one of a place of its own", """
    use:
      errors:
        full: { type: urn:harbour:full, status: 409, title: "${ .boat + ' waits' }" }
        other: { type: urn:harbour:other, status: "${ .code }", instance: /elsewhere }
    do:
      - a:
          try:
            - b: { raise: { error: full } }
          catch:
            do:
              - c: { set: { boat: "${ .boat }", code: "${ .code }", first: "${ $error }" } }
      - d:
          try:
            - e: { raise: { error: other } }
          catch:
            do:
              - f: { set: { errors: "${ [ .first, $error ] }" } }
    """.replace("'", '\\"'), {"boat": "Swift", "code": 451}, {"errors": [
        {"type": "urn:harbour:full", "status": 409, "title": "Swift waits", "instance": "/do/0/a/try/0/b"},
        {"type": "urn:harbour:other", "status": 451, "instance": "/elsewhere"}]})


def retries(name, policy, replies, expected):
    """A call that is tried again as the policy says; the waits it must have made, as (least, most) milliseconds."""
    def play(flows, agent):
        flows.service.on("GET", f"/{agent}", [(status, {"status": status}) for status in replies])
        run = flows.run(agent, document(agent, f"""
    do:
      - a:
          try:
            - b:
                call: http
                with: {{ method: get, endpoint: http://service.example/{agent} }}
          catch:
            errors: {{ with: {{ status: 503 }} }}
            retry: {policy}
            do:
              - c: {{ set: {{ gaveUp: "${{ $error.status }}" }} }}
    """))
        waits, output = expected
        expect(run.output() == output, run.look())
        found = delays(run, "retry")
        expect(len(found) == len(waits), found)
        expect(all(least <= delay <= most for delay, (least, most) in zip(found, waits)), found)
        expect(len(flows.service.seen(f"/{agent}")) == min(len(replies), len(waits) + 1), "another number of calls")
        keys = [call.headers["idempotency-key"] for call in flows.service.seen(f"/{agent}")]
        expect(len(set(keys)) == len(keys), f"attempts of the workflow share a key: {keys}")
    cases.cases.append((name, play))


retries("retry: constant",
        "{ delay: { milliseconds: 30 }, backoff: { constant: {} }, limit: { attempt: { count: 5 } } }",
        [503, 503, 503, 200], ([(30, 30)] * 3, {"status": 200}))
retries("retry: linear", "{ delay: { milliseconds: 30 }, backoff: { linear: {} } }",
        [503, 503, 503, 200], ([(30, 30), (60, 60), (90, 90)], {"status": 200}))
retries("retry: exponential", "{ delay: { milliseconds: 30 }, backoff: { exponential: {} } }",
        [503, 503, 503, 200], ([(30, 30), (60, 60), (120, 120)], {"status": 200}))
retries("retry: with jitter", "{ delay: PT0.02S, jitter: { from: { milliseconds: 10 }, to: { milliseconds: 40 } } }",
        [503, 503, 200], ([(30, 60)] * 2, {"status": 200}))
retries("retry: so many times, then the handler", "{ delay: { milliseconds: 10 }, limit: { attempt: { count: 2 } } }",
        [503] * 3, ([(10, 10)] * 2, {"gaveUp": 503}))
retries("retry: for so long, then the handler",
        "{ delay: { milliseconds: 300 }, backoff: { exponential: {} }, limit: { duration: { milliseconds: 500 } } }",
        [503] * 2, ([(300, 300)], {"gaveUp": 503}))
retries("retry: only while `when` holds",
        "{ when: $error.status == 502, delay: { milliseconds: 10 } }", [503], ([], {"gaveUp": 503}))
retries("retry: not when `exceptWhen` holds",
        "{ exceptWhen: $error.status == 503, delay: { milliseconds: 10 } }", [503], ([], {"gaveUp": 503}))
retries("retry: a delay that is computed", "{ delay: \"${ {milliseconds: 7} }\", limit: { attempt: { count: 1 } } }",
        [503] * 2, ([(7, 7)], {"gaveUp": 503}))

case("retry: each attempt has its time", """
    do:
      - a:
          try:
            - b: { wait: PT1H }
          catch:
            errors: { with: { type: "https://serverlessworkflow.io/spec/1.0.0/errors/timeout" } }
            retry: { limit: { attempt: { count: 1, duration: { milliseconds: 60 } } } }
            do:
              - c: { set: { where: "${ $error.instance }", status: "${ $error.status }" } }
    """, None, {"where": "/do/0/a", "status": 408})

# Time.

case("wait: durations of each form", """
    do:
      - a: { wait: PT0.05S }
      - b: { wait: { milliseconds: 40, seconds: 0 } }
      - c: { wait: "${ .pause }" }
      - d: { wait: PT0S }
    """, {"pause": "PT0.03S"}, {"pause": "PT0.03S"}, tasks=["a", "b", "c", "d"])
case("timeout: a task's", """
    do:
      - a:
          wait: PT1H
          timeout: { after: { milliseconds: 60 } }
    """, error={"type": ERRORS + "timeout", "status": 408, "instance": "/do/0/a"})
case("timeout: under `use`, and caught", """
    use:
      timeouts:
        soon: { after: { milliseconds: 60 } }
    do:
      - a:
          try:
            - b:
                timeout: soon
                do:
                  - c: { wait: PT1H }
          catch:
            do:
              - d: { set: { type: "${ $error.type }", where: "${ $error.instance }" } }
    """, None, {"type": ERRORS + "timeout", "where": "/do/0/a/try/0/b"})
case("timeout: the workflow's, which nothing within it catches", """
    timeout: { after: { milliseconds: 100 } }
    do:
      - a:
          try:
            - b: { wait: PT1H }
          catch: {}
    """, error={"type": ERRORS + "timeout", "status": 408, "instance": ""})


@scenario("timeout: a request whose task has no time left is withdrawn")
def _(flows, agent):
    run = flows.run(agent, document(agent, """
    do:
      - a:
          call: human
          with: { type: clarification, title: "Which berth?" }
          timeout: { after: { milliseconds: 100 } }
    """))
    expect(has(run.error(), {"type": ERRORS + "timeout", "instance": "/do/0/a"}), run.look())
    (asked,) = run.events("hitl_requested")
    expect(flows.api.ok("GET", f"/requests/{asked['data']['id']}")["status"] == "cancelled", "the request is open")


@scenario("timeout: what ends in time leaves no timer")
def _(flows, agent):
    run = flows.run(agent, document(agent, """
    do:
      - a:
          timeout: { after: PT1H }
          do:
            - b: { wait: { milliseconds: 20 } }
    """))
    run.output()
    counts = [len(run.events(type)) for type in ("timer_set", "timer_fired", "timer_cancelled")]
    expect(counts == [2, 1, 1], run.events())


if __name__ == "__main__":
    sys.exit(cases.main(__doc__))
