import HoldpointCore
import JSON
import SealedSecrets

/// Commands about receipts of decisions.
enum ReceiptCommands {
    static let show = Command(
        "receipt show", "Print the signed receipt of what was decided about a request.",
        details: "Prints JSON in any case, to be kept in a file that receipt verify checks.",
        operands: [Operand("REQUEST", "The request's id.")],
        options: Setting.client.map { CommandOption($0) },
        examples: [
            CommandExample(
                "holdpoint receipt show req_019ee3b9a4c00123456789abcdef0123456789abcdef > receipt.json",
                "keep the receipt of a decision")
        ]
    ) { call in
        let receipt = try RESTClient(call.settings).call("GET", ["requests", call.operands[0], "receipt"]).value
        call.output.result(receipt, text: receipt.text)
        return .success
    }

    static let verify = Command(
        "receipt verify", "Check a receipt, with no server at hand.",
        details: "Compares the arguments and the answer that it shows with the digests in its statement, and the "
            + "statement with its signature. What does not fit is named, and ends it with status 1. Without "
            + "--public-key it only says that the holder of the key in the receipt signed it, whoever that is.",
        operands: [Operand("FILE", "The receipt, or - for standard input.")],
        options: [PublicKeyOption.option],
        examples: [
            CommandExample(
                "holdpoint receipt verify receipt.json --public-key "
                    + "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "check a receipt")
        ]
    ) { call in
        let path = call.operands[0]
        let document: JSONValue
        do {
            document = try JSONParser.parse(try InputText.file(path), limits: EventRegistry.recordedLimits)
        } catch let error as CommandFailure {
            throw error
        } catch {
            throw CommandFailure(.failed, "\(path) is no receipt: \(error)")
        }
        let key = try PublicKeyOption.key(call)
        let check = ReceiptCheck(document, key: key, verifier: try SealingKey.verifier(), hasher: SHA256Hasher())
        report(check, isPinned: key != nil, call.output)
        guard check.faults.isEmpty else {
            throw CommandFailure(
                .failed, "the receipt does not fit: \(check.faults.map(\.description).joined(separator: "; "))")
        }
        return .success
    }

    private static func report(_ check: ReceiptCheck, isPinned: Bool, _ output: Output) {
        let isSound = check.faults.isEmpty
        let result: JSONValue = [
            "verified": .bool(isSound), "statement": check.statement ?? .null,
            "signing_key": check.keyID.map { .string($0) } ?? .null, "key_given": .bool(isPinned),
            "compared": .array(check.compared.map { .string($0) }),
            "faults": .array(
                check.faults.map { ["pointer": .string($0.pointer), "detail": .string($0.detail)] }),
        ]
        guard output.format == .json || isSound else { return }
        let shown = check.compared.isEmpty ? "nothing beside it" : check.compared.joined(separator: ", ")
        let whose =
            isPinned ? "the key that was given" : "key \(check.keyID ?? "-"), which the receipt itself names"
        output.result(
            result,
            text: SessionText.document(check.statement ?? .null)
                + "\nthe signature fits, by \(whose); the statement's digests fit \(shown)")
    }
}
