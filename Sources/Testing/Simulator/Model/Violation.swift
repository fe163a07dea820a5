/// A broken promise that the model found.
struct Violation: Sendable, Equatable {
    /// Which invariant, for example `I3`; or `progress`, `stream`, `refusal`.
    let invariant: String
    /// What was expected, and what came.
    let detail: String
}
