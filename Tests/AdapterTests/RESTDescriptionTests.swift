import HTTPServer
import HoldpointCore
import HoldpointPorts
import JSON
import RESTAPI
import Testing

/// `/openapi.json`: whole, closed, and held against every reply that the tests of the API see.
@Suite(.timeLimit(.minutes(1)))
struct RESTDescriptionTests {
    private let description = RESTDescription.served

    @Test func `the description is served to anyone, as OpenAPI 3.1`() async throws {
        let fixture = try RESTFixture()
        let answer = await fixture.call(.get, "/openapi.json", key: nil)
        #expect(answer.status == 200)
        #expect(answer.headers["Content-Type"] == "application/json")
        #expect(answer.json["openapi"] == "3.1.1")
        #expect(answer.body == OpenAPIDocument.bytes)
    }

    @Test func `every named schema says something`() throws {
        let schemas = try #require(description.document["components"]?["schemas"]?.objectValue)
        for (name, schema) in schemas { #expect(schema.objectValue?.isEmpty == false, "\(name)") }
    }

    @Test(arguments: Route.all.indices)
    func `every route is described with its parameters, its scopes and its body`(index: Int) throws {
        let route = Route.all[index]
        let operation = try #require(
            description.document["paths"]?[route.template]?[route.method.rawValue.lowercased()])
        let parameters = try #require(operation["parameters"]?.arrayValue)
        func names(in place: String) -> [String] {
            parameters.filter { $0["in"]?.stringValue == place }.compactMap { $0["name"]?.stringValue }
        }
        let varying = route.template.split(separator: "/").filter { $0.first == "{" }
        #expect(names(in: "path") == varying.map { String($0.dropFirst().dropLast()) })
        #expect(names(in: "query") == route.query)
        #expect(names(in: "header").contains("Idempotency-Key") == route.takesIdempotencyKey)
        #expect(names(in: "header").contains("Prefer") == !route.preferences.isEmpty)
        #expect(names(in: "header").contains("Last-Event-ID") == route.isStream)
        let scopes = operation["security"]?.arrayValue?.compactMap { $0["key"]?.arrayValue?.first?.stringValue }
        #expect(scopes == route.scopes.map(\.rawValue))
        #expect((operation["requestBody"] != nil) == (route.body != .none))
        #expect(operation["requestBody"]?["required"]?.boolValue ?? false == (route.body == .required))
        for status in route.refusals {
            let response = try #require(operation["responses"]?[String(status)].map(description.resolved))
            #expect(response["content"]?["application/problem+json"] != nil)
        }
    }

    @Test func `no two operations have one name, and no path has routes that are not there`() throws {
        let paths = try #require(description.document["paths"]?.objectValue)
        let operations = paths.flatMap { _, item in Array(item.objectValue ?? JSONObject()).map(\.value) }
        let names = operations.compactMap { $0["operationId"]?.stringValue }
        #expect(Set(names).count == Route.all.count)
        #expect(operations.count == Route.all.count)
    }

    @Test func `every reference leads somewhere, and every schema is one`() throws {
        for reference in references(in: description.document) {
            #expect(description.resolved(["$ref": .string(reference)]) != .null, "\(reference)")
        }
        let schemas = try #require(description.document["components"]?["schemas"]?.objectValue)
        for (name, _) in schemas {
            let reference: JSONValue = ["$ref": .string("#/components/schemas/\(name)")]
            #expect(throws: Never.self) { try description.compiled(reference) }
        }
    }

    @Test func `what is answered is closed: an object with declared members has no others`() throws {
        let schemas = try #require(description.document["components"]?["schemas"]?.objectValue)
        let answered = reachable(from: description.document["paths"] ?? .null)
        #expect(answered.contains("Session") && answered.contains("Problem") && answered.contains("PermissionRequest"))
        for name in answered { checkClosed(schemas[name] ?? .null, name) }
    }

