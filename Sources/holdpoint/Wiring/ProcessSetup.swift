import Allocator
import EventLoop
import Glibc

/// What the process itself needs before it serves.
enum ProcessSetup {
    /// A client that leaves must not end the process, and each stream needs a descriptor.
    ///
    /// The event loop ignores SIGPIPE as well; here it is done before the first descriptor is written to.
    static func prepare() {
        // Used, so that the linker keeps it.
        _ = Allocator.version
        signal(SIGPIPE, SIG_IGN)
        umask(0o077)
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
