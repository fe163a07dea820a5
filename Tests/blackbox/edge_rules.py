#!/usr/bin/env python3
"""Every rule without which the HTTP server is not safe, shown on raw sockets against the program, with and without TLS.

    Tests/blackbox/edge_rules.py [PATH OF holdpoint]      (or HOLDPOINT_BINARY)

Each case names its rule; a test fails if a rule has no case. The tests of the HTTP server itself hold the same rules
in finer steps (HTTPServerRuleTests). Prints "N passed, N failed". Python's standard library only.
"""

import concurrent.futures
import json
import os
import pathlib
import socket
import ssl
import sys
import time

sys.dont_write_bytecode = True  # a suite leaves nothing behind in the tree
import operating
from edge_tls import Authority, SecureServer
from operating import BASE, KEY, PATIENCE_SECONDS, Server, expect

RULES = {
    "leaving": "a client that leaves while its reply is pending is seen, and a pipelined byte ends nothing",
    "watermark": "input is bounded while a reply is pending and in a stream",
    "ownership": "a request whose client has left is freed once, whoever ends it",
    "timeouts": "a byte now and then holds no connection, and waiting replies and streams outlive the timeouts",
    "headers": "every answer has a type of its own and is no page of the library's",
    "lengths": "one Content-Length of 1 to 18 digits, and none beside a Transfer-Encoding",
    "names": "header names are tokens, values have no control bytes",
    "host": "exactly one Host",
    "encodings": "a Transfer-Encoding is chunked or nothing, and not of HTTP/1.0",
    "chunks": "a chunked body is refused",
    "bodiless": "HEAD and TRACE have no body",
    "version": "the version is 1.0 or 1.1",
    "target": "the target is a path of visible characters, up to 8 KiB",
    "count": "at most 100 headers and 16 KiB of them",
    "raw": "no NUL, bare CR, bare LF or folded line",
    "large": "a body over the limit is refused without being read",
    "method": "methods that nobody knows are not implemented",
}
GET = "GET /healthz HTTP/1.1\r\nHost: a\r\n"


def post(lines, body=""):
    return f"POST /healthz HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r\n{body}"


def chunked(body):
    return post("Transfer-Encoding: chunked", body)


