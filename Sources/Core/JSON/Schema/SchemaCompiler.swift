/// Turns a schema document into nodes.
struct SchemaCompiler {
    /// The part of the document under one `$id`.
    struct Resource {
        var uri: URIReference
        let pointer: JSONPointer
        /// The identifier as text, by which references find it.
        var name = ""
        var anchors: [String: Int] = [:]
        var dynamicAnchors: [String: Int] = [:]
    }

    /// A reference whose target is looked for once all else is compiled.
    struct Reference {
        let text: String
        let slot: Int
        let resource: Int
        let pointer: JSONPointer
        let isDynamic: Bool
    }

    let document: JSONValue
    let formats: JSONSchema.Formats
    let limits: JSONSchemaLimits
    private(set) var nodes: [SchemaNode] = []
    var resources: [Resource] = []
    var references: [Int] = []
    var dynamicReferences: [SchemaDynamicReference] = []
    var tracksEvaluation = false
    var pending: [Reference] = []
    /// The instructions of all patterns so far.
    var instructions = 0
    private var places: [ExactKey: Int] = [:]

    init(document: JSONValue, formats: JSONSchema.Formats, limits: JSONSchemaLimits) {
        self.document = document
        self.formats = formats
        self.limits = limits
    }

    /// Compiles the document and all that its references reach; returns the root.
    mutating func compileDocument() throws(JSONSchemaError) -> Int {
        resources = [Resource(uri: URIReference(""), pointer: .root)]
        let root = try compile(document, at: .root, in: 0)
        try resolveReferences()
        return root
    }

    /// Compiles a subschema, unless it has been already.
    mutating func compile(
        _ schema: JSONValue, at pointer: JSONPointer, in resource: Int
    ) throws(JSONSchemaError) -> Int {
        let place = ExactKey(text: pointer.description)
        if let node = places[place] { return node }
        guard nodes.count < limits.maximumSubschemas else {
            throw JSONSchemaError(
                pointer: pointer, detail: "a schema has at most \(limits.maximumSubschemas) subschemas")
        }
        guard pointer.tokens.count <= limits.maximumDepth, place.text.utf8.count <= limits.maximumPointerBytes else {
            throw JSONSchemaError(pointer: .root, detail: "subschemas nest too deeply, or a name is too long")
        }
        switch schema {
        case .bool(let accepts):
            places[place] = nodes.count
            nodes.append(SchemaNode(keywords: accepts ? [] : [.never], resource: resource))
            return nodes.count - 1
        case .object(let object):
            let resource = try self.resource(of: object, at: pointer, in: resource)
            let node = nodes.count
            places[place] = node
            nodes.append(SchemaNode(resource: resource))
            try registerAnchors(of: object, node, at: pointer, in: resource)
            let keywords = try self.keywords(of: SchemaPlace(object: object, pointer: pointer, resource: resource))
            nodes[node].keywords = keywords.filter { !$0.isLast } + keywords.filter(\.isLast)
            return node
        default:
            throw JSONSchemaError(pointer: pointer, detail: "a schema must be an object or a boolean")
        }
    }

    /// The resource that a subschema belongs to: its own if it has an `$id`.
    private mutating func resource(
        of object: JSONObject, at pointer: JSONPointer, in outer: Int
    ) throws(JSONSchemaError) -> Int {
        guard let value = object["$id"] else { return outer }
        let text = try reference(text: value, at: pointer.appending("$id"))
        var uri = URIReference(text).resolved(against: resources[outer].uri)
        guard uri.fragment?.isEmpty ?? true else {
            throw JSONSchemaError(
                pointer: pointer.appending("$id"), detail: "must not have a fragment; use $anchor")
        }
        uri.fragment = nil
        let name = uri.withoutFragment
        if pointer == .root {
            resources[0].uri = uri
            resources[0].name = name
            return 0
        }
        guard !resources.contains(where: { $0.name.hasSameBytes(as: name) }) else {
            throw JSONSchemaError(pointer: pointer.appending("$id"), detail: "is the $id of another subschema too")
        }
        guard resources.count < limits.maximumResources else {
            throw JSONSchemaError(
                pointer: pointer.appending("$id"), detail: "a schema has at most \(limits.maximumResources) $id")
        }
        resources.append(Resource(uri: uri, pointer: pointer, name: name))
        return resources.count - 1
    }

    /// The text of an identifier or a reference.
    func reference(text value: JSONValue, at pointer: JSONPointer) throws(JSONSchemaError) -> String {
        guard let text = value.stringValue else { throw JSONSchemaError(pointer: pointer, detail: "must be a string") }
        guard text.utf8.count <= limits.maximumPointerBytes else {
            throw JSONSchemaError(
                pointer: pointer, detail: "must have at most \(limits.maximumPointerBytes) bytes")
        }
        return text
    }

    private mutating func registerAnchors(
        of object: JSONObject, _ node: Int, at pointer: JSONPointer, in resource: Int
    ) throws(JSONSchemaError) {
        for keyword in ["$anchor", "$dynamicAnchor"] {
            guard let value = object[keyword] else { continue }
            guard case .string(let name) = value, Self.isAnchor(name) else {
                throw JSONSchemaError(
                    pointer: pointer.appending(keyword),
                    detail: "must be a name of letters, digits, -, _ and ., not starting with a digit, - or .")
            }
            guard resources[resource].anchors[name, default: node] == node else {
                throw JSONSchemaError(pointer: pointer.appending(keyword), detail: "names another subschema too")
            }
            resources[resource].anchors[name] = node
            if keyword == "$dynamicAnchor" { resources[resource].dynamicAnchors[name] = node }
        }
    }

    private static func isAnchor(_ name: String) -> Bool {
        guard let first = name.utf8.first, ScalarSet.word.contains(UInt32(first)), first > UInt8(ascii: "9") else {
            return false
        }
        return name.utf8.allSatisfy {
            ScalarSet.word.contains(UInt32($0)) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
        }
    }
}

/// A subschema being compiled.
struct SchemaPlace {
    let object: JSONObject
    let pointer: JSONPointer
    let resource: Int
}
