package import JSON

extension WorkflowPlace {
    /// The place as one object: members in a fixed order, and what has its first value left out.
    ///
    /// Data stands once under `data`, however many tasks hold it; everything else names it by its index there. Tasks go
    /// by their numbers in the definition, which the session's pinned versions of agent and interpreter fix.
    package var json: JSONValue {
        var pool = DataPool()
        var object: JSONObject = ["activations": .integer(activations), "begun": .integer(begunTasks)]
        object["context"] = pool.index(of: context)
        if let root { object["root"] = root.json(&pool) }
        if !effects.isEmpty { object["effects"] = .array(effects.map(\.json)) }
        if isYielding { object["yielding"] = true }
        switch ending {
        case nil: break
        case .completed(let output)?: object["completed"] = output
        case .failed(let error)?: object["failed"] = error.json
        }
        if !pool.values.isEmpty { object["data"] = .array(pool.values) }
        return .object(object)
    }

    /// Reads what `json` wrote; throws for anything else.
    package init(recorded value: JSONValue) throws(MalformedRecord) {
        self.init()
        var fields = PlaceReader(value, data: value["data"]?.arrayValue ?? [])
        _ = fields.array("data")
        activations = fields.integer("activations") ?? 0
        begunTasks = fields.integer("begun") ?? 0
        context = fields.datum("context")
        if let inner = fields.value("root") { root = try Activation(recorded: inner, data: fields.data) }
        for item in fields.array("effects") { effects.append(try OpenWorkflowEffect(recorded: item)) }
        isYielding = fields.flag("yielding")
        if let output = fields.value("completed") { ending = .completed(output) }
        if let error = fields.value("failed") { ending = .failed(WorkflowError(error, at: "")) }
        try fields.finish()
    }
}

/// A place as it is recorded, kept from when it was measured so that it need not be written again.
///
/// It follows from the place, so it takes no part in comparisons.
package struct PlaceText: Sendable, Equatable {
    /// What the place's `json` is as text; nil if it is not at hand.
    let bytes: [UInt8]?

    /// It is not at hand.
    static let none = PlaceText(bytes: nil)

    package static func == (left: PlaceText, right: PlaceText) -> Bool { true }
}

extension JSONWriter {
    /// Writes the member `place`; null if there is none.
    mutating func member(_ place: WorkflowPlace?, as text: PlaceText) {
        guard place != nil, let bytes = text.bytes else { return member("place", place?.json) }
        key(plain: "place")
        raw(bytes)
    }
}

/// The data of a place, each value once.
struct DataPool {
    /// Among so few values the one that is meant is found sooner than hashed.
    private static let few = 8

    private(set) var values: [JSONValue] = []
    /// The indices of all values, once there are more than a few.
    private var known: [JSONValue: Int64] = [:]

    /// The index of a value; nil for null, which needs none.
    mutating func index(of value: JSONValue) -> JSONValue? {
        if value.isNull { return .none }
        if values.count <= Self.few {
            if let index = values.firstIndex(of: value) { return .integer(Int64(index)) }
        } else if let index = known[value] {
            return .integer(index)
        }
        values.append(value)
        if values.count > Self.few {
            let unknown = known.count..<values.count
            for index in unknown { known[values[index]] = Int64(index) }
        }
        return .integer(Int64(values.count - 1))
    }

    /// The indices of items; null is -1.
    mutating func indices(of items: [JSONValue]) -> JSONValue {
        .array(items.map { index(of: $0) ?? .integer(-1) })
    }
}

extension Activation {
    func json(_ pool: inout DataPool) -> JSONValue {
        var object: JSONObject = [
            "id": .integer(id), "task": .integer(Int64(task)), "started": .integer(startedAt.milliseconds),
            "phase": .string(phase.rawValue),
        ]
        object["raw_input"] = pool.index(of: rawInput)
        object["input"] = pool.index(of: input)
        object["raw_output"] = pool.index(of: rawOutput)
        object["output"] = pool.index(of: output)
        if !variables.isEmpty {
            object["names"] = .array(variables.keys.map { .string($0) })
            object["values"] = pool.indices(of: variables.map(\.value))
        }
        if !children.isEmpty {
            var inner: [JSONValue] = []
            for child in children { inner.append(child.json(&pool)) }
            object["children"] = .array(inner)
        }
        if let flow { object["flow"] = flow.json }
        if let deadline { object["deadline"] = .integer(deadline.milliseconds) }
        if let timer { object["timer"] = .integer(timer) }
        if let attemptDeadline { object["attempt_deadline"] = .integer(attemptDeadline.milliseconds) }
        if let effect { object["effect"] = .integer(effect) }
        if !items.isEmpty { object["items"] = pool.indices(of: items) }
        if index != 0 { object["index"] = .integer(index) }
        if attempt != 0 { object["attempt"] = .integer(attempt) }
        if let failedAt { object["failed"] = .integer(failedAt.milliseconds) }
        if let fault { object["fault"] = fault.json }
        if isHandling { object["handling"] = true }
        if let guarded { object["guarded"] = pool.index(of: guarded) }
        return .object(object)
    }

