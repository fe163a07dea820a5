import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import JSON
import Testing

@Suite(.timeLimit(.minutes(1)))
struct DefinitionTests {
    private let scene: EngineScene
    private let engine: Engine
    private let name: AgentName

    init() async throws {
        scene = try await EngineScene()
        engine = try Self.engine(on: scene, CompilingExpressions())
        name = try AgentName("flow")
    }

    private static func engine(on scene: EngineScene, _ expressions: any ExpressionEvaluator) throws -> Engine {
        let ports = EnginePorts(
            journal: scene.journal, directory: scene.journal, streams: MemoryStreams(), clock: scene.clock,
            entropy: SeededEntropy(seed: 3), hasher: SimulatedHasher(), secretBox: SimulatedSecretBox(seed: 4),
            signer: SimulatedSigner(seed: 5), expressions: expressions, documents: JSONDocuments(), calls: NoCalls(),
            executors: OwnExecutors())
        return Engine(configuration: EngineConfiguration(node: try NodeName("test")), ports: ports)
    }

    private func put(
        _ document: JSONValue?, program: Program = .workflow, schema: JSONValue? = nil, on engine: Engine? = nil
    ) async throws -> AgentRecord {
        let definition = AgentDefinition(
            name: name, program: program, definition: document, inputSchema: schema, labels: [:])
        return try await (engine ?? self.engine).putAgent(definition, in: scene.scope)
    }

    private func refusal(_ document: JSONValue?, program: Program = .workflow, schema: JSONValue? = nil) async throws
        -> [String]
    {
        let found = try await rejection { try await put(document, program: program, schema: schema) }
        #expect(found.code == .invalidInput)
        return found.violations.map { "\($0.pointer) \($0.detail)" }
    }

    private static func document(_ tasks: JSONValue) -> JSONValue {
        ["document": ["dsl": "1.0.0", "namespace": "n", "name": "w", "version": "1.0.0"], "do": tasks]
    }

    @Test func `a workflow is stored as its document, whether it came as an object or as text`() async throws {
        let document = Self.document([["a": ["set": ["x": "${ .y + 1 }"]]]])
        let first = try await put(document)
        #expect(first.version == 1)
        #expect(first.definition.definition == document)
        let again = try await put(.string(document.text))
        #expect(again == first)
        #expect(try await engine.agent(name, in: scene.scope) == first)
        let changed = try await put(Self.document([["a": ["set": ["x": "${ .y + 2 }"]]]]))
        #expect(changed.version == 2)
        #expect(try await scene.journal.agent(name, version: 1, in: scene.scope) == first)
    }

    @Test func `a workflow needs a document, and an external agent has none`() async throws {
        #expect(try await refusal(nil) == ["/definition is required: the document of the workflow"])
        #expect(
            try await refusal(["a": 1], program: .external)
                == ["/definition an external agent has none: its code is the caller's own"])
        #expect(try await put(nil, program: .external).definition.definition == nil)
        #expect(try await refusal(.null).first?.hasPrefix("/definition ") == true)
    }

    @Test func `text that is no document is refused with line and column`() async throws {
        #expect(try await refusal("{\n  a}") == ["/definition line 2, column 3: this does not belong here"])
    }

    @Test func `everything that does not fit is told with its place`() async throws {
        let found = try await refusal(
            Self.document([["a": ["listen": ["to": [:]]]], ["b": ["set": ["x": "${ env }"]], "c": 1]]),
            schema: ["type": 1])
        #expect(found.count == 3)
        #expect(found[0].hasPrefix("/definition/do/1 must be an object of one member"))
        #expect(found[1].hasPrefix("/definition/do/0/a/listen listen is not supported"))
        #expect(found[2].hasPrefix("/input_schema/type "))
    }

    @Test func `a number that a double cannot hold is refused before anything is digested`() async throws {
        let number = JSONValue.integer(9_007_199_254_740_993)
        #expect(
            try await refusal(Self.document([["a": ["set": ["x": [1, number]]]]]))
                == ["/definition/do/0/a/set/x/1 is a number that a double cannot hold; write a string"])
    }

    @Test func `an expression that does not compile is refused wherever it stands`() async throws {
        let document = Self.document([
            ["a": ["if": ". broken", "set": ["x": "${ . broken }", "y": "${ .fine + 1 }"]]],
            ["b": ["wait": "${ . broken }"]],
        ])
        #expect(
            try await refusal(document) == [
                "/definition/do/0/a/if it is broken", "/definition/do/0/a/set/x it is broken",
                "/definition/do/1/b/wait it is broken",
            ])
    }

    @Test func `while expressions cannot be compiled, a workflow that has some is put later`() async throws {
        let node = try Self.engine(on: scene, NoExpressions())
        await #expect(throws: GatewayError.self) {
            try await put(Self.document([["a": ["set": ["x": "${ .y + 1 }"]]]]), on: node)
        }
        #expect(try await scene.journal.agent(name, in: scene.scope) == nil)
        #expect(try await put(Self.document([["a": ["set": ["x": "${ .y }"]]]]), on: node).version == 1)
    }
}

/// Compiles what does not say that it is broken, and evaluates nothing.
private struct CompilingExpressions: ExpressionEvaluator {
    func outcomes(of expressions: [Expression]) async throws(ExpressionError) -> [ExpressionOutcome] {
        throw ExpressionError(detail: "nothing is evaluated here")
    }

    func faults(in programs: [ExpressionProgram]) async throws(ExpressionError) -> [ExpressionFailure?] {
        programs.map { $0.text.contains("broken") ? ExpressionFailure(.invalid, "it is broken") : nil }
    }
}
