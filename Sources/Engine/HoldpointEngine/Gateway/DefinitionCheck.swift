import HoldpointCore
import HoldpointPorts
import JSON

/// Judges the definition of an agent before it is stored, so that what is stored can be run.
struct DefinitionCheck {
    let documents: any DocumentParser
    let expressions: any ExpressionEvaluator

    /// The definition as it is stored: with its document as JSON, however it was written.
    func checked(_ definition: AgentDefinition) async throws(GatewayError) -> AgentDefinition {
        let ofSchema = Self.violations(ofSchema: definition.inputSchema)
        let (document, ofDocument) = try await document(of: definition)
        guard ofDocument.isEmpty else {
            let placed = ofDocument.map { $0.moved(under: JSONPointer.root.appending("definition")) }
            throw .rejected(
                Rejection(
                    .invalidInput, "the definition is not one that can be run",
                    violations: Array((placed + ofSchema).prefix(JSONObjectReader.maximumViolations))))
        }
        guard ofSchema.isEmpty else {
            throw .rejected(Rejection(.invalidInput, "the input schema is not supported", violations: ofSchema))
        }
        return AgentDefinition(
            name: definition.name, program: definition.program, definition: document,
            inputSchema: definition.inputSchema, labels: definition.labels)
    }

    /// The document, and what is wrong with it, as pointers into it.
    private func document(
        of definition: AgentDefinition
    ) async throws(GatewayError) -> (JSONValue?, [JSONViolation]) {
        switch (definition.program, definition.definition) {
        case (.external, nil): return (nil, [])
        case (.external, _):
            return (nil, [Self.violation("an external agent has none: its code is the caller's own")])
        case (.workflow, nil): return (nil, [Self.violation("is required: the document of the workflow")])
        case (.workflow, .string(let text)?):
            let document: JSONValue
            do {
                document = try documents.document(text)
            } catch {
                return (nil, [Self.violation(error.description)])
            }
            return (document, try await violations(of: document))
        case (.workflow, let document?): return (document, try await violations(of: document))
        }
    }

    /// What keeps a document from being run.
    private func violations(of document: JSONValue) async throws(GatewayError) -> [JSONViolation] {
        if let pointer = document.inexactNumber {
            return [JSONViolation(pointer: pointer, detail: "is a number that a double cannot hold; write a string")]
        }
        let workflow: WorkflowDefinition
        do {
            workflow = try WorkflowDefinition(document)
        } catch {
            return error.violations
        }
        let programs = Array(Set(workflow.expressions.map(\.program).filter { !$0.isQuick }))
        guard !programs.isEmpty else { return [] }
        let failures: [ExpressionFailure?]
        do {
            failures = try await expressions.faults(in: programs)
        } catch {
            throw .unavailable("expressions cannot be compiled now: \(error.detail)", retryAfter: .seconds(1))
        }
        let faults = Dictionary(zip(programs, failures), uniquingKeysWith: { first, _ in first })
        return workflow.expressions.compactMap { expression in
            (faults[expression.program] ?? nil).map {
                JSONViolation(pointer: expression.pointer, detail: $0.detail)
            }
        }
    }

    private static func violations(ofSchema schema: JSONValue?) -> [JSONViolation] {
        guard let schema else { return [] }
        do {
            _ = try JSONSchema(compiling: schema)
            return []
        } catch {
            let violation = JSONViolation(pointer: error.pointer, detail: error.detail)
            return [violation.moved(under: JSONPointer.root.appending("input_schema"))]
        }
    }

    private static func violation(_ detail: String) -> JSONViolation { JSONViolation(pointer: .root, detail: detail) }
}
