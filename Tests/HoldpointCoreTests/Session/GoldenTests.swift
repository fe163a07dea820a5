import Foundation
import HoldpointCore
import JSON
import Testing

/// The files pin the bytes of every format for ever: a change that breaks one would leave logs unreadable.
///
/// To add a type, add it to `GoldenHistory` and run the tests once with `HOLDPOINT_WRITE_GOLDEN=1`; files that exist
/// are never written again.
@Suite struct GoldenTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Golden")

    /// The content of a golden file, without the line's end.
    private func golden(_ name: String, _ bytes: [UInt8]) throws -> [UInt8] {
        let file = Self.folder.appending(path: name)
        let isWriting = ProcessInfo.processInfo.environment["HOLDPOINT_WRITE_GOLDEN"] == "1"
        if isWriting, !FileManager.default.fileExists(atPath: file.path) {
            try Data(bytes + [10]).write(to: file)
        }
        return Array(try Data(contentsOf: file).dropLast())
    }

    private static func names() throws -> [(name: String, entry: LogEntry)] {
        var seen: Set<String> = []
        return try GoldenHistory.events().compactMap { entry in
            let data = try entry.json()
            var name = "event-" + entry.type
            if entry.type == "hitl_requested" { name += "-" + (data["type"]?.stringValue ?? "") }
            // The forms that have members which are written only where they say something.
            for member in ["approvers", "follows", "approvals", "policy", "approval"]
            where data[member] != nil && entry.type != "hitl_delegated" && entry.type != "hitl_escalated" {
                name += "-" + member
            }
            return seen.insert(name).inserted ? (name, entry) : nil
        }
    }

    @Test func `events are written as the golden files have them, and read back from there`() throws {
        for (name, entry) in try Self.names() {
            let bytes = try golden(name + ".json", entry.data)
            #expect(String(decoding: entry.data, as: UTF8.self) == String(decoding: bytes, as: UTF8.self), "\(name)")
            let event = try #require(try EventRegistry.event(named: entry.type, data: bytes))
            #expect(event.data(session: try SessionID("order-7")) == bytes)
        }
    }

    @Test func `every registered event, request type and program state has a golden file`() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        for type in EventRegistry.types {
            #expect(files.contains { $0.hasPrefix("event-\(type.type.text)") }, "\(type.type.text)")
        }
        for type in RequestType.allCases {
            #expect(files.contains("event-hitl_requested-\(type.rawValue).json"), "\(type.rawValue)")
        }
        #expect(files.filter { $0.hasPrefix("snapshot-\(SnapshotCodec.version)-") }.count == 7)
    }

    @Test func `snapshots are written as the golden files have them, and read back from there`() throws {
        let sessions = [
            ("waiting", try GoldenHistory.waiting()), ("completed", try GoldenHistory.completed()),
            ("failed", try GoldenHistory.failed()), ("cancelled", try GoldenHistory.cancelled()),
            ("workflow", try GoldenHistory.waitingWorkflow()), ("continued", try GoldenHistory.continued()),
            ("people", try GoldenHistory.people()),
        ]
        for (name, session) in sessions {
            let encoded = SnapshotCodec.encode(session.state)
            let bytes = try golden("snapshot-\(SnapshotCodec.version)-\(name).json", encoded)
            #expect(String(decoding: encoded, as: UTF8.self) == String(decoding: bytes, as: UTF8.self), "\(name)")
            let state = try SnapshotCodec.decode(
                bytes, version: SnapshotCodec.version, identity: session.state.identity)
            #expect(state == session.state)
        }
    }

    @Test func `the chain of the golden history is pinned`() throws {
        let log = try GoldenHistory.completed().log
        let chains = log.map { "\($0.position.sequence) \($0.type) \($0.chain)\n" }.joined()
        let bytes = try golden("chain.txt", Array(chains.dropLast().utf8))
        #expect(chains.dropLast() == String(decoding: bytes, as: UTF8.self))
    }
}
