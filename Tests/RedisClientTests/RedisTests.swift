import EventLoop
import RedisClient
import RedisFixture
import Testing

/// Everything that needs a server; each test has its own.
@Suite(.serialized, .timeLimit(.minutes(1)))
enum RedisTests {
    /// Runs `body` with a client on a loop of its own, both of which are ended afterwards.
    static func withClient<Output>(
        of configuration: RedisConfiguration, listening: RedisListening? = nil,
        _ body: (RedisClient) async throws -> Output
    ) async throws -> Output {
        let loop = try EventLoop.start(name: "redis-test")
        let client = RedisClient.open(configuration, listening: listening, on: loop)
        let result: Result<Output, any Error>
        do { result = .success(try await body(client)) } catch { result = .failure(error) }
        await client.close()
        try loop.stop()
        return try result.get()
    }

    /// With a server of its own, whose limits may be changed for the client.
    static func withServer<Output>(
        _ change: (inout RedisLimits) -> Void = { _ in }, listening: RedisListening? = nil,
        _ body: (RedisServer, RedisClient) async throws -> Output
    ) async throws -> Output {
        let server = try RedisServer()
        var configuration = server.configuration
        change(&configuration.limits)
        return try await withClient(of: configuration, listening: listening) { client in
            try await client.ready()
            return try await body(server, client)
        }
    }

    /// The words of a command.
    static func words(_ first: String, _ more: String...) -> RedisCommand {
        var command = RedisCommand(first)
        for word in more { command.add(word) }
        return command
    }

    /// The reply to a command.
    static func reply(_ client: RedisClient, _ command: RedisCommand) async throws -> RedisReply {
        try await client.run(command)
    }

    /// The reply to a command of these words.
    static func ask(_ client: RedisClient, _ name: String, _ arguments: String...) async throws -> RedisReply {
        var command = RedisCommand(name)
        for argument in arguments { command.add(argument) }
        return try await client.run(command)
    }

    /// What a throwing call throws.
    static func failure<Output>(_ body: () async throws(RedisError) -> Output) async -> RedisError? {
        do {
            _ = try await body()
            return nil
        } catch {
            return error
        }
    }

    /// Waits until the client's status is as it should be.
    static func wait(_ client: RedisClient, until isReached: (RedisStatus) -> Bool) async {
        while !isReached(client.status) { await Task.yield() }
    }
}

/// Gathers what comes, and lets one wait for as many as are wanted.
final class Gathered<Element: Sendable>: Sendable {
    private struct State: Sendable {
        var elements: [Element] = []
        var wanted = 0
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Locked(State())

    func append(_ element: Element) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.elements.append(element)
            guard state.elements.count >= state.wanted else { return nil }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// All there are, as soon as there are so many.
    func atLeast(_ count: Int) async -> [Element] {
        await withCheckedContinuation { continuation in
            let isReached = state.withLock { state -> Bool in
                guard state.elements.count < count else { return true }
                state.wanted = count
                state.waiter = continuation
                return false
            }
            if isReached { continuation.resume() }
        }
        return state.withLock { $0.elements }
    }
}
