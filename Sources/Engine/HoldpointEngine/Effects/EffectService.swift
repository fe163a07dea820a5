import HoldpointCore
import HoldpointPorts
import JSON

/// Carries out what sessions want done outside their turns: calls, and going on after a commit in between.
struct EffectService: Sendable {
    /// How often the result of a call is offered to the store once the engine stops; before that, until it takes it.
    private static let triesAtStop = 3

    let services: SessionServices
    let directory: SessionDirectory
    let deadlines: DeadlineService

    private var clock: any Clock { services.ports.clock }

    /// Runs until the queue is closed; then ends what is under way, and records what came of it.
    func run() async {
        await withDiscardingTaskGroup { group in
            while let order = await services.effects.next() {
                group.addTask {
                    await carryOut(order)
                    await services.effects.finished(order)
                }
            }
            group.cancelAll()
        }
    }

    private func carryOut(_ order: EffectOrder) async {
        switch order {
        case .goOn(let reference): await deadlines.fire([reference])
        case .call(let reference, let id): await call(id, of: reference)
        }
    }

    /// Makes one attempt at a call.
    private func call(_ id: Int64, of reference: SessionReference) async {
        guard let session = await session(reference) else { return }
        // Without one it changed since, or cannot be trusted right now: it looks again for itself.
        var isSettled = false
        if let (open, permit) = await session.readyCall(id),
            let attempt = await attempt(open, permit, for: session)
        {
            isSettled = await finish(open, with: attempt, in: session)
        }
        await session.callEnded(id, isSettled: isSettled)
    }

    private func session(_ reference: SessionReference) async -> SessionActor? {
        do {
            return try await directory.session(reference.key, in: reference.scope)
        } catch .failed, .notOwner {
            return nil
        } catch {
            await services.deadlines.retry(reference, at: soon)
            return nil
        }
    }

    private var soon: Timestamp {
        clock.now().adding(milliseconds: services.configuration.timerRetryMilliseconds)
    }

    /// One try at a call.
    private struct Attempt {
        /// What it came to.
        let result: CallResult
        /// What its dispatch recorded, or may have; nil if it needs none, or did not come so far.
        let dispatchedUntil: Timestamp?

        init(_ result: CallResult, _ dispatchedUntil: Timestamp? = nil) {
            self.result = result
            self.dispatchedUntil = dispatchedUntil
        }
    }

    /// Puts a call together and makes it; nil if there is nothing to record.
    private func attempt(
        _ open: OpenCall, _ permit: CallPermit, for session: SessionActor
    ) async -> Attempt? {
        let identity = session.identity
        guard !Task.isCancelled, let lease = await services.ownership.lease(of: identity.key.shard) else { return nil }
        guard open.isIntact(services.ports.hasher) else {
            return Attempt(.misconfigured("the arguments are not those whose digest was recorded", open.effect))
        }
        let secrets: [SecretReference: JSONValue]
        do {
            secrets = try await CallSecrets(ports: services.ports).values(
                of: open.effect.secretReferences, for: identity)
        } catch .corrupt, .refused {
            return Attempt(.misconfigured("a secret of the call cannot be opened on this node", open.effect))
        } catch {
            return Attempt(.notSent("the secrets of the call cannot be read now", now: clock.now()))
        }
        let mask = SecretMask(Array(secrets.values))
        let call: HTTPCall
        do {
            var draft = try open.effect.draft(with: secrets)
            draft.limits = HTTPCall.Limits(
                timeout: .milliseconds(services.configuration.callTimeoutMilliseconds),
                maximumBodyBytes: services.configuration.callResponseBytes)
            call = try draft.call(idempotencyKey: WorkflowContext.idempotencyKey(of: open.id, in: identity))
        } catch {
            return Attempt(.misconfigured(mask.masked(error.detail), open.effect))
        }
        var dispatchedUntil: Timestamp?
        if !open.effect.isIdempotent {
            let latest = clock.now().adding(milliseconds: services.configuration.leaseMarginMilliseconds)
            let until = latest.adding(milliseconds: services.configuration.callTimeoutMilliseconds)
            dispatchedUntil = until
            switch await dispatch(open.id, until: until, in: session) {
            case .recorded where clock.now() <= latest: break
            case .recorded:
                // The commit took long: what leaves now might not be over when the log says that it is.
                return Attempt(.notSent("it was recorded too long before it could leave", now: clock.now()), until)
            case .refused: return nil
            case .unclear:
                return Attempt(.notSent("the call could not be recorded before it left", now: clock.now()), until)
            }
        }
        let outcome = await services.ports.calls.perform(call) { lease.isHeld && permit.isValid }
        let result = CallResult(
            of: outcome, effect: open.effect, attempt: open.attempts + 1, now: clock.now(), mask: mask,
            maximumBytes: maximumBytes)
        return Attempt(result, dispatchedUntil)
    }

    /// What an event holds of a response, beside its other members.
    private var maximumBytes: Int {
        min(CallLimits.responseBytes, services.configuration.sessionLimits.eventBytes / 16 * 15)
    }

    private enum Dispatch {
        /// The log says that it may have left; now it may.
        case recorded
        /// It is not to be made any more, or not by this node.
        case refused
        /// Nobody knows what the log says; nothing has left.
        case unclear
    }

    /// Records that a call is about to leave that must not be made twice (I1).
    private func dispatch(_ call: Int64, until: Timestamp, in session: SessionActor) async -> Dispatch {
        do {
            let command = DispatchCall(call: call, until: until)
            switch try await directory.perform(CommandEnvelope(command: command), on: session) {
            case .applied: return .recorded
            case .rejected, .dead: return .refused
            }
        } catch .unavailable, .overloaded, .inDoubt {
            return .unclear
        } catch {
            return .refused
        }
    }

    /// Records what a call came to, until it is committed or is not this node's to record; false if it is not recorded.
    private func finish(_ open: OpenCall, with attempt: Attempt, in session: SessionActor) async -> Bool {
        var result = attempt.result
        var triesLeft = Self.triesAtStop
        while triesLeft > 0 {
            do {
                let command = FinishCall(
                    call: open.id, result: result, dispatchedUntil: attempt.dispatchedUntil)
                let outcome = try await directory.perform(CommandEnvelope(command: command), on: session)
                guard case .rejected(let rejection) = outcome else { return true }
                guard case .completed = result, [.eventTooLarge, .stateTooLarge].contains(rejection.code) else {
                    return false
                }
                result = .tooLarge(open.effect, maximumBytes: maximumBytes, now: clock.now())
                continue
            } catch .unavailable, .overloaded, .inDoubt {
                if Task.isCancelled { triesLeft -= 1 }
            } catch {
                return false
            }
            await clock.sleep(until: soon)
        }
        return false
    }
}
