import CPostgres
import EventLoop

/// What is needed to cancel what a connection does, from any thread.
// Proof for @unchecked Sendable: libpq says that a PGcancel may be used by any thread, since it is a copy of what is
// needed (manual, 34.7); it is freed by its last owner.
final class CancelRequest: @unchecked Sendable {
    private static let errorBytes = 256

    private let pointer: OpaquePointer

    /// Copies from a connection; nil if it has none or there is no memory.
    init?(_ handle: ConnectionHandle) {
        guard let pointer = PQgetCancel(handle.pointer) else { return nil }
        self.pointer = pointer
    }

    deinit {
        PQfreeCancel(pointer)
    }

    /// Connects, asks and waits until the server has heard; it blocks.
    ///
    /// If that fails, the statement's own limit of time ends it.
    func send() {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Self.errorBytes) { error in
            _ = PQcancel(pointer, error.baseAddress, Int32(error.count))
        }
    }
}
