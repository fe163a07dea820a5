import JSON

extension CanonicalJSONError {
    /// The refusal as a violation, with the pointer placed under the value that was to be digested.
    func violation(under base: JSONPointer) -> JSONViolation {
        switch self {
        case .undigestibleNumber(let pointer):
            JSONViolation(
                pointer: pointer.tokens.reduce(base) { $0.appending($1) },
                detail: "is a number that does not survive a double, so no digest could bind it (RFC 8785)")
        }
    }
}
