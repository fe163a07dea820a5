#!/usr/bin/env python3
"""schemathesis against the description of the API: nothing outside the schemas, and no failure of the server.

    Tests/blackbox/schemathesis_run.py [PATH OF holdpoint]      (or HOLDPOINT_BINARY)

Installs schemathesis (the versions in schemathesis/requirements.txt) into a virtual environment in its temporary
folder, or takes the one that SCHEMATHESIS names. Prints "N passed, N failed". The two event streams are left out, for
they do not end: rest.py reads them.
"""

import json
import os
import pathlib
import subprocess
import sys
import time
import venv

sys.dont_write_bytecode = True  # a suite leaves nothing behind in the tree
import operating
from operating import BASE, KEY, Failed, Server, environment, expect

HERE = pathlib.Path(__file__).resolve().parent / "schemathesis"
OPERATOR_KEY = "hp_administrator_0123456789abcdef0123456789abcdef"
SEED = 20_260
RUN_LIMIT_SECONDS = 170
CASES_AT_LEAST = 2_000
DRAFTS = {
    "permission": {"tool": "pay", "arguments": {"eur": 2000}, "allow_edit": True},
    "decision": {"options": [{"id": "left"}, {"id": "right"}]},
    "clarification": {},
    "env_var": {"tool": "mail", "fields": [{"name": "API_KEY"}]},
}
LEAF = {
    "document": {"dsl": "1.0.3", "namespace": "scene", "name": "leaf", "version": "1.0.0"},
    "do": [{"note": {"set": {"n": 1}}}],
}
# Its session has an event of nearly every type that workflows have, and then waits.
FLOW = {
    "document": {"dsl": "1.0.3", "namespace": "scene", "name": "flow", "version": "1.0.0"},
    "do": [
        {"begin": {"set": {"n": 1}}},
        {"tell": {"emit": {"event": {"with": {"source": "https://scene.example", "type": "example.scene.begun"}}}}},
        {"pause": {"wait": {"milliseconds": 1}}},
        {"leave": {"run": {"workflow": {"namespace": "scene", "name": "leaf", "version": "1.0.0"}}}},
        {"refused": {
            "try": [{"call": {"call": "http", "with": {"method": "get", "endpoint": "http://127.0.0.1:9/"}}}],
            "catch": {"do": [{"note": {"set": {"n": 2}}}]},
        }},
        {"all": {"fork": {"branches": [
            {"rest": {"wait": {"hours": 1}}},
            {"ask": {"call": "human", "with": {"type": "clarification", "title": "Which one?"}}},
        ]}}},
    ],
}
WORKFLOW_EVENTS = {
    "workflow_advanced", "timer_set", "timer_fired", "child_started", "child_finished", "event_emitted",
    "tool_proposed", "tool_failed", "hitl_requested",
}


def installed(folder):
    """The program, from a virtual environment that is made in the folder unless there is one already."""
    if path := os.environ.get("SCHEMATHESIS"):
        return path
    venv.create(folder, with_pip=True)
    subprocess.run(
        [folder / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "--requirement",
         HERE / "requirements.txt"], check=True)
    return str(folder / "bin/schemathesis")


