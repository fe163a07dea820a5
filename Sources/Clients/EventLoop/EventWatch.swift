import CEvent

/// A timer or a signal that a loop watches; `cancel()` ends it.
///
/// The loop holds a watch until it is cancelled or (a one-shot timer) has fired, so the caller need not.
// Proof for @unchecked Sendable: the `let`s are Sendable and never change; `event` is touched only on the loop's
// thread (`arm`, `free` and the libevent callback).
package final class EventWatch: @unchecked Sendable {
    private let loop: EventLoop
    private let isRepeating: Bool
    private let action: @Sendable () -> Void
    private var event: OpaquePointer?

    init(loop: EventLoop, isRepeating: Bool, action: @escaping @Sendable () -> Void) {
        self.loop = loop
        self.isRepeating = isRepeating
        self.action = action
    }

    /// Ends the watch, from any thread; called on the loop's thread, the action is certain not to run any more.
    package func cancel() {
        loop.run { [self] in
            loop.watches[ObjectIdentifier(self)] = nil
            free()
        }
    }

    /// Makes the libevent event, on the loop's thread; false if memory or the system refuses.
    func arm(descriptor: Int32, flags: Int32, interval: Duration?) -> Bool {
        let context = Unmanaged.passUnretained(self).toOpaque()
        event = event_new(
            loop.base, descriptor, Int16(flags), { _, _, context in EventWatch.fire(context) }, context)
        guard let event else { return false }
        var time = timeval(interval ?? .zero)
        let result = interval == nil ? event_add(event, nil) : event_add(event, &time)
        guard result == 0 else {
            free()
            return false
        }
        // The table keeps the context pointer alive for as long as the event exists.
        loop.watches[ObjectIdentifier(self)] = self
        return true
    }

    func free() {
        if let event { event_free(event) }
        event = nil
    }

    private static func fire(_ context: UnsafeMutableRawPointer?) {
        guard let context else { return }
        let watch = Unmanaged<EventWatch>.fromOpaque(context).takeUnretainedValue()
        if !watch.isRepeating {
            watch.loop.watches[ObjectIdentifier(watch)] = nil
            watch.free()
        }
        watch.action()
    }
}

extension timeval {
    /// A duration in libevent's terms, rounded up to whole microseconds and never negative.
    init(_ duration: Duration) {
        let (seconds, attoseconds) = max(duration, .zero).components
        let microseconds = (attoseconds + 999_999_999_999) / 1_000_000_000_000
        let carried = Int(microseconds) / 1_000_000
        // A hundred years: larger values would overflow libevent's arithmetic.
        let bounded = Int(min(seconds, 3_155_760_000))
        self.init(tv_sec: bounded + carried, tv_usec: Int(microseconds) % 1_000_000)
    }
}
