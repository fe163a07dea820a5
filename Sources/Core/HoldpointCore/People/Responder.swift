import JSON

/// Who answers: a key, or a user for whom it speaks.
package struct Responder: Sendable, Equatable {
    /// The key that brought it.
    package let key: Principal
    /// The user for whom it speaks, as they were when their word was received; nil if it speaks for itself.
    package let person: Person?

    package init(key: Principal, person: Person? = nil) {
        self.key = key
        self.person = person
    }

    /// Who is said to have acted.
    package var principal: Principal { person.map { .user($0.user) } ?? key }

    /// The key that spoke for a user; nil if it spoke for itself.
    package var via: Principal? { person == nil ? nil : key }
}

extension Responder {
    /// Writes the members `by`, and for a user `via` and `person`, for storing a command.
    func writeMembers(into writer: inout JSONWriter) {
        writer.member("by", principal.text)
        guard let person else { return }
        writer.member("via", key.text)
        writer.key(plain: "person")
        person.write(into: &writer)
    }

    /// Reads what `writeMembers` wrote; nil if it is of another form.
    init?(_ reader: inout EventReader) {
        let by = reader.principal("by")
        let via = reader.optionalPrincipal("via")
        guard let recorded = reader.optionalValue("person") else {
            guard via == nil else { return nil }
            self.init(key: by)
            return
        }
        guard let via, let person = Person(recorded: recorded), by == .user(person.user) else { return nil }
        self.init(key: via, person: person)
    }
}

extension Person {
    /// Writes the person for storing a command.
    func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("user", user.text)
        writer.member("accreditation", accreditation.rawValue)
        writer.member("groups", .some(.array(groups.sorted().map { .string($0.text) })))
        writer.endObject()
    }

    /// Reads what `write` wrote; nil for anything else.
    init?(recorded value: JSONValue) {
        guard let user = value["user"]?.stringValue.flatMap({ try? UserID($0) }),
            let accreditation = value["accreditation"]?.stringValue.flatMap({ Accreditation(rawValue: $0) }),
            let names = value["groups"]?.arrayValue
        else { return nil }
        let groups = names.compactMap { $0.stringValue.flatMap { try? GroupName($0) } }
        guard groups.count == names.count else { return nil }
        self.init(user: user, accreditation: accreditation, groups: Set(groups))
    }
}

extension EventReader {
    /// A user's id.
    mutating func user(_ key: String) -> UserID? { parsed(key) { try? UserID($0) } }
}
