import HTTPServer
import HoldpointCore
import HoldpointPorts
import JSON

/// A refusal as a problem document (RFC 9457).
///
/// It never repeats a key, a secret or a value of the input.
struct Problem: Error, Sendable, Equatable {
    /// One thing that does not fit: a JSON pointer into the body, `query:NAME` or `header:NAME`.
    struct Violation: Sendable, Equatable {
        let pointer: String
        let detail: String
    }

    /// How many violations one document lists; there may be more.
    static let maximumViolations = JSONObjectReader.maximumViolations

    let status: Int
    /// Stable, for programs.
    let code: String
    /// One sentence about this occurrence, for people.
    let detail: String
    var violations: [Violation] = []
    /// For an answer that came second: who answered, and when.
    var winner: JSONValue?
    /// More headers of the response.
    var headers: HTTPHeaders = [:]

    init(status: Int, code: String, detail: String) {
        self.status = status
        self.code = code
        self.detail = detail
    }

    /// The document; the id of the request is left out where it is told inside of another document.
    func write(into writer: inout JSONWriter, requestID: String?) {
        writer.beginObject()
        writer.member("type", "urn:holdpoint:problem:\(code)")
        writer.member("title", title)
        writer.member("status", Int64(status))
        writer.member("code", code)
        writer.member("detail", detail)
        if let requestID { writer.member("request_id", requestID) }
        if !violations.isEmpty {
            writer.key("errors")
            writer.beginArray()
            for violation in violations {
                writer.beginObject()
                writer.member("pointer", violation.pointer)
                writer.member("detail", violation.detail)
                writer.endObject()
            }
            writer.endArray()
        }
        if let winner { writer.member("winner", winner) }
        writer.endObject()
    }

    /// The response.
    func response(requestID: String) -> HTTPResponse {
        var writer = JSONWriter(reserving: 512)
        write(into: &writer, requestID: requestID)
        var all = headers
        all.add("Content-Type", "application/problem+json")
        all.add("Cache-Control", "no-store")
        return HTTPResponse(status: status, headers: all, body: writer.bytes)
    }

    /// The summary of the type: the same for every occurrence, as RFC 9457 has it.
    private var title: String {
        let words = code.split(separator: "_").joined(separator: " ")
        return words.prefix(1).uppercased() + words.dropFirst()
    }
}

extension Problem {
    /// What does not fit.
    static func invalid(_ violations: [Violation]) -> Problem {
        var problem = Problem(
            status: 422, code: RejectionCode.invalidInput.rawValue, detail: "the request does not fit; see errors")
        problem.violations = violations
        return problem
    }

    /// What does not fit in the body.
    static func invalid(_ violations: [JSONViolation]) -> Problem {
        invalid(violations.map { Violation(pointer: $0.pointer.description, detail: $0.detail) })
    }

    /// One thing that does not fit.
    static func invalid(_ pointer: String, _ detail: String) -> Problem {
        invalid([Violation(pointer: pointer, detail: detail)])
    }

    /// Something that is not here, whether it is elsewhere or nowhere (I5).
    static func notFound(_ code: RejectionCode, _ detail: String) -> Problem {
        Problem(status: 404, code: code.rawValue, detail: detail)
    }

    /// What nothing here throws.
    static let unexpected = Problem(
        status: 500, code: "internal_error", detail: "the request could not be handled")

    /// An unknown or foreign project (I5).
    static let projectNotFound = Problem(
        status: 404, code: "project_not_found", detail: "there is no such project for this key")

    /// A tenant's key on a route that takes its project from the key.
    static let projectRequired = Problem(
        status: 422, code: "project_required",
        detail: "this key is for a whole tenant; this route needs a key of one project")

    /// No key, or one that is not valid (RFC 6750, section 3).
    static func unauthenticated(_ detail: String, challenge: String) -> Problem {
        var problem = Problem(status: 401, code: "unauthenticated", detail: detail)
        problem.headers["WWW-Authenticate"] = challenge
        return problem
    }

    /// A key that is none.
    static let invalidKey = unauthenticated("the key is not valid", challenge: "Bearer error=\"invalid_token\"")

    /// A key that may do other things only.
    static func scopeMissing(_ scopes: [KeyScope]) -> Problem {
        let names = scopes.map(\.rawValue)
        var problem = Problem(
            status: 403, code: "scope_missing",
            detail: "the key lacks the scope \(names.joined(separator: " or "))")
        problem.headers["WWW-Authenticate"] =
            "Bearer error=\"insufficient_scope\", scope=\"\(names.joined(separator: " "))\""
        return problem
    }
}
