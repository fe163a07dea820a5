#!/usr/bin/env python3
"""The documentation says what the sources and the program say.

In docs/operating.md every limit, setting and exit code, with its value; in docs/workflows.md what documents may not
contain.

    Tests/blackbox/documentation.py [PATH OF holdpoint]           (or HOLDPOINT_BINARY)
    Tests/blackbox/documentation.py --write [PATH OF holdpoint]   writes the tables anew

Prints "N passed, N failed". Python's standard library only.
"""

import os
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
OPERATING = TOP / "docs/operating.md"
WORKFLOWS = TOP / "docs/workflows.md"
LIMITS = {
    "RequestLimits": "Core/HoldpointCore/Requests/RequestLimits.swift",
    "SessionLimits": "Core/HoldpointCore/Session/SessionLimits.swift",
    "SnapshotPolicy": "Core/HoldpointCore/Session/SnapshotPolicy.swift",
    "EngineConfiguration": "Engine/HoldpointEngine/EngineConfiguration.swift",
    "SessionCommit": "Core/HoldpointPorts/Journal/SessionCommit.swift",
    "ProjectSecretLimits": "Core/HoldpointPorts/Journal/ProjectSecret.swift",
    "AuditLimits": "Core/HoldpointCore/Audit/AuditRow.swift",
    "RetentionLimits": "Core/HoldpointPorts/Journal/RetentionLimits.swift",
    "PeopleLimits": "Core/HoldpointCore/People/PeopleLimits.swift",
    "CounterLimits": "Core/HoldpointPorts/Journal/CounterEffect.swift",
    "JournalPage": "Core/HoldpointPorts/Journal/StoredSession.swift",
    "HTTPServerConfiguration": "Clients/HTTPServer/HTTPServerConfiguration.swift",
    "RESTConfiguration": "Adapters/RESTAPI/RESTConfiguration.swift",
    "RateLimiter": "Adapters/RESTAPI/Limits/RateLimiter.swift",
    "AllowedOrigins": "Adapters/RESTAPI/Limits/AllowedOrigins.swift",
    "IdempotencyKey": "Adapters/RESTAPI/Requests/IdempotencyKey.swift",
    "BearerToken": "Adapters/RESTAPI/Requests/BearerToken.swift",
    "EarlySubscriber": "Adapters/RESTAPI/Streams/EarlySubscriber.swift",
    "SQLiteJournalConfiguration": "Adapters/SQLiteJournal/SQLiteJournalConfiguration.swift",
    "PostgresJournalConfiguration": "Adapters/PostgresJournal/PostgresJournalConfiguration.swift",
    "WriteLimits": "Adapters/PostgresJournal/Writing/WriteLimits.swift",
    "PostgresLimits": "Clients/PostgresClient/PostgresLimits.swift",
    "RedisStreamsConfiguration": "Adapters/RedisStreams/RedisStreamsConfiguration.swift",
    "RedisLimits": "Clients/RedisClient/RedisLimits.swift",
    "TimeAgreement": "Core/HoldpointPorts/TimeAgreement.swift",
    "GroupLimits": "Clients/SQLiteClient/GroupWritable.swift",
    "LocalStreams": "Adapters/LocalStreams/LocalStreams.swift",
    "EventLoop": "Clients/EventLoop/EventLoop.swift",
    "JSONLimits": "Core/JSON/JSONLimits.swift",
    "JSONNumber": "Core/JSON/JSONNumber.swift",
    "JSONObjectReader": "Core/JSON/JSONObjectReader.swift",
    "JSONPattern": "Core/JSON/Pattern/JSONPattern.swift",
    "JSONSchemaLimits": "Core/JSON/Schema/JSONSchemaLimits.swift",
    "ServerSentEventParser": "Clients/HTTPClient/ServerSentEventParser.swift",
    "HTTPClient.Request": "Clients/HTTPClient/HTTPClient+Request.swift",
    "ExpressionProgram": "Core/HoldpointCore/Expressions/ExpressionProgram.swift",
    "ExpressionFailure": "Core/HoldpointCore/Expressions/Expression.swift",
    "WorkflowLimits": "Core/HoldpointCore/Workflow/WorkflowLimits.swift",
    "WebhookLimits": "Core/HoldpointCore/Webhooks/WebhookLimits.swift",
    "PolicyLimits": "Core/HoldpointCore/Policy/PolicyLimits.swift",
    "AccessCache": "Engine/HoldpointEngine/Access/AccessCache.swift",
    "YAMLReader": "Clients/YAMLClient/YAMLReader.swift",
    "YAMLDocumentLimits": "Adapters/YAMLDocuments/YAMLDocuments.swift",
    "JQTokenizer": "Core/HoldpointCore/Expressions/JQTokenizer.swift",
    "JQLimits": "Clients/JQClient/JQLimits.swift",
    "JQProgram": "Clients/JQClient/JQProgram.swift",
    "CallLimits": "Core/HoldpointCore/Effects/Results/CallResult.swift",
    "SecretMask": "Core/HoldpointCore/Effects/Secrets/SecretMask.swift",
    "HTTPCall": "Core/HoldpointCore/Effects/HTTP/HTTPCall.swift",
    "AddressRules": "Core/HoldpointCore/Effects/Addresses/AddressRules.swift",
    "HTTPEffects": "Adapters/HTTPEffects/HTTPEffects.swift",
    "ConcurrentHTTPClient": "Clients/HTTPClient/Concurrent/ConcurrentHTTPClient.swift",
    "AccessLog": "holdpoint/Wiring/AccessLog.swift",
    "MetricsServer": "holdpoint/Wiring/MetricsServer.swift",
    "InputText": "holdpoint/Configuration/InputText.swift",
}
DECLARATION = re.compile(
    r"((?:^ *///.*\n)+) *(?:package )?(?:static )?(?:var|let) (\w+)(?:: [\w.<>]+)? = ([^\n{]+)$", re.M)
