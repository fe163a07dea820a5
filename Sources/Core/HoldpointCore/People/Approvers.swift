/// Who may answer a request, and how many must.
///
/// Without any restriction it is every user of the project; a key that speaks for nobody is no user.
package struct Approvers: Sendable, Equatable {
    /// The accreditation that each of them must have at least; nil asks for none.
    package let accreditation: Accreditation?
    /// The lists of users and groups; who is in all of them may answer, and everybody if there is none.
    package let circles: [Circle]
    /// How many different people must approve.
    package let quorum: Int64
    /// Whether the user for whom the session acts, and whoever opened the request, may not answer it.
    package let excludesRequester: Bool

    /// Some users and groups; being in either is enough.
    package struct Circle: Sendable, Equatable {
        /// The users, by id.
        package let users: [UserID]
        /// The groups, by name.
        package let groups: [GroupName]

        package init(users: [UserID], groups: [GroupName]) {
            self.users = users
            self.groups = groups
        }

        func contains(_ person: Person) -> Bool {
            users.contains(person.user) || groups.contains { person.groups.contains($0) }
        }

        /// Whether everybody in this one is in the other, whoever the groups' members are.
        func isWithin(_ other: Circle) -> Bool {
            users.allSatisfy(other.users.contains) && groups.allSatisfy(other.groups.contains)
        }
    }

    package init(
        accreditation: Accreditation? = nil, circles: [Circle] = [], quorum: Int64 = 1, excludesRequester: Bool = false
    ) {
        self.accreditation = accreditation
        self.circles = circles
        self.quorum = quorum
        self.excludesRequester = excludesRequester
    }

    /// Why a person may not answer; nil if they may.
    package func refusal(of person: Person, requester: Requester) -> ApproverRefusal? {
        if excludesRequester, requester.isUser(person.user) { return .isRequester }
        if circles.contains(where: { !$0.contains(person) }) { return .notNamed }
        guard let accreditation, person.accreditation < accreditation else { return nil }
        return .tooLowlyAccredited(needed: accreditation)
    }

    /// What somebody must satisfy to whom one of these delegates: all but being on a list.
    var ofDelegates: Approvers { Approvers(accreditation: accreditation, excludesRequester: excludesRequester) }

    /// The stricter of both: what satisfies it satisfies either.
    package func merged(with other: Approvers) -> Approvers {
        var all: [Circle] = []
        for circle in circles + other.circles where !all.contains(where: { $0.isWithin(circle) }) {
            all.removeAll { circle.isWithin($0) }
            all.append(circle)
        }
        return Approvers(
            accreditation: [accreditation, other.accreditation].compactMap(\.self).max(), circles: all,
            quorum: max(quorum, other.quorum), excludesRequester: excludesRequester || other.excludesRequester)
    }
}

/// Why somebody may not answer a request.
package enum ApproverRefusal: Sendable, Hashable {
    /// Who answers is a key, which is no user.
    case isNobody
    /// The lists do not name them.
    case notNamed
    /// Their accreditation is lower than the one that is asked for.
    case tooLowlyAccredited(needed: Accreditation)
    /// They want what the request asks for, and others must answer it.
    case isRequester

    /// One sentence for people.
    package var detail: String {
        switch self {
        case .isNobody:
            "the request says which users may answer it, and a key is none: name the user in the member as"
        case .notNamed: "the request names others who may answer it"
        case .tooLowlyAccredited(let needed):
            "who answers the request must be accredited as \(needed.rawValue) at least"
        case .isRequester: "whoever asked for what the request is about may not answer it"
        }
    }
}
