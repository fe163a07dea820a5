import EventLoop
import Foundation
import HTTPEffects
import HTTPServer
import HoldpointCore
import JSON
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HTTPEffectsTests {
    @Test func `the answer of a service comes back, and the service sees the effect's key`() async throws {
        try await HTTPEffectScene.run { scene in
            let outcome = await scene.perform(.post, "/echo", body: ["a": 1])
            guard case .answered(let answer) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            #expect(answer.status == 200)
            #expect(answer.body == Array(#"{"a":1}"#.utf8))
            #expect(answer.header("X-Path") == "/echo")
            let request = try #require(scene.requests.first)
            #expect(request.headers["Idempotency-Key"] == "t:p:s:1")
            #expect(request.headers["Content-Type"] == "application/json")
            #expect(request.headers["User-Agent"] == "holdpoint")
        }
    }

    @Test func `an error status is an answer`() async throws {
        try await HTTPEffectScene.run { scene in
            guard case .answered(let answer) = await scene.perform(.post, "/status/503") else {
                Issue.record("no answer")
                return
            }
            #expect(answer.status == 503)
        }
    }

    @Test(arguments: ["127.0.0.1", "localhost", "[::1]"])
    func `without an operator's word nothing on this machine is called`(host: String) async throws {
        try await HTTPEffectScene.run(allowing: []) { scene in
            let outcome = await scene.perform(.get, "http://\(host):\(scene.port)/echo")
            #expect(outcome == .notPerformed(.addressRefused(.loopback)))
            #expect(scene.requests.isEmpty)
        }
    }

    @Test(arguments: [
        "http://10.0.0.1/", "http://192.168.0.1/", "http://169.254.169.254/latest/meta-data/", "http://[fd00::1]/",
        "http://[fe80::1]/", "http://100.64.0.1/", "http://0.0.0.0/", "http://[::]/", "http://224.0.0.1/",
        "http://192.0.2.1/", "http://[::ffff:10.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://255.255.255.255/",
    ])
    func `no private address is called even where the loopback is allowed`(url: String) async throws {
        try await HTTPEffectScene.run { scene in
            let outcome = await scene.perform(.get, url)
            guard case .notPerformed(.addressRefused) = outcome else {
                Issue.record("\(outcome)")
                return
            }
        }
    }

    @Test func `a redirect to an address that may not be called leads nowhere`() async throws {
        // The host is allowed by its name, the target is not: its address counts, whatever its name.
        try await HTTPEffectScene.run(allowing: ["localhost"]) { scene in
            let start = "http://localhost:\(scene.port)/to?http://127.0.0.1:\(scene.port)/echo"
            #expect(await scene.perform(.get, start) == .notPerformed(.addressRefused(.loopback)))
            // The POST was answered: what it did is not known from here.
            #expect(await scene.perform(.post, start, body: [:]) == .unknown(.addressRefused(.loopback)))
            #expect(scene.requests.map(\.path) == ["/to", "/to"])
        }
    }

    @Test func `redirects are followed so far, and no secret goes to another server`() async throws {
        try await HTTPEffectScene.run { scene in
            try await HTTPEffectScene.run { other in
                guard case .answered(let answer) = await scene.perform(.get, "/count/5", secret: "s") else {
                    Issue.record("no answer")
                    return
                }
                #expect(answer.url.path == "/count/0")
                #expect(scene.requests.allSatisfy { $0.headers["Authorization"] == "Bearer s" })
                #expect(await scene.perform(.get, "/count/6") == .notPerformed(.redirectRefused(.tooMany)))
                let away = "/to?http://127.0.0.1:\(other.port)/echo"
                guard case .answered = await scene.perform(.get, away, secret: "s") else {
                    Issue.record("no answer")
                    return
                }
                #expect(other.requests.count == 1)
                #expect(other.requests.first?.headers["Authorization"] == nil)
                // I7: what was approved was a call to the first server.
                let kept = "/keep?http://127.0.0.1:\(other.port)/echo"
                #expect(await scene.perform(.post, kept, body: [:]) == .unknown(.redirectRefused(.unsafeElsewhere)))
                #expect(other.requests.count == 1)
            }
        }
    }

    @Test(arguments: [HTTPCall.Method.get, .post])
    func `a service that does not answer in time leaves the outcome unknown`(method: HTTPCall.Method) async throws {
        try await HTTPEffectScene.run { scene in
            #expect(await scene.perform(method, "/wait", timeout: .milliseconds(200)) == .unknown(.timedOut))
            #expect(scene.requests.count == 1)
        }
    }

    @Test func `the time limit counts for all redirects together`() async throws {
        try await HTTPEffectScene.run { scene in
            let outcome = await scene.perform(.get, "/to?/wait", timeout: .milliseconds(300))
            #expect(outcome == .unknown(.timedOut))
        }
    }

    @Test func `a connection that is cut leaves the outcome unknown, one that is refused does not`() async throws {
        try await HTTPEffectScene.run { scene in
            let port = try CuttingServer.start()
            #expect(await scene.perform(.post, "http://127.0.0.1:\(port)/", body: [:]) == .unknown(.cutOff))
            // Its listener was closed before the connection was cut.
            #expect(await scene.perform(.post, "http://127.0.0.1:\(port)/") == .notPerformed(.unreachable))
        }
    }

    @Test func `an answer over the limit is not taken`() async throws {
        try await HTTPEffectScene.run { scene in
            let outcome = await scene.perform(.post, "/big", maximumBodyBytes: 1_000)
            #expect(outcome == .unknown(.answerTooLarge(limitBytes: 1_000)))
        }
    }

    @Test func `nothing is sent once the lease is lost, also not after a redirect`() async throws {
        try await HTTPEffectScene.run { scene in
            let outcome = await scene.perform(.post, "/echo", isPermitted: { false })
            #expect(outcome == .notPerformed(.notPermitted))
            #expect(scene.requests.isEmpty)
            let asked = Locked(0)
            let second = await scene.perform(.post, "/to?/echo") {
                asked.withLock { count in
                    count += 1
                    return count == 1
                }
            }
            #expect(second == .unknown(.notPermitted))
            #expect(scene.requests.map(\.path) == ["/to"])
        }
    }

    @Test func `a cancelled call that has left has an unknown outcome`() async throws {
        try await HTTPEffectScene.run { scene in
            let task = Task { await scene.perform(.post, "/wait") }
            await scene.entered()
            task.cancel()
            #expect(await task.value == .unknown(.cancelled))
        }
    }

    @Test func `failures that will come again are told from those that may pass`() {
        let lasting: [HTTPCall.Failure] = [
            .addressRefused(.loopback), .insecure, .answerTooLarge(limitBytes: 1), .redirectRefused(.tooMany), .invalid,
        ]
        #expect(lasting.allSatisfy { $0.isLasting })
        let passing: [HTTPCall.Failure] = [
            .overloaded, .notPermitted, .unreachable, .timedOut, .cutOff, .cancelled,
        ]
        #expect(!passing.contains { $0.isLasting })
        #expect(Set((lasting + passing).map(\.description)).count == 11)
    }
}
