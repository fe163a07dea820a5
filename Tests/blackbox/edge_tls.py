#!/usr/bin/env python3
"""HTTPS as openssl and curl see it, and certificates that are replaced while many requests are under way.

    Tests/blackbox/edge_tls.py [PATH OF holdpoint]      (or HOLDPOINT_BINARY)

Needs openssl and curl. Prints "N passed, N failed". Python's standard library only.
"""

import http.client
import json
import os
import pathlib
import re
import signal
import ssl
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True  # a suite leaves nothing behind in the tree
import operating
from operating import BASE, KEY, PATIENCE_SECONDS, Failed, Server, expect

CLIENTS = 8
RENEWALS = 6


class Authority:
    """A private CA, and the certificate that it issues for localhost, again and again."""

    def __init__(self, folder):
        self.folder, self.count = folder, 0
        self.root, self.root_key = folder / "root.pem", folder / "root-key.pem"
        self.chain, self.key = folder / "chain.pem", folder / "key.pem"
        self.openssl(
            "req", "-x509", *self.new_key(self.root_key), "-subj", "/CN=test root", "-days", "2", "-out", self.root)

    @property
    def options(self):
        return ["--tls-certificate", str(self.chain), "--tls-key", str(self.key)]

    def openssl(self, *words):
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)

    @staticmethod
    def new_key(path):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", path]

    def issue(self):
        """Puts a new certificate and key in place of those before; the certificate as DER."""
        self.count += 1
        request, key, chain = (self.folder / f"{name}-{self.count}" for name in ("request", "key", "chain"))
        names = self.folder / "names"
        names.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        self.openssl("req", *self.new_key(key), "-subj", "/CN=localhost", "-out", request)
        self.openssl(
            "x509", "-req", "-in", request, "-CA", self.root, "-CAkey", self.root_key, "-set_serial", self.count,
            "-days", "2", "-extfile", names, "-out", chain)
        os.replace(key, self.key)
        os.replace(chain, self.chain)
        return ssl.PEM_cert_to_DER_cert(self.chain.read_text())

    def context(self):
        return ssl.create_default_context(cafile=str(self.root))


class SecureServer(Server):
    """One run of `holdpoint serve` with the authority's certificate."""

    def __init__(self, binary, data, authority, *options):
        self.authority = authority
        super().__init__(binary, data, *authority.options, *options)

    def connection(self):
        return http.client.HTTPSConnection(
            "localhost", self.port, context=self.authority.context(), timeout=PATIENCE_SECONDS)

    def ask(self, connection, method, path, body=None):
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        payload = response.read()
        return response.status, json.loads(payload) if payload else None

    def await_ready(self):
        while True:
            if self.process.poll() is not None:
                raise Failed(f"the server ended with {self.process.returncode}: {self.log()}")
            try:
                if self.ask(self.connection(), "GET", "/readyz")[0] == 200:
                    return
            except (OSError, http.client.HTTPException):
                pass
            expect(time.monotonic() - self.began < PATIENCE_SECONDS, f"not ready: {self.log()}")
            time.sleep(0.02)

    def shown(self):
        """The certificate that a new connection sees, as DER."""
        connection = self.connection()
        connection.connect()
        try:
            return connection.sock.getpeercert(binary_form=True)
        finally:
            connection.close()