class Checks(operating.Checks):
    """Every method whose name begins with `check_described_` is one check, in a folder of its own."""

    PREFIX = "check_described_"

    def made(self, api, path, body=None, status=201, **headers):
        answer, value = api("POST", BASE + path, {} if body is None else body, **headers)
        expect(answer == status, f"{path}: {answer} {value}")
        return value

    def scene(self, server):
        """What is there before the first generated request; sessions that wait, and things to be asked for."""
        api = server.api
        for name in ("worker", "strict"):
            expect(api("PUT", f"{BASE}/agents/{name}", {"kind": "external"})[0] == 200, name)
        for document in (LEAF, FLOW):
            put = {"kind": "workflow", "definition": document}
            answer = api("PUT", f"{BASE}/agents/{document['document']['name']}", put)
            expect(answer[0] == 200, answer)
        for name in ("TOKEN", "LOGIN"):
            answer = api("PUT", f"{BASE}/secrets/{name}", {"value": "x"})
            expect(answer[0] in (200, 201, 204), answer)
        answer = api("PUT", f"{BASE}/policy", {"policy": {"tools": [{"tool": "http", "level": "L0"}]}})
        expect(answer[0] == 200, answer)
        self.made_webhook(api)
        flows = [self.made(api, "/sessions", {"agent": "flow", "input": {}})["id"] for n in range(6)]
        for flow in flows:
            self.await_asking(api, flow)
        sessions = [self.made(api, "/sessions", {"agent": "worker", "input": n})["id"] for n in range(120)]
        requests = {
            type: [
                self.made(api, f"/sessions/{session}/requests", {"type": type, "title": "May it?", **draft})["id"]
                for session in sessions[number * 20:number * 20 + 20]
            ]
            for number, (type, draft) in enumerate(DRAFTS.items())
        }
        for user in ("ann", "bob"):
            expect(api("PUT", f"{BASE}/users/{user}", {})[0] == 200, user)
        # Of sessions that nothing else is done with: these are there to be claimed and released, to the end.
        kept = [
            self.made(api, f"/sessions/{session}/requests", {"type": "clarification", "title": "Whose?"})["id"]
            for session in [self.made(api, "/sessions", {"agent": "worker", "input": n})["id"] for n in range(4)]
        ]
        answered = requests["env_var"][:5]
        for request in answered:
            self.made(api, f"/requests/{request}/respond", {"response": {"values": {"API_KEY": "x"}}}, status=200)
        told = api("GET", f"{BASE}/webhook/deliveries?limit=100")[1]["items"]
        commands = [
            self.made(api, f"/sessions/{sessions[-1]}/messages", {"text": "hello"}, 202, Prefer="respond-async")["id"]
            for _ in range(3)
        ]

        def administer(*words):
            status, output, errors = self.run(*words, "--data", self.data, "-o", "json")
            expect(status == 0, f"{words}: {errors}")
            return json.loads(output)

        administer("tenant", "create", "acme")
        administer("project", "create", "acme/first")
        keys = [administer("key", "create", "--tenant", "acme")["id"] for _ in range(12)]
        return {
            "key": KEY, "operator_key": OPERATOR_KEY, "project": "default", "administered_tenant": "acme",
            "administered_project": "first",
            "agents": ["worker", "strict", "flow", "leaf"], "sessions": sessions, "flows": flows, "requests": requests,
            "kept": kept, "answered": {"env_var": answered}, "commands": commands, "keys": keys,
            "url": f"http://127.0.0.1:{server.port}{BASE}", "deliveries": [delivery["id"] for delivery in told],
        }

    def made_webhook(self, api):
        """A webhook that nobody is told by: its address is none that may be called."""
        status, value = api("PUT", f"{BASE}/webhook", {"url": "http://127.0.0.1:9/"})
        expect(status == 201, f"no webhook: {status} {value}")

    def await_asking(self, api, session):
        """Waits until a workflow's session has come to its question, and to all events before."""
        end = time.monotonic() + operating.PATIENCE_SECONDS
        while True:
            events = api("GET", f"{BASE}/sessions/{session}/events?limit=1000")[1]["items"]
            if WORKFLOW_EVENTS <= {event["type"] for event in events}:
                return
            expect(time.monotonic() < end, f"only {events}")
            time.sleep(0.05)

    def check_described_by_schemathesis(self):
        """schemathesis finds no answer that the description does not have, and every route was carried out"""
        program = installed(self.folder / "environment")
        with Server(self.binary, self.data, HOLDPOINT_OPERATOR_KEY=OPERATOR_KEY) as server:
            scene, seen = self.folder / "scene.json", self.folder / "seen.json"
            scene.write_text(json.dumps(self.scene(server)))
            command = [
                program, "--config-file", HERE / "settings.toml", "run", f"http://127.0.0.1:{server.port}/openapi.json",
                "--seed", str(SEED), "--exclude-path-regex", "/stream$", "--no-color",
            ]
            variables = {
                "SCHEMATHESIS_HOOKS": str(HERE / "hooks.py"), "SCENE": str(scene), "SEEN": str(seen),
                "PYTHONDONTWRITEBYTECODE": "1",
            }
            run = subprocess.run(
                command, cwd=self.folder, env=environment(**variables), capture_output=True, text=True,
                timeout=RUN_LIMIT_SECONDS)
            expect(run.returncode == 0, f"exit code {run.returncode}\n{run.stdout}{run.stderr}")
            print("\n".join(line for line in run.stdout.splitlines() if "generated" in line or "Tested" in line))
            self.carried_out(server, json.loads(seen.read_text()))
            expect(server.api("GET", "/readyz")[0] == 200, "not ready any more")
            expect(server.stop() == 0, f"no good end: {server.log()}")
            log = [json.loads(line) for line in server.log().splitlines()]
            expect(not [line for line in log if line["level"] == "error"], server.log())
        self.verify()

    def carried_out(self, server, seen):
        """Each operation was seen to succeed, and to be refused if it can be."""
        cases = sum(sum(statuses.values()) for statuses in seen.values())
        expect(cases >= CASES_AT_LEAST, f"only {cases} requests")
        for path, methods in server.api("GET", "/openapi.json")[1]["paths"].items():
            for method in methods:
                is_read = path.endswith(("/stream", "/openapi.json"))
                if is_read or method not in ("get", "put", "post", "patch", "delete"):
                    continue
                statuses = seen.get(f"{method.upper()} {path}", {})
                expect(any(status.startswith("2") for status in statuses), f"{method} {path}: {statuses}")
                expect(
                    not methods[method]["security"] or any(status.startswith("4") for status in statuses),
                    f"{method} {path}: {statuses}")


if __name__ == "__main__":
    path = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("HOLDPOINT_BINARY")
    if not path:
        sys.exit("usage: schemathesis_run.py PATH (or set HOLDPOINT_BINARY)")
    sys.exit(1 if Checks(str(pathlib.Path(path).resolve())).all() else 0)
