import JSON

/// Reads a document into tasks and lists of tasks, and collects everything that does not fit.
struct WorkflowCompiler {
    /// What stands at the head of a document.
    struct Heading {
        let namespace: String
        let name: String
        let version: String
        let secrets: [String]
    }

    /// What names under `use` stand for.
    struct Components {
        var functions: [String: Int] = [:]
        var errors: [String: ErrorRule] = [:]
        var retries: [String: RetryRule] = [:]
        var timeouts: [String: DurationRule] = [:]
        var authentications: [String: AuthenticationRule] = [:]
        var secrets: [String] = []
    }

    let document: JSONValue
    var violations: [JSONViolation] = []
    var blocks: [[Int]] = []
    var components = Components()
    /// How many tasks are being read around the one at hand.
    var nesting = 0
    /// The variables that expressions at hand may read, without the dollar sign.
    var arguments = RuntimeArguments.names
    /// The expressions so far, with their places.
    private(set) var expressions: [PlacedExpression] = []
    /// Those of them that jq compiles.
    private var programs: Set<ExpressionProgram> = []
    private var tasks: [TaskDefinition?] = [nil]

    init(_ document: JSONValue) {
        self.document = document
    }

    /// The tasks, once all were read.
    var finishedTasks: [TaskDefinition] { tasks.compactMap { $0 } }

    /// Keeps a place for a task; nil, with a violation, where there are too many.
    mutating func reserveTask(at pointer: JSONPointer) -> Int? {
        guard tasks.count < WorkflowLimits.tasks else {
            fail(pointer, "a document has at most \(WorkflowLimits.tasks) tasks")
            return nil
        }
        tasks.append(nil)
        return tasks.count - 1
    }

    /// Puts a task into its place; `pointer` is where it stands.
    mutating func finish(_ index: Int, _ task: TaskDefinition, at pointer: JSONPointer) {
        if task.expressions.count > WorkflowLimits.expressionsPerTask {
            fail(pointer, "a task has at most \(WorkflowLimits.expressionsPerTask) expressions")
        }
        tasks[index] = task
    }

    /// Remembers where expressions stand.
    mutating func note(_ found: [PlacedExpression]) {
        for expression in found where !expression.program.isQuick && programs.count <= WorkflowLimits.expressions {
            guard programs.insert(expression.program).inserted, programs.count > WorkflowLimits.expressions else {
                continue
            }
            fail(
                expression.pointer,
                "a document has at most \(WorkflowLimits.expressions) different expressions that are no plain paths")
        }
        expressions += found
    }

    /// Adds a violation.
    mutating func fail(_ pointer: JSONPointer, _ detail: String) {
        if violations.count < JSONObjectReader.maximumViolations {
            violations.append(JSONViolation(pointer: Self.shortened(pointer), detail: detail))
        }
    }

    /// The place, or the innermost one around it that is short enough to be told for each violation.
    private static func shortened(_ pointer: JSONPointer) -> JSONPointer {
        var result = JSONPointer.root
        var bytes = 0
        for token in pointer.tokens {
            bytes += token.utf8.count + 1
            guard bytes <= WorkflowLimits.pointerBytes else { break }
            result = result.appending(token)
        }
        return result
    }

    /// Refuses what is not executed.
    mutating func refuse(_ construct: UnsupportedConstruct, _ pointer: JSONPointer) {
        fail(pointer, construct.detail)
    }

    mutating func add(_ found: [JSONViolation]) {
        for violation in found { fail(violation.pointer, violation.detail) }
    }

    /// Reads the whole document.
    mutating func compile() -> Heading? {
        var reader = JSONObjectReader(document)
        let head = reader.requiredValue("document").flatMap { compileHeading($0, reader.pointer(to: "document")) }
        let evaluate = reader.optionalValue("evaluate")
        if let evaluate { checkEvaluation(evaluate, reader.pointer(to: "evaluate")) }
        if reader.optionalValue("schedule") != nil { refuse(.schedule, reader.pointer(to: "schedule")) }
        if let use = reader.optionalValue("use") { compileComponents(use, reader.pointer(to: "use")) }
        let input = mapping(reader.optionalValue("input"), "from", reader.pointer(to: "input"))
        let output = mapping(reader.optionalValue("output"), "as", reader.pointer(to: "output"))
        let timeout = reader.optionalValue("timeout").flatMap {
            compileTimeout($0, JSONPointer.root.appending("timeout"))
        }
        let list = reader.requiredValue("do").flatMap { compileList($0, reader.pointer(to: "do")) }
        add(reader.finish())
        guard let head, let list else { return nil }
        finish(
            0,
            TaskDefinition(
                name: "", reference: "", source: document, position: nil, condition: nil, input: input, output: output,
                export: .identity, timeout: timeout, then: .proceed, body: .sequence(block: list)),
            at: .root)
        if violations.isEmpty { checkNesting() }
        return Heading(
            namespace: head.namespace, name: head.name, version: head.version, secrets: components.secrets)
    }

