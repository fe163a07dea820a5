#!/usr/bin/env python3
"""The examples of the Serverless Workflow specification: each is run to its end, or refused for what it names.

    Tests/blackbox/workflow_examples.py [PATH OF holdpoint]      (or HOLDPOINT_BINARY)
    Tests/blackbox/workflow_examples.py --write docs/workflow-examples.md [PATH OF holdpoint]

Plays documents of the same names and shapes (see workflow_examples/README.md) against a server, with stand-ins for the
services that they call; compares the table of docs/workflow-examples.md, or writes it anew; prints "N passed, N
failed". Python's standard library only.
"""

import os
import pathlib
import sys
import tempfile
import threading

sys.dont_write_bytecode = True  # a suite leaves nothing behind in the tree
from operating import expect
from shared.workflows import ERRORS, StandIn, Workflows, document, perform, serving

HERE = pathlib.Path(__file__).resolve().parent
PAGE = HERE.parent.parent / "docs/workflow-examples.md"
BEGIN, END = "<!-- examples -->\n", "<!-- end of examples -->\n"

# What each original has that is not executed. Those that are missing here are executed.
REFUSED = {
    "accumulate-room-readings": {"listen", "call: openapi"},
    "authentication-oauth2": {"authentication: oauth2"},
    "authentication-oauth2-secret": {"authentication: oauth2"},
    "authentication-oidc": {"authentication: oidc"},
    "authentication-oidc-secret": {"authentication: oidc"},
    "call-asyncapi-publish": {"call: asyncapi"},
    "call-asyncapi-subscribe-consume-amount": {"call: asyncapi"},
    "call-asyncapi-subscribe-consume-forever-foreach": {"call: asyncapi"},
    "call-asyncapi-subscribe-consume-until": {"call: asyncapi"},
    "call-asyncapi-subscribe-consume-while": {"call: asyncapi"},
    "call-custom-function-cataloged": {"call: NAME:VERSION@CATALOG or a URI"},
    "call-grpc": {"call: grpc"},
    "call-mcp": {"call: mcp"},
    "call-openapi": {"call: openapi"},
    "call-openapi-redirect": {"call: openapi"},
    "for": {"listen"},
    "listen-to-all": {"listen"},
    "listen-to-all read-envelope": {"listen"},
    "listen-to-any": {"listen"},
    "listen-to-any-filter": {"listen"},
    "listen-to-any-forever-foreach": {"listen"},
    "listen-to-any-until-condition": {"listen"},
    "listen-to-any-until-consumed": {"listen"},
    "listen-to-one": {"listen"},
    "mock-service-extension": {"use.extensions"},
    "run-container": {"run.container"},
    "run-container-cleanup-always": {"run.container"},
    "run-container-cleanup-eventually": {"run.container"},
    "run-container-stdin-and-arguments": {"run.container"},
    "run-container-with-name": {"run.container"},
    "run-container-with-pull-policy": {"run.container"},
    "run-return-all": {"run.container", "run.return"},
    "run-return-code": {"run.container", "run.return"},
    "run-return-none": {"run.container", "run.return"},
    "run-return-stderr": {"run.container", "run.return"},
    "run-script-with-stdin-and-arguments": {"run.script"},
    "run-shell-stdin-and-arguments": {"run.shell"},
    "schedule-cron": {"schedule"},
    "schedule-event-driven": {"schedule"},
    "set": {"schedule"},
    "set-expression": {"schedule"},
}

BOAT = {"boatId": 7, "name": "Swift"}


