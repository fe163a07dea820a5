import JSON

/// An error as a document describes it; its texts may be expressions.
struct ErrorRule: Sendable {
    let body: Template
}

/// `try` and `catch`.
struct AttemptRule: Sendable {
    let block: Int
    let filter: JSONObject
    let variable: String
    let when: ExpressionProgram?
    let exceptWhen: ExpressionProgram?
    let retry: RetryRule?
    let handler: Int?

    /// Whether the static filter lets the error by.
    func admits(_ error: WorkflowError) -> Bool {
        let document = error.json
        return filter.allSatisfy { key, value in
            document[key == "details" ? "detail" : key].map { $0.isEquivalent(to: value) } ?? false
        }
    }
}

/// How often and after how long a failed `try` runs again.
struct RetryRule: Sendable {
    /// How the delay grows.
    enum Backoff: String, Sendable, CaseIterable {
        case constant
        case linear
        case exponential
    }

    let when: ExpressionProgram?
    let exceptWhen: ExpressionProgram?
    let delay: DurationRule?
    let backoff: Backoff
    /// The most retries; nil without limit.
    let attempts: Int64?
    /// The time limit of each attempt.
    let attemptDuration: DurationRule?
    /// The time since the first failure within which retries begin.
    let duration: DurationRule?
    let jitter: Jitter?

    /// A random part of the delay.
    struct Jitter: Sendable {
        let from: DurationRule
        let to: DurationRule
    }

    /// The delay before a retry, without jitter, in milliseconds; `attempt` counts retries from 1.
    func delayMilliseconds(_ base: Int64, attempt: Int64) -> Int64 {
        let factor: Int64
        switch backoff {
        case .constant: factor = 1
        case .linear: factor = attempt
        case .exponential: factor = attempt > 40 ? 1 << 40 : 1 << (attempt - 1)
        }
        let (product, overflow) = base.multipliedReportingOverflow(by: factor)
        return overflow ? WorkflowLimits.durationMilliseconds : min(product, WorkflowLimits.durationMilliseconds)
    }
}
