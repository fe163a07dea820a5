import HoldpointCore
import JSON

/// Commands about agents.
enum AgentCommands {
    static let apply = Command(
        "agent apply", "Define an agent from a file: a new version if the definition differs.",
        details: "The file holds {\"name\", \"kind\", \"input_schema\"?, \"labels\"?}. The kind external means that "
            + "your own code drives the sessions over REST.",
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
        call.output.result(
            reply.value, text: "agent \(name), version \(SessionText.text(reply.value["version"]))")
        return .success
    }
}