PLAIN = re.compile(r"((?:^ *///.*\n)+) *package var (\w+): Int\n", re.M)


def value(text):
    """A default as people read it; None if it is no number and no duration."""
    text = text.strip().replace("_", "")
    if several := re.fullmatch(r"\[(\d+(?:, \d+)*)\]", text):
        return several[1]
    if seconds := re.fullmatch(r"(?:Duration)?\.seconds\((\d+)\)", text):
        return f"{seconds[1]} s"
    if milliseconds := re.fullmatch(r"(?:Duration)?\.milliseconds\((\d+)\)", text):
        return f"{milliseconds[1]} ms"
    if not re.fullmatch(r"\d+( (\*|<<) \d+)*", text):
        return None
    number, *rest = re.split(r" (\*|<<) ", text)
    number = int(number)
    for operator, operand in zip(rest[::2], rest[1::2]):
        number = number * int(operand) if operator == "*" else number << int(operand)
    return f"{number:,}"


def sentence(comment):
    lines = [line.strip().removeprefix("///").strip() for line in comment.strip().splitlines()]
    return " ".join(" ".join(lines).split())


def limit_rows():
    """(where, name, default, what) of each limit that the sources declare."""
    for kind, path in LIMITS.items():
        source = (TOP / "Sources" / path).read_text()
        for comment, name, default in DECLARATION.findall(source):
            if (shown := value(default)) and name != "port":
                yield kind, name, shown, sentence(comment)
        for comment, name in PLAIN.findall(source):
            if default := re.search(rf"{name}: Int = ([\d_ <*]+)", source):
                yield kind, name, value(default[1]), sentence(comment)


def limits():
    rows = [f"| `{kind}` | `{name}` | {default} | {what} |" for kind, name, default, what in limit_rows()]
    return ["| of | limit | default | what |", "|---|---|---|---|", *rows]


def help_rows(binary, topic):
    """The rows of one of the program's own tables, split at the gap between the columns."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("HOLDPOINT_")}
    page = subprocess.run([binary, "help", topic], capture_output=True, text=True, check=True, env=kept).stdout
    return [re.split(r" {2,}", line.strip()) for line in page.splitlines() if line.startswith("  ")]


def settings(binary):
    rows = ["| option and key | variable | default | what |", "|---|---|---|---|"]
    for name, variable, text in help_rows(binary, "configuration"):
        what, _, default = text.partition(" Default: ")
        option = "" if name in ("dev_key", "operator_key") else f"`--{name.replace('_', '-')}`, "
        key = "" if name == "config" else f"`{name}`"
        rows.append(f"| {(option + key).removesuffix(', ')} | `{variable}` | {default.removesuffix('.')} | {what} |")
    return rows


def exit_codes(binary):
    rows = ["| status | name | meaning |", "|---|---|---|"]
    for status, text in help_rows(binary, "exit-codes"):
        name, _, meaning = text.partition(": ")
        rows.append(f"| {status} | `{name}` | {meaning} |")
    return rows


def refused(binary):
    rows = ["| what | why, or what instead |", "|---|---|"]
    return rows + [f"| `{construct}` | {reason} |" for construct, reason in help_rows(binary, "workflows")]


def main():
    words = [word for word in sys.argv[1:] if word != "--write"]
    binary = words[0] if words else os.environ.get("HOLDPOINT_BINARY")
    if not binary:
        sys.exit("usage: documentation.py [--write] PATH (or set HOLDPOINT_BINARY)")
    tables = [
        (OPERATING, "limits", limits()), (OPERATING, "settings", settings(binary)),
        (OPERATING, "exit codes", exit_codes(binary)), (WORKFLOWS, "refused constructs", refused(binary)),
    ]
    failed = 0
    for path, name, rows in tables:
        begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
        head, _, rest = path.read_text().partition(begin)
        present, _, tail = rest.partition(end)
        expected = "\n" + "\n".join(rows) + "\n\n"
        if "--write" in sys.argv:
            path.write_text(head + begin + expected + end + tail)
        elif present == expected:
            print(f"ok   {len(rows) - 2} {name} are as documented")
        else:
            failed += 1
            wrong = set(present.splitlines()) ^ set(expected.splitlines())
            place = path.relative_to(TOP)
            print(f"FAIL {name} differ from {place}; write them anew with --write:", *sorted(wrong), sep="\n  ")
    if "--write" not in sys.argv:
        print(f"{len(tables) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
