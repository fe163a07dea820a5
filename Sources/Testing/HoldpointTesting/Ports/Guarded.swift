import Synchronization

/// State that any thread may change, one at a time: what the in-memory ports keep behind their synchronous calls.
///
/// Why neither an actor nor a lock: an actor stays locked for ever when the simulator drops the executor job of a
/// crashed node that was inside it, and a lock would need an unchecked claim of sendability. Here the state lies in
/// an immutable box, and whoever takes the box out of the slot owns the state until he puts the next box in; the
/// compiler checks all of it. A caller that finds the slot empty spins: bodies are short and never wait.
package final class Guarded<State: Sendable>: Sendable {
    private final class Box: Sendable {
        let state: State

        init(_ state: State) {
            self.state = state
        }
    }

    private let slot: Atomic<Unmanaged<Box>?>
    private let takings = Atomic(0)

    package init(_ state: State) {
        slot = Atomic(Unmanaged.passRetained(Box(state)))
    }

    deinit {
        slot.load(ordering: .acquiring)?.release()
    }

    /// How often the state was taken to be read or changed; while it stays the same, so does the state.
    package var takingCount: Int { takings.load(ordering: .acquiring) }

    /// Reads or changes the state; the body must not wait, and must not come back here.
    package func withState<Result, Failure: Error>(
        _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // The box is gone before the body runs, so that collections inside are changed in place.
        var state = take()
        takings.wrappingAdd(1, ordering: .acquiringAndReleasing)
        defer { slot.store(Unmanaged.passRetained(Box(state)), ordering: .releasing) }
        return try body(&state)
    }

    /// Reads the state where it lies, without a copy.
    package func read<Result>(_ body: (borrowing State) -> Result) -> Result {
        let box = takeBox()
        defer { slot.store(box, ordering: .releasing) }
        return body(box.takeUnretainedValue().state)
    }

    private func take() -> State { takeBox().takeRetainedValue().state }

    private func takeBox() -> Unmanaged<Box> {
        while true {
            if let box = slot.exchange(nil, ordering: .acquiring) { return box }
        }
    }
}
