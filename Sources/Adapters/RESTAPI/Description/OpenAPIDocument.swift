import HTTPServer
import HoldpointPorts
import JSON

/// The description of the API in the form of OpenAPI 3.1, made from the routes.
package enum OpenAPIDocument {
    /// The document as it is served; made once.
    package static let bytes = document(of: Route.all).serialized()

    /// Makes the document of these routes.
    static func document(of routes: [Route]) -> JSONValue {
        var paths = JSONObject()
        for route in routes {
            var item = paths[route.template]?.objectValue ?? JSONObject()
            item[route.method.rawValue.lowercased()] = operation(route)
            paths[route.template] = .object(item)
        }
        return [
            "openapi": "3.1.1",
            "info": [
                "title": "Holdpoint", "version": "1",
                "description": "Durable workflows that wait for people. Paths, codes and members are stable.",
            ],
            "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
            "paths": .object(paths),
            "components": components(of: routes),
        ]
    }

    private static func operation(_ route: Route) -> JSONValue {
        var operation = JSONObject([
            ("operationId", .string(identifier(of: route))), ("summary", .string(route.summary)),
            ("parameters", .array(OpenAPIParameters.of(route))), ("responses", responses(of: route)),
            ("security", .array(route.scopes.map { ["key": [.string($0.rawValue)]] })),
        ])
        if let form = route.description.body {
            operation["requestBody"] = [
                "required": .bool(route.body == .required),
                "content": ["application/json": ["schema": Schema.reference(form).json]],
            ]
        }
        return .object(operation)
    }

    /// Unique and stable: the method and the path's segments, those that name version and project left out.
    private static func identifier(of route: Route) -> String {
        let segments = route.template.split(separator: "/").drop { $0 == "v1" || $0 == "projects" || $0 == "{project}" }
        let words = segments.map { $0.filter { $0.isLetter || $0.isNumber || $0 == "_" } }
        return ([route.method.rawValue.lowercased()] + words).joined(separator: "_")
    }

    private static func responses(of route: Route) -> JSONValue {
        var responses = JSONObject()
        for reply in route.description.replies {
            var response = JSONObject([
                ("description", .string(reply.description)), ("headers", headers(reply.headers, of: route)),
            ])
            if let content = reply.content {
                var forms = JSONObject([(content.type, ["schema": content.schema.json] as JSONValue)])
                if let other = reply.alternative { forms[other] = ["schema": Schema.text().json] as JSONValue }
                response["content"] = .object(forms)
            }
            responses[String(reply.status)] = .object(response)
        }
        for status in route.refusals {
            responses[String(status)] = ["$ref": .string("#/components/responses/problem-\(status)")]
        }
        return .object(responses)
    }

    private static func headers(_ own: [ReplyHeader], of route: Route) -> JSONValue {
        let all = own + [.requestID] + (route.scopes.isEmpty ? [] : [.rateLimit, .rateLimitPolicy])
        return .object(
            JSONObject(all.map { ($0.rawValue, ["$ref": .string("#/components/headers/\($0.rawValue)")]) }))
    }

    private static func components(of routes: [Route]) -> JSONValue {
        let statuses = Set(routes.flatMap(\.refusals)).sorted()
        let problems = statuses.map { status -> (String, JSONValue) in
            let own = Route.headers(ofRefusal: status) + [.requestID, .rateLimit, .rateLimitPolicy]
            let headers = own.map { header -> (String, JSONValue) in
                (header.rawValue, ["$ref": .string("#/components/headers/\(header.rawValue)")])
            }
            return (
                "problem-\(status)",
                [
                    "description": .string(Route.meaning(ofRefusal: status)),
                    "headers": .object(JSONObject(headers)),
                    "content": ["application/problem+json": ["schema": Schema.reference(.problem).json]],
                ]
            )
        }
        return [
            "schemas": .object(JSONObject(Component.allCases.map { ($0.rawValue, $0.schema.json) })),
            "responses": .object(JSONObject(problems)),
            "headers": .object(
                JSONObject(
                    ReplyHeader.allCases.map { header in
                        (
                            header.rawValue,
                            ["description": .string(header.description), "schema": Schema.text().json]
                        )
                    })),
            "securitySchemes": [
                "key": [
                    "type": "http", "scheme": "bearer", "bearerFormat": "hp_ID_SECRET",
                    "description": "A key of one project, or of all projects of a tenant, with scopes.",
                ]
            ],
        ]
    }
}
