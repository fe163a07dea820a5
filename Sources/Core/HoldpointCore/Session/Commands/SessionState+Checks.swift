extension SessionState {
    /// Refuses a command that needs a session which has started and not ended.
    func refusalUnlessLive() -> Rejection? {
        if !isStarted { return Rejection(.sessionNotFound, "there is no such session") }
        if ending != nil { return Rejection(.sessionFinished, "the session is \(status.rawValue)") }
        return nil
    }

    /// Refuses what only the agent's own code may do: the session must be live, not paused, and driven from outside.
    func refusalOfAgentAct() -> Rejection? {
        if let refusal = refusalUnlessLive() { return refusal }
        if !program.isDrivenFromOutside {
            return Rejection(.programDrivesItself, "a \(program.rawValue) session takes its steps itself")
        }
        if isPaused { return Rejection(.sessionPaused, "an operator paused the session; resume it first") }
        return nil
    }

    /// Withdraws every pending request, as the end of a session does.
    func withdrawals(reason: String) -> [any SessionEvent] {
        openRequests.map {
            RequestCancelled(request: $0.request.id, reason: reason, cancelledBy: .engine)
        }
    }
}
