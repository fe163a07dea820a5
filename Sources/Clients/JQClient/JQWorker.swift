import Glibc

/// The other end of `JQWorkers`: a process that evaluates what it is sent on its standard input, a socket.
///
/// It has no environment, can open no file and start no process, and ends with its parent. One thread only.
package enum JQWorker {
    /// The exit code that means: out of memory.
    static let outOfMemory: Int32 = 77
    private static let socket: Int32 = 0

    /// Serves until the other end closes; returns the exit code.
    package static func serve() -> Int32 {
        for number in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP] { signal(number, SIG_DFL) }
        guard chdir("/") == 0, let setup = receive(atMost: Setup.size), let setup = Setup(setup), setup.confine() else {
            return 1
        }
        var replied = JQFrameWriter().finished()
        var programs = JQProgramCache(bound: JQCacheBound(programs: setup.programs, bytes: setup.programBytes)) {
            source in
            Result { () throws(JQError) in
                try JQProgram(source: source, outOfMemory: { _ in _exit(JQWorker.outOfMemory) })
            }
        }
        while send(replied) {
            guard let frame = receive(atMost: setup.exchangeBytes) else { return 0 }
            guard let replies = answer(frame, setup, &programs) else { return 1 }
            replied = replies
        }
        return 0
    }

    private static func answer(
        _ frame: [UInt8], _ setup: Setup, _ programs: inout JQProgramCache
    ) -> [UInt8]? {
        frame.withUnsafeBytes { bytes in
            var reader = JQFrameReader(bytes)
            var writer = JQFrameWriter()
            while let kind = reader.byte() {
                guard let source = reader.text(), JQSystem.limitProcessorTime(seconds: setup.orphanSeconds) else {
                    return nil
                }
                let program = programs.program(String(decoding: source, as: UTF8.self))
                var reply = JQReply.value([])
                do throws(JQError) {
                    let program = try program.get()
                    if kind == 1 {
                        guard let input = reader.text() else { return nil }
                        let room = setup.exchangeBytes - writer.bytes.count - JQRequest.replyOverhead
                        reply = .value(try program.run(input, maximumBytes: min(setup.outputBytes, max(room, 0))))
                    }
                } catch {
                    if kind == 1, case .failure = program, reader.text() == nil { return nil }
                    reply = .error(error)
                }
                reply.write(into: &writer)
            }
            return writer.finished()
        }
    }

    private static func receive(atMost limit: Int) -> [UInt8]? {
        var count: UInt32 = 0
        guard withUnsafeMutableBytes(of: &count, { fill($0) }), count <= limit else { return nil }
        var isWhole = false
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(count)) { buffer, initialized in
            isWhole = fill(UnsafeMutableRawBufferPointer(buffer))
            initialized = isWhole ? Int(count) : 0
        }
        return isWhole ? bytes : nil
    }

    private static func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Bool {
        var rest = buffer[...]
        while !rest.isEmpty {
            let count = read(socket, UnsafeMutableRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private static func send(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let start = UnsafeRawBufferPointer(rebasing: rest).baseAddress
                let count = Glibc.send(socket, start, rest.count, Int32(MSG_NOSIGNAL))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                rest = rest.dropFirst(count)
            }
            return true
        }
    }

    /// What a worker is told when it starts.
    struct Setup {
        static let size = 24

        let memoryBytes: Int
        let outputBytes: Int
        let exchangeBytes: Int
        let programs: Int
        let programBytes: Int
        let orphanSeconds: Int

        init(_ limits: JQLimits) {
            memoryBytes = limits.memoryBytes
            outputBytes = limits.outputBytes
            exchangeBytes = limits.exchangeBytes
            programs = limits.programs
            programBytes = limits.programBytes
            orphanSeconds = limits.orphanSeconds
        }

        init?(_ bytes: [UInt8]) {
            let numbers = bytes.withUnsafeBytes { bytes in
                var reader = JQFrameReader(bytes)
                return (0..<6).compactMap { _ in reader.number().map(Int.init) }
            }
            guard numbers.count == 6 else { return nil }
            memoryBytes = numbers[0] << 10
            outputBytes = numbers[1]
            exchangeBytes = numbers[2]
            programs = numbers[3]
            programBytes = numbers[4]
            orphanSeconds = numbers[5]
        }

        var frame: [UInt8] {
            var writer = JQFrameWriter()
            let numbers = [memoryBytes >> 10, outputBytes, exchangeBytes, programs, programBytes, orphanSeconds]
            for number in numbers {
                writer.append(UInt32(clamping: number))
            }
            return writer.finished()
        }

        /// Takes from this process what an expression has no use for.
        func confine() -> Bool {
            guard let memory = JQSystem.mappedBytes() else { return false }
            return JQSystem.limit(RLIMIT_AS, to: memory + memoryBytes) && JQSystem.limit(RLIMIT_CORE, to: 0)
                && JQSystem.limit(RLIMIT_FSIZE, to: 0) && JQSystem.limit(__RLIMIT_NPROC, to: 0)
                && JQSystem.limit(RLIMIT_NOFILE, to: 0)
        }
    }
}
