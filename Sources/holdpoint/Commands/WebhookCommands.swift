import HoldpointCore
import HoldpointPorts
import JSON

/// Commands about a project's webhook and what it was told.
enum WebhookCommands {
    static let put = Command(
        "webhook put", "Make or change the project's webhook: where it is told of requests to humans.",
        details: "Made for the first time, it gets a secret under which every delivery is signed (Standard Webhooks); "
            + "it is printed this once. What is not given here is as if it had never been: without --types the webhook "
            + "is told of all that it can be, without --disabled it is told.",
        operands: [Operand("URL", "Where: an absolute http or https URL.")],
        options: [
            CommandOption(
                "--types", value: "TYPES", "Only these types of events, with commas: \(names)."),
            CommandOption("--disabled", "Tell it nothing for now: what happens meanwhile is not kept for it."),
        ] + Setting.client.map { CommandOption($0) },
        examples: [
            CommandExample("holdpoint webhook put https://example.com/hooks/holdpoint", "make it, and note its secret"),
            CommandExample(
                "holdpoint webhook put https://example.com/hooks/holdpoint --types hitl_requested",
                "tell it of new requests only"),
        ]
    ) { call in
        var body = JSONObject([("url", .string(call.operands[0]))])
        body["types"] = call.value("--types").map { types in
            .array(types.split(separator: ",").map { .string(String($0)) })
        }
        body["enabled"] = .bool(!call.has("--disabled"))
        let webhook = try RESTClient(call.settings).call("PUT", place, body: .object(body)).value
        call.output.result(webhook, text: SessionText.document(webhook))
        return .success
    }

    static let show = Command(
        "webhook show", "Show the project's webhook, without its secret.",
        options: Setting.client.map { CommandOption($0) },
        examples: [CommandExample("holdpoint webhook show", "where it is told, and of what")]
    ) { call in
        let webhook = try RESTClient(call.settings).call("GET", place).value
        call.output.result(webhook, text: SessionText.document(webhook))
        return .success
    }

    static let rotate = Command(
        "webhook rotate", "Give the project's webhook another secret, which is printed this once.",
        details: "Until the grace is over, deliveries are signed under both secrets, so that the receiver takes them "
            + "whichever of the two it has.",
        options: [
            CommandOption(
                "--grace", value: "SECONDS",
                "How long the secret before signs as well, 0 to \(KeyGrace.maximumSeconds). Default: "
                    + "\(KeyGrace.standardSeconds).")
        ] + Setting.client.map { CommandOption($0) },
        examples: [
            CommandExample("holdpoint webhook rotate", "another secret, and a day to hand it over"),
            CommandExample("holdpoint webhook rotate --grace 0", "after the secret became known to others"),
        ]
    ) { call in
        var body = JSONObject()
        body["grace_seconds"] = try call.number("--grace", in: 0...Int(KeyGrace.maximumSeconds)).map {
            .integer(Int64($0))
        }
        let webhook = try RESTClient(call.settings).call("POST", place + ["rotate"], body: .object(body)).value
        call.output.result(webhook, text: SessionText.document(webhook))
        return .success
    }

    static let delete = Command(
        "webhook delete", "Delete the project's webhook, and with it what it was still to be told.",
        options: Setting.client.map { CommandOption($0) },
        examples: [CommandExample("holdpoint webhook delete", "tell nobody any more")]
    ) { call in
        _ = try RESTClient(call.settings).call("DELETE", place)
        call.output.result(["deleted": true], text: "the webhook is deleted")
        return .success
    }

    static let deliveries = Command(
        "webhook deliveries", "List what the webhook was told, or is still to be told, newest first.",
        options: [
            CommandOption(
                "--status", value: "STATUS",
                "Only those that are \(DeliveryState.Status.allCases.map(\.rawValue).joined(separator: ", "))."),
            CommandOption("--limit", value: "N", "At most so many. Default: 100."),
        ] + Setting.client.map { CommandOption($0) },
        examples: [
            CommandExample("holdpoint webhook deliveries --status failed", "what it never took"),
            CommandExample("holdpoint webhook deliveries -o json | jq -r .items[].id", "the ids alone"),
        ]
    ) { call in
        let items = try RESTClient(call.settings).list(
            place + ["deliveries"], query: [("status", call.value("--status"))],
            limit: try call.number("--limit", in: 1...100_000) ?? 100)
        call.output.result(["items": .array(items)], text: table(items))
        return .success
    }

    static let redeliver = Command(
        "webhook redeliver", "Tell the webhook again, or at once, whatever became of the delivery.",
        operands: [Operand("DELIVERY", "The delivery's id, evt_….")],
        options: Setting.client.map { CommandOption($0) },
        examples: [CommandExample("holdpoint webhook redeliver evt_0196…_2", "once the receiver is mended")]
    ) { call in
        let delivery = try RESTClient(call.settings).call(
            "POST", place + ["deliveries", call.operands[0], "redeliver"], body: [:]
        ).value
        call.output.result(delivery, text: SessionText.document(delivery))
        return .success
    }

    private static let place = ["webhook"]
    private static let names = WebhookEvents.names.joined(separator: ", ")

    private static func table(_ items: [JSONValue]) -> String {
        guard !items.isEmpty else { return "no deliveries" }
        return TextTable.of(
            ["DELIVERY", "TYPE", "SESSION", "STATUS", "ATTEMPTS", "NEXT", "ERROR"],
            items.map { item in
                ["id", "type", "session", "status", "attempts", "next_attempt_at", "last_error"].map {
                    SessionText.text(item[$0])
                }
            })
    }
}
