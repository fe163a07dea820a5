/// A user, as far as it matters for what they may answer.
package struct Person: Sendable, Hashable {
    /// Who it is.
    package let user: UserID
    /// How far they are trusted.
    package let accreditation: Accreditation
    /// The groups that they are in, by name.
    package let groups: Set<GroupName>

    package init(user: UserID, accreditation: Accreditation = .n0, groups: Set<GroupName> = []) {
        self.user = user
        self.accreditation = accreditation
        self.groups = groups
    }
}

/// Who wants what a request asks for: they may be kept from answering it themselves.
package struct Requester: Sendable, Equatable {
    /// The user for whom the session's agent acts, if the platform said.
    package let onBehalfOf: String?
    /// Who opened the request, and who had it asked again.
    package let openers: [Principal]

    package init(onBehalfOf: String?, openers: [Principal]) {
        self.onBehalfOf = onBehalfOf
        self.openers = openers
    }

    /// Whether it is this user.
    ///
    /// A key that opened the request is nobody: the people for whom it speaks are others.
    func isUser(_ user: UserID) -> Bool { onBehalfOf == user.text || openers.contains(.user(user)) }
}
