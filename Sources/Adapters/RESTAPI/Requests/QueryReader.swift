import HTTPServer

/// Reads the query of a request: only declared parameters, each once.
enum QueryReader {
    /// The longest part of an unknown parameter's name that a problem repeats, in characters.
    private static let maximumNameLength = 64

    /// The parameters; throws for what is not declared, comes twice or is badly encoded.
    static func items(of request: HTTPRequest, allowed: [String]) throws(Problem) -> [String: String] {
        guard request.query != nil else { return [:] }
        guard let items = request.queryItems() else {
            throw Problem(status: 400, code: "malformed_target", detail: "the query is not well percent-encoded")
        }
        var found: [String: String] = [:]
        var violations: [Problem.Violation] = []
        for (name, value) in items {
            let pointer = "query:\(name.prefix(maximumNameLength))"
            if !allowed.contains(name) {
                violations.append(Problem.Violation(pointer: pointer, detail: "unknown parameter"))
            } else if found.updateValue(value, forKey: name) != nil {
                violations.append(Problem.Violation(pointer: pointer, detail: "is given more than once"))
            }
        }
        guard violations.isEmpty else {
            throw Problem.invalid(Array(violations.prefix(Problem.maximumViolations)))
        }
        return found
    }
}
