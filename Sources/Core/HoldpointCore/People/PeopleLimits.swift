/// Limits of a project's users and of who may answer a request; each has a line in docs/operating.md.
package enum PeopleLimits {
    /// Users that one project may have.
    package static let usersPerProject = 10_000
    /// Groups that one user may be in.
    package static let groups = 50
    /// Addresses of one user.
    package static let addresses = 8
    /// Characters of one address.
    package static let addressLength = 256
    /// Characters of a user's name.
    package static let nameLength = 200
    /// Users, and groups, that one list of approvers may name.
    package static let approvers = 100
    /// Lists of users and groups that a person must be in, one and all.
    package static let circles = 16
    /// People that a permission may need.
    package static let quorum: Int64 = 10
    /// Reminders of one request.
    package static let reminders = 10
    /// Steps of one request's escalation.
    package static let escalationSteps = 5
    /// People whom one request may be delegated to.
    package static let delegates = 20
    /// Seconds that a claim holds if it does not say: a quarter of an hour.
    package static let standardClaimSeconds: Int64 = 900
    /// The most seconds that a claim may hold: a day.
    package static let claimSeconds: Int64 = 86_400
    /// Votes, claims, releases and delegations of one request; no vote is refused for it that does not begin anew.
    package static let acts: Int64 = 1_000
    /// Answers that one call may give.
    package static let answersPerCall = 50
}
