#!/usr/bin/env python3
"""What proves decisions: the audit log, in which any change shows, and receipts, which anybody can check.

    Tests/blackbox/audit.py [PATH OF holdpoint]      (or HOLDPOINT_BINARY)

Lets people decide on a real server, changes single bytes of its database and of receipts, and looks whether the program
names them. Chain and signatures are checked by other code as well: hashlib and the openssl program. Prints "N passed, N
failed". Python's standard library only.
"""

import copy
import hashlib
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # a suite leaves nothing behind in the tree
from approved import canonical
from operating import BASE, KEY, PATIENCE_SECONDS, Checks, Server, expect
from shared.workflows import perform

ARGUMENTS = {"to": "ann@example.org", "amount": 250, "note": "für März \u2028"}
# What openssl wants before the 32 bytes of a public key of Ed25519 (RFC 8410).
KEY_PREFIX = bytes.fromhex("302a300506032b6570032100")
ZERO = "0" * 64


def signature_fits(document):
    """Whether openssl takes the signature of a document for one of its statement."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "key").write_bytes(KEY_PREFIX + bytes.fromhex(document["public_key"]))
        (folder / "message").write_bytes(canonical(document["statement"]).encode())
        (folder / "signature").write_bytes(bytes.fromhex(document["signature"]))
        made = subprocess.run(
            ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", folder / "key", "-rawin", "-in",
             folder / "message", "-sigfile", folder / "signature"], capture_output=True, text=True)
        return made.returncode == 0


def digest(value):
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def row_hash(row, previous):
    """The hash of an exported row, as docs/audit.md says."""
    names = b"".join(bytes([len(row[name])]) + row[name].encode() for name in ("tenant", "project"))
    entry = hashlib.sha256(canonical(row["entry"]).encode()).digest()
    return hashlib.sha256(
        b"holdpoint audit 1\n" + bytes.fromhex(previous) + names + row["n"].to_bytes(8, "big") + entry).hexdigest()


class Audit(Checks):
    """One store for all checks; those that change it work on copies."""

    def __init__(self, binary, folder):
        super().__init__(binary)
        self.folder = folder
        self.requests = {}

    def ok(self, *call, **headers):
        status, value = self.server.api(*call, **headers)
        expect(status < 300, f"{call[:2]}: {status} {value}")
        return value

    def ask(self, name, **more):
        self.ok("POST", f"{BASE}/sessions", {"agent": "a", "id": name, "input": {"secret plan": 1}})
        question = {"type": "permission", "title": "Pay?", "tool": "pay", "arguments": ARGUMENTS, "allow_edit": True}
        return self.ok("POST", f"{BASE}/sessions/{name}/requests", {**question, "risk": "high", **more})["id"]

    def decide(self):
        """Decisions of every kind; the ids of the requests by what became of them."""
        self.ok("PUT", f"{BASE}/agents/a", {"kind": "external"})
        answers = {
            "approve": {"action": "approve"}, "reject": {"action": "reject", "feedback": "too much"},
            "edit": {"action": "edit", "arguments": {**ARGUMENTS, "amount": 25}}}
        for name, answer in answers.items():
            self.requests[name] = self.ask(name)
            body = {"response": answer, "comment": "after a look"}
            self.ok("POST", f"{BASE}/requests/{self.requests[name]}/respond", body)
        self.requests["expired"] = self.ask("expired", expires_in=1)
        self.requests["cancelled"] = self.ask("cancelled")
        self.ok("POST", f"{BASE}/requests/{self.requests['cancelled']}/cancel", {"reason": "not needed"})
        self.requests["pending"] = self.ask("pending")
        self.ok("POST", f"{BASE}/sessions/approve/complete", {"output": "done"})

    def receipt(self, name):
        """The receipt of a decision, for which a caller may have to come again."""
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            status, value = self.server.api("GET", f"{BASE}/requests/{self.requests[name]}/receipt")
            if status == 200:
                return value
            is_expiring = name == "expired" and value.get("code") == "not_decided"
            expect((is_expiring or status == 503) and time.monotonic() < end, f"receipt: {status} {value}")
            time.sleep(0.1)

    def cli(self, *words, given=""):
        return self.run(
            *words, given=given, HOLDPOINT_KEY=KEY, HOLDPOINT_URL=f"http://127.0.0.1:{self.server.port}",
            HOLDPOINT_PROJECT="default")

    def verify_receipt(self, document, *options):
        """(status, what is found) of a receipt, by the program with no server."""
        status, output, errors = self.run(
            "receipt", "verify", "-", "-o", "json", *options, given=json.dumps(document))
        return status, json.loads(output) if output else errors

    def copied(self):
        """A copy of the stopped store."""
        place = pathlib.Path(tempfile.mkdtemp(dir=self.folder)) / "data"
        shutil.copytree(self.data, place)
        return place

    def verify_store(self, data, *options):
        status, output, errors = self.run("audit", "verify", "--data", data, "-o", "json", *options)
        return status, json.loads(output) if output else errors

    def changed(self, statement, *parameters):
        """What is found in a copy of the store in which this was done by SQL."""
        data = self.copied()
        with sqlite3.connect(data / "holdpoint.db") as database:
            made = database.execute(statement, parameters)
            expect(made.rowcount > 0, f"{statement} changed nothing")
        database.close()
        return self.verify_store(data)

    # While the server runs

    def check_receipts(self):
        """every decision has a receipt that the program and openssl find sound"""
        for name in ("approve", "reject", "edit", "expired", "cancelled"):
            document = self.receipt(name)
            statement = document["statement"]
            expect(statement["request"] == self.requests[name], f"{name}: another request")
            expect(signature_fits(document), f"{name}: openssl refuses the signature")
            status, found = self.verify_receipt(document, "--public-key", self.key["public_key"])
            expect(status == 0 and found["verified"] and found["key_given"], f"{name}: {status} {found}")
            expect(document["arguments"]["proposed"] == ARGUMENTS, f"{name}: other arguments")
            expect(statement["proposed_digest"] == digest(ARGUMENTS), f"{name}: another digest")
            approved = {"approve": ARGUMENTS, "edit": {**ARGUMENTS, "amount": 25}}.get(name)
            expect(document["arguments"]["approved"] == approved, f"{name}: approved {document['arguments']}")
            expect(statement.get("approved_digest") == (approved and digest(approved)), f"{name}: approved digest")
        expect(self.receipt("expired")["statement"]["by"] == "system:engine", "silence has an author")
        expect(self.receipt("approve")["statement"]["by"].startswith("key:"), "nobody approved")
        status, problem = self.server.api("GET", f"{BASE}/requests/{self.requests['pending']}/receipt")
        expect((status, problem["code"]) == (409, "not_decided"), f"a pending request: {status} {problem}")
        status, problem = self.server.api("GET", f"{BASE}/requests/req_{'0' * 44}/receipt")
        expect(status == 404, f"an unknown request: {status} {problem}")

    def check_changed_receipts(self):
        """a receipt with one changed argument fails, and the part is named"""
        document = self.receipt("edit")
        changes = {
            "/arguments/approved": lambda receipt: receipt["arguments"]["approved"].update(amount=26),
            "/arguments/proposed": lambda receipt: receipt["arguments"]["proposed"].update(to="eve@example.org"),
            "/response": lambda receipt: receipt["response"].update(action="approve"),
            "/signature": lambda receipt: receipt["statement"].update(by="key:eve"),
        }
        for pointer, change in changes.items():
            changed = copy.deepcopy(document)
            change(changed)
            status, found = self.verify_receipt(changed)
            expect(status == 1, f"{pointer}: status {status}")
            expect([fault["pointer"] for fault in found["faults"]] == [pointer], f"{pointer}: {found['faults']}")
        status, found = self.verify_receipt(document, "--public-key", "0" * 64)
        expect(status == 1 and found["faults"][0]["pointer"] == "/public_key", f"another key: {found}")

    def check_command_line(self):
        """the commands print the receipt, the key and the end of the log"""
        status, output, errors = self.cli("receipt", "show", self.requests["approve"])
        expect(status == 0 and json.loads(output) == self.receipt("approve"), f"receipt show: {status} {errors}")
        file = self.folder / "receipt.json"
        file.write_text(output)
        status, output, errors = self.run("receipt", "verify", file, "--public-key", self.key["public_key"])
        expect(status == 0 and "the signature fits" in output, f"receipt verify: {status} {output} {errors}")
        status, output, _ = self.cli("audit", "key")
        expect(status == 0 and output.strip() == self.key["public_key"], "audit key")
        expect(self.cli("receipt", "show", self.requests["pending"])[0] == 4, "receipt show of a pending request")
        expect(self.run("receipt", "verify", file, "--public-key", "xyz")[0] == 2, "a key that is none")
        (self.folder / "garbage").write_text("{")
        expect(self.run("receipt", "verify", self.folder / "garbage")[0] == 1, "a receipt that is no JSON")

    def check_export(self):
        """an export is a chain by other code, too, and holds no payload"""
        status, output, errors = self.cli("audit", "export")
        expect(status == 0, f"export: {errors}")
        self.export = self.folder / "audit.jsonl"
        self.export.write_text(output)
        rows = [json.loads(line) for line in output.splitlines()]
        previous = ZERO
        for number, row in enumerate(rows, 1):
            expect(row["n"] == number and row["previous"] == previous, f"row {number} does not follow")
            expect(row_hash(row, previous) == row["hash"], f"row {number}: another hash")
            previous = row["hash"]
            if row["signature"]:
                statement = {name: value for name, value in row["entry"].items() if name != "v"}
                statement |= {"holdpoint_receipt": 1, "tenant": row["tenant"], "project": row["project"],
                              "audit": {"n": number, "hash": row["hash"]}}
                document = {**self.key, "statement": statement, "signature": row["signature"]}
                expect(signature_fits(document), f"row {number}: another signature")
        types = [row["entry"]["type"] for row in rows]
        expect(types.count("session_started") == 6 and types.count("hitl_requested") == 6, f"{types}")
        expect(types.count("hitl_responded") == 3 and types.count("session_completed") == 1, f"{types}")
        for text in ("secret plan", "ann@example.org", "after a look", "too much", "not needed"):
            expect(text not in output, f"the log holds {text!r}")
        status, lines = self.lines(f"{BASE}/audit?after=2&limit=3")
        expect(status == 200 and lines == rows[2:5], f"JSON Lines: {status}")
        self.head = self.folder / "head.json"
        self.head.write_text(self.cli("audit", "head")[1])
        document = json.loads(self.head.read_text())
        expect(signature_fits(document) and document["statement"]["hash"] == previous, f"head: {document}")

    def lines(self, path):
        import http.client
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        connection.request("GET", path, headers={"Authorization": f"Bearer {KEY}", "Accept": "application/jsonl"})
        response = connection.getresponse()
        payload = response.read().decode()
        connection.close()
        return response.status, [json.loads(line) for line in payload.splitlines()]

    def check_export_verified(self):
        """an export is verified without a server, and what is changed, missing or cut off in it is named"""
        lines = self.export.read_text().splitlines()
        total = len(lines)

        def verify(lines, *options):
            status, output, errors = self.run(
                "audit", "verify", "-", "-o", "json", *options, given="".join(line + "\n" for line in lines))
            return status, json.loads(output) if output else errors

        options = ("--public-key", self.key["public_key"], "--head", self.head)
        status, found = verify(lines, *options)
        expect(status == 0 and found["rows"] == total and found["signatures"] == 5, f"{status} {found}")
        for number in range(1, total + 1):
            row = json.loads(lines[number - 1])
            row["entry"]["seq"] += 1
            status, found = verify([*lines[:number - 1], json.dumps(row), *lines[number:]])
            expect(status == 1 and found["n"] == number, f"row {number}: {status} {found}")
        status, found = verify([*lines[:4], *lines[5:]])
        expect(status == 1 and found["n"] == 5, f"a row is missing: {found}")
        status, found = verify(lines[:-1])
        expect(status == 0, f"without the last row, of which nobody knows: {found}")
        status, found = verify(lines[:-1], *options)
        expect(status == 1 and found["n"] == total, f"without the last row: {found}")
        status, found = verify(lines[3:])
        expect(status == 0 and found["rows"] == total - 3, f"a part: {found}")
        status, found = verify([*lines[:2], "nonsense"])
        expect(status == 1 and "line 3" in found, f"nonsense: {found}")
        forged = json.loads(self.head.read_text())
        forged["statement"]["n"] -= 1
        other = self.folder / "forged.json"
        other.write_text(json.dumps(forged))
        expect(verify(lines, "--head", other)[0] == 1, "a forged head")

    # Once it is stopped

    def check_store(self):
        """the store that nobody touched fits, beside its key file and without"""
        status, found = self.verify_store(self.data, "--head", self.head)
        expect(status == 0 and found["signatures"] == 5 and found["rows"] == 18, f"{status} {found}")
        data = self.copied()
        (data / "secret.key").unlink()
        status, found = self.verify_store(data)
        expect(status == 0 and found["signatures"] is None, f"without a key: {status} {found}")
        status, found = self.verify_store(self.data, "--all")
        expect(status == 0 and found["logs"] == 1, f"all: {found}")
        expect(self.verify_store(self.data, "--project", "dev/nothing")[0] == 3, "no project")

    def check_changed_bytes(self):
        """one changed byte of any row by SQL is found, and the row named, also if it is no JSON any more"""
        with sqlite3.connect(self.data / "holdpoint.db") as database:
            rows = database.execute("SELECT n, entry, hash, signature FROM audit_log ORDER BY n").fetchall()
        database.close()
        for number, entry, found_hash, signature in rows:
            for place, byte in ((0, 0xFF), (len(entry) // 2, entry[len(entry) // 2] ^ 1)):
                bytes_ = entry[:place] + bytes([byte]) + entry[place + 1:]
                status, found = self.changed("UPDATE audit_log SET entry = ? WHERE n = ?", bytes_, number)
                expect(status == 1 and found["n"] == number, f"entry {number}: {status} {found}")
            other = bytes([found_hash[0] ^ 1]) + found_hash[1:]
            status, found = self.changed("UPDATE audit_log SET hash = ? WHERE n = ?", other, number)
            expect(status == 1 and found["n"] == number, f"hash {number}: {status} {found}")
            if signature:
                other = signature[:-1] + bytes([signature[-1] ^ 1])
                for column, value in (("signature", other), ("signature", None), ("request", None), ("request", "x")):
                    status, found = self.changed(f"UPDATE audit_log SET {column} = ? WHERE n = ?", value, number)
                    expect(status == 1 and found["n"] == number, f"{column} {number}: {status} {found}")
        last = rows[-1][0]
        for statement, parameters, number in (
            ("DELETE FROM audit_log WHERE n = ?", (3,), 3), ("DELETE FROM audit_log WHERE n = ?", (last,), last),
            ("UPDATE audit_log SET n = n + 1000 WHERE n = ?", (4,), 4),
        ):
            status, found = self.changed(statement, *parameters)
            expect(status == 1 and found["n"] == number, f"{statement}: {status} {found}")

    def check_forged_chain(self):
        """rows that are written anew with a chain that fits are found by the signed end of the log"""
        data = self.copied()
        with sqlite3.connect(data / "holdpoint.db") as database:
            last = database.execute("SELECT max(n) FROM audit_log").fetchone()[0]
            database.execute("DELETE FROM audit_log WHERE n = ?", (last,))
            database.execute(
                "UPDATE audit_heads SET n = n - 1, hash = (SELECT hash FROM audit_log WHERE n = ?)", (last - 1,))
        database.close()
        expect(self.verify_store(data)[0] == 0, "a shorter log fits in itself")
        status, found = self.verify_store(data, "--head", self.head)
        expect(status == 1 and found["n"] == last, f"{status} {found}")

    def check_goes_on(self):
        """after a kill the log goes on where it was, without a hole or a double"""
        data = self.copied()
        before = self.verify_store(data)[1]["rows"]
        with Server(self.binary, data) as server:
            self.server = server
            for number in range(20):
                self.ok("POST", f"{BASE}/sessions", {"agent": "a", "id": f"more-{number}", "input": None})
            server.process.kill()
            server.process.wait()
        with Server(self.binary, data) as server:
            self.server = server
            end = time.monotonic() + PATIENCE_SECONDS
            while self.ok("GET", f"{BASE}/audit/head")["statement"]["n"] < before + 20:
                expect(time.monotonic() < end, "the log does not go on")
                time.sleep(0.1)
            server.stop()
        status, found = self.verify_store(data, "--head", self.head)
        expect(status == 0 and found["rows"] == before + 20, f"{status} {found}")

    def all(self):
        with Server(self.binary, self.data) as self.server:
            self.key = self.ok("GET", "/v1/keys/signing")
            self.decide()
            yield from self.cases(
                self.check_receipts, self.check_changed_receipts, self.check_command_line, self.check_export,
                self.check_export_verified)
            self.server.stop()
        yield from self.cases(self.check_store, self.check_changed_bytes, self.check_forged_chain, self.check_goes_on)

    @staticmethod
    def cases(*checks):
        for check in checks:
            yield check.__doc__, check


def main():
    binary = (sys.argv[1:] or [os.environ.get("HOLDPOINT_BINARY", ".build/debug/holdpoint")])[0]
    with tempfile.TemporaryDirectory() as folder:
        return perform(Audit(str(pathlib.Path(binary).resolve()), pathlib.Path(folder)).all())


if __name__ == "__main__":
    sys.exit(main())