class Examples:
    """One method for each example that is executed, named after it; its first line stands in the table."""

    def __init__(self, flows, name):
        self.flows, self.service, self.name = flows, flows.service, name

    def start(self, input=None):
        self.flows.define(self.name, source(self.name))
        return self.flows.start(self.name, input)

    def boat(self, number=7):
        self.service.on("GET", f"/boats/{number}", (200, BOAT))
        return len(self.service.seen(f"/boats/{number}"))

    def finds_the_boat_with_a_token(self, input):
        before = self.boat()
        expect(self.start({"token": "pass-1", **input}).output() == BOAT, "another output")
        calls = self.service.seen("/boats/7")[before:]
        expect([call.headers["authorization"] for call in calls] == ["Bearer pass-1"], calls)

    def authentication_bearer(self):
        """the answer is the output; the service saw the token"""
        self.finds_the_boat_with_a_token({})

    def authentication_bearer_uri_format(self):
        """the address is filled in from the input; the service saw the token"""
        self.finds_the_boat_with_a_token({"boatId": 7})

    def authentication_reusable(self):
        """the answer is the output; the service saw the token of the policy under `use`"""
        self.finds_the_boat_with_a_token({"boatId": 7})

    def call_custom_function_inline(self):
        """the function's call gets the arguments as its input, and its answer is the output"""
        self.boat(12)
        expect(self.start().output() == BOAT, "another output")

    def call_http_endpoint_interpolation_shorthand(self):
        """the address is filled in from the input; the answer is the output"""
        self.boat()
        expect(self.start({"boatId": 7}).output() == BOAT, "another output")

    def call_http_endpoint_interpolation(self):
        """the address is an expression's value; the answer is the output"""
        self.call_http_endpoint_interpolation_shorthand()

    def searches(self, path="/captains/"):
        found = {"count": 1, "results": [{"name": "Ada"}]}
        self.service.on("GET", "/captains/", (200, found))
        before = len(self.service.seen("/captains/"))
        expect(self.start({"wanted": "Ada & Co"}).output() == found, "another output")
        (call,) = self.service.seen("/captains/")[before:]
        expect(call.query == {"name": ["Ada & Co"]}, call)
        error = self.start({"wanted": 5}).error()
        expect((error["type"], error["status"], error["instance"]) == (ERRORS + "validation", 400, ""), error)
        return call

    def call_http_query_headers_expressions(self):
        """query and headers that are expressions arrive at the service; input that does not fit fails"""
        expect(self.searches().headers["accept"] == "application/json", "another header")

    def call_http_query_parameters(self):
        """the query arrives at the service; input that does not fit fails"""
        self.searches()

    def call_http_redirect(self):
        """the redirect is followed and its answer is the output; input that does not fit fails"""
        self.service.on("GET", "/moved/", lambda call: (302, None, {"Location": "/captains/?name=Ada+%26+Co"}))
        self.searches()
        expect(len(self.service.seen("/moved/")) == 1, "the first address was not called")

    def conditional_task(self):
        """the error is raised for whom it is meant; else the body arrives, whose plain strings are no expressions"""
        error = self.start({"captain": {"age": 15}}).error()
        expect(
            (error["type"], error["status"], error["title"], error["instance"])
            == ("http://harbour.example/problems/too-young", 400, "Too young to sail", "/do/0/refuseTheYoung/raise")
            or error["instance"] == "/do/0/refuseTheYoung", error)
        expect(self.service.seen("/rentals") == [], "the boat was rented out")
        self.service.on("POST", "/rentals", (201, {"rental": 1}))
        expect(self.start({"captain": {"age": 40}, "boat": "Swift"}).output() == {"rental": 1}, "another output")
        (call,) = self.service.seen("/rentals")
        expect(call.json == {"captain": ".captain", "boat": ".boat"}, call)

    def do_single(self):
        """the answer is the output"""
        self.boat()
        expect(self.start({"boatId": 7}).output() == BOAT, "another output")

    def do_multiple(self):
        """the second call sends what the first one's answer and its expression make"""
        self.boat()
        self.service.on("PUT", "/boats/7", lambda call: (200, {"kept": call.json}))
        moored = {**BOAT, "state": "moored"}
        expect(self.start({"boatId": 7}).output() == {"kept": moored}, "another output")

    def emit(self):
        """the event is in the log, and is the output"""
        run = self.start()
        event = run.output()
        expect(event["source"] == "http://harbour.example/gate" and event["type"] == "harbour.boat.arrived", event)
        expect(event["data"]["cargo"] == [{"kind": "salt", "sacks": 40}], event)
        expect({"id", "specversion", "time"} < set(event), event)
        (logged,) = run.events("event_emitted")
        expect(logged["data"]["event"] == event, logged)

    def fork(self):
        """the branch that is answered first gives the output; the other one is given up"""
        is_over = threading.Event()

        def late(call):
            is_over.wait(60)
            return 200, {"comes": "the tug"}

        self.service.on("PUT", "/calls/tug", late)
        self.service.on("PUT", "/calls/pilot", (200, {"comes": "the pilot"}))
        try:
            run = self.start({"boat": {"name": "Swift"}, "berth": {"number": 4}})
            expect(run.output() == {"comes": "the pilot"}, "another output")
            (call,) = self.service.seen("/calls/pilot")
            expect(call.json == {"boat": "Swift", "berth": 4}, call)
        finally:
            is_over.set()

    def raises(self):
        error = self.start().error()
        expect((error["type"], error["status"]) == ("http://harbour.example/problems/not-yet", 500), error)
        expect(error["title"] == "Not yet" and error["instance"] == "/do/0/notYet", error)
        expect(error["detail"] == f"The harbour's '{self.name}', version 0.1.0, opens in spring", error)

    def raise_inline(self):
        """it fails with the error, whose detail names the workflow"""
        self.raises()

    def raise_reusable(self):
        """it fails with the error under `use`, whose detail names the workflow"""
        self.raises()

    def run_subflow(self):
        """the other workflow runs as a session of its own, and its output is the task's"""
        self.flows.define("enrol-captain", document("enrol-captain", """
    do:
      - enrol:
          set:
            enrolled: ${ .captain }
            by: ${ $workflow.definition.document.name }
    """))
        run = self.start({"captain": "Ada"})
        expect(run.output() == {"enrolled": ".captain", "by": "enrol-captain"}, run.look())
        expect(len(run.events("child_started")) == len(run.events("child_finished")) == 1, run.events())

    def star_wars_homeworld(self):
        """the second call goes where the first answer says, by way of the context; input that does not fit fails"""
        port = {"name": "North Port"}
        self.service.on("GET", "/captains/3", (200, {"name": "Ada", "port": f"{self.service.url}/ports/north"}))
        self.service.on("GET", "/ports/north", (200, port))
        expect(self.start({"id": 3}).output() == port, "another output")
        error = self.start({"id": 0}).error()
        expect((error["type"], error["instance"]) == (ERRORS + "validation", ""), error)

    def switch_then_string(self):
        """each case goes its way, and ends there"""
        for kind, output in {
            "letter": {"stamped": True, "place": "desk"}, "crate": {"weighed": True, "sacks": 3, "place": "Shed Two"},
            "goat": {"note": "unknown", "place": "nobody's"},
        }.items():
            expect(self.start({"kind": kind}).output() == output, kind)

    def retries(self, number):
        path = f"/boats/{number}"
        self.service.on("GET", path, [(503, {}), (503, {}), (200, BOAT)])
        expect(self.start({"boatId": number}).output() == BOAT, "another output")
        expect(len(self.service.seen(path)) == 3, self.service.seen(path))
        self.service.on("GET", path, (503, {}))
        error = self.start({"boatId": number}).error()
        expect((error["type"], error["status"]) == (ERRORS + "communication", 503), error)
        expect(error["instance"] == "/do/0/tryToFind/try/0/findBoat", error)
        expect(len(self.service.seen(path)) == 3 + 5, self.service.seen(path))
        self.service.on("GET", path, (500, {}))
        expect(self.start({"boatId": number}).error()["status"] == 500, "another error is retried")
        expect(len(self.service.seen(path)) == 9, self.service.seen(path))

    def try_catch_retry_inline(self):
        """it is tried again until an answer comes, and so many times at most; for other errors it is not"""
        self.retries(71)

    def try_catch_retry_reusable(self):
        """as the policy under `use` says, until an answer comes and so many times at most; not for other errors"""
        self.retries(72)

    def try_catch(self):
        """the error that is named is swallowed, and the input is the output; another one is not"""
        self.service.on("GET", "/boats/8", (404, {}))
        expect(self.start({"boatId": 8}).output() == {"boatId": 8}, "another output")
        self.service.on("GET", "/boats/8", (409, {}))
        expect(self.start({"boatId": 8}).error()["status"] == 409, "another error is caught")

    def try_catch_then(self):
        """the error is handled: an event goes out and the second call is left out; without an error it is made"""
        self.service.on("GET", "/boats/9", (404, {}))
        self.service.on("PUT", "/boats/9", lambda call: (200, call.json))
        run = self.start({"boatId": 9})
        expect(run.output() == {"error": "$error"}, "another output")
        (logged,) = run.events("event_emitted")
        expect(logged["data"]["event"]["data"]["status"] == 404, logged)
        expect(self.service.seen("/boats/9", "PUT") == [], "the second call was made")
        self.service.on("GET", "/boats/9", (200, {"boatId": 9}))
        expect(self.start({"boatId": 9}).output() == {"boatId": 9, "state": "moored"}, "another output")

    def waits(self):
        run = self.start({"tide": "in"})
        expect(run.output() == {"tide": "in"}, "another output")
        expect([len(run.events(type)) for type in ("timer_set", "timer_fired")] == [1, 1], run.events())

    def wait_duration_inline(self):
        """a timer is set and fires; the input is the output"""
        self.waits()

    def wait_duration_iso8601(self):
        """a timer is set and fires; the input is the output"""
        self.waits()


