import JSON

/// A command for another session, stored in the transaction of the events that bring it about.
package struct OutgoingCommand: Sendable {
    /// The session that it is for, which need not exist yet.
    package let session: SessionIdentity
    /// What it is told.
    package let command: any SessionCommand
}

extension SessionState {
    /// What other sessions are to be told of these events, which led from this state to `next`.
    package func outgoing(of events: [any SessionEvent], to next: SessionState) -> [OutgoingCommand] {
        // Not `workflow`: a session that begins and ends in one commit has none before or after.
        guard let beginning = next.beginning, beginning.program == .workflow else { return [] }
        var commands: [OutgoingCommand] = []
        // Children that were open, and those that these events start.
        var children = Dictionary(
            (workflow?.children ?? []).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var place: WorkflowPlace?
        for (offset, event) in events.enumerated() {
            switch event {
            case let event as ChildStarted:
                let number = sequence + 1 + Int64(offset)
                children[number] = OpenChild(id: number, key: event.key, session: event.session)
                commands.append(start(of: event, as: number, beginning))
            case let event as ChildFinished:
                guard let child = children.removeValue(forKey: event.child), event.ending == .abandoned
                else { break }
                commands.append(cancellation(of: child))
            case let event as HumansDeferred:
                if let input = event.input { commands.append(deferral(event, input, beginning)) }
            case let event as WorkflowAdvanced: place = event.place
            case let event as SessionContinued:
                guard let place else { break }
                commands.append(continuation(of: event, at: place, beginning))
            default: break
            }
        }
        guard let ending = next.ending else { return commands }
        commands += children.values.sorted { $0.id < $1.id }.map { cancellation(of: $0) }
        if let report = report(of: ending, to: beginning.parent) { commands.append(report) }
        return commands
    }

    private func start(
        of event: ChildStarted, as number: Int64, _ beginning: SessionBeginning
    ) -> OutgoingCommand {
        let parent = SessionParent(
            key: identity.key, session: identity.id, effect: number,
            depth: (beginning.parent?.depth ?? 0) + 1)
        return OutgoingCommand(
            session: SessionIdentity(scope: identity.scope, key: event.key, id: event.session),
            command: StartChild(
                id: event.session, child: event.child, parent: parent, labels: beginning.labels,
                onBehalfOf: beginning.onBehalfOf))
    }

    private func deferral(
        _ event: HumansDeferred, _ input: JSONValue, _ beginning: SessionBeginning
    ) -> OutgoingCommand {
        OutgoingCommand(
            session: SessionIdentity(scope: identity.scope, key: event.key, id: event.session),
            command: StartSession(
                id: event.session, agent: beginning.agent, agentVersion: beginning.agentVersion, program: .workflow,
                input: input, labels: beginning.labels, onBehalfOf: beginning.onBehalfOf, principal: .engine,
                deferred: event.action))
    }

    private func cancellation(of child: OpenChild) -> OutgoingCommand {
        OutgoingCommand(
            session: SessionIdentity(scope: identity.scope, key: child.key, id: child.session),
            command: CancelSession(reason: "its parent does not wait for it any more", principal: .engine)
        )
    }

    private func continuation(
        of event: SessionContinued, at place: WorkflowPlace, _ beginning: SessionBeginning
    ) -> OutgoingCommand {
        OutgoingCommand(
            session: SessionIdentity(scope: identity.scope, key: event.key, id: event.session),
            command: StartSession(
                id: event.session, agent: beginning.agent, agentVersion: beginning.agentVersion,
                program: beginning.program, input: beginning.input, labels: beginning.labels,
                onBehalfOf: beginning.onBehalfOf, principal: .engine, parent: beginning.parent,
                continues: SessionLineage(
                    previous: identity.id, first: beginning.continues?.first ?? identity.id),
                place: place.moved().json))
    }

    private func report(of ending: SessionEnding, to parent: SessionParent?) -> OutgoingCommand? {
        guard let parent else { return nil }
        let told: ChildEnding
        switch ending {
        case .completed(let output): told = .completed(output)
        case .failed(let error): told = .failed(error)
        case .cancelled:
            told = .failed(
                WorkflowError(.runtime, "the session \(identity.id) was cancelled", at: "").json)
        case .continued: return nil
        }
        return OutgoingCommand(
            session: SessionIdentity(scope: identity.scope, key: parent.key, id: parent.session),
            command: EndChild(child: parent.effect, ending: told))
    }
}