    @Test func `what is not declared fails: a member, a status, a header, a type, a body`() throws {
        let request = HTTPRequest(method: .get, target: "/healthz")
        func answer(
            _ status: Int = 200, _ headers: HTTPHeaders = ["Content-Type": "application/json"],
            _ body: String = #"{"status":"ok"}"#
        ) -> RESTFixture.Answer {
            RESTFixture.Answer(status: status, headers: headers, isStream: false, body: Array(body.utf8))
        }
        let json: HTTPHeaders = ["Content-Type": "application/json"]
        #expect(description.mismatches(request, answer()).isEmpty)
        #expect(description.mismatches(request, answer(200, json, #"{"status":"ok","more":1}"#)).count == 1)
        #expect(description.mismatches(request, answer(200, json, "{}")).count == 1)
        #expect(description.mismatches(request, answer(200, json, "")).count == 1)
        #expect(description.mismatches(request, answer(299)).count == 1)
        #expect(description.mismatches(request, answer(200, ["Content-Type": "text/plain"])).count == 1)
        var more = json
        more.add("X-More", "1")
        #expect(description.mismatches(request, answer(200, more)).count == 1)
        let unknown = HTTPRequest(method: .get, target: "/nowhere")
        #expect(description.mismatches(unknown, answer()).count == 1)
        #expect(description.mismatches(unknown, answer(404)).isEmpty == false)
        let taken = HTTPRequest(method: .post, target: "/v1/projects/a/sessions", body: Array(#"{"agent":"a"}"#.utf8))
        let mismatches = description.mismatches(taken, answer(202))
        #expect(mismatches.contains { $0.contains("a body was taken") })
    }

    @Test(arguments: Route.all.indices.filter { !Route.all[$0].isAdministrative })
    func `each route's sample is answered as described`(index: Int) async throws {
        let route = Route.all[index]
        let fixture = try RESTFixture()
        let (target, body) = RESTFixture.sampleCall(of: route)
        let answer = await fixture.call(route.method, target, body)
        #expect(200..<300 ~= answer.status)
    }

    @Test(arguments: [
        "", "wait=0", "wait=60", "wait=007", "wait=61", "wait=", "wait=x", "wait=-1", "other", "other, wait=99",
        "respond-async", "handling=lenient",
    ])
    func `a preference that fits its description is taken, and one that does not is refused`(text: String) async throws
    {
        let item = try #require(description.document["paths"]?["/v1/projects/{project}/sessions/{id}"])
        let parameters = try #require(item["get"]?["parameters"]?.arrayValue)
        let schema = try #require(parameters.first { $0["name"] == "Prefer" }?["schema"])
        let answer = try await RESTFixture().call(.get, "/sessions/s1", headers: ["Prefer": text])
        #expect(description.violations(of: .string(text), schema, "Prefer").isEmpty == (answer.status == 200))
    }

    @Test(arguments: [
        "abc", "\"abc\"", "\"", "\"\"", "a b", "\"a\\\"b\"", "\"a\\b\"", "a\"", "", "\u{e4}",
        String(repeating: "k", count: 255), String(repeating: "k", count: 256),
    ])
    func `a key against repetition that fits its description is taken, and one that does not is refused`(
        text: String
    ) async throws {
        let item = try #require(description.document["paths"]?["/v1/projects/{project}/sessions/{id}/messages"])
        let parameters = try #require(item["post"]?["parameters"]?.arrayValue)
        let schema = try #require(parameters.first { $0["name"] == "Idempotency-Key" }?["schema"])
        let answer = try await RESTFixture().call(
            .post, "/sessions/s1/messages", #"{"text":"a"}"#, headers: ["Idempotency-Key": text])
        #expect(description.violations(of: .string(text), schema, "Idempotency-Key").isEmpty == (answer.status == 200))
    }

    /// Every `$ref` in a value.
    private func references(in value: JSONValue) -> [String] {
        switch value {
        case .object(let object):
            object.flatMap { key, value in key == "$ref" ? [value.stringValue ?? ""] : references(in: value) }
        case .array(let items): items.flatMap { references(in: $0) }
        case .null, .bool, .number, .string: []
        }
    }

    /// The schemas that are referred to by responses, and by those in turn.
    private func reachable(from paths: JSONValue) -> Set<String> {
        var found: Set<String> = []
        var open: [JSONValue] = (paths.objectValue ?? JSONObject()).flatMap { _, item in
            (item.objectValue ?? JSONObject()).flatMap { _, operation in
                (operation["responses"]?.objectValue ?? JSONObject()).map { description.resolved($0.value) }
            }
        }
        while let next = open.popLast() {
            for reference in references(in: next) where reference.hasPrefix("#/components/schemas/") {
                let name = String(reference.dropFirst("#/components/schemas/".count))
                if found.insert(name).inserted { open.append(description.resolved(["$ref": .string(reference)])) }
            }
        }
        return found
    }

    private func checkClosed(_ schema: JSONValue, _ place: String) {
        if schema["properties"] != nil {
            #expect(schema["additionalProperties"] == false, "\(place) is open")
        }
        for (key, value) in schema.objectValue ?? JSONObject() {
            switch value {
            case .object: checkClosed(value, "\(place)/\(key)")
            case .array(let items): for item in items { checkClosed(item, "\(place)/\(key)") }
            case .null, .bool, .number, .string: break
            }
        }
    }
}
