import HoldpointCore
import JSON

/// Commands about agents.
enum AgentCommands {
    static let apply = Command(
        "agent apply", "Define an agent from a file: a new version if the definition differs.",
        details:
            "The file holds {\"name\", \"kind\", \"definition\"?, \"input_schema\"?, \"labels\"?}. The kind external "
            + "means that your own code drives the sessions over REST. The kind workflow means that the definition "
            + "does: a workflow's document, as an object or as a text of YAML.",
        operands: [Operand("FILE", "The definition as JSON; - for standard input.")],
        options: Setting.client.map { CommandOption($0) },
        examples: [
            CommandExample("holdpoint agent apply invoice.json", "define the agent that the file describes"),
            CommandExample(
                "echo '{\"name\":\"invoice\",\"kind\":\"external\"}' | holdpoint agent apply -",
                "define an agent without a file"),
        ]
    ) { call in
        let path = call.operands[0]
        guard var object = try InputText.json(path == "-" ? "-" : "@" + path, path).objectValue else {
            throw CommandFailure(.usage, "\(path): the document must be an object")
        }
        guard let name = object["name"]?.stringValue else {
            throw CommandFailure(.usage, "\(path): /name is required, and is a text")
        }
        do throws(InvalidName) {
            _ = try AgentName(name)
        } catch {
            throw CommandFailure(.usage, "\(path): /name: \(error)")
        }
        object["name"] = nil
        let reply = try RESTClient(call.settings).call("PUT", ["agents", name], body: .object(object))
        return report(reply, name, call)
    }

    static let put = Command(
        "agent put", "Define an agent that runs a workflow: a new version if its document differs.",
        details:
            "The document is one of the Serverless Workflow DSL 1.0, in YAML or JSON. Whatever in it cannot be run "
            + "is refused with its place; 'holdpoint help workflows' lists what is not supported.",
        operands: [Operand("NAME", "The agent's name.")],
        options: [
            CommandOption("--definition", value: "FILE", "The document; - for standard input. Required."),
            CommandOption("--input-schema", value: "JSON", "What an input must be like: JSON, @FILE, or -."),
        ] + Setting.client.map { CommandOption($0) },
        examples: [
            CommandExample("holdpoint agent put invoice --definition invoice.yaml", "define the workflow in a file"),
            CommandExample(
                "holdpoint agent put invoice --definition - --input-schema @input.json < invoice.yaml",
                "with a JSON Schema that every input must satisfy"),
        ]
    ) { call in
        let name = call.operands[0]
        do throws(InvalidName) {
            _ = try AgentName(name)
        } catch {
            throw CommandFailure(.usage, "NAME: \(error)")
        }
        guard let path = call.value("--definition") else { throw CommandFailure(.usage, "--definition is required") }
        guard let text = String(validating: try InputText.file(path), as: UTF8.self) else {
            throw CommandFailure(.usage, "\(path) is not text in UTF-8")
        }
        var body: JSONObject = ["kind": .string(Program.workflow.rawValue), "definition": .string(text)]
        if let schema = call.value("--input-schema") {
            body["input_schema"] = try InputText.json(schema, "--input-schema")
        }
        return report(try RESTClient(call.settings).call("PUT", ["agents", name], body: .object(body)), name, call)
    }

    private static func report(_ reply: RESTClient.Reply, _ name: String, _ call: Invocation) -> ExitCode {
        call.output.result(
            reply.value, text: "agent \(name), version \(SessionText.text(reply.value["version"]))")
        return .success
    }
}
