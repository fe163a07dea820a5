import CJQ
import Glibc

/// A running worker and the socket to it; whoever holds it must end it with `kill`.
struct JQWorkerProcess: ~Copyable {
    /// Why an exchange has no answer.
    enum Failure: Error {
        /// More than the granted time went by.
        case late
        /// The process is gone, or talks nonsense.
        case broken
    }

    private let process: pid_t
    private let socket: Int32
    /// What it has compiled; the same as in its own cache, since both follow the same rule.
    private var programs: Set<String> = []
    private var bound: JQCacheBound

    private init(_ process: pid_t, _ socket: Int32, _ limits: JQLimits) {
        self.process = process
        self.socket = socket
        bound = JQCacheBound(programs: limits.programs, bytes: limits.programBytes)
    }

    /// Starts a process without environment, with nothing open but the socket, and tells it its limits.
    static func start(_ launch: JQLaunch, limits: JQLimits) throws(JQWorkersError) -> JQWorkerProcess {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw .system(code: errno) }
        let started = spawn(launch, input: ends[1])
        close(ends[1])
        let process: pid_t
        do throws(JQWorkersError) {
            process = try started.get()
        } catch {
            close(ends[0])
            throw error
        }
        let worker = JQWorkerProcess(process, ends[0], limits)
        guard worker.isReady(limits) else {
            _ = worker.kill()
            throw .notReady
        }
        return worker
    }

    /// Whether it takes its limits and says that it did.
    private func isReady(_ limits: JQLimits) -> Bool {
        let deadline = Deadline(of: process, granted: limits.startMilliseconds, wallFactor: 1)
        do throws(Failure) {
            try send(JQWorker.Setup(limits).frame, until: deadline)
            return try receive(atMost: 0, until: deadline).isEmpty
        } catch {
            return false
        }
    }

    /// Sends requests and takes their replies.
    ///
    /// - Parameter granted: processor time, in milliseconds; compiling what is new comes on top.
    mutating func exchange(
        _ requests: ArraySlice<JQRequest>, granted: Int, limits: JQLimits
    ) throws(Failure) -> [JQReply] {
        var compiled = 0
        for request in requests where !programs.contains(request.source) {
            if bound.mustDropOthers(for: request.source) { programs.removeAll(keepingCapacity: true) }
            programs.insert(request.source)
            compiled += 1
        }
        let deadline = Deadline(
            of: process, granted: granted + compiled * limits.compilingMilliseconds, wallFactor: limits.wallFactor)
        try send(JQRequest.frame(of: requests), until: deadline)
        let frame = try receive(atMost: limits.exchangeBytes, until: deadline)
        guard let replies = JQReply.replies(in: frame, count: requests.count) else { throw .broken }
        return replies
    }

    /// Ends the process, if it has not ended, and waits for it; returns how it ended.
    consuming func kill() -> Int32 {
        // Its id is its own until it is waited for.
        _ = Glibc.kill(process, SIGKILL)
        close(socket)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return status
    }

    /// Waits for a process that has closed its socket, and so is ending by itself.
    consuming func end() -> Int32 {
        var status: Int32 = 0
        let deadline = JQSystem.monotonicMilliseconds() + 1_000
        while JQSystem.monotonicMilliseconds() < deadline {
            let found = waitpid(process, &status, WNOHANG)
            if found == process || found < 0 && errno != EINTR {
                close(socket)
                return status
            }
            // Nothing tells when it ends: look again in a millisecond.
            poll(nil, 0, 1)
        }
        return kill()
    }

    /// Whether a process that ended so had asked for more memory than it may have.
    static func isOutOfMemory(_ status: Int32) -> Bool {
        status & 0x7F == 0 && (status >> 8) & 0xFF == JQWorker.outOfMemory
    }

    private static func spawn(_ launch: JQLaunch, input: Int32) -> Result<pid_t, JQWorkersError> {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_adddup2(&actions, input, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addclosefrom_np(&actions, 3)
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        // A group of its own: a signal from the terminal is for the parent to answer.
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
        posix_spawnattr_setflags(&attributes, Int16(flags))
        var arguments = ([launch.path] + launch.arguments).map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var environment: [UnsafeMutablePointer<CChar>?] = [nil]
        var id = pid_t()
        let code = posix_spawn(&id, launch.path, &actions, &attributes, &arguments, &environment)
        return code == 0 ? .success(id) : .failure(.system(code: code))
    }

    private func send(_ bytes: [UInt8], until deadline: Deadline) throws(Failure) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                let rest = UnsafeRawBufferPointer(rebasing: buffer[sent...])
                return Glibc.send(
                    socket, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            if count > 0 {
                sent += count
            } else if errno == EAGAIN {
                try wait(for: POLLOUT, until: deadline)
            } else if errno != EINTR {
                throw .broken
            }
        }
    }

    private func receive(atMost limit: Int, until deadline: Deadline) throws(Failure) -> [UInt8] {
        var head: [UInt8] = []
        try receive(4, into: &head, until: deadline)
        let count = Int(head.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) })
        guard count <= limit else { throw .broken }
        var body: [UInt8] = []
        try receive(count, into: &body, until: deadline)
        return body
    }

    private func receive(_ count: Int, into bytes: inout [UInt8], until deadline: Deadline) throws(Failure) {
        bytes = [UInt8](repeating: 0, count: count)
        var received = 0
        while received < count {
            let more = bytes.withUnsafeMutableBytes { buffer in
                let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[received...])
                return recv(socket, rest.baseAddress, rest.count, Int32(MSG_DONTWAIT))
            }
            if more > 0 {
                received += more
            } else if more < 0, errno == EAGAIN {
                try wait(for: POLLIN, until: deadline)
            } else if more == 0 || errno != EINTR {
                throw .broken
            }
        }
    }

    private func wait(for event: Int32, until deadline: Deadline) throws(Failure) {
        var watched = pollfd(fd: socket, events: Int16(event), revents: 0)
        while true {
            guard let left = deadline.left() else { throw .late }
            let found = poll(&watched, 1, Int32(clamping: left))
            if found > 0 { return }
            if found < 0, errno != EINTR { throw .broken }
        }
    }

    /// When a worker has had its time: by its own processor time, so that a busy machine does not change outcomes.
    private struct Deadline {
        private let process: pid_t
        private let granted: Int
        private let wall: Int
        private let usedBefore: Int

        init(of process: pid_t, granted: Int, wallFactor: Int) {
            self.process = process
            self.granted = granted
            wall = JQSystem.monotonicMilliseconds() + granted * wallFactor
            usedBefore = JQSystem.processorMilliseconds(of: process) ?? 0
        }

        /// For how long to wait before looking again, in milliseconds; nil when the time is up.
        func left() -> Int? {
            let used = (JQSystem.processorMilliseconds(of: process) ?? 0) - usedBefore
            let left = min(granted - used, wall - JQSystem.monotonicMilliseconds())
            return left > 0 ? left : nil
        }
    }
}
