import EventLoop
import HTTPServer
import JSON
import RESTAPI

/// The served description of the API, held against what the API is asked and answers.
struct RESTDescription: Sendable {
    static let served = RESTDescription((try? JSONParser.parse(OpenAPIDocument.bytes)) ?? .null)

    let document: JSONValue
    private let schemas = Locked<[String: JSONSchema]>([:])

    init(_ document: JSONValue) {
        self.document = document
    }

    /// Headers that belong to HTTP, to browsers or to proxies, and are not described route by route.
    private static let unlisted: Set<String> = ["content-type", "cache-control", "x-accel-buffering", "vary"]

    /// What an answer, or the request that led to it, has that is not declared; empty if all is.
    func mismatches(_ request: HTTPRequest, _ answer: RESTFixture.Answer) -> [String] {
        guard let (template, item) = pathItem(of: request.path) else {
            return [400, 404].contains(answer.status) ? problemMismatches(answer) : ["the path is not described"]
        }
        let method = (request.method == .head ? HTTPMethod.get : request.method).rawValue.lowercased()
        // Of these no operation tells: the method is not the path's, or asks for a browser what is.
        if answer.status == 405 { return problemMismatches(answer) }
        if request.method == .options, answer.status == 204 { return [] }
        guard let operation = item[method] else { return ["the method is not described"] }
        guard let response = operation["responses"]?[String(answer.status)].map(resolved) else {
            return ["status \(answer.status) is not described"]
        }
        let place = "\(method) \(template)"
        return bodyMismatches(answer, response, place) + headerMismatches(answer, response)
            + (200..<300 ~= answer.status ? requestMismatches(request, operation, place) : [])
    }

    private func bodyMismatches(_ answer: RESTFixture.Answer, _ response: JSONValue, _ place: String) -> [String] {
        let type = answer.headers["Content-Type"] ?? ""
        guard !answer.body.isEmpty else {
            let isEmpty = response["content"] == nil || answer.isStream
            return isEmpty ? [] : ["a body is described, and there is none"]
        }
        guard let schema = response["content"]?[type]?["schema"] else { return ["no \(type) is described"] }
        let body = type == "application/jsonl" ? .string(answer.text) : answer.json
        return violations(of: body, schema, "\(place) \(answer.status) \(type)")
    }

    private func headerMismatches(_ answer: RESTFixture.Answer, _ response: JSONValue) -> [String] {
        let declared = Set((response["headers"]?.objectValue?.keys ?? []).map { $0.lowercased() })
        return answer.headers.fields.map { $0.name.lowercased() }
            .filter { !declared.contains($0) && !Self.unlisted.contains($0) && !$0.hasPrefix("access-control-") }
            .map { "the header \($0) is not described" }
    }

    private func requestMismatches(_ request: HTTPRequest, _ operation: JSONValue, _ place: String) -> [String] {
        guard !request.body.isEmpty else { return [] }
        guard let schema = operation["requestBody"]?["content"]?["application/json"]?["schema"] else {
            return ["no body is described, and one was taken"]
        }
        let body = (try? JSONParser.parse(request.body)) ?? .null
        return violations(of: body, schema, "\(place) body").map { "a body was taken that does not fit: \($0)" }
    }

    private func problemMismatches(_ answer: RESTFixture.Answer) -> [String] {
        violations(of: answer.json, ["$ref": "#/components/schemas/Problem"], "problem")
    }

    /// What is wrong with a value by one of the document's schemas.
    func violations(of value: JSONValue, _ schema: JSONValue, _ place: String) -> [String] {
        do {
            let compiled = try schemas.withLock { schemas throws in
                if let known = schemas[place] { return known }
                let made = try self.compiled(schema)
                schemas[place] = made
                return made
            }
            return compiled.validate(value).map { "\($0.pointer): \($0.detail)" }
        } catch {
            return ["the schema of \(place) is none: \(error)"]
        }
    }

    /// Compiles a schema together with the components that it refers to.
    func compiled(_ schema: JSONValue) throws -> JSONSchema {
        var members = schema.objectValue ?? JSONObject()
        members["components"] = ["schemas": document["components"]?["schemas"] ?? .null]
        return try JSONSchema(compiling: .object(members), formats: .asserted)
    }

    /// What a reference within the document stands for; anything else stands for itself.
    func resolved(_ value: JSONValue) -> JSONValue {
        guard let reference = value["$ref"]?.stringValue, reference.hasPrefix("#/") else { return value }
        return reference.dropFirst(2).split(separator: "/").reduce(document) { $0[String($1)] ?? .null }
    }

    private func pathItem(of path: String) -> (template: String, item: JSONValue)? {
        guard let paths = document["paths"]?.objectValue else { return nil }
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        let found = paths.filter { template, _ in
            let parts = template.split(separator: "/", omittingEmptySubsequences: false)
            return parts.count == segments.count
                && zip(parts, segments).allSatisfy { part, segment in
                    part == segment || part.first == "{" && !segment.isEmpty
                }
        }
        // A literal segment counts for more than one that varies.
        let best = found.min { left, right in
            left.key.filter { $0 == "{" }.count < right.key.filter { $0 == "{" }.count
        }
        return best.map { ($0.key, $0.value) }
    }
}
