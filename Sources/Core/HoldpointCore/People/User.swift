package import JSON

/// A person of a project: who they are to the platform, what they may answer, and where they can be told.
package struct User: Sendable, Equatable {
    /// Who it is, unique in the project.
    package let id: UserID
    /// What people call them.
    package let name: String?
    /// How far they are trusted.
    package let accreditation: Accreditation
    /// The groups that they are in, by name.
    package let groups: [GroupName]
    /// Where they can be reached, by channel; texts that mean something to the channel alone.
    package let addresses: [String: String]
    /// Whether they may act at all.
    package let isActive: Bool

    package init(
        id: UserID, name: String? = nil, accreditation: Accreditation = .n0, groups: [GroupName] = [],
        addresses: [String: String] = [:], isActive: Bool = true
    ) {
        self.id = id
        self.name = name
        self.accreditation = accreditation
        self.groups = groups
        self.addresses = addresses
        self.isActive = isActive
    }

    /// What matters of them for what they may answer.
    package var person: Person { Person(user: id, accreditation: accreditation, groups: Set(groups)) }

    /// Reads everything but the id: `{name?, accreditation?, groups?, addresses?, active?}`.
    ///
    /// What is wrong is recorded in the reader; nil only where something was.
    package init?(_ id: UserID, from reader: inout JSONObjectReader) {
        let name = reader.optionalString("name", maximumLength: PeopleLimits.nameLength, nullable: true)
        let accreditation = Accreditation.read("accreditation", from: &reader)
        let groups = reader.names("groups", maximumCount: PeopleLimits.groups, mayBeEmpty: true) {
            (text) throws(InvalidName) in try GroupName(text)
        }
        let addresses = Self.readAddresses(from: &reader)
        let isActive = reader.optionalBool("active") ?? true
        if name?.isEmpty == true { reader.fail("name", "must not be empty") }
        guard reader.isSound, let groups else { return nil }
        self.init(
            id: id, name: name, accreditation: accreditation ?? .n0, groups: groups, addresses: addresses,
            isActive: isActive)
    }

    private static func readAddresses(from reader: inout JSONObjectReader) -> [String: String] {
        let pairs = reader.stringMap(
            "addresses", maximumCount: PeopleLimits.addresses, maximumLength: PeopleLimits.addressLength)
        var addresses: [String: String] = [:]
        for (channel, address) in pairs ?? [] {
            let place = reader.pointer(to: "addresses").appending(channel)
            if !NameForm.isToken(channel, maximumLength: 64) {
                reader.add([JSONViolation(pointer: place, detail: "the channel must match \(GroupName.form)")])
            }
            if address.isEmpty { reader.add([JSONViolation(pointer: place, detail: "must not be empty")]) }
            addresses[channel] = address
        }
        return addresses
    }

    /// Reads back what `writeMembers` wrote.
    package init(recorded value: JSONValue) throws(MalformedRecord) {
        var reader = JSONObjectReader(value)
        let id = reader.requiredString("id").flatMap { try? UserID($0) }
        let user = id.flatMap { User($0, from: &reader) }
        let violations = reader.finish()
        guard let user, violations.isEmpty else { throw MalformedRecord(what: "user", violations: violations) }
        self = user
    }

    /// Writes the user as members of an object that is already begun.
    package func writeMembers(into writer: inout JSONWriter) {
        writer.member("id", id.text)
        writer.member("name", name)
        writer.member("accreditation", accreditation.rawValue)
        writer.member("groups", .some(.array(groups.map { .string($0.text) })))
        writer.member("addresses", addresses)
        writer.member("active", isActive)
    }
}
