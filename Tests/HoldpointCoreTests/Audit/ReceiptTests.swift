import HoldpointCore
import JSON
import Testing

@Suite("Receipts") struct ReceiptTests {
    private static let signer = AuditScene.signer

    /// The document of a decision, with all that it can show.
    private func document(_ response: JSONValue, approved: JSONValue?) throws -> JSONValue {
        let scene = try AuditScene()
        let event = try scene.answered(response, approved: approved)
        let row = scene.row(scene.entry(of: event, opened: scene.opened), after: AuditHead(number: 6, hash: .zero))
        let read = try #require(try EventRegistry.event(named: event.type.text, data: event.data))
        let receipt = try #require(
            Receipt(
                of: row, in: scene.scope, key: Self.signer.key, request: scene.request,
                closing: RequestClosing(read, at: event.time)))
        var writer = JSONWriter()
        receipt.write(into: &writer)
        return try JSONParser.parse(writer.bytes)
    }

    private func check(_ document: JSONValue, key: PublicKey? = signer.key) -> ReceiptCheck {
        ReceiptCheck(document, key: key, verifier: Self.signer, hasher: AuditScene.hasher)
    }

    /// The document with the value at a path replaced.
    private func changed(_ document: JSONValue, _ path: [String], _ value: JSONValue?) -> JSONValue {
        guard let name = path.first, var object = document.objectValue else { return value ?? .null }
        if path.count == 1 {
            object[name] = value
        } else {
            object[name] = changed(object[name] ?? .object(JSONObject()), Array(path.dropFirst()), value)
        }
        return .object(object)
    }

    @Test func `a receipt shows what was decided, and fits`() throws {
        let scene = try AuditScene()
        let approved = try document(["action": "approve"], approved: scene.arguments)
        let check = check(approved)
        #expect(check.faults == [])
        #expect(check.compared == ["/arguments/proposed", "/arguments/approved", "/response"])
        #expect(check.keyID == Self.signer.key.id(AuditScene.hasher))
        #expect(self.check(approved, key: nil).faults == [])
        let statement = try #require(approved["statement"])
        #expect(statement["audit"]?["n"] == 7)
        #expect(statement["tenant"] == "acme")
        #expect(approved["arguments"]?["approved"] == scene.arguments)
        let edited = try document(["action": "edit", "arguments": ["to": "bob"]], approved: ["to": "bob"])
        #expect(self.check(edited).faults == [])
        #expect(edited["arguments"]?["approved"] == ["to": "bob"])
        #expect(edited["arguments"]?["proposed"] == scene.arguments)
        let rejected = try document(["action": "reject"], approved: nil)
        #expect(self.check(rejected).compared == ["/arguments/proposed", "/response"])
        #expect(rejected["arguments"]?["approved"] == .null)
    }

    @Test func `a receipt with one changed part fails, and says which`() throws {
        let good = try document(
            ["action": "edit", "arguments": ["to": "bob", "n": 1]], approved: ["to": "bob", "n": 1])
        let cases: [(path: [String], value: JSONValue?, pointer: String)] = [
            (["arguments", "approved", "n"], 2, "/arguments/approved"),
            (["arguments", "approved", "more"], true, "/arguments/approved"),
            (["arguments", "proposed", "to"], "eve", "/arguments/proposed"),
            (["arguments", "proposed", "big"], try JSONParser.parse("9007199254740993"), "/arguments/proposed"),
            (["response", "action"], "approve", "/response"),
            (["signature"], .string(String(repeating: "0", count: 128)), "/signature"),
            (["signature"], "short", "/signature"),
            (["public_key"], .string(DigestSigner("another").key.description), "/public_key"),
            (["public_key"], nil, "/public_key"), (["algorithm"], "RSA", "/algorithm"),
            (["statement", "holdpoint_receipt"], 2, "/statement"), (["statement"], nil, "/statement"),
            (["statement", "signing_key"], "0000000000000000", "/statement/signing_key"),
        ]
        for (path, value, pointer) in cases {
            let found = check(changed(good, path, value)).faults.map(\.pointer)
            #expect(found == [pointer], "\(path) \(found)")
        }
    }

    @Test func `every member of the statement is signed`() throws {
        let good = try document(["action": "approve"], approved: try AuditScene().arguments)
        let names = try #require(good["statement"]?.objectValue?.keys)
        #expect(names.count >= 18)
        for name in names where name != "signing_key" {
            for value in [JSONValue.null, "other", nil] {
                #expect(!check(changed(good, ["statement", name], value)).faults.isEmpty, "\(name)")
            }
        }
        #expect(!check(changed(good, ["statement", "extra"], 1)).faults.isEmpty)
        #expect(!check(changed(good, ["statement", "audit", "n"], 8)).faults.isEmpty)
        for garbage: JSONValue in [.null, [], "x", [:], ["statement": [:]]] {
            #expect(!check(garbage).faults.isEmpty)
        }
    }

    @Test func `a key of somebody else's making is told from the one that is known`() throws {
        let scene = try AuditScene()
        let other = DigestSigner("forger")
        let good = try document(["action": "approve"], approved: scene.arguments)
        // All is made anew under another key: only whoever knows the real one can tell.
        var forged = changed(good, ["statement", "by"], "key:eve")
        forged = changed(forged, ["statement", "signing_key"], .string(other.key.id(AuditScene.hasher)))
        let bytes = try CanonicalJSON.encode(try #require(forged["statement"]))
        forged = changed(forged, ["signature"], .string(other.sign(bytes).description))
        forged = changed(forged, ["public_key"], .string(other.key.description))
        #expect(check(forged, key: nil).faults == [])
        #expect(check(forged).faults.map(\.pointer) == ["/public_key"])
    }

    @Test func `what a receipt does not show is not claimed`() throws {
        let good = try document(["action": "approve"], approved: try AuditScene().arguments)
        var bare = changed(good, ["arguments"], nil)
        bare = changed(bare, ["response"], .null)
        #expect(check(bare).faults == [])
        #expect(check(bare).compared == [])
    }

    @Test func `only the row of a decision has a receipt`() throws {
        let scene = try AuditScene()
        let rows = try scene.log()
        for row in rows {
            let receipt = Receipt(of: row, in: scene.scope, key: Self.signer.key, request: nil, closing: nil)
            #expect((receipt != nil) == (row.number == 3))
        }
        let damaged = rows[2].changed(entry: [1])
        #expect(Receipt(of: damaged, in: scene.scope, key: Self.signer.key, request: nil, closing: nil) == nil)
    }

    @Test func `the end of a log is signed and read back, and no part of it can be changed`() throws {
        let scene = try AuditScene()
        let head = try #require(try scene.log().last?.head)
        let signed = SignedAuditHead(
            head, in: scene.scope, at: Timestamp(milliseconds: 5), key: Self.signer.key, hasher: AuditScene.hasher,
            sign: Self.signer.sign)
        var writer = JSONWriter()
        signed.write(into: &writer)
        let document = try JSONParser.parse(writer.bytes)
        func read(_ document: JSONValue, key: PublicKey? = Self.signer.key) throws -> AuditHead {
            let (scope, head) = try SignedAuditHead.read(
                document, key: key, verifier: Self.signer, hasher: AuditScene.hasher)
            #expect(scope == scene.scope)
            return head
        }
        #expect(try read(document) == head)
        #expect(try read(document, key: nil) == head)
        let others: [(String, JSONValue)] = [
            ("n", 4), ("hash", .string(Digest.zero.description)), ("tenant", "other"), ("project", "other"),
            ("time", "1970-01-01T00:00:00.006Z"), ("holdpoint_audit_head", 2),
        ]
        for (name, value) in others {
            #expect(throws: InvalidAuditHead.self, "\(name)") {
                try read(changed(document, ["statement", name], value))
            }
        }
        #expect(throws: InvalidAuditHead.self) { try read(document, key: DigestSigner("another").key) }
        // A receipt is no end of a log.
        let receipt = try self.document(["action": "reject"], approved: nil)
        #expect(throws: InvalidAuditHead.self) { try read(receipt) }
        #expect(!check(document).faults.isEmpty)
    }
}
