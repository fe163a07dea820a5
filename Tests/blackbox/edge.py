#!/usr/bin/env python3
"""The edge as its clients and operators meet it: description, quotas, browsers, metrics, the log of requests.

    Tests/blackbox/edge.py [PATH OF holdpoint]      (or HOLDPOINT_BINARY)

Runs the program as a stranger would, and prints "N passed, N failed". Python's standard library only.
"""

import http.client
import json
import os
import pathlib
import re
import sys

sys.dont_write_bytecode = True  # a suite leaves nothing behind in the tree
import operating
from operating import BASE, KEY, Server, expect, free_port

PAGE = "https://inbox.example"


def ask(port, method, path, key=KEY, body=None, **headers):
    """(status, headers, body) of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        sent = {name.replace("_", "-"): text for name, text in headers.items()}
        if key:
            sent["Authorization"] = f"Bearer {key}"
        if body is not None:
            sent["Content-Type"] = "application/json"
        connection.request(method, path, body, sent)
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


class Checks(operating.Checks):
    """Every method whose name begins with `check_edge_` is one check, in a folder of its own."""

    PREFIX = "check_edge_"

    def check_edge_description(self):
        """the description is served without a key, and names every path that answers"""
        with Server(self.binary, self.data) as server:
            status, headers, body = ask(server.port, "GET", "/openapi.json", key=None)
            expect(status == 200 and headers["Content-Type"] == "application/json", status)
            document = json.loads(body)
            expect(document["openapi"].startswith("3.1"), document["openapi"])
            for path in (f"{BASE}/sessions", "/healthz", "/openapi.json"):
                expect(path.replace("/default", "/{project}") in document["paths"], f"no {path}")
                expect(ask(server.port, "GET", path)[0] == 200, path)
            expect(ask(server.port, "GET", "/metrics")[0] == 404, "metrics at the main address")

    def check_edge_quota(self):
        """a key that calls too often is told so and when to come back; the numbers are counted"""
        port = free_port()
        with Server(self.binary, self.data, "--key-rate", "1", "--key-burst", "3", "--metrics-listen",
                    f"127.0.0.1:{port}") as server:
            answers = [ask(server.port, "GET", f"{BASE}/sessions") for _ in range(6)]
            statuses = [status for status, _, _ in answers]
            expect(statuses[:3] == [200] * 3 and 429 in statuses, statuses)
            status, headers, body = next(answer for answer in answers if answer[0] == 429)
            expect(headers["Retry-After"] == "1" and headers["RateLimit"] == '"key";r=0;t=1', dict(headers))
            expect(headers["RateLimit-Policy"] == '"key";q=3;w=3', dict(headers))
            expect(json.loads(body)["code"] == "rate_limited", body)
            expect(ask(server.port, "GET", "/healthz", key=None)[0] == 200, "health is not limited")
            page = ask(port, "GET", "/metrics", key=None)[2].decode()
            refused = statuses.count(429)
            expect(f"holdpoint_rate_limited_total {refused}\n" in page, page)

    def check_edge_browsers(self):
        """a named page may call, another may not, and neither may while none is named"""
        with Server(self.binary, self.data, "--allowed-origins", f"{PAGE},http://127.0.0.1:5173") as server:
            asked = {"Access_Control_Request_Method": "POST"}
            status, headers, _ = ask(server.port, "OPTIONS", f"{BASE}/sessions", None, Origin=PAGE, **asked)
            expect(status == 204 and headers["Access-Control-Allow-Origin"] == PAGE, dict(headers))
            expect("POST" in headers["Access-Control-Allow-Methods"], dict(headers))
            expect(headers["Access-Control-Allow-Credentials"] is None, dict(headers))
            status, headers, _ = ask(server.port, "GET", f"{BASE}/sessions", Origin=PAGE)
            expect(status == 200 and headers["Access-Control-Allow-Origin"] == PAGE, dict(headers))
            status, headers, _ = ask(
                server.port, "OPTIONS", f"{BASE}/sessions", None, Origin="https://evil.example", **asked)
            expect(status == 405 and headers["Access-Control-Allow-Origin"] is None, dict(headers))
        with Server(self.binary, self.data) as server:
            headers = ask(server.port, "GET", f"{BASE}/sessions", Origin=PAGE)[1]
            expect(headers["Access-Control-Allow-Origin"] is None, dict(headers))

    def check_edge_metrics(self):
        """the metrics are OpenMetrics, on their own address, and name no tenant, project, session or key"""
        port = free_port()
        with Server(self.binary, self.data, "--metrics-listen", f"127.0.0.1:{port}") as server:
            self.prepare(server.api, sessions=3)
            status, headers, body = ask(port, "GET", "/metrics", key=None)
            page = body.decode()
            expect(status == 200 and headers["Content-Type"].startswith("application/openmetrics-text"), dict(headers))
            expect(page.endswith("# EOF\n"), page)
            families = re.findall(r"^# TYPE (\w+) (\w+)$", page, re.M)
            expect(len(families) == len(set(families)) >= 12, families)
            for line in page.splitlines():
                expect(re.fullmatch(r"# (TYPE|HELP) .+|# EOF|\w+(\{[^}]*(\{\w+\}[^}]*)*\})? \d+", line), line)
            expect("holdpoint_ready 1\n" in page and "holdpoint_resident_sessions 3\n" in page, page)
            made = 'route="/v1/projects/{project}/sessions/{id}/requests",status="2xx"} 3\n'
            expect(made in page, page)
            for word in ("default", "dev", "s-0", "operator"):
                expect(not re.search(rf'"[^"]*\b{word}\b[^"]*"', page), f"{word} in {page}")
            expect(ask(port, "POST", "/metrics", key=None, body="{}")[0] in (405, 413), "POST")
            expect(ask(port, "GET", f"{BASE}/sessions")[0] == 404, "the API at the address of the metrics")
        with Server(self.binary, self.data) as server:
            self.refused(11, "cannot listen", "--metrics-listen", f"127.0.0.1:{server.port}", data=self.folder / "other")

    def check_edge_log(self):
        """each request leaves one line, without what was in it; none is lost at the stop"""
        with Server(self.binary, self.data, "--access-log", "on") as server:
            self.prepare(server.api, sessions=5)
            ask(server.port, "GET", f"{BASE}/sessions/psst?psst=1")
            ask(server.port, "GET", "/psst", key=None)
            malformed = ask(server.port, "GET", "/healthz", key=None, Host="psst/psst")[1]["X-Request-Id"]
            expect(server.stop() == 0, "no good stop")
            log = server.log()
        lines = [json.loads(line) for line in log.splitlines()]
        found = [line for line in lines if line["event"] == "request"]
        made = [line for line in found if line["route"] == "/v1/projects/{project}/sessions" and line["status"] == 201]
        expect(len(made) == 5, log)
        members = {"time", "level", "event", "request_id", "method", "route", "status", "duration_microseconds",
                   "principal", "tenant", "project"}
        expect(all(set(line) == members for line in found), log)
        expect({line["principal"] for line in made} == {"key:operator"}, log)
        expect(made[0]["tenant"] == "dev" and made[0]["project"] == "default", log)
        expect([line["status"] for line in found if line["route"] is None] == [404, 400], log)
        refused = [line for line in found if line["method"] is None]
        expect([line["request_id"] for line in refused] == [malformed], log)
        expect("psst" not in log and KEY.split("_")[2] not in log, log)

    def check_edge_log_unread(self):
        """a reader of the log that stands still holds up no request"""
        readable, writable = os.pipe()
        try:
            with (os.fdopen(writable, "w") as unread,
                  Server(self.binary, self.data, "--access-log", "on", errors=unread) as server):
                # A pipe holds 64 KiB, which is some 200 lines.
                for _ in range(2000):
                    expect(ask(server.port, "GET", "/healthz", key=None)[0] == 200, "not healthy")
        finally:
            os.close(readable)

    def check_edge_settings(self):
        """what cannot be set is refused, from the command line, the environment and the file"""
        for options in (["--key-rate", "fast"], ["--key-rate", "-1"], ["--key-burst", "0"],
                        ["--allowed-origins", "*"], ["--allowed-origins", "https://a.example/x"],
                        ["--metrics-listen", "here"], ["--metrics-listen", "127.0.0.1"], ["--access-log", "yes"]):
            self.refused(2, re.escape(options[0]), *options)
        self.refused(2, "HOLDPOINT_KEY_RATE", HOLDPOINT_KEY_RATE="x")
        file = self.folder / "settings.json"
        file.write_text('{"access_log": true}')
        self.refused(2, "/access_log", "--config", str(file))
        file.write_text('{"key_rates": 1}')
        self.refused(2, "did you mean key_rate", "--config", str(file))
        file.write_text(json.dumps({"key_rate": 1, "key_burst": 1, "allowed_origins": PAGE, "access_log": "on"}))
        with Server(self.binary, self.data, "--config", str(file)) as server:
            statuses = [ask(server.port, "GET", f"{BASE}/sessions", Origin=PAGE)[0] for _ in range(3)]
            expect(429 in statuses, statuses)


if __name__ == "__main__":
    path = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("HOLDPOINT_BINARY")
    if not path:
        sys.exit("usage: edge.py PATH (or set HOLDPOINT_BINARY)")
    sys.exit(1 if Checks(str(pathlib.Path(path).resolve())).all() else 0)