    private mutating func compileHeading(_ value: JSONValue, _ pointer: JSONPointer) -> Heading? {
        var reader = JSONObjectReader(value, at: pointer)
        let language = reader.requiredString("dsl", maximumLength: 64)
        let namespace = reader.requiredString("namespace", maximumLength: 63)
        let name = reader.requiredString("name", maximumLength: 63)
        let version = reader.requiredString("version", maximumLength: 64)
        _ = reader.optionalString("title")
        _ = reader.optionalString("summary")
        _ = reader.optionalObject("tags")
        _ = reader.optionalObject("metadata")
        if let language, !language.hasPrefix("1.0.") { reader.fail("dsl", "must be a version 1.0.x") }
        for (key, text) in [("namespace", namespace), ("name", name)] {
            if let text, !Self.isName(text) { reader.fail(key, "must be letters, digits and inner hyphens") }
        }
        if let version, !Self.isVersion(version) { reader.fail("version", "must be a semantic version") }
        add(reader.finish())
        guard let namespace, let name, let version else { return nil }
        return Heading(namespace: namespace, name: name, version: version, secrets: [])
    }

    private mutating func checkEvaluation(_ value: JSONValue, _ pointer: JSONPointer) {
        var reader = JSONObjectReader(value, at: pointer)
        if let language = reader.optionalString("language"), language != "jq" {
            reader.fail("language", UnsupportedConstruct.expressionLanguage.detail)
        }
        if let mode = reader.optionalString("mode"), mode != "strict" {
            reader.fail("mode", UnsupportedConstruct.looseExpressions.detail)
        }
        add(reader.finish())
    }

    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last, first != 0x2D, last != 0x2D else { return false }
        return text.utf8.allSatisfy { byte in
            byte == 0x2D || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
                || (0x61...0x7A).contains(byte)
        }
    }

    /// `MAJOR.MINOR.PATCH`, with a suffix after a hyphen or a plus.
    private static func isVersion(_ text: String) -> Bool {
        let core = text.prefix { $0 != "-" && $0 != "+" }
        let parts = core.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 3
            && parts.allSatisfy { part in
                !part.isEmpty && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
                    && (part.count == 1 || part.first != "0")
            }
    }

    /// Refuses functions that call themselves, by whatever way, and tasks that nest too deep.
    private mutating func checkNesting() {
        let tasks = finishedTasks
        var depths: [Int: Int] = [:]
        var path: Set<Int> = []
        guard depth(of: 0, tasks, &depths, &path) != nil else {
            return fail(JSONPointer.root.appending("use").appending("functions"), "a function calls itself")
        }
        for (name, index) in components.functions.sorted(by: { $0.key < $1.key })
        where depth(of: index, tasks, &depths, &path) == nil {
            return fail(
                JSONPointer.root.appending("use").appending("functions").appending(name), "a function calls itself")
        }
        if let deepest = depths.values.max(), deepest > WorkflowLimits.nesting {
            fail(.root, "tasks and functions nest at most \(WorkflowLimits.nesting) deep")
        }
    }

    /// How deep tasks nest from this one on, cut off where it is too deep anyway; nil where it leads back to itself.
    private func depth(
        of index: Int, _ tasks: [TaskDefinition], _ depths: inout [Int: Int], _ path: inout Set<Int>
    ) -> Int? {
        if let known = depths[index] { return known }
        if path.count > WorkflowLimits.nesting { return 1 }
        guard path.insert(index).inserted else { return nil }
        defer { path.remove(index) }
        var deepest = 0
        for inner in tasks[index].inner(blocks) {
            guard let found = depth(of: inner, tasks, &depths, &path) else { return nil }
            deepest = max(deepest, found)
        }
        depths[index] = deepest + 1
        return deepest + 1
    }
}

extension TaskDefinition {
    /// The tasks that may run within this one.
    fileprivate func inner(_ blocks: [[Int]]) -> [Int] {
        switch body {
        case .sequence(let block): blocks[block]
        case .loop(let rule): blocks[rule.block]
        case .attempt(let rule): blocks[rule.block] + (rule.handler.map { blocks[$0] } ?? [])
        case .fork(let branches, _): branches
        case .function(let task, _): [task]
        case .set, .choose, .wait, .raise, .emit, .http, .human, .child: []
        }
    }
}
