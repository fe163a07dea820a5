import HoldpointCore
import JSON

extension GoldenHistory {
    /// What policies add to logs: verdicts, calls that are told of, asked about, edited, blocked, released and vetoed.
    static func judged() throws -> [LogEntry] {
        var asked = try PolicySample.paying(PolicySample.invoices)
        try asked.accept(try asked.edit(PolicySample.refund(1_900)))
        let told = try PolicySample.paying(PolicySample.level("L2"))
        let blocked = try PolicySample.paying(PolicySample.level("L4"))
        var external = try LiveSession.started()
        external.policy = try PolicySample.inForce([
            "tools": [["tool": "send_invoice", "level": "L3", "approvers": ["accreditation": "N2"]]]
        ])
        try external.accept(
            try Sample.open(1, Sample.permission(["allow_edit": true])))
        try external.accept(
            external.answer(1, ["action": "edit", "arguments": ["amount": 1]], as: try PolicySample.person(.n2)))
        return try asked.log + told.log + blocked.log + released().log + external.log
    }

    /// A blocked call that a human releases and another one stops.
    static func released() throws -> LiveSession {
        let blocked = try PolicySample.paying(PolicySample.level("L4"))
        var session = try PolicySample.releasing(blocked)
        try session.accept(try session.answerToLast(["action": "approve"], as: .n4))
        try session.accept(try session.answerToLast(["decision": "veto"]))
        return session
    }
}
