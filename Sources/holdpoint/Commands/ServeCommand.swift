import HoldpointPorts
import JSON

/// The command that runs a server.
enum ServeCommand {
    static let command = command(fittings: ShippedFittings())

    /// The command with something between the server's parts.
    static func command(fittings: any ServerFittings) -> Command {
        Command(
            "serve", "Run a server: on a data folder of its own, or one of several on a shared database.",
            details: "On an empty data folder it makes tenant dev, project default and one key with every right, "
                + "which it prints this once. SIGTERM or SIGINT stops it in good order: requests under way get their "
                + "replies; a second signal ends it at once, which loses nothing either. The log is JSON lines on "
                + "standard error. Without a certificate it speaks plain HTTP: keep that on the loopback address. "
                + "SIGHUP reads the certificate and its key again; so does any change of the files.\nWith --postgres, "
                + "--redis and --sealing-key it is one of any number of nodes, each with a name of its own, that "
                + "share the sessions; nothing is kept in the data folder then. Run migrate first: a node makes no "
                + "tables, tenants or keys. URLs with passwords are better given by the environment.",
            options: Setting.server.filter { $0 != .developmentKey && $0 != .operatorKey }.map { CommandOption($0) },
            examples: [
                CommandExample("holdpoint serve", "a server on 127.0.0.1:8080, with its data under ~/.local/state"),
                CommandExample("holdpoint serve --listen 127.0.0.1:9000 --data /var/lib/holdpoint", "elsewhere"),
                CommandExample(
                    "holdpoint serve --listen 0.0.0.0:8443 --tls-certificate chain.pem --tls-key key.pem", "HTTPS"),
                CommandExample(
                    "HOLDPOINT_POSTGRES=postgresql://holdpoint@db/holdpoint HOLDPOINT_REDIS=redis://cache:6379 "
                        + "holdpoint serve --node a --sealing-key /etc/holdpoint/sealing.key", "one of several nodes"),
                CommandExample(
                    "HOLDPOINT_DEV_KEY=hp_dev_0123456789abcdef holdpoint serve", "with a key of your choice"),
            ]
        ) { call in
            let configuration = try ServerConfiguration(call.settings)
            try await NodeServer(configuration, fittings: fittings).run { address in
                announce(address, call.output)
            }
            return .success
        }
    }

    private static func announce(_ address: NodeServer.Address, _ output: Output) {
        let document: JSONValue = [
            "url": .string(address.url), "key": address.key.map { .string($0.text) } ?? .null,
        ]
        var lines = ["Holdpoint serves \(address.url)"]
        if let key = address.key {
            lines += [
                "", "  key (shown this once): \(key.text)", "", "Try it:",
                "  curl -H 'Authorization: Bearer \(key.text)' \(address.url)/v1/projects/default/sessions",
            ]
        }
        output.result(document, text: lines.joined(separator: "\n"))
    }
}
