import EventLoop

/// Evaluates jq programs in processes that can be killed, so that a program that runs away harms nothing but itself.
///
/// Exchanges that take longer than `JQLimits.patienceMilliseconds`, or break their worker, are taken apart: their
/// requests go one by one to a worker of their own, where each gets `JQLimits.timeMilliseconds`. What others ask
/// meanwhile is not held up by more than the patience and the start of a new worker. Since a program depends on nothing
/// but its input, it does no harm to begin again.
///
/// Stop it with `stop`; its threads and processes end too when it is no longer used.
package final class JQWorkers: Sendable {
    /// What the workers may take.
    package let limits: JQLimits
    private let quick: JQJobQueue
    private let slow: JQJobQueue
    /// Programs that broke their worker, or took all their time: others shall not lose a worker to them again.
    private let suspects: JQSuspects

    /// Starts the threads; each starts its process with the first exchange that it gets, and replaces it at once.
    package init(_ launch: JQLaunch, limits: JQLimits = JQLimits()) throws(JQWorkersError) {
        self.limits = limits
        quick = JQJobQueue(capacity: limits.waitingExchanges)
        slow = JQJobQueue(capacity: limits.waitingSlow)
        suspects = JQSuspects(capacity: limits.runaways)
        for number in 0..<max(limits.quickWorkers, 1) {
            let lane = JQLane(
                number: number, queue: quick, launch: launch, limits: limits, granted: limits.patienceMilliseconds,
                leavesAlone: suspects)
            try lane.start()
        }
        let lane = JQLane(
            number: 0, queue: slow, launch: launch, limits: limits, granted: limits.timeMilliseconds, leavesAlone: nil)
        try lane.start()
    }

    deinit {
        stop()
    }

    /// Answers what waits with an error and ends the threads and processes, each when it is done with what it does.
    package func stop() {
        quick.stop()
        slow.stop()
    }

    /// The replies to the requests, in order, in one exchange if nothing goes wrong.
    package func replies(to requests: [JQRequest]) async throws(JQWorkersError) -> [JQReply] {
        let isSuspect = requests.map { suspects.contains($0.source) }
        var quickReplies = try await quickReplies(to: zip(requests, isSuspect).filter { !$1 }.map(\.0))[...]
        var replies: [JQReply] = []
        replies.reserveCapacity(requests.count)
        for (request, isSuspect) in zip(requests, isSuspect) {
            if isSuspect {
                replies.append(try await slowReply(to: request))
            } else if let reply = quickReplies.popFirst() {
                replies.append(reply)
            }
        }
        return replies
    }

    private func quickReplies(to requests: [JQRequest]) async throws(JQWorkersError) -> [JQReply] {
        var replies: [JQReply] = []
        for part in Self.parts(of: requests, atMost: limits.exchangeBytes) {
            switch await outcome(of: part, on: quick, lane: nil) {
            case .success(let part): replies += part
            case .failure(.unavailable(let error)): throw error
            case .failure: for request in part { replies.append(try await slowReply(to: request)) }
            }
        }
        return replies
    }

    /// Compiles the programs in all workers that are there for quick answers; the replies of one of them.
    package func compile(_ sources: [String]) async throws(JQWorkersError) -> [JQReply] {
        let requests = sources.map { JQRequest(source: $0, input: nil) }
        var replies: [JQReply] = []
        // A few at a time: compiling takes long, and others wait.
        for start in stride(from: 0, to: requests.count, by: Self.compiledAtOnce) {
            let part = Array(requests[start..<min(start + Self.compiledAtOnce, requests.count)])
            for lane in 1..<max(limits.quickWorkers, 1) {
                if case .failure(.unavailable(let error)) = await outcome(of: part, on: quick, lane: lane) {
                    throw error
                }
            }
            switch await outcome(of: part, on: quick, lane: 0) {
            case .success(let part): replies += part
            case .failure(.unavailable(let error)): throw error
            case .failure: for request in part { replies.append(try await slowReply(to: request)) }
            }
        }
        return replies
    }

    private static let compiledAtOnce = 8

    private func outcome(of requests: [JQRequest], on queue: JQJobQueue, lane: Int?) async -> JQJob.Outcome {
        await withCheckedContinuation { continuation in
            queue.add(JQJob(requests: requests, lane: lane, continuation: continuation))
        }
    }

    /// Takes one request by itself, and remembers its program if it cannot be taken otherwise.
    private func slowReply(to request: JQRequest) async throws(JQWorkersError) -> JQReply {
        let reply: JQReply
        switch await outcome(of: [request], on: slow, lane: nil) {
        case .success(let replies):
            suspects.clear(request.source)
            return replies.first ?? .crashed
        case .failure(.unavailable(let error)): throw error
        case .failure(.late): reply = .outOfTime(milliseconds: limits.timeMilliseconds)
        case .failure(.outOfMemory): reply = .outOfMemory(bytes: limits.memoryBytes)
        case .failure(.crashed): reply = .crashed
        }
        suspects.condemn(request.source)
        return reply
    }

    /// The requests in as few exchanges as the limit allows; one that is too long by itself stays alone.
    private static func parts(of requests: [JQRequest], atMost limit: Int) -> [[JQRequest]] {
        var parts: [[JQRequest]] = []
        var room = 0
        for request in requests {
            if parts.isEmpty || request.size > room {
                parts.append([])
                room = limit
            }
            parts[parts.count - 1].append(request)
            room -= request.size
        }
        return parts
    }
}
