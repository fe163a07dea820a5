import Foundation
import HoldpointCore
import JSON
import Testing

@Suite("Audit log: entries") struct AuditEntryTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Golden")

    /// The entries of the golden history, as an auditor finds its events on the feed, by the names of their files.
    private func entries() throws -> [(name: String, entry: AuditEntry)] {
        let scene = try AuditScene()
        var openings: [String: [UInt8]] = [:]
        var seen: Set<String> = []
        return try GoldenHistory.events().compactMap { item in
            guard EventRegistry.type(named: item.type)?.isOnFeed == true else { return nil }
            let data = try item.json()
            var name = "audit-" + item.type
            if item.type == "hitl_requested", let id = data["id"]?.stringValue {
                openings[id] = item.data
                name += "-" + (data["type"]?.stringValue ?? "")
            }
            guard seen.insert(name).inserted else { return nil }
            let opened = item.type == "hitl_requested" ? nil : data["request"]?.stringValue.flatMap { openings[$0] }
            return (name, scene.entry(of: scene.event(item.type, item.data), opened: opened))
        }
    }

    @Test func `entries are written as the golden files have them, and read back from there`() throws {
        let isWriting = ProcessInfo.processInfo.environment["HOLDPOINT_WRITE_GOLDEN"] == "1"
        for (name, entry) in try entries() {
            let file = Self.folder.appending(path: name + ".json")
            let text = String(decoding: entry.bytes, as: UTF8.self) + "\n"
            if isWriting, !FileManager.default.fileExists(atPath: file.path) { try Data(text.utf8).write(to: file) }
            #expect(try String(contentsOf: file, encoding: .utf8) == text, "\(name)")
            #expect(AuditEntry(recorded: entry.bytes) == entry, "\(name)")
        }
    }

    @Test func `every event that a feed may have has an entry, and its names are known`() throws {
        let entries = try entries().map { $0.entry }
        let onFeed = EventRegistry.types.filter { $0.isOnFeed }.map { $0.type.text }
        #expect(Set(entries.map { $0.type.text }) == Set(onFeed))
        let required = Set(AuditEntry.names.required)
        let known = required.union(AuditEntry.names.optional)
        for entry in entries {
            let names = Set(entry.members.keys)
            #expect(names.subtracting(known) == [], "\(entry.type)")
            #expect(required.subtracting(names) == [], "\(entry.type)")
            let isClosing = ["hitl_responded", "hitl_expired", "hitl_cancelled"].contains(entry.type.text)
            #expect(entry.isDecision == isClosing, "\(entry.type)")
        }
    }

    @Test func `a decision says who, what was shown and what was decided`() throws {
        let scene = try AuditScene()
        let event = try scene.answered(["action": "edit", "arguments": ["a": 1]], comment: "ok", approved: ["a": 1])
        let members = scene.entry(of: event, opened: scene.opened).members
        #expect(members["by"] == "key:alice")
        #expect(members["action"] == "edit")
        #expect(members["result"] == "answered")
        #expect(members["request"]?.stringValue == scene.request.id.description)
        #expect(members["request_type"] == "permission")
        #expect(members["shown_digest"]?.stringValue == AuditScene.hasher.sha256(scene.opened).description)
        #expect(members["proposed_digest"]?.stringValue == scene.request.argumentsDigest?.description)
        let approved = AuditScene.hasher.sha256(Array(#"{"a":1}"#.utf8)).description
        #expect(members["approved_digest"]?.stringValue == approved)
        #expect(members["comment_digest"]?.stringValue == AuditScene.hasher.sha256(Array(#""ok""#.utf8)).description)
    }

    @Test func `silence is nobody's decision`() throws {
        let scene = try AuditScene()
        let event = scene.event(
            "hitl_expired",
            ["request": .string(scene.request.id.description), "answered": false, "response": ["action": "reject"]])
        let members = scene.entry(of: event, opened: scene.opened).members
        #expect(members["by"] == "system:engine")
        #expect(members["result"] == "expired")
        #expect(members["action"] == "reject")
        #expect(members["approved_digest"] == nil)
    }

    @Test func `what is long is kept by its digest, and no entry is longer than may be`() throws {
        let scene = try AuditScene()
        let long = JSONValue.string(String(repeating: "\u{1}", count: 200_000))
        let names = ["agent", "on_behalf_of", "by", "channel", "request", "version"]
        let data = JSONValue.object(JSONObject(names.map { ($0, long) }))
        let entry = scene.entry(of: scene.event("session_started", data))
        #expect(entry.bytes.count <= AuditLimits.entryBytes)
        #expect(entry.members["on_behalf_of"] == nil)
        #expect(entry.members["on_behalf_of_digest"]?.stringValue?.count == 64)
        // The longest texts that are copied, for every type that has a rule.
        let text = JSONValue.string(String(repeating: "x", count: AuditLimits.textBytes - 2))
        let types = EventRegistry.types.map { $0.type.text }
        for type in types + ["tool_blocked", "hitl_voted"] {
            let all =
                AuditEntry.names.optional.map { ($0, text) } + [
                    ("response", ["action": text, "decision": text] as JSONValue), ("error", ["type": text]),
                    ("id", text), ("opened_by", text), ("version", text), ("arguments_digest", text),
                    ("request", .string(scene.request.id.description)),
                ]
            let entry = scene.entry(of: scene.event(type, .object(JSONObject(all))), opened: scene.opened)
            #expect(entry.bytes.count <= AuditLimits.entryBytes, "\(type)")
            #expect(AuditEntry(recorded: entry.bytes) == entry, "\(type)")
        }
    }

    @Test func `an event of a type that this release does not know is kept by its digest and by who did it`() throws {
        let scene = try AuditScene()
        let data: JSONValue = ["request": "req_x", "by": "person:ann", "channel": "telegram", "words": "private"]
        let entry = scene.entry(of: scene.event("hitl_someday", data))
        #expect(entry.members["by"] == "person:ann")
        #expect(entry.members["channel"] == "telegram")
        #expect(entry.members["data_digest"]?.stringValue == AuditScene.hasher.sha256(data.serialized()).description)
        #expect(!String(decoding: entry.bytes, as: UTF8.self).contains("private"))
        let number = scene.entry(
            of: scene.event("session_started", try JSONParser.parse(#"{"version":9007199254740993}"#)))
        #expect(number.members["agent_version_digest"] != nil)
        #expect(AuditEntry(recorded: number.bytes) == number)
        let garbage = scene.entry(of: scene.event("session_started", [0xff]))
        #expect(garbage.members.keys.sorted() == AuditEntry.names.required.sorted())
    }

    @Test func `what is not as it was written is no entry`() throws {
        let scene = try AuditScene()
        let good = scene.entry(of: try scene.answered(["action": "reject"]), opened: scene.opened)
        #expect(AuditEntry(recorded: good.bytes) == good)
        var spaced = good.bytes
        spaced.insert(UInt8(ascii: " "), at: 1)
        #expect(AuditEntry(recorded: spaced) == nil)
        #expect(AuditEntry(recorded: good.bytes.dropLast()) == nil)
        #expect(AuditEntry(recorded: []) == nil)
        for name in ["v", "type", "time", "session", "seq", "result", "signing_key", "request"] {
            var members = good.members
            members[name] = nil
            #expect(AuditEntry(recorded: try CanonicalJSON.encode(.object(members))) == nil, "\(name)")
        }
        var later = good.members
        later["v"] = 2
        #expect(AuditEntry(recorded: try CanonicalJSON.encode(.object(later))) == nil)
    }

    @Test func `a row is exported and read back, also one that somebody has changed`() throws {
        let scene = try AuditScene()
        let rows = try scene.log()
        let changed = rows[1].changed(entry: [0xff, 0x7b])
        let spaced = rows[1].changed(entry: Array(#"{"a": 1}"#.utf8))
        for row in rows + [changed, spaced] {
            for previous in [nil, Digest.zero] {
                let exported = ExportedAudit(row, in: scene.scope, previous: previous)
                var writer = JSONWriter()
                exported.write(into: &writer)
                let value = try JSONParser.parse(writer.bytes)
                #expect(ExportedAudit(value) == exported)
                #expect(value["entry"]?.isNull == (row == changed || row == spaced))
                for key in value.objectValue?.keys ?? [] {
                    var less = try #require(value.objectValue)
                    less[key] = nil
                    #expect(ExportedAudit(.object(less)) == nil, "\(key)")
                }
            }
        }
    }
}
