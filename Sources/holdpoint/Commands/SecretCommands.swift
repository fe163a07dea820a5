import Glibc
import HoldpointCore
import HoldpointPorts
import JSON

/// Commands about a project's secrets, whose values go in and never come out.
enum SecretCommands {
    static let put = Command(
        "secret put", "Put a secret that workflows may name, from standard input.",
        details: "The value is read from standard input and never from the command line, which other users may see. It "
            + "is a text, without the line break at its end; with --json an object or a text. A workflow names it "
            + "under use.secrets. It counts from the next call on, and is never shown again.",
        operands: [Operand("NAME", "The secret's name: \(SecretName.form).")],
        options: [CommandOption("--json", "Standard input is JSON, such as {\"username\", \"password\"}.")]
            + Setting.client.map { CommandOption($0) },
        examples: [
            CommandExample("holdpoint secret put BILLING_TOKEN < token", "put or replace the token in a file"),
            CommandExample("pass show billing | holdpoint secret put BILLING_TOKEN", "put it from a password store"),
            CommandExample(
                "holdpoint secret put BILLING_LOGIN --json < login.json", "put a user and a password together"),
        ]
    ) { call in
        let name = try name(call)
        guard isatty(STDIN_FILENO) == 0 else {
            throw CommandFailure(.usage, "the value is read from standard input, which is a terminal: use < FILE or |")
        }
        let value = try value(isJSON: call.has("--json"))
        let reply = try RESTClient(call.settings).call(
            "PUT", ["secrets", name.text], body: .object(JSONObject([("value", value.json)])))
        call.output.result(reply.value, text: "secret \(name) is put")
        return .success
    }

    static let list = Command(
        "secret list", "List the names of the project's secrets, and when each was put.",
        options: Setting.client.map { CommandOption($0) },
        examples: [CommandExample("holdpoint secret list", "what workflows of the project may name")]
    ) { call in
        let items = try RESTClient(call.settings).list(
            ["secrets"], query: [], limit: ProjectSecretLimits.perProject)
        let rows = items.map { [SessionText.text($0["name"]), SessionText.text($0["updated_at"])] }
        call.output.result(
            ["items": .array(items)], text: rows.isEmpty ? "no secrets" : TextTable.of(["SECRET", "UPDATED"], rows))
        return .success
    }

    static let delete = Command(
        "secret delete", "Delete a secret: calls that need it fail from now on.",
        operands: [Operand("NAME", "The secret's name.")],
        options: Setting.client.map { CommandOption($0) },
        examples: [CommandExample("holdpoint secret delete BILLING_TOKEN", "delete it")]
    ) { call in
        let name = try name(call)
        _ = try RESTClient(call.settings).call("DELETE", ["secrets", name.text])
        call.output.result(["name": .string(name.text)], text: "secret \(name) is deleted")
        return .success
    }

    private static func name(_ call: Invocation) throws(CommandFailure) -> SecretName {
        do {
            return try SecretName(call.operands[0])
        } catch {
            throw CommandFailure(.usage, "\(error)")
        }
    }

    /// What standard input holds; what is said of it never repeats it (I9).
    private static func value(isJSON: Bool) throws(CommandFailure) -> SecretValue {
        var bytes = try InputText.file("-")
        if !isJSON, bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        let json: JSONValue
        if isJSON {
            guard let parsed = try? JSONParser.parse(bytes) else {
                throw CommandFailure(.usage, "standard input is not JSON")
            }
            json = parsed
        } else {
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw CommandFailure(.usage, "standard input is not text in UTF-8")
            }
            json = .string(text)
        }
        do {
            return try SecretValue(json)
        } catch {
            throw CommandFailure(.usage, "the value \(error.detail)")
        }
    }
}
