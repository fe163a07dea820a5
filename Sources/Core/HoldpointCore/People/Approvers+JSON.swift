package import JSON

extension Approvers {
    /// Reads who may answer: `{accreditation?, users?, groups?, all_of?, quorum?, not_requester?}`, or null for nobody
    /// in particular.
    ///
    /// What is wrong is recorded in the reader, with pointers; nil where something was, and where the field is missing.
    package static func read(_ key: String, from reader: inout JSONObjectReader) -> Approvers? {
        read(key, from: &reader, maximumCircles: PeopleLimits.circles)
    }

    /// The same for what was recorded: those of several rules together may have more lists than one may give.
    static func readRecorded(_ key: String, from reader: inout JSONObjectReader) -> Approvers? {
        read(key, from: &reader, maximumCircles: nil)
    }

    /// Reads what `write` wrote.
    package init(recorded value: JSONValue) throws(MalformedRecord) {
        var reader = JSONObjectReader(["approvers": value])
        let approvers = Self.readRecorded("approvers", from: &reader)
        let violations = reader.finish()
        guard let approvers else { throw MalformedRecord(what: "approvers", violations: violations) }
        self = approvers
    }

    private static func read(
        _ key: String, from reader: inout JSONObjectReader, maximumCircles: Int?
    ) -> Approvers? {
        guard let value = reader.optionalValue(key)?.nonNull else { return nil }
        var inner = JSONObjectReader(value, at: reader.pointer(to: key))
        let accreditation = Accreditation.read("accreditation", from: &inner)
        var circles: [Circle] = []
        if let circle = Circle.read(from: &inner) { circles.append(circle) }
        for (index, item) in (inner.optionalArray("all_of", maximumCount: maximumCircles) ?? []).enumerated() {
            var list = JSONObjectReader(item, at: inner.pointer(to: "all_of").appending(index))
            let circle = Circle.read(from: &list)
            if circle == nil, list.isSound { list.fail("users", "or groups is required") }
            inner.add(list.finish())
            if let circle { circles.append(circle) }
        }
        let quorum = inner.optionalInt64("quorum", range: 1...PeopleLimits.quorum) ?? 1
        if let circle = circles.first(where: { $0.groups.isEmpty && $0.users.count < quorum }), maximumCircles != nil {
            inner.fail("quorum", "cannot be met: one list names \(circle.users.count) users and no group")
        }
        let excludesRequester = inner.optionalBool("not_requester") ?? false
        let violations = inner.finish()
        reader.add(violations)
        guard violations.isEmpty else { return nil }
        return Approvers(
            accreditation: accreditation, circles: circles, quorum: quorum, excludesRequester: excludesRequester)
    }

    /// Writes the object that `read` reads.
    package func write(into writer: inout JSONWriter) {
        writer.beginObject()
        if let accreditation { writer.member("accreditation", accreditation.rawValue) }
        if let only = circles.first, circles.count == 1 {
            only.writeMembers(into: &writer)
        } else if !circles.isEmpty {
            writer.key(plain: "all_of")
            writer.beginArray()
            for circle in circles {
                writer.beginObject()
                circle.writeMembers(into: &writer)
                writer.endObject()
            }
            writer.endArray()
        }
        writer.member("quorum", quorum)
        writer.member("not_requester", excludesRequester)
        writer.endObject()
    }
}

extension Approvers.Circle {
    /// Reads the members `users` and `groups`; nil if there is neither, or something is wrong with them.
    fileprivate static func read(from reader: inout JSONObjectReader) -> Self? {
        let users = reader.names("users", maximumCount: PeopleLimits.approvers) {
            (text) throws(InvalidName) in try UserID(text)
        }
        let groups = reader.names("groups", maximumCount: PeopleLimits.approvers) {
            (text) throws(InvalidName) in try GroupName(text)
        }
        guard let users, let groups, !(users.isEmpty && groups.isEmpty) else { return nil }
        return Self(users: users, groups: groups)
    }

    fileprivate func writeMembers(into writer: inout JSONWriter) {
        if !users.isEmpty { writer.member("users", .some(.array(users.map { .string($0.text) }))) }
        if !groups.isEmpty { writer.member("groups", .some(.array(groups.map { .string($0.text) }))) }
    }
}

extension JSONObjectReader {
    /// A list of names that are not the same; none if the field is missing, nil if anything in it was refused.
    ///
    /// - Parameter mayBeEmpty: whether a list that is there may hold none.
    mutating func names<Name: Hashable>(
        _ key: String, maximumCount: Int, mayBeEmpty: Bool = false,
        _ convert: (String) throws(InvalidName) -> Name
    ) -> [Name]? {
        guard let value = optionalValue(key) else { return [] }
        guard let items = value.arrayValue, items.count <= maximumCount, mayBeEmpty || !items.isEmpty else {
            fail(key, "must be a list of \(mayBeEmpty ? 0 : 1) to \(maximumCount) names")
            return nil
        }
        var names: [Name] = []
        for (index, item) in items.enumerated() {
            let place = pointer(to: key).appending(index)
            guard let text = item.stringValue else {
                add([JSONViolation(pointer: place, detail: "must be a string")])
                continue
            }
            do throws(InvalidName) {
                let name = try convert(text)
                if names.contains(name) { add([JSONViolation(pointer: place, detail: "is in the list twice")]) }
                names.append(name)
            } catch {
                add([JSONViolation(pointer: place, detail: "must match \(error.form)")])
            }
        }
        return names.count == items.count ? names : nil
    }
}
