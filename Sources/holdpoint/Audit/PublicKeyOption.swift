import HoldpointCore
import HoldpointPorts

/// How commands are told whose signatures they are to accept.
enum PublicKeyOption {
    static let option = CommandOption(
        "--public-key", value: "HEX", "Whose signature it must be: 64 digits, as GET /v1/keys/signing says.")

    /// The key that was given; nil if none was.
    static func key(_ call: Invocation) throws(CommandFailure) -> PublicKey? {
        guard let text = call.value(option.name) else { return nil }
        guard let key = PublicKey(hexadecimal: text) else {
            throw CommandFailure(.usage, "\(option.name): '\(text)' is not 64 hexadecimal digits in lower case")
        }
        return key
    }

    /// The key that was given, or else the public half of the store's own, if the file with it is at hand.
    static func key(_ call: Invocation, ofStore settings: Settings) throws(CommandFailure) -> PublicKey? {
        if let given = try key(call) { return given }
        if let path = settings.givenText(.sealingKey) { return try SealingKey.signer(at: path).publicKey }
        if settings.givenText(.postgres) != nil { return nil }
        let folder = try DataFolder.path(settings)
        return SealingKey.exists(in: folder) ? try SealingKey.signer(at: SealingKey.path(in: folder)).publicKey : nil
    }
}
