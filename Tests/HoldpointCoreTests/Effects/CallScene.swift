import HoldpointCore
import JSON
import Testing

/// A call as a workflow makes it, with secrets named `key` and `login` to use.
func proposedCall(_ with: JSONObject, authentication: JSONValue? = nil, raw: Bool = false) throws -> HTTPCallEffect {
    var endpoint: JSONObject = ["uri": with["endpoint"] ?? "https://a.example/pay"]
    endpoint["authentication"] = authentication
    var arguments: JSONObject = ["method": "post", "output": raw ? "raw" : "content"]
    for (name, value) in with { arguments[name] = value }
    arguments["endpoint"] = .object(endpoint)
    var scene = try WorkflowScene(
        [["pay": ["call": "http", "with": .object(arguments)]]], use: ["secrets": ["key", "login"]])
    try scene.run()
    if let error = scene.error { throw error }
    return try #require(scene.calls.first)
}