# What must be so for an original to do the same elsewhere.
NOTES = {
    "do-multiple": "the second address needs a `petId`, so the first answer must have one: a variable without a value"
    " is an error here, where the specification would leave it out",
    "try-catch-then": "the second address needs a `petId`, as in `do-multiple`",
    "run-subflow": "the project needs an agent whose document is the other workflow",
    "call-http-redirect": "a redirect of a call that may change something is followed to the same server only",
}


def source(name):
    return (HERE / "workflow_examples" / f"{name}.yaml").read_text()


def names():
    return sorted(path.stem for path in (HERE / "workflow_examples").glob("*.yaml"))


def method(name):
    return name.replace("-", "_").replace(" ", "_")


def refused(flows, name):
    """That a document is refused, for nothing but the constructs that are known of it; the sentences."""
    found = flows.refusals(source(name))
    constructs = {detail.partition(" is not supported: ")[0] for _, detail in found}
    expect(constructs == REFUSED[name], f"{name}: {found}")
    expect(all(" is not supported: " in detail and pointer for pointer, detail in found), found)
    return list(dict.fromkeys(detail for _, detail in found))


def row(name, sentences):
    if sentences is not None:
        return f"| `{name}` | refused | {'; '.join(sentences)} |"
    told = getattr(Examples, method(name)).__doc__
    note = f" ({NOTES[name]})" if name in NOTES else ""
    return f"| `{name}` | executed | {told}{note} |"