# (rule, status, what is sent); a good request is sent behind each, and must not be answered.
REFUSED = [
    ("lengths", 400, post("Content-Length: 3\r\nContent-Length: 4", "abcd")),
    ("lengths", 400, post("Content-Length: 3\r\nContent-Length: 3", "abc")),
    ("lengths", 400, post("Content-Length: +29", "abc")),
    ("lengths", 400, post("Content-Length: -1")),
    ("lengths", 400, post("Content-Length:")),
    ("lengths", 400, post("Content-Length: 3, 3", "abc")),
    ("lengths", 400, post("Content-Length: 0000000000000000003", "abc")),
    ("lengths", 400, post("Content-Length: 3\0", "abc")),
    ("lengths", 400, post("Content-Length: 3\r\nTransfer-Encoding: chunked", "0\r\n\r\n")),
    ("lengths", 400, post("Transfer-Encoding: chunked\r\nContent-Length: 3", "0\r\n\r\n")),
    ("names", 400, GET + ": 1\r\n\r\n"),
    ("names", 400, GET + "X : 1\r\n\r\n"),
    ("names", 400, GET + "X/Y: 1\r\n\r\n"),
    ("names", 400, GET + "nonsense\r\n\r\n"),
    ("names", 400, GET + "X: \x1b\r\n\r\n"),
    ("names", 400, GET + "X: \x7f\r\n\r\n"),
    ("host", 400, "GET /healthz HTTP/1.1\r\nX: 1\r\n\r\n"),
    ("host", 400, GET + "Host: a\r\n\r\n"),
    ("host", 400, "GET /healthz HTTP/1.1\r\nHost: a/b\r\n\r\n"),
    ("encodings", 501, post("Transfer-Encoding: gzip", "x")),
    ("encodings", 501, post("Transfer-Encoding: gzip, chunked", "0\r\n\r\n")),
    ("encodings", 501, post("Transfer-Encoding: xchunked", "0\r\n\r\n")),
    ("encodings", 400, post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked")),
    ("encodings", 400, "POST /healthz HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("chunks", 411, chunked("3\r\nabc\r\n0\r\n\r\n")),
    ("chunks", 411, chunked("3;a=b\r\nabc\r\n0\r\n\r\n")),
    ("chunks", 411, chunked("+2\r\nab\r\n0\r\n\r\n")),
    ("chunks", 411, chunked("0x2\r\nab\r\n0\r\n\r\n")),
    ("chunks", 411, chunked(" 2\r\nab\r\n0\r\n\r\n")),
    ("chunks", 411, chunked("2 junk\r\nab\r\n0\r\n\r\n")),
    ("chunks", 411, chunked("2\0zz\r\nab\r\n0\r\n\r\n")),
    ("chunks", 411, chunked("2\nab\n0\n\n")),
    ("chunks", 411, chunked("0\r\nX: trailer\r\n\r\n")),
    ("bodiless", 400, "HEAD /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\n\r\n"),
    ("bodiless", 400, "TRACE /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\n\r\n"),
    ("bodiless", 501, "HEAD /healthz HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n"),
    ("version", 505, "GET /healthz HTTP/1.2\r\nHost: a\r\n\r\n"),
    ("version", 505, "GET /healthz HTTP/2.0\r\nHost: a\r\n\r\n"),
    ("version", 400, "GET /healthz\r\nHost: a\r\n\r\n"),
    ("version", 400, "GET /healthz http/1.1\r\nHost: a\r\n\r\n"),
    ("target", 400, "GET healthz HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("target", 400, "GET http://a/healthz HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("target", 400, "GET * HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("target", 400, "GET /hea lthz HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("target", 400, "GET /h\u00e9 HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("target", 400, "GET /healthz#x HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("target", 414, f"GET /{'x' * 8192} HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("count", 431, GET + "X: 1\r\n" * 100 + "\r\n"),
    ("count", 431, GET + f"X: {'x' * 16384}\r\n\r\n"),
    ("raw", 400, GET + "X: 1\r\n 2\r\n\r\n"),
    ("raw", 400, GET + "X: 1\0002\r\n\r\n"),
    ("raw", 400, GET + "X: 1\r2\r\n\r\n"),
    ("raw", 400, GET + "X: 1\nY: 2\r\n\r\n"),
    ("raw", 400, "GET /healthz HTTP/1.1\nHost: a\n\n"),
    ("raw", 400, "GET /hea\0lthz HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("large", 413, post("Content-Length: 1048577")),
    ("large", 413, post("Content-Length: 999999999999999999")),
    ("large", 413, post("Content-Length: 1048577\r\nExpect: 100-continue")),
    ("method", 501, "BREW /healthz HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("method", 501, "get /healthz HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("method", 501, "QUERY /healthz HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("method", 501, "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n"),
]
# What the methods of `Checks` show besides.
SHOWN = {"leaving", "watermark", "ownership", "timeouts", "headers"}


class Wire:
    """A connection, byte by byte."""

    def __init__(self, port, context=None):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)
        if context:
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        self.kept = b""

    def send(self, text):
        try:
            self.socket.sendall(text.encode("utf-8") if isinstance(text, str) else text)
        except OSError:
            pass  # the server may have refused and left already

    def answer(self, has_body=True):
        """(status, headers, body); None at the end of the connection."""
        while b"\r\n\r\n" not in self.kept:
            if not self.more():
                return None
        head, self.kept = self.kept.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines[1:])}
        length = int(headers.get("content-length", 0)) if has_body else 0
        while len(self.kept) < length and self.more():
            pass
        body, self.kept = self.kept[:length], self.kept[length:]
        return int(lines[0].split()[1]), headers, body

    def more(self):
        try:
            part = self.socket.recv(65536)
        except (ConnectionResetError, ssl.SSLEOFError):
            return False
        self.kept += part
        return bool(part)

    def rest(self):
        while self.more():
            pass
        return self.kept

    def close(self):
        self.socket.close()


class Checks(operating.Checks):
    """Every method whose name begins with `check_rule_` is one check, in a folder of its own."""

    PREFIX = "check_rule_"

    def check_rule_cases(self):
        """every rule has a case"""
        expect({rule for rule, _, _ in REFUSED} | SHOWN == set(RULES), "a rule without a case, or the reverse")

    def check_rule_refused(self):
        """what the checks and the guard refuse is refused once, as a problem document, and nothing behind it is read"""
        with Server(self.binary, self.data) as server:
            self.refusals(lambda: Wire(server.port))

    def check_rule_refused_over_tls(self):
        """the same over TLS"""
        authority = Authority(self.folder)
        authority.issue()
        with SecureServer(self.binary, self.data, authority) as server:
            self.refusals(lambda: Wire(server.port, authority.context()))

    def refusals(self, connect):
        for rule, status, sent in REFUSED:
            wire = connect()
            wire.send(sent + GET + "\r\n")
            found = wire.answer(has_body=not sent.startswith("HEAD"))
            expect(found and found[0] == status, f"{rule}: {sent[:60]!r}: {found}, not {status}")
            _, headers, body = found
            expect(headers["connection"] == "close", f"{sent[:60]!r}: {headers}")
            expect(headers["content-type"] == "application/problem+json", f"{sent[:60]!r}: {headers}")
            expect(sent.startswith("HEAD") or json.loads(body)["status"] == status, body)
            expect(wire.rest() == b"", f"{sent[:60]!r}: something behind it was answered: {wire.kept[:200]}")
            wire.close()
        wire = connect()
        wire.send(GET + "\r\n" + GET + "\r\n")
        expect([wire.answer()[0], wire.answer()[0]] == [200, 200], "good requests are not answered any more")

    @staticmethod
    def waiting(request, seconds=60):
        return (f"GET {BASE}/requests/{request} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {KEY}\r\n"
                f"Prefer: wait={seconds}\r\n\r\n")

    def check_rule_leaving(self):
        """clients that leave while they wait, or send on, are forgotten; the server serves on"""
        port = operating.free_port()
        with Server(self.binary, self.data, "--metrics-listen", f"127.0.0.1:{port}") as server:
            request = self.prepare(server.api)[0]

            def metric(name):
                wire = Wire(port)
                wire.send("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
                page = wire.answer()[2].decode()
                return int(next(line for line in page.splitlines() if line.startswith(name + " ")).split()[1])

            def await_waiting(count):
                end = time.monotonic() + PATIENCE_SECONDS
                while (found := metric("holdpoint_http_requests_in_flight")) != count:
                    expect(time.monotonic() < end, f"{found} requests in flight, not {count}")

            wires = [Wire(server.port) for _ in range(60)]
            for wire in wires:
                wire.send(self.waiting(request, seconds=20))
            await_waiting(60)
            for number, wire in enumerate(wires):
                if number % 3 == 0:
                    wire.send(b"X")
                elif number % 3 == 1:
                    wire.send(GET + "\r\n")
                wire.close()
            # A handler is not cancelled: at the latest, it ends when the time is over that its client wanted to wait.
            await_waiting(0)
            wire = Wire(server.port)
            wire.send(GET + "\r\n")
            expect(wire.answer()[0] == 200, "not served any more")

    def check_rule_watermark(self):
        """junk sent while a reply is pending, and into a stream, takes no memory"""
        with Server(self.binary, self.data) as server:
            request = self.prepare(server.api)[0]

            def resident():
                text = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
                return int(text.split("VmRSS:")[1].split()[0]) * 1024

            before = resident()
            pending, stream = Wire(server.port), Wire(server.port)
            pending.send(self.waiting(request))
            stream.send(f"GET {BASE}/stream HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {KEY}\r\n\r\n")
            expect(stream.answer(has_body=False)[0] == 200, "no stream")
            for wire in (pending, stream):
                wire.socket.settimeout(2)
                try:
                    for _ in range(64):
                        wire.socket.sendall(b"x" * (1 << 20))
                except OSError:
                    pass  # the kernel's buffers are full: the server does not read on
            expect(resident() - before < 24 << 20, f"{resident() - before} bytes more")
            expect(server.api("GET", "/healthz")[0] == 200, "not served any more")

    def check_rule_timeouts(self):
        """heads and bodies that drip are cut after their deadline; a waiting reply and a stream are not"""
        with Server(self.binary, self.data) as server:
            request = self.prepare(server.api)[0]

            def drip(start):
                wire = Wire(server.port)
                wire.send(start)
                began = time.monotonic()
                wire.socket.settimeout(0.25)
                while True:
                    expect(time.monotonic() - began < 45, "a dripping client is not cut")
                    wire.send(b"x")
                    try:
                        if found := wire.answer():
                            return found[0], time.monotonic() - began
                        return None, time.monotonic() - began
                    except TimeoutError:
                        pass

            def patient():
                began = time.monotonic()
                wire = Wire(server.port)
                wire.send(self.waiting(request, 15))
                return wire.answer()[0], time.monotonic() - began

            def streaming():
                wire = Wire(server.port)
                wire.send(f"GET {BASE}/stream HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {KEY}\r\n\r\n")
                expect(wire.answer(has_body=False)[0] == 200, "no stream")
                while b"\n:" not in wire.kept and wire.more():
                    pass  # the heartbeat comes after fifteen seconds
                return b"\n:" in wire.kept and 200, None

            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                head = pool.submit(drip, "GET /healthz HTTP/1.1\r\nX: ")
                body = pool.submit(drip, post("Content-Length: 1000000"))
                others = [pool.submit(patient), pool.submit(streaming)]
                expect(head.result()[0] in (408, None) and 8 < head.result()[1] < 20, f"head: {head.result()}")
                expect(body.result()[0] in (408, None) and 25 < body.result()[1] < 45, f"body: {body.result()}")
                expect([other.result()[0] for other in others] == [200, 200], "cut though it only waits")
                expect(others[0].result()[1] > 14, "it did not wait")

    def check_rule_ownership(self):
        """requests whose clients leave in every state are freed once: the program lives, and holds nothing"""
        with Server(self.binary, self.data) as server:
            request = self.prepare(server.api)[0]
            for start in ("GET /heal", GET, post("Content-Length: 100", "half"), self.waiting(request),
                          GET + "\r\n" + GET, chunked("5\r\nab"), f"GET {BASE}/stream HTTP/1.1\r\nHost: a\r\n"
                          f"Authorization: Bearer {KEY}\r\n\r\n"):
                for _ in range(20):
                    wire = Wire(server.port)
                    wire.send(start)
                    wire.close()
            wire = Wire(server.port)
            wire.send(GET + "\r\n")
            expect(wire.answer()[0] == 200, "not served any more")
            expect(server.stop() == 0, "no good end")

    def check_rule_headers(self):
        """no answer is a page of the library's, whatever its status"""
        with Server(self.binary, self.data) as server:
            for line in ("GET /healthz", "GET /nothing", "PUT /healthz"):
                wire = Wire(server.port)
                wire.send(f"{line} HTTP/1.1\r\nHost: a\r\n\r\n")
                _, headers, body = wire.answer()
                expect("json" in headers["content-type"] and b"<" not in body, f"{headers} {body}")


if __name__ == "__main__":
    path = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("HOLDPOINT_BINARY")
    if not path:
        sys.exit("usage: edge_rules.py PATH (or set HOLDPOINT_BINARY)")
    sys.exit(1 if Checks(str(pathlib.Path(path).resolve())).all() else 0)