    init(recorded value: JSONValue, data: [JSONValue]) throws(MalformedRecord) {
        var fields = PlaceReader(value, data: data)
        guard let id = fields.integer("id"), let task = fields.integer("task"), let started = fields.integer("started"),
            let phase = fields.text("phase").flatMap({ Phase(rawValue: $0) })
        else { throw PlaceReader.malformed }
        self.init(
            id: id, task: Int(clamping: task), startedAt: Timestamp(milliseconds: started),
            rawInput: fields.datum("raw_input"), variables: JSONObject())
        self.phase = phase
        input = fields.datum("input")
        rawOutput = fields.datum("raw_output")
        output = fields.datum("output")
        let names = fields.array("names").compactMap(\.stringValue)
        let values = fields.data(at: "values")
        if names.count != values.count { throw PlaceReader.malformed }
        for (name, value) in zip(names, values) { variables[name] = value }
        for child in fields.array("children") { children.append(try Activation(recorded: child, data: data)) }
        if let value = fields.value("flow") { flow = try FlowDirective(recorded: value) }
        deadline = fields.time("deadline")
        timer = fields.integer("timer")
        attemptDeadline = fields.time("attempt_deadline")
        effect = fields.integer("effect")
        items = fields.data(at: "items")
        index = fields.integer("index") ?? 0
        attempt = fields.integer("attempt") ?? 0
        failedAt = fields.time("failed")
        fault = fields.value("fault").map { WorkflowError($0, at: "") }
        isHandling = fields.flag("handling")
        if fields.has("guarded") { guarded = fields.datum("guarded") }
        try fields.finish()
    }
}

extension FlowDirective {
    var json: JSONValue {
        switch self {
        case .proceed: "continue"
        case .exit: "exit"
        case .end: "end"
        case .task(let index): .integer(Int64(index))
        }
    }

    init(recorded value: JSONValue) throws(MalformedRecord) {
        switch value {
        case "continue": self = .proceed
        case "exit": self = .exit
        case "end": self = .end
        default:
            guard let index = value.int64Value else { throw PlaceReader.malformed }
            self = .task(Int(clamping: index))
        }
    }
}

extension OpenWorkflowEffect {
    var json: JSONValue {
        var object: JSONObject = ["id": .integer(id)]
        switch kind {
        case .timer(let due): object["timer"] = .integer(due.milliseconds)
        case .call: object["call"] = true
        case .request(let request): object["request"] = .string(request.description)
        case .child: object["child"] = true
        }
        switch arrival {
        case nil: break
        case .fired?: object["fired"] = true
        case .value(let value)?: object["value"] = value
        case .failed(let problem)?: object["failed"] = problem
        case .expired(let value)?:
            object["expired"] = true
            if let value { object["value"] = value }
        case .withdrawn?: object["withdrawn"] = true
        }
        return .object(object)
    }

    init(recorded value: JSONValue) throws(MalformedRecord) {
        var fields = PlaceReader(value)
        guard let id = fields.integer("id") else { throw PlaceReader.malformed }
        let due = fields.time("timer")
        let request = fields.text("request")
        let isCall = fields.flag("call")
        let isChild = fields.flag("child")
        let kind: Kind
        if let due {
            kind = .timer(due: due)
        } else if let request {
            guard let known = RequestID(request) else { throw PlaceReader.malformed }
            kind = .request(known)
        } else {
            guard isCall != isChild else { throw PlaceReader.malformed }
            kind = isCall ? .call : .child
        }
        let arrival = fields.arrival()
        try fields.finish()
        self.init(id: id, kind: kind, arrival: arrival)
    }
}

/// Reads the members of a recorded place; strict about what it does not know.
private struct PlaceReader {
    static let malformed = MalformedRecord(what: "workflow's place", violations: [])

    let data: [JSONValue]
    private var rest: JSONObject
    private var isSound: Bool

    init(_ value: JSONValue, data: [JSONValue] = []) {
        isSound = value.objectValue != nil
        rest = value.objectValue ?? JSONObject()
        self.data = data
    }

    func has(_ key: String) -> Bool { rest.contains(key) }

    /// The value that a member names; null where there is none.
    mutating func datum(_ key: String) -> JSONValue { integer(key).map { datum(at: $0) } ?? .null }

    /// The values that the items of a member name.
    mutating func data(at key: String) -> [JSONValue] {
        var found: [JSONValue] = []
        for item in array(key) { found.append(item == .integer(-1) ? .null : datum(at: item.int64Value ?? -1)) }
        return found
    }

    private mutating func datum(at index: Int64) -> JSONValue {
        guard index >= 0, index < data.count else {
            isSound = false
            return .null
        }
        return data[Int(index)]
    }

    mutating func value(_ key: String) -> JSONValue? {
        defer { rest[key] = nil }
        return rest[key]
    }

    /// A member of one kind; a member of another kind makes the record malformed.
    private mutating func read<Value>(_ key: String, _ convert: (JSONValue) -> Value?) -> Value? {
        guard let value = value(key) else { return nil }
        let converted = convert(value)
        isSound = isSound && converted != nil
        return converted
    }

    mutating func integer(_ key: String) -> Int64? { read(key) { $0.int64Value } }

    mutating func text(_ key: String) -> String? { read(key) { $0.stringValue } }

    mutating func flag(_ key: String) -> Bool { read(key) { $0.boolValue } ?? false }

    mutating func array(_ key: String) -> [JSONValue] { read(key) { $0.arrayValue } ?? [] }

    mutating func object(_ key: String) -> JSONObject { read(key) { $0.objectValue } ?? JSONObject() }

    mutating func time(_ key: String) -> Timestamp? { integer(key).map { Timestamp(milliseconds: $0) } }

    mutating func arrival() -> EffectArrival? {
        let hasFired = flag("fired")
        let isExpired = flag("expired")
        let isWithdrawn = flag("withdrawn")
        let result = value("value")
        let problem = value("failed")
        if hasFired { return .fired }
        if isExpired { return .expired(standsFor: result) }
        if isWithdrawn { return .withdrawn }
        if let problem { return .failed(problem) }
        return result.map { .value($0) }
    }

    func finish() throws(MalformedRecord) {
        guard isSound, rest.isEmpty else { throw Self.malformed }
    }
}
