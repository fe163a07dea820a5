import HoldpointCore
import HoldpointPorts
import JSON

/// The votes on a permission that several people must approve, counted by the model itself.
struct Tally: Sendable {
    /// Every vote that was recorded: by whom, and the answer.
    var all: [(by: String, response: JSONValue)] = []
    /// The arguments that the votes which count approve, by their digest.
    var digest: String?
    /// Those whose votes count.
    var people: [String] = []
}

extension Model.Asked {
    /// How many different people must approve.
    var quorum: Int64 { data["approvers"]?["quorum"]?.int64Value ?? 1 }
}

extension Model {
    /// A vote is one that somebody sent, binds the digest of its arguments, and counts once (I3, I7).
    mutating func takeVote(_ data: JSONValue, named name: String) {
        guard let id = Self.request(in: data), let request = asked[id], let user = data["user"]?.stringValue,
            let response = data["response"], let digest = data["digest"]?.stringValue
        else { return fail("I6", "\(name) votes on no request") }
        let by = "user:" + user
        if !answers.contains(where: { $0.request == id && $0.principal.text == by && $0.visible == response }) {
            fail("I3", "\(name): nobody sent this vote: \(by) \(response.text)")
        }
        if request.closing != nil { fail("I3", "\(name): the request was \(Self.text(request.closing)) before") }
        if digest != Self.approvedDigest(of: response, to: request) {
            fail("I7", "\(name): what was approved is not what the digest says")
        }
        var tally = request.tally
        if let standing = tally.digest, standing != digest {
            if response["action"] != "edit" { fail("I7", "\(name): it counts for arguments that it does not approve") }
            tally.people = []
        }
        tally.digest = digest
        if tally.people.contains(by) { fail("I7", "\(name): \(by) has voted twice") }
        tally.people.append(by)
        tally.all.append((by, response))
        let count = Int64(tally.people.count)
        if data["votes"]?.int64Value != count || count >= request.quorum {
            fail("I3", "\(name): the votes are \(count) of \(request.quorum)")
        }
        asked[id]?.tally = tally
    }

    /// What is approved has been approved by as many different people as must, all of them the same (I7).
    mutating func judgeApproval(_ data: JSONValue, of request: Asked, by: String, named name: String) {
        guard request.quorum > 1, let digest = data["approved_digest"]?.stringValue else { return }
        let isSame = request.tally.digest.map { $0 == digest } ?? true
        let people = Set(request.tally.people + [by])
        let named = data["approvals"]?.arrayValue?.compactMap { $0["user"]?.stringValue.map { "user:" + $0 } }
        if !isSame || Int64(people.count) != request.quorum || named != request.tally.people + [by] {
            fail("I7", "\(name): approved by \(people.sorted()) instead of \(request.quorum) people")
        }
    }

    /// The digest of the arguments that an answer lets run; nil if none.
    static func approvedDigest(of response: JSONValue, to request: Asked) -> String? {
        switch response["action"]?.stringValue {
        case "approve": request.data["arguments"].flatMap(Self.digest)
        case "edit": response["arguments"].flatMap(Self.digest)
        default: String?.none
        }
    }

    /// Whether a vote was refused for a reason that the log shows.
    func isJust(_ code: RejectionCode, for answer: SentAnswer) -> Bool {
        let votes = asked[answer.request]?.tally.all ?? []
        return switch code {
        case .alreadyVoted: votes.contains { $0.by == answer.principal.text && $0.response != answer.visible }
        case .argumentsEdited:
            answer.visible["action"] == "approve" && votes.contains { $0.response["action"] == "edit" }
        default: false
        }
    }
}
