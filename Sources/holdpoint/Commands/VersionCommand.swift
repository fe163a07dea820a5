import JSON

/// The command that says which release this is.
enum VersionCommand {
    /// The release.
    static let version = "0.1.0"

    static let command = Command(
        "version", "Print the version.", examples: [CommandExample("holdpoint version -o json", "for scripts")]
    ) { call in
        call.output.result(["version": .string(version)], text: "holdpoint \(version)")
        return .success
    }
}