def table(rows):
    done = sum("| executed |" in line for line in rows)
    head = [f"{len(rows)} examples: {done} are executed, {len(rows) - done} are refused.", ""]
    head += ["| example | | what the test sees, or what it is refused for |", "|---|---|---|"]
    return "\n".join(["", *head, *rows, ""])


def compare(rows):
    """That the documentation has this table; writes it where that is asked for."""
    page = PAGE.read_text()
    head, _, rest = page.partition(BEGIN)
    present, _, tail = rest.partition(END)
    expected = table(rows) + "\n"
    if "--write" in sys.argv:
        PAGE.write_text(head + BEGIN + expected + END + tail)
        return
    wrong = sorted(set(present.splitlines()) ^ set(expected.splitlines()))
    expect(present == expected, "\n  ".join(["docs/workflow-examples.md differs; write it anew with --write:", *wrong]))


def main():
    words = [word for word in sys.argv[1:] if word != "--write" and pathlib.Path(word).resolve() != PAGE]
    path = words[0] if words else os.environ.get("HOLDPOINT_BINARY")
    if not path:
        sys.exit(__doc__)
    service, rows = StandIn(), {}
    with tempfile.TemporaryDirectory(prefix="holdpoint-examples.") as folder:
        with serving(str(pathlib.Path(path).resolve()), pathlib.Path(folder)) as server:
            flows = Workflows(server, service)

            def case(name):
                def play():
                    sentences = None
                    if name in REFUSED:
                        sentences = refused(flows, name)
                    else:
                        getattr(Examples(flows, name), method(name))()
                    rows[name] = row(name, sentences)
                return play

            cases = [(name, case(name)) for name in names()]
            cases.append(("every example has its row", lambda: compare([rows[name] for name in names()])))
            failed = perform(cases)
    service.close()
    return failed


if __name__ == "__main__":
    sys.exit(main())
