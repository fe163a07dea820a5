import CHiredis
import EventLoop
import Glibc

/// One hiredis context: one life of a connection, from the attempt to its end.
///
/// hiredis frees the context by itself when the connection ends, and says so by the cleanup hook. It must not be freed
/// while one of its functions runs, so that is put off until the function has returned.
// Proof for @unchecked Sendable: the thread that starts a link hands it over through the loop's lock and keeps nothing
// of it; from then on every variable and every function of hiredis is touched only on the loop's thread.
final class Link: @unchecked Sendable {
    typealias Context = UnsafeMutablePointer<redisAsyncContext>

    /// The context, until it is freed.
    private var context: Context?
    private var loop: EventLoop?
    private var readWatch: EventWatch?
    private var writeWatch: EventWatch?
    /// Whom it tells; nil once nobody wants to know.
    private(set) weak var connection: Connection?

    private(set) var isConnected = false
    /// How many of hiredis's functions are on the stack.
    private var depth = 0
    private var isAbandoned = false
    /// Commands wait in hiredis for the end of the turn.
    private var isFlushDue = false
    /// Whoever puts commands into the buffer will flush it.
    private var isGathering = false
    /// Why the context was freed, where hiredis did it by itself.
    private var end: RedisConnectFailure?

    private init(_ context: Context) {
        self.context = context
    }

    deinit {
        guard let context else { return }
        // Nothing may call back into what is going away.
        context.pointee.data = nil
        context.pointee.ev.cleanup = nil
        redisAsyncFree(context)
    }

    /// Looks up the host, which may block, and begins to connect.
    static func start(_ address: RedisAddress) -> Result<Link, RedisConnectFailure> {
        let context =
            switch address {
            case .host(let host, let port): redisAsyncConnect(host, Int32(port))
            case .unixSocket(let path): redisAsyncConnectUnix(path)
            }
        guard let context else { return .failure(.outOfResources) }
        let link = Link(context)
        guard context.pointee.err == 0 else { return .failure(.unreachable(text(of: context))) }
        _ = fcntl(context.pointee.c.fd, F_SETFD, FD_CLOEXEC)
        return .success(link)
    }

    /// Lets libevent watch the socket; false if the system has no memory for that.
    func attach(to connection: Connection, on loop: EventLoop) -> Bool {
        guard let context else { return false }
        self.connection = connection
        self.loop = loop
        let identity = Unmanaged.passUnretained(self).toOpaque()
        context.pointee.data = identity
        context.pointee.ev.data = identity
        context.pointee.ev.addRead = { Link.of($0)?.watchReading() }
        context.pointee.ev.addWrite = { Link.of($0)?.wantsToWrite() }
        context.pointee.ev.delWrite = { Link.of($0)?.stopWriting() }
        context.pointee.ev.cleanup = { Link.of($0)?.wasFreed() }
        // It adds the write event, so the hooks must be there. What it reports comes before the end of the context.
        redisAsyncSetConnectCallback(context) { context, status in
            if status == REDIS_OK { Link.of(context?.pointee.data)?.didConnect() }
        }
        watchReading()
        return readWatch != nil && writeWatch != nil
    }

    /// Puts a command with one reply into hiredis's buffer; false if the connection has ended.
    func send(_ command: RedisCommand) -> Bool {
        append(command) { context, reply, _ in
            guard let link = Link.of(context?.pointee.data), let reply else { return }
            link.connection?.didReceive(RedisReply(reply.assumingMemoryBound(to: redisReply.self)), on: link)
        }
    }

    /// Puts a SUBSCRIBE or UNSUBSCRIBE into hiredis's buffer; false if the connection has ended.
    func sendListening(_ command: RedisCommand) -> Bool {
        append(command) { context, reply, _ in
            guard let link = Link.of(context?.pointee.data), let reply else { return }
            link.connection?.didReceivePush(RedisReply(reply.assumingMemoryBound(to: redisReply.self)), on: link)
        }
    }

