import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import JSON
import Testing

@Suite("Secrets of projects", .timeLimit(.minutes(1)))
struct ProjectSecretTests {
    private static let plain = "s3cr3t-token-nobody-may-see"
    private static let login: JSONValue = ["username": "ann", "password": .string(plain)]

    private static func secrets(_ scene: EngineScene) -> ProjectSecrets {
        ProjectSecrets(directory: scene.journal, secretBox: scene.secretBox)
    }

    @Test(arguments: [JSONValue.string(plain), login])
    func `what was put is opened for a call, byte for byte, until it is replaced or deleted`(
        value: JSONValue
    ) async throws {
        let scene = try await EngineScene()
        let engine = try scene.engine()
        let name = try SecretName("TOKEN")
        let put = try await engine.putSecret(name, try SecretValue(value), in: scene.scope)
        #expect(put == ProjectSecretEntry(name: name, updatedAt: scene.clock.now()))
        #expect(try await Self.secrets(scene).projectSecret("TOKEN", in: scene.scope) == value)
        scene.clock.advance(milliseconds: 5)
        let again = try await engine.putSecret(name, try SecretValue("other"), in: scene.scope)
        #expect(again?.updatedAt == scene.clock.now())
        #expect(try await Self.secrets(scene).projectSecret("TOKEN", in: scene.scope) == "other")
        #expect(try await engine.secrets(in: scene.scope, after: nil, limit: 9).items == [again])
        #expect(try await engine.deleteSecret(name, in: scene.scope))
        #expect(try await !engine.deleteSecret(name, in: scene.scope))
        #expect(try await Self.secrets(scene).projectSecret("TOKEN", in: scene.scope) == nil)
    }

    @Test(arguments: ["OTHER", "token", "", "a b", "TOKEN\u{0}", "../TOKEN", String(repeating: "T", count: 200)])
    func `a name that no secret has opens nothing`(name: String) async throws {
        let scene = try await EngineScene()
        let engine = try scene.engine()
        _ = try await engine.putSecret(try SecretName("TOKEN"), try SecretValue("x"), in: scene.scope)
        #expect(try await Self.secrets(scene).projectSecret(name, in: scene.scope) == nil)
    }

    @Test func `I5: a secret is found in its own project only, and its box opens nowhere else`() async throws {
        let scene = try await EngineScene()
        let engine = try scene.engine()
        let name = try SecretName("TOKEN")
        _ = try await engine.putSecret(name, try SecretValue(.string(Self.plain)), in: scene.scope)
        #expect(try await Self.secrets(scene).projectSecret("TOKEN", in: scene.otherScope) == nil)
        #expect(try await engine.secrets(in: scene.otherScope, after: nil, limit: 9).items.isEmpty)
        #expect(try await !engine.deleteSecret(name, in: scene.otherScope))
        // Whoever can write the store moves the box to another project, and under another name.
        let box = try #require(try await scene.journal.secret(name, in: scene.scope))
        _ = try await scene.journal.putSecret(box, in: scene.otherScope)
        let renamed = ProjectSecret(name: try SecretName("PUBLIC"), box: box.box, updatedAt: box.updatedAt)
        _ = try await scene.journal.putSecret(renamed, in: scene.scope)
        for (moved, scope) in [("TOKEN", scene.otherScope), ("PUBLIC", scene.scope)] {
            await #expect(throws: JournalError.corrupt("the secret \(moved) cannot be opened on this node")) {
                try await Self.secrets(scene).projectSecret(moved, in: scope)
            }
        }
        #expect(try await Self.secrets(scene).projectSecret("TOKEN", in: scene.scope) == .string(Self.plain))
    }

    @Test func `I9: a project's secret is stored sealed, and is in no error and no description`() async throws {
        let scene = try await EngineScene()
        let engine = try scene.engine()
        let name = try SecretName("LOGIN")
        let value = try SecretValue(Self.login)
        _ = try await engine.putSecret(name, value, in: scene.scope)
        let stored = try #require(try await scene.journal.secret(name, in: scene.scope))
        #expect(!Self.isSeen(in: stored.box))
        var said = "\(value) \(String(reflecting: value)) \(stored) \(String(describing: Optional(value)))"
        dump(value, to: &said)
        let foreign = ProjectSecret(name: name, box: Array(Self.plain.utf8), updatedAt: stored.updatedAt)
        _ = try await scene.journal.putSecret(foreign, in: scene.scope)
        do {
            _ = try await Self.secrets(scene).projectSecret("LOGIN", in: scene.scope)
            Issue.record("a box that nobody sealed was opened")
        } catch {
            said += "\(error)"
        }
        let long = String(repeating: Self.plain, count: 1_000)
        let unfit: [JSONValue] = [
            .string(long), ["password": .string(long)], [.string(Self.plain)], 7, "", [:], .null, true,
        ]
        for json in unfit {
            let error = #expect(throws: InvalidSecretValue.self) { try SecretValue(json) }
            said += String(describing: error)
        }
        #expect(!said.contains(Self.plain))
    }

    @Test func `I9: a box that does not seal is what that test finds`() async throws {
        var scene = try await EngineScene()
        scene.secretBox = OpenSecretBox()
        let engine = try scene.engine()
        let name = try SecretName("LOGIN")
        _ = try await engine.putSecret(name, try SecretValue(Self.login), in: scene.scope)
        let stored = try #require(try await scene.journal.secret(name, in: scene.scope))
        #expect(Self.isSeen(in: stored.box))
    }

    @Test func `a value has at most 16,384 bytes as JSON`() throws {
        #expect(ProjectSecretLimits.valueBytes == 16_384)
        let most = String(repeating: "x", count: 16_382)
        #expect(try SecretValue(.string(most)).json == .string(most))
        #expect(throws: InvalidSecretValue.self) { try SecretValue(.string(most + "x")) }
        // Not what people see counts, but the bytes.
        #expect(throws: InvalidSecretValue.self) { try SecretValue(.string(String(repeating: "é", count: 8_192))) }
    }

    @Test func `a project has at most 256 secrets, listed in pages`() async throws {
        let scene = try await EngineScene()
        let engine = try scene.engine()
        for number in 0..<256 {
            let name = try SecretName("S\(number)")
            #expect(try await engine.putSecret(name, try SecretValue("x"), in: scene.scope) != nil)
        }
        #expect(try await engine.putSecret(try SecretName("MORE"), try SecretValue("x"), in: scene.scope) == nil)
        #expect(try await engine.putSecret(try SecretName("S0"), try SecretValue("y"), in: scene.scope) != nil)
        var names: [String] = []
        var cursor: SecretName?
        repeat {
            let page = try await engine.secrets(in: scene.scope, after: cursor, limit: 100)
            names += page.items.map(\.name.text)
            cursor = try page.nextCursor.map { try SecretName($0) }
        } while cursor != nil
        #expect(names == (0..<256).map { "S\($0)" }.sorted())
    }

    private static func isSeen(in bytes: [UInt8]) -> Bool {
        let needle = Array(plain.utf8)
        return bytes.indices.contains { bytes[$0...].starts(with: needle) }
    }
}

/// A planted bug: it seals nothing (against I9).
private struct OpenSecretBox: SecretBox {
    func seal(_ plain: [UInt8], context: String) -> [UInt8] { plain }

    func open(_ box: [UInt8], context: String) throws(SecretBoxError) -> [UInt8] { box }

    func fingerprint(_ bytes: [UInt8], context: String) -> String { context }
}
