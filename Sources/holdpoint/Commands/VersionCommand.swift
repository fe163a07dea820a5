import JSON

/// The command that says which release this is.
enum VersionCommand {
    static let command = Command(
        "version", "Print the version.", examples: [CommandExample("holdpoint version -o json", "for scripts")]
    ) { call in
        call.output.result(["version": .string(Release.version)], text: "holdpoint \(Release.version)")
        return .success
    }
}
