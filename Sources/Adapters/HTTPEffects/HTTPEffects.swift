package import EventLoop
package import HTTPClient
package import HoldpointCore
import HoldpointPorts

/// The calls of effects on libcurl: guarded addresses, our own rule for redirects, and outcomes told apart.
///
/// An address is judged when a connection to it is opened and again before each request on it, so neither a name that
/// changes its address nor a redirect leads around the rules.
package final class HTTPEffects: HTTPCaller {
    /// What an operator may set.
    package struct Configuration: Sendable {
        /// What may be called besides addresses that are for everybody.
        package var addressRules = AddressRules()
        /// The longest time for looking up a name, connecting and the handshake; default 10 seconds.
        package var connectTimeout = Duration.seconds(10)
        /// How many bytes of an answer's head are taken; default 32 KiB.
        package var maximumHeadBytes = GuardedRequest.defaultMaximumHeadBytes
        /// How many calls run and wait, and which authorities are trusted.
        package var client = ConcurrentHTTPClient.Configuration()

        package init() {}
    }

    /// What a server is told about who calls, unless the call says it.
    package static let userAgent = "holdpoint"

    private let client: ConcurrentHTTPClient
    private let configuration: Configuration

    /// Makes a performer that works on this loop; the loop must outlive it.
    package init(loop: EventLoop, configuration: Configuration = Configuration()) {
        client = ConcurrentHTTPClient(loop: loop, configuration: configuration.client)
        self.configuration = configuration
    }

    /// Ends all calls under way and refuses later ones; to be called before the loop is stopped.
    package func stop() async { await client.stop() }

    package func perform(
        _ call: HTTPCall, isPermitted: @escaping @Sendable () -> Bool
    ) async -> HTTPCall.Outcome {
        let deadline = ContinuousClock.now + call.limits.timeout
        var call = call
        var redirects = 0
        // Whether a request that may have changed something got an answer, but not the last one.
        var mayHaveChanged = false
        while true {
            let answer: HTTPCall.Answer
            do {
                let remaining = max(deadline - .now, .milliseconds(1))
                let response = try await client.perform(request(call, within: remaining, isPermitted))
                answer = HTTPCall.Answer(response, from: call.url)
            } catch {
                let failure = HTTPCall.Failure(error.reason)
                return error.mayHaveLeft || mayHaveChanged ? .unknown(failure) : .notPerformed(failure)
            }
            mayHaveChanged = mayHaveChanged || !call.method.isSafe
            let location = answer.header("Location")
            switch HTTPRedirect.judge(status: answer.status, location: location, of: call, after: redirects) {
            case .none: return .answered(answer)
            case .follow(let next): call = next
            case .refused(let refusal):
                return mayHaveChanged ? .unknown(.redirectRefused(refusal)) : .notPerformed(.redirectRefused(refusal))
            }
            redirects += 1
        }
    }

    private func request(
        _ call: HTTPCall, within timeout: Duration, _ isPermitted: @escaping @Sendable () -> Bool
    ) -> GuardedRequest {
        var headers = call.headersToSend.map { HTTPClient.Header($0.name, $0.value) }
        if !headers.contains(where: { $0.isNamed("User-Agent") }) {
            headers.append(HTTPClient.Header("User-Agent", Self.userAgent))
        }
        let host = call.url.host.text
        let rules = configuration.addressRules
        return GuardedRequest(
            HTTPClient.Request(
                method: call.method.rawValue, url: call.url.text, headers: headers, body: call.body, timeout: timeout,
                maximumResponseBytes: call.limits.maximumBodyBytes),
            maximumHeadBytes: configuration.maximumHeadBytes, connectTimeout: configuration.connectTimeout,
            mayBeSentTwice: call.isIdempotent,
            admits: { remote in
                IPAddress(bytes: remote.bytes).map { rules.refusal(of: $0, host: host) == nil } ?? false
            }, isPermitted: isPermitted)
    }
}

extension HTTPCall.Answer {
    fileprivate init(_ response: HTTPClient.Response, from url: WebURL) {
        self.init(
            status: response.status,
            headers: response.headers.map { HTTPCall.Header(received: $0.name, $0.value) }, body: response.body,
            url: url)
    }
}

extension HTTPCall.Failure {
    fileprivate init(_ reason: ExchangeFailure.Reason) {
        switch reason {
        case .invalidRequest: self = .invalid
        case .overloaded: self = .overloaded
        case .addressRefused(let remote):
            self = .addressRefused(IPAddress(bytes: remote.bytes).flatMap(AddressKind.of) ?? .reserved)
        case .notPermitted: self = .notPermitted
        case .unreachable: self = .unreachable
        case .insecure: self = .insecure
        case .timedOut: self = .timedOut
        case .responseTooLarge(let limit): self = .answerTooLarge(limitBytes: limit)
        case .transferFailed: self = .cutOff
        case .cancelled, .stopped: self = .cancelled
        }
    }
}
