import JSON

extension WorkflowPlace {
    /// Whether the workflow could go on in another session: nothing is open but the timers of time limits, which are
    /// set anew there, and it has no secret answer at hand, which only this session may use (I9).
    var isMovable: Bool {
        var copy = self
        copy.detachTimers()
        return copy.effects.allSatisfy { $0.arrival != nil } && !copy.namesSecretAnswer
    }

    /// Whether the handle of a value that a human gave in secret is anywhere in its data.
    private var namesSecretAnswer: Bool {
        var isFound = false
        _ = json.replacingSecrets { reference -> JSONValue in
            if case .request = reference { isFound = true }
            return .null
        }
        return isFound
    }

    /// The place as another session takes it up.
    func moved() -> WorkflowPlace {
        var copy = self
        copy.detachTimers()
        return copy
    }

    /// Drops the timers of time limits; their limits stay, so the next advance sets them again.
    private mutating func detachTimers() {
        guard var root else { return }
        var dropped: Set<Int64> = []
        root.detachTimers(from: effects, into: &dropped)
        self.root = root
        effects.removeAll { dropped.contains($0.id) }
    }
}

extension Activation {
    fileprivate mutating func detachTimers(
        from effects: [OpenWorkflowEffect], into dropped: inout Set<Int64>
    ) {
        func isRunning(_ id: Int64) -> Bool { effects.contains { $0.id == id && $0.arrival == nil } }
        if let timer, isRunning(timer) {
            dropped.insert(timer)
            self.timer = nil
        }
        if let effect, attemptDeadline != nil, phase == .children, isRunning(effect) {
            dropped.insert(effect)
            self.effect = nil
        }
        for index in children.indices { children[index].detachTimers(from: effects, into: &dropped) }
    }
}