class Checks(operating.Checks):
    """Every method whose name begins with `check_tls_` is one check, in a folder of its own."""

    PREFIX = "check_tls_"

    def serving(self):
        authority = Authority(self.folder)
        authority.issue()
        return SecureServer(self.binary, self.data, authority)

    def client(self, server, *words, sent="GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"):
        """`openssl s_client`: its exit code and all that it wrote."""
        made = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-CAfile", server.authority.root,
             "-verify_return_error", "-verify_hostname", "localhost", "-ign_eof", *words],
            input=sent, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
        return made.returncode, made.stdout + made.stderr

    def curl(self, server, *words, host="localhost", trusted=True):
        """curl: its exit code, and what it wrote."""
        trust = ["--cacert", server.authority.root] if trusted else []
        made = subprocess.run(
            ["curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", "30", *trust,
             "--resolve", f"{host}:{server.port}:127.0.0.1", *words, f"https://{host}:{server.port}/healthz"],
            capture_output=True, text=True, timeout=PATIENCE_SECONDS)
        return made.returncode, made.stdout + made.stderr

    def check_tls_openssl(self):
        """openssl s_client: TLS 1.2 and 1.3 with good ciphers and nothing else, no renegotiation, ALPN"""
        # Level 0: it is not the client that refuses.
        weak = "DEFAULT:@SECLEVEL=0"
        with self.serving() as server:
            for version, name in (("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")):
                code, text = self.client(server, version)
                expect(code == 0 and "HTTP/1.1 200 OK" in text and '"status":"ok"' in text, text)
                expect("Verify return code: 0 (ok)" in text and f"{name}, Cipher is" in text, text)
                expect("Compression: NONE" in text, text)
            for refused in (
                ["-tls1", "-cipher", weak], ["-tls1_1", "-cipher", weak], ["-tls1_2", "-cipher", "AES128-SHA"],
                ["-tls1_2", "-cipher", "AES128-GCM-SHA256"], ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"],
                ["-tls1_2", "-cipher", "NULL:@SECLEVEL=0"],
            ):
                code, text = self.client(server, *refused)
                expect(code != 0 and "HTTP/1.1" not in text, f"{refused}: {text}")
                expect("Cipher is (NONE)" in text or "no cipher match" in text, f"{refused}: {text}")
            code, text = self.client(server, "-alpn", "h2,http/1.1")
            expect("ALPN protocol: http/1.1" in text and "HTTP/1.1 200" in text, text)
            # With an R, s_client asks for a renegotiation.
            code, text = self.client(server, "-tls1_2", "-no_ign_eof", sent="R\n")
            expect("RENEGOTIATING" in text and re.search("no renegotiation|handshake failure", text), text)
            code, text = self.client(server, "-verify_hostname", "wrong.example")
            expect(code != 0 and "ostname mismatch" in text and "HTTP/1.1" not in text, text)
            expect(self.client(server, "-tls1_3")[0] == 0, "not served any more")

    def check_tls_curl(self):
        """curl: what is trusted is served as HTTP/1.1, another name and an unknown authority are refused"""
        with self.serving() as server:
            for words in (["--tlsv1.2", "--tls-max", "1.2"], ["--tlsv1.3"], ["--http2"]):
                code, text = self.curl(server, *words, "--write-out", " %{http_version} %{ssl_verify_result}")
                expect(code == 0 and text == '{"status":"ok"} 1.1 0', f"{words}: {code} {text}")
            code, text = self.curl(server, host="wrong.example")
            expect(code == 60 and "wrong.example" in text, f"{code} {text}")
            code, text = self.curl(server, trusted=False)
            expect(code == 60, f"{code} {text}")
            code, text = self.curl(server, "--ciphers", "DEFAULT:@SECLEVEL=0", "--tls-max", "1.1", "--tlsv1.0")
            expect(code == 35, f"{code} {text}")
            made = subprocess.run(
                ["curl", "--silent", "--noproxy", "*", f"http://127.0.0.1:{server.port}/healthz"], capture_output=True,
                text=True, timeout=PATIENCE_SECONDS)
            expect(json.loads(made.stdout)["code"] == "tls_required", made.stdout)

    def check_tls_command_line(self):
        """the command line trusts a private authority where it is told to, and nobody else"""
        with self.serving() as server:
            root, url = str(server.authority.root), f"https://localhost:{server.port}"
            words = ["sessions", "--url", url, "-o", "json"]
            status, output, errors = self.run(*words, HOLDPOINT_KEY=KEY)
            expect(status == 5 and "certificate" in errors, f"{status} {errors}")
            for options, variables in ((["--ca", root], {}), ([], {"HOLDPOINT_CA": root})):
                status, output, errors = self.run(*words, *options, HOLDPOINT_KEY=KEY, **variables)
                expect(status == 0 and json.loads(output)["items"] == [], f"{status} {output} {errors}")
            status, _, errors = self.run(*words, "--ca", "/nowhere.pem", HOLDPOINT_KEY=KEY)
            expect(status == 2 and "/nowhere.pem" in errors, f"{status} {errors}")

    def check_tls_reload(self):
        """certificates replaced under load, by signal and by file: no request fails, new connections see the new one"""
        with self.serving() as server:
            stop, problems, counts = threading.Event(), [], [0] * (2 * CLIENTS)
            agent = server.ask(server.connection(), "PUT", f"{BASE}/agents/a", {"kind": "external"})
            expect(agent[0] == 200, agent)
            stream = server.connection()
            stream.request(
                "GET", f"{BASE}/stream?types=session_completed", headers={"Authorization": f"Bearer {KEY}"})
            events = stream.getresponse()
            expect(events.status == 200, "no stream")

            def load(number):
                """Half of the clients keep their connection, the others take a new one each time."""
                connection = server.connection()
                try:
                    while not stop.is_set():
                        if number >= CLIENTS:
                            connection.close()
                            connection = server.connection()
                        body = {"agent": "a", "id": f"s-{number}-{counts[number]}", "input": "x" * 5000}
                        status, value = server.ask(connection, "POST", f"{BASE}/sessions", body)
                        if status != 201:
                            problems.append(f"{status} {value}")
                        counts[number] += 1
                except Exception as problem:
                    problems.append(f"client {number} after {counts[number]}: {problem!r}")
                finally:
                    connection.close()

            threads = [threading.Thread(target=load, args=[number]) for number in range(len(counts))]
            for thread in threads:
                thread.start()
            try:
                for number in range(RENEWALS):
                    busy = list(counts)
                    new = server.authority.issue()
                    # The last ones are found without a signal.
                    if number < RENEWALS - 2:
                        server.process.send_signal(signal.SIGHUP)
                    self.wait(lambda: server.shown() == new, f"renewal {number} is not seen", server)
                    self.wait(lambda: problems or all(now > then for now, then in zip(counts, busy)),
                              f"a client stands still at renewal {number}", server)
                    path = f"{BASE}/sessions/s-0-{number}/complete"
                    status, value = server.ask(server.connection(), "POST", path, {"output": number})
                    expect(status == 200, value)
                    # It comes on the stream that was opened before the first renewal.
                    while (line := events.fp.readline()).strip() != b"event: session_completed":
                        expect(line, f"the stream ended at renewal {number}")
            finally:
                stop.set()
                for thread in threads:
                    thread.join(PATIENCE_SECONDS)
            expect(not problems, problems[:5])
            stream.close()
            expect(server.stop() == 0, server.log())

    def wait(self, look, sentence, server):
        end = time.monotonic() + PATIENCE_SECONDS
        while not look():
            expect(time.monotonic() < end, f"{sentence}: {server.log()}")
            time.sleep(0.05)


if __name__ == "__main__":
    path = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("HOLDPOINT_BINARY")
    if not path:
        sys.exit("usage: edge_tls.py PATH (or set HOLDPOINT_BINARY)")
    sys.exit(1 if Checks(str(pathlib.Path(path).resolve())).all() else 0)
