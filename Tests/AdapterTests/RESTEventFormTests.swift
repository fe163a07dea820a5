import Foundation
import HoldpointCore
import JSON
import RESTAPI
import Testing

/// The form of an event in the description, held against the events that the core's own tests keep as files.
struct RESTEventFormTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("HoldpointCoreTests/Golden")

    /// The kept events: file `event-TYPE.json` or `event-TYPE-VARIANT.json`.
    private static func kept() throws -> [(type: String, data: JSONValue)] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasPrefix("event-") && $0.hasSuffix(".json") }
            .map { name in
                let bytes = [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
                let type = name.dropFirst(6).dropLast(5).prefix { $0 != "-" }
                return (String(type), try JSONParser.parse(bytes))
            }
    }

    private static func mismatches(_ type: String, _ data: JSONValue) -> [String] {
        let event: JSONValue = [
            "seq": 1, "type": .string(type), "time": "2026-11-20T23:38:00.000Z", "session": "s1", "data": data,
        ]
        return RESTDescription.served.violations(of: event, ["$ref": "#/components/schemas/Event"], "event")
    }

    @Test func `every type of event is kept, and fits its form`() throws {
        let kept = try Self.kept()
        #expect(Set(kept.map(\.type)) == Set(EventRegistry.types.map { $0.type.text }))
        for (type, data) in kept { #expect(Self.mismatches(type, data).isEmpty, "\(type) \(data.text)") }
    }

    @Test func `an event with a member more, or with one less, or of another type does not fit`() throws {
        let optional = [
            "session_started": ["parent", "continues", "deferred"], "hitl_responded": ["via", "approvals", "policy"],
            "tool_proposed": ["policy", "approval"],
            "hitl_requested": [
                "approvers", "reminders", "escalation", "follows", "reopened_by", "reopened_via", "policy",
            ],
        ]
        for (type, data) in try Self.kept() {
            let members = try #require(data.objectValue)
            var more = members
            more["undeclared"] = 1
            #expect(!Self.mismatches(type, .object(more)).isEmpty, "\(type)")
            for (name, _) in members where !(optional[type] ?? []).contains(name) {
                let less = JSONObject(members.filter { $0.key != name }.map { ($0.key, $0.value) })
                #expect(!Self.mismatches(type, .object(less)).isEmpty, "\(type) without \(name)")
            }
            #expect(!Self.mismatches("session_\(type)", data).isEmpty, "\(type)")
        }
    }
}
