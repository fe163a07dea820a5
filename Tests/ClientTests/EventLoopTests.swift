import EventLoop
import Glibc
import Testing

/// An actor that is pinned to a loop.
private actor Pinned {
    private let loop: EventLoop
    private var count = 0

    init(loop: EventLoop) { self.loop = loop }

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    func increment() -> (count: Int, isOnLoop: Bool) {
        count += 1
        return (count, loop.isOnLoop)
    }

    nonisolated func peek() -> Int { assumeIsolated { $0.count } }
}

/// A default actor: it runs where its caller's task prefers.
private actor Unpinned {
    func isOn(_ loop: EventLoop) -> Bool { loop.isOnLoop }
}

@Suite(.timeLimit(.minutes(1)))
struct EventLoopTests {
    private func withLoop(_ body: (EventLoop) async throws -> Void) async throws {
        let loop = try EventLoop.start(name: "loop-test")
        do {
            try await body(loop)
        } catch {
            try loop.stop()
            throw error
        }
        try loop.stop()
    }

    @Test func `an actor pinned to the loop runs on its thread`() async throws {
        try await withLoop { loop in
            let actor = Pinned(loop: loop)
            for expected in 1...1000 {
                let result = await actor.increment()
                #expect(result.count == expected && result.isOnLoop)
            }
            #expect(!loop.isOnLoop)
        }
    }

    @Test func `a callback on the loop may assume the isolation of a pinned actor`() async throws {
        try await withLoop { loop in
            let actor = Pinned(loop: loop)
            _ = await actor.increment()
            let seen = Locked(0)
            let latch = Latch()
            loop.execute {
                seen.withLock { $0 = actor.peek() }
                latch.open()
            }
            await latch.wait()
            #expect(seen.withLock { $0 } == 1)
        }
    }

    @Test func `a watched socket is told of while it is ready, until the watch is cancelled`() async throws {
        try await withLoop { loop in
            var pair: [Int32] = [-1, -1]
            try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
            defer { for descriptor in pair { close(descriptor) } }
            let (near, far) = (pair[0], pair[1])
            let seen = Locked((readable: 0, writable: 0))
            let (isReadable, isWritable, isDone) = (Latch(), Latch(), Latch())
            let watches = Locked<[EventWatch]>([])
            loop.execute {
                let reading = loop.watch(near, for: .reading) {
                    // What is not read yet is told of again.
                    let count = seen.withLock { seen in
                        seen.readable += 1
                        return seen.readable
                    }
                    if count == 3 { isReadable.open() }
                }
                let writing = loop.watch(near, for: .writing) {
                    seen.withLock { $0.writable += 1 }
                    isWritable.open()
                }
                watches.withLock { $0 = [reading, writing].compactMap { $0 } }
            }
            await isWritable.wait()
            #expect(seen.withLock { $0.readable } == 0)
            try #require(write(far, "x", 1) == 1)
            await isReadable.wait()
            loop.execute {
                for watch in watches.withLock({ $0 }) { watch.cancel() }
                let last = seen.withLock { $0 }
                // A timer fires in a later round than the one in which a ready socket would have been told of.
                loop.schedule(after: .milliseconds(20)) {
                    #expect(seen.withLock { $0 } == last)
                    isDone.open()
                }
            }
            await isDone.wait()
        }
    }

