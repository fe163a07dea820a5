import HTTPServer
import HoldpointCore
import HoldpointPorts
import JSON

extension Problem {
    /// What the engine refused; pointers are placed under `base`, where the gateway knew only a part of the body.
    init(_ error: GatewayError, under base: JSONPointer? = nil, within body: JSONPointer? = nil) {
        switch error {
        case .rejected(let rejection): self.init(rejection, under: base, within: body)
        case .unavailable(let reason, let retryAfter):
            self.init(status: 503, code: "unavailable", detail: reason)
            let (seconds, fraction) = retryAfter.components
            headers["Retry-After"] = String(max(1, seconds + (fraction > 0 ? 1 : 0)))
        }
    }

    /// A rejection with its status.
    ///
    /// - Parameters:
    ///   - base: the member that holds an answer; nil for the whole body.
    ///   - body: the object that holds that member and names users beside it; nil for the whole body.
    init(_ rejection: Rejection, under base: JSONPointer? = nil, within body: JSONPointer? = nil) {
        let base = rejection.code == .userUnknown ? body : base
        self.init(
            status: Self.status(of: rejection.code.category), code: rejection.code.rawValue, detail: rejection.detail)
        violations = rejection.violations.prefix(Self.maximumViolations).map { violation in
            let pointer = base.map { violation.pointer.tokens.reduce($0) { $0.appending($1) } } ?? violation.pointer
            return Violation(pointer: pointer.description, detail: violation.detail)
        }
        winner = rejection.winner
    }

    /// A body that is no JSON document, or one that costs too much to read.
    init(_ error: JSONSyntaxError, limits: JSONLimits) {
        guard error.kind != .tooLong else {
            self.init(
                status: 413, code: "body_too_large", detail: "the body is longer than \(limits.maximumBytes) bytes")
            return
        }
        self.init(
            status: 400, code: "malformed_json",
            detail: "the body is not JSON that is accepted here: \(error) (byte \(error.offset))")
    }

    private static func status(of category: RejectionCode.Category) -> Int {
        switch category {
        case .notFound: 404
        case .forbidden: 403
        case .conflict: 409
        case .gone: 410
        case .tooLarge: 413
        case .invalid: 422
        case .failed: 500
        }
    }
}
