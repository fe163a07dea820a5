extension SchemaCompiler {
    /// Notes a reference; returns the keyword that will follow it.
    mutating func reference(
        _ value: JSONValue, at pointer: JSONPointer, in resource: Int, isDynamic: Bool
    ) throws(JSONSchemaError) -> SchemaKeyword {
        let text = try reference(text: value, at: pointer)
        let slot = isDynamic ? dynamicReferences.count : references.count
        if isDynamic {
            dynamicReferences.append(SchemaDynamicReference(target: 0, anchor: nil))
        } else {
            references.append(0)
        }
        pending.append(
            Reference(text: text, slot: slot, resource: resource, pointer: pointer, isDynamic: isDynamic))
        return isDynamic ? .dynamicReference(slot) : .reference(slot)
    }

    /// Finds all targets; a target that no keyword led to is compiled now, and may refer on.
    mutating func resolveReferences() throws(JSONSchemaError) {
        while let reference = pending.popLast() {
            let (target, anchor) = try target(of: reference)
            if reference.isDynamic {
                dynamicReferences[reference.slot] = SchemaDynamicReference(target: target, anchor: anchor)
            } else {
                references[reference.slot] = target
            }
        }
    }

    /// The node that a reference names, and the name if that is a `$dynamicAnchor`.
    private mutating func target(
        of reference: Reference
    ) throws(JSONSchemaError) -> (node: Int, dynamicAnchor: String?) {
        let uri = URIReference(reference.text).resolved(against: resources[reference.resource].uri)
        let name = uri.withoutFragment
        guard let resource = resources.firstIndex(where: { $0.name.hasSameBytes(as: name) }) else {
            throw JSONSchemaError(
                pointer: reference.pointer, detail: "refers to another document; references must stay within this one")
        }
        guard let fragment = uri.decodedFragment else {
            throw JSONSchemaError(pointer: reference.pointer, detail: "has a broken percent sign")
        }
        if fragment.isEmpty || fragment.hasPrefix("/") {
            guard let inner = JSONPointer(parsing: fragment) else {
                throw JSONSchemaError(pointer: reference.pointer, detail: "has a broken JSON Pointer")
            }
            return (try node(at: inner, in: resource, for: reference), nil)
        }
        guard let node = resources[resource].anchors[fragment] else {
            throw JSONSchemaError(pointer: reference.pointer, detail: "refers to an anchor that is not there")
        }
        return (node, resources[resource].dynamicAnchors[fragment] == nil ? nil : fragment)
    }

    private mutating func node(
        at inner: JSONPointer, in resource: Int, for reference: Reference
    ) throws(JSONSchemaError) -> Int {
        let pointer = JSONPointer(tokens: resources[resource].pointer.tokens + inner.tokens)
        guard let schema = pointer.resolve(in: document) else {
            throw JSONSchemaError(pointer: reference.pointer, detail: "refers to a place that is not there")
        }
        let enclosing = resources.indices.filter { pointer.tokens.starts(with: resources[$0].pointer.tokens) }
            .max { resources[$0].pointer.tokens.count < resources[$1].pointer.tokens.count }
        return try compile(schema, at: pointer, in: enclosing ?? resource)
    }
}