    @Test func `off the loop that assumption traps`() async {
        await #expect(processExitsWith: .failure) {
            let loop = try EventLoop.start(name: "trap")
            _ = Pinned(loop: loop).peek()
        }
    }

    @Test func `a task that prefers the loop takes default actors along, through groups`() async throws {
        try await withLoop { loop in
            let actors = (0..<20).map { _ in Unpinned() }
            let task = Task(executorPreference: loop.taskExecutor) {
                await withTaskGroup(of: Bool.self) { group in
                    for actor in actors { group.addTask { await actor.isOn(loop) } }
                    return await group.reduce(loop.isOnLoop) { $0 && $1 }
                }
            }
            #expect(await task.value)
        }
    }

    @Test func `actions from many threads all run, each thread's in order`() async throws {
        try await withLoop { loop in
            let log = Locked<[[Int]]>(Array(repeating: [], count: 8))
            let done = Countdown()
            await withTaskGroup(of: Void.self) { group in
                for thread in 0..<8 {
                    group.addTask {
                        for number in 0..<2000 {
                            loop.execute {
                                log.withLock { $0[thread].append(number) }
                                done.count()
                            }
                        }
                    }
                }
            }
            await done.wait(for: 16_000)
            #expect(log.withLock { $0 } == Array(repeating: Array(0..<2000), count: 8))
        }
    }

    @Test func `the end of a turn comes after all jobs that are there, and after those that they make`() async throws {
        try await withLoop { loop in
            let log = Locked<[String]>([])
            let latch = Latch()
            loop.execute {
                loop.executeAtEndOfTurn {
                    log.withLock { $0.append("end") }
                    latch.open()
                }
                loop.execute {
                    log.withLock { $0.append("first") }
                    loop.execute { log.withLock { $0.append("made by the first") } }
                }
            }
            await latch.wait()
            #expect(log.withLock { $0 } == ["first", "made by the first", "end"])
        }
    }

    @Test func `what is isolated to the loop calls its actors without a switch`() async throws {
        try await withLoop { loop in
            let isolation = LoopIsolation(on: loop)
            let pinned = Pinned(loop: loop)
            let order = Locked<[String]>([])
            let latch = Latch()
            isolation.start { _ in
                loop.execute { order.withLock { $0.append("queued") } }
                // Were it a switch, what is queued would come first.
                let isThere = await pinned.increment().isOnLoop
                order.withLock { $0.append(isThere ? "called" : "elsewhere") }
                latch.open()
            }
            await latch.wait()
            #expect(order.withLock { $0.first } == "called")
        }
    }

    @Test func `run is immediate on the loop, execute is not`() async throws {
        try await withLoop { loop in
            let log = Locked<[String]>([])
            let latch = Latch()
            loop.execute {
                loop.execute {
                    log.withLock { $0.append("execute") }
                    latch.open()
                }
                loop.run { log.withLock { $0.append("run") } }
                log.withLock { $0.append("end") }
            }
            await latch.wait()
            #expect(log.withLock { $0 } == ["run", "end", "execute"])
        }
    }

    @Test func `a chain of jobs does not starve timers`() async throws {
        try await withLoop { loop in
            let isOver = Locked(false)
            let latch = Latch()
            loop.schedule(after: .milliseconds(5)) {
                isOver.withLock { $0 = true }
                latch.open()
            }
            @Sendable func again() {
                if !isOver.withLock({ $0 }) { loop.execute { again() } }
            }
            again()
            await latch.wait()
        }
    }

    @Test func `timers fire in the order of their times, and a cancelled one never`() async throws {
        try await withLoop { loop in
            let log = Locked<[Int]>([])
            let latch = Latch()
            let cancelled = loop.schedule(after: .milliseconds(15)) { log.withLock { $0.append(-1) } }
            loop.schedule(after: .milliseconds(40)) {
                log.withLock { $0.append(3) }
                latch.open()
            }
            loop.schedule(after: .milliseconds(20)) { log.withLock { $0.append(2) } }
            loop.schedule(after: .zero) { log.withLock { $0.append(1) } }
            cancelled.cancel()
            await latch.wait()
            #expect(log.withLock { $0 } == [1, 2, 3])
        }
    }

    @Test func `a repeating timer fires until it is cancelled`() async throws {
        try await withLoop { loop in
            let ticks = Countdown()
            let watch = loop.schedule(every: .milliseconds(2)) { ticks.count() }
            await ticks.wait(for: 5)
            watch.cancel()
            let count = Locked(0)
            let latch = Latch()
            loop.schedule(every: .milliseconds(1)) {
                if count.withLock({
                    $0 += 1
                    return $0
                }) == 3 {
                    latch.open()
                }
            }
            await latch.wait()
        }
    }

    @Test func `a timer never fires early`() async throws {
        try await withLoop { loop in
            let latch = Latch()
            let start = ContinuousClock.now
            loop.schedule(after: .milliseconds(30)) { latch.open() }
            await latch.wait()
            #expect(start.duration(to: .now) >= .milliseconds(29))
        }
    }

    @Test func `a round hook that asks for more runs again at once, and not after it is removed`() async throws {
        try await withLoop { loop in
            let count = Locked(0)
            let latch = Latch()
            let hook = Locked<EventLoopHook?>(nil)
            loop.execute {
                let token = loop.addRoundHook {
                    let number = count.withLock {
                        $0 += 1
                        return $0
                    }
                    if number == 100 { latch.open() }
                    return number < 100
                }
                hook.withLock { $0 = token }
            }
            await latch.wait()
            let removed = Latch()
            loop.execute {
                if let token = hook.withLock({ $0 }) { loop.removeRoundHook(token) }
                removed.open()
            }
            await removed.wait()
            let final = count.withLock { $0 }
            let again = Latch()
            loop.execute { again.open() }
            await again.wait()
            #expect(count.withLock { $0 } == final)
        }
    }

    @Test func `signals arrive on the loop that owns them, and no other loop may`() async {
        await #expect(processExitsWith: .success) {
            let loop = try EventLoop.start(name: "first")
            let other = try EventLoop.start(name: "second")
            let received = Countdown()
            try loop.onSignal(SIGTERM) { if loop.isOnLoop { received.count() } }
            try loop.onSignal(SIGUSR1) { received.count() }
            #expect(throws: EventLoopError.signalsOwnedElsewhere) { try other.onSignal(SIGUSR1) {} }
            // As a job: the watches are set by then.
            loop.execute {
                kill(getpid(), SIGTERM)
                kill(getpid(), SIGUSR1)
            }
            await received.wait(for: 2)
            kill(getpid(), SIGPIPE)
            try loop.stop()
            try other.onSignal(SIGUSR1) {}
            try other.stop()
        }
    }

    @Test func `stop runs what is queued, joins the thread and may be repeated`() async throws {
        let loop = try EventLoop.start(name: "stop")
        let count = Locked(0)
        for _ in 0..<5000 { loop.execute { count.withLock { $0 += 1 } } }
        try loop.stop()
        #expect(count.withLock { $0 } == 5000)
        loop.execute { count.withLock { $0 += 1 } }
        try loop.stop()
        #expect(count.withLock { $0 } == 5000)
    }

    @Test func `stop on the loop's own thread ends it without waiting`() async throws {
        let loop = try EventLoop.start(name: "own")
        let ended = Latch()
        loop.execute {
            _ = loop.addRoundHook(atStop: { ended.open() }) { false }
            try? loop.stop()
        }
        await ended.wait()
    }

    @Test func `a stopped loop is freed`() async throws {
        weak var weakLoop: EventLoop?
        do {
            let loop = try EventLoop.start(name: "freed")
            weakLoop = loop
            loop.schedule(every: .seconds(100)) {}
            loop.schedule(after: .seconds(100)) {}
            try loop.stop()
        }
        #expect(weakLoop == nil)
    }

    @Test func `a locked value is changed by one thread at a time`() async {
        let value = Locked(0)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { for _ in 0..<10_000 { value.withLock { $0 += 1 } } } }
        }
        #expect(value.withLock { $0 } == 80_000)
    }
}