    private typealias Callback = @convention(c) (Context?, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?) -> Void

    private func append(_ command: RedisCommand, _ callback: @escaping Callback) -> Bool {
        guard let context, !isAbandoned else { return false }
        return command.withBytes { bytes in
            bytes.withMemoryRebound(to: CChar.self) {
                redisAsyncFormattedCommand(context, callback, nil, $0.baseAddress, $0.count) == REDIS_OK
            }
        }
    }

    /// Runs `body` and sends what it put into hiredis's buffer.
    func gather(_ body: () -> Void) {
        isGathering = true
        body()
        isGathering = false
        flush()
    }

    /// Sends what is in hiredis's buffer, as far as the socket takes it.
    private func flush() {
        isFlushDue = false
        // While something is left, the write event sends it.
        guard isConnected, depth == 0, writeWatch == nil else { return }
        enter { redisAsyncHandleWrite($0) }
    }

    /// Lets the context go; nothing is told to anybody any more.
    func abandon() {
        isAbandoned = true
        connection = nil
        stopWatching()
        freeIfDue()
    }

    private func freeIfDue() {
        guard isAbandoned, depth == 0, let context else { return }
        depth += 1
        redisAsyncFree(context)
        depth -= 1
    }

    /// Calls one of hiredis's functions, which may end the context.
    private func enter(_ body: (Context) -> Void) {
        guard let context else { return }
        depth += 1
        body(context)
        depth -= 1
        freeIfDue()
        if depth == 0, let end {
            self.end = nil
            connection?.linkDidEnd(self, end)
        }
    }
}

extension Link {
    private static func of(_ identity: UnsafeMutableRawPointer?) -> Link? {
        identity.map { Unmanaged<Link>.fromOpaque($0).takeUnretainedValue() }
    }

    private func watchReading() {
        guard readWatch == nil, !isAbandoned, let loop, let context else { return }
        readWatch = loop.watch(context.pointee.c.fd, for: .reading) { self.readable() }
    }

    private func readable() {
        enter { redisAsyncHandleRead($0) }
        guard let context, let reader = context.pointee.c.reader, let connection else { return }
        // What is left in the reader's buffer is the beginning of one value.
        if reader.pointee.len > connection.limits.maximumValueBytes { connection.drop(.valueTooLarge) }
    }

    /// hiredis wants to be called when the socket can be written: to learn whether it connected, or to send the rest.
    private func wantsToWrite() {
        guard !isAbandoned, let loop, let context else { return }
        if isConnected, depth == 0 {
            // A command was appended: it leaves with the others of this turn.
            guard !isFlushDue, !isGathering else { return }
            isFlushDue = true
            loop.executeAtEndOfTurn { self.flush() }
        } else if writeWatch == nil {
            writeWatch = loop.watch(context.pointee.c.fd, for: .writing) { self.enter { redisAsyncHandleWrite($0) } }
        }
    }

    private func stopWriting() {
        writeWatch?.cancel()
        writeWatch = nil
    }

    private func stopWatching() {
        readWatch?.cancel()
        readWatch = nil
        stopWriting()
    }

    private func didConnect() {
        isConnected = true
        connection?.linkDidConnect(self)
    }

    private func wasFreed() {
        stopWatching()
        if let context { end = failure(of: context) }
        context = nil
    }

    private func failure(of context: Context) -> RedisConnectFailure {
        switch context.pointee.err {
        case REDIS_ERR_IO: isConnected ? .lost : .unreachable(Self.text(of: context))
        case REDIS_ERR_PROTOCOL: .notRedis
        case REDIS_ERR_OOM: .outOfResources
        // What the server says unasked before it cuts the connection; it may quote data.
        case REDIS_ERR_OTHER: .refused(command: "the connection", code: RedisRefusal(line: Self.text(of: context)).code)
        default: .lost
        }
    }

    private static func text(of context: Context) -> String {
        context.pointee.errstr.map { String(cString: $0) } ?? "no connection"
    }
}
