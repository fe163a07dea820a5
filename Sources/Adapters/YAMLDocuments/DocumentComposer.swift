import JSON
import YAMLClient

/// Composes the events of a text into one JSON value; recursion is bounded by `YAMLDocumentLimits.depth`.
struct DocumentComposer: ~Copyable {
    /// What an anchor stands at, and what a copy of it costs.
    private struct Anchored {
        let value: JSONValue
        let nodes: Int
        let bytes: Int
        /// Lists and mappings within one another in it.
        let depth: Int
    }

    private let limits: YAMLDocumentLimits
    private var reader: YAMLReader
    private var anchors: [String: Anchored] = [:]
    /// Anchors whose value is being read.
    private var open: Set<String> = []
    /// The values so far, copies included.
    private var nodes = 0
    /// The length of the JSON text so far, copies included.
    private var bytes = 0

    init(_ text: String, _ limits: YAMLDocumentLimits) throws(YAMLError) {
        self.limits = limits
        reader = try YAMLReader(Array(text.utf8), maximumBytes: limits.textBytes)
    }

    /// The value of the only document.
    mutating func compose() throws(YAMLError) -> JSONValue {
        let start = try reader.next()
        guard case .documentStart(let version) = start.content else {
            throw YAMLError("there is no document", at: start.place)
        }
        if let version, version != YAMLVersion(major: 1, minor: 2) {
            throw YAMLError("only YAML 1.2 is read", at: start.place)
        }
        let value = try node(try reader.next(), within: 0).value
        _ = try reader.next()
        let rest = try reader.next()
        guard rest.content == .streamEnd else {
            throw YAMLError("a second document follows; there must be one", at: rest.place)
        }
        return value
    }

    /// The value that begins with an event, and how deep it nests.
    private mutating func node(
        _ event: YAMLEvent, within depth: Int
    ) throws(YAMLError) -> (value: JSONValue, depth: Int) {
        switch event.content {
        case .alias(let name): return try copy(of: name, at: event.place, within: depth)
        case .scalar(let scalar):
            let value = try ScalarSchema.value(of: scalar, at: event.place)
            return try anchoring(scalar.properties, at: event.place) { composer throws(YAMLError) in
                try composer.count(nodes: 1, bytes: value.serialized().count, at: event.place)
                return (value, 0)
            }
        case .sequenceStart(let properties):
            try checkTag(properties, "tag:yaml.org,2002:seq", at: event.place)
            return try anchoring(properties, at: event.place) { composer throws(YAMLError) in
                try composer.sequence(at: event.place, within: depth + 1)
            }
        case .mappingStart(let properties):
            try checkTag(properties, "tag:yaml.org,2002:map", at: event.place)
            return try anchoring(properties, at: event.place) { composer throws(YAMLError) in
                try composer.mapping(at: event.place, within: depth + 1)
            }
        case .documentStart, .documentEnd, .sequenceEnd, .mappingEnd, .streamEnd:
            throw YAMLError("a value is missing", at: event.place)
        }
    }

    private mutating func sequence(
        at place: YAMLPlace, within depth: Int
    ) throws(YAMLError) -> (value: JSONValue, depth: Int) {
        try checkDepth(depth, at: place)
        try count(nodes: 1, bytes: 2, at: place)
        var items: [JSONValue] = []
        var deepest = 0
        while true {
            let event = try reader.next()
            if event.content == .sequenceEnd { return (.array(items), deepest + 1) }
            if !items.isEmpty { try count(nodes: 0, bytes: 1, at: event.place) }
            let item = try node(event, within: depth)
            items.append(item.value)
            deepest = max(deepest, item.depth)
        }
    }

    private mutating func mapping(
        at place: YAMLPlace, within depth: Int
    ) throws(YAMLError) -> (value: JSONValue, depth: Int) {
        try checkDepth(depth, at: place)
        try count(nodes: 1, bytes: 2, at: place)
        var object = JSONObject()
        var deepest = 0
        while true {
            let event = try reader.next()
            if event.content == .mappingEnd { return (.object(object), deepest + 1) }
            let key = try key(event)
            if object.contains(key) { throw YAMLError("the same key comes twice in one mapping", at: event.place) }
            // The colon behind the key, and the comma before it.
            try count(nodes: 0, bytes: object.isEmpty ? 1 : 2, at: event.place)
            let member = try node(try reader.next(), within: depth)
            object[key] = member.value
            deepest = max(deepest, member.depth)
        }
    }

    private mutating func key(_ event: YAMLEvent) throws(YAMLError) -> String {
        guard case .scalar(let scalar) = event.content else {
            throw YAMLError("a key must be a string, written out", at: event.place)
        }
        if scalar.isPlain, scalar.text == "<<" {
            throw YAMLError("YAML 1.2 has no merge keys; write the members out", at: event.place)
        }
        guard case .string(let key) = try node(event, within: 0).value else {
            throw YAMLError("a key must be a string; put it between quotes", at: event.place)
        }
        // A key is no value.
        nodes -= 1
        return key
    }

    /// A copy of what an anchor stands at, counted before it is made.
    private mutating func copy(
        of name: String, at place: YAMLPlace, within depth: Int
    ) throws(YAMLError) -> (value: JSONValue, depth: Int) {
        guard let anchored = anchors[name], !open.contains(name) else {
            throw YAMLError(
                open.contains(name) ? "the alias is within what it names" : "there is no anchor of this name before it",
                at: place)
        }
        try checkDepth(depth + anchored.depth, at: place)
        try count(nodes: anchored.nodes, bytes: anchored.bytes, at: place)
        return (anchored.value, anchored.depth)
    }

    /// Reads a value and remembers it, and what it costs, under its anchor.
    private mutating func anchoring(
        _ properties: YAMLProperties, at place: YAMLPlace,
        _ read: (inout DocumentComposer) throws(YAMLError) -> (value: JSONValue, depth: Int)
    ) throws(YAMLError) -> (value: JSONValue, depth: Int) {
        guard let name = properties.anchor else { return try read(&self) }
        guard !open.contains(name) else { throw YAMLError("the anchor is within itself", at: place) }
        let before = (nodes: nodes, bytes: bytes)
        open.insert(name)
        let found = try read(&self)
        open.remove(name)
        anchors[name] = Anchored(
            value: found.value, nodes: nodes - before.nodes, bytes: bytes - before.bytes, depth: found.depth)
        return found
    }

    private mutating func count(nodes moreNodes: Int, bytes moreBytes: Int, at place: YAMLPlace) throws(YAMLError) {
        nodes += moreNodes
        bytes += moreBytes
        if nodes > limits.nodes {
            throw YAMLError("with its aliases written out the document has more than \(limits.nodes) values", at: place)
        }
        if bytes > limits.documentBytes {
            throw YAMLError(
                "with its aliases written out the document is longer than \(limits.documentBytes) bytes as JSON",
                at: place)
        }
    }

    private func checkDepth(_ depth: Int, at place: YAMLPlace) throws(YAMLError) {
        if depth > limits.depth {
            throw YAMLError("lists and mappings nest more than \(limits.depth) deep", at: place)
        }
    }

    private func checkTag(_ properties: YAMLProperties, _ allowed: String, at place: YAMLPlace) throws(YAMLError) {
        if let tag = properties.tag, tag != allowed { throw ScalarSchema.tagRefused(at: place) }
    }
}
