import HoldpointCore
import JSON
import Testing

@Suite struct EndingTests {
    struct Ending: Sendable, CustomTestStringConvertible {
        let command: any SessionCommand
        let other: any SessionCommand
        let event: String
        let status: SessionStatus

        var testDescription: String { event }
    }

    private static let problem: JSONValue = ["type": "about:blank", "title": "no paper"]

    private static let endings = [
        Ending(
            command: CompleteSession(output: ["sent": true], principal: Sample.agent),
            other: CompleteSession(output: ["sent": false], principal: Sample.agent), event: "session_completed",
            status: .completed),
        Ending(
            command: FailSession(error: problem, principal: Sample.agent),
            other: FailSession(error: ["title": "no ink"], principal: Sample.agent), event: "session_failed",
            status: .failed),
        Ending(
            command: CancelSession(reason: "moot", principal: Sample.alice),
            other: CompleteSession(output: nil, principal: Sample.agent), event: "session_cancelled",
            status: .cancelled),
    ]

    @Test(arguments: endings) func `an end withdraws what is open, in the same decision`(ending: Ending) throws {
        var session = try LiveSession.started()
        try session.accept(try Sample.open(1, Sample.decision()))
        try session.accept(try Sample.open(2, Sample.permission(["expires_in": 60])))
        let entries = try session.accept(ending.command)
        #expect(entries.map(\.type) == ["hitl_cancelled", "hitl_cancelled", ending.event])
        #expect(try entries[0].json()["by"] == "system:engine")
        #expect(session.state.status == ending.status)
        #expect(session.state.status.isFinal)
        #expect(session.state.openEffects.isEmpty)
        #expect(session.refusal(of: session.answer(1, ["decision": "fast"]))?.code == .requestCancelled)
    }

    @Test(arguments: endings) func `the same end again changes nothing, another is refused`(ending: Ending) throws {
        var session = try LiveSession.started()
        try session.accept(ending.command)
        #expect(try session.accept(ending.command).isEmpty)
        #expect(session.refusal(of: ending.other)?.code == .sessionFinished)
    }

    @Test(arguments: endings) func `nothing else can be asked after the end`(ending: Ending) throws {
        var session = try LiveSession.started()
        try session.accept(ending.command)
        let allowed = type(of: ending.command).kind
        for command in try StartTests.commands()
        where type(of: command).kind != allowed && !(command is WithdrawRequest) {
            #expect(session.refusal(of: command)?.code == .sessionFinished, "\(type(of: command).kind)")
        }
        #expect(session.refusal(of: try StartTests.commands()[3])?.code == .requestNotFound)
    }

    @Test func `an end records its output, error or reason`() throws {
        for ending in Self.endings {
            var session = try LiveSession.started()
            let data = try #require(try session.accept(ending.command).last).json()
            switch session.state.ending {
            case .completed(let output):
                #expect(output == ["sent": true])
                #expect(data == ["output": output])
            case .failed(let error):
                #expect(error == Self.problem)
                #expect(data == ["error": error])
            case .cancelled: #expect(data == ["reason": "moot", "by": "key:alice"])
            case .continued, nil: Issue.record("the session has not ended so")
            }
        }
    }
}
