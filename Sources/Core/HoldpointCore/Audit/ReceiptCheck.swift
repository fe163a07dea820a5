package import JSON

/// What does not fit in a receipt.
package struct ReceiptFault: Sendable, Equatable, CustomStringConvertible {
    /// Which part: a JSON pointer into the document.
    package let pointer: String
    /// What is wrong with it.
    package let detail: String

    package var description: String { "\(pointer): \(detail)" }
}

/// Checks a receipt with nothing at hand but the document, and the public key if it is known from elsewhere.
package struct ReceiptCheck: Sendable {
    /// Everything that does not fit, in the order of the document; empty if all does.
    package let faults: [ReceiptFault]
    /// The signed statement, if there is one.
    package let statement: JSONValue?
    /// The id of the key that the document is signed with, as it says.
    package let keyID: String?
    /// Parts whose digests were compared, as pointers.
    package let compared: [String]

    /// Checks a document.
    ///
    /// - Parameter key: whose signature it must be; nil takes the key that the document itself names.
    package init(
        _ document: JSONValue, key: PublicKey?, verifier: any SignatureVerifier, hasher: any Hasher
    ) {
        var faults: [ReceiptFault] = []
        var compared: [String] = []
        func fail(_ pointer: String, _ detail: String) { faults.append(ReceiptFault(pointer: pointer, detail: detail)) }
        let statement = document["statement"]
        let named = document["public_key"]?.stringValue.flatMap { PublicKey(hexadecimal: $0) }
        if statement?["holdpoint_receipt"]?.int64Value != ReceiptStatement.version {
            fail("/statement", "is not the statement of a receipt of form \(ReceiptStatement.version)")
        } else if let fault = SignedDocument.fault(document, key: key, verifier: verifier, hasher: hasher) {
            faults.append(fault)
        }
        if let statement {
            let parts: [(pointer: String, value: JSONValue?, digest: String)] = [
                ("/arguments/proposed", document["arguments"]?["proposed"], "proposed_digest"),
                ("/arguments/approved", document["arguments"]?["approved"], "approved_digest"),
                ("/response", document["response"], "response_digest"),
            ]
            for (pointer, value, name) in parts {
                // What a receipt does not show is not claimed: its digest is signed all the same.
                guard let value = value?.nonNull else { continue }
                if let detail = Self.difference(value, statement[name], hasher) {
                    fail(pointer, detail)
                } else {
                    compared.append(pointer)
                }
            }
        }
        self.faults = faults
        self.compared = compared
        self.statement = statement
        keyID = (key ?? named)?.id(hasher)
    }

    private static func difference(_ value: JSONValue, _ digest: JSONValue?, _ hasher: any Hasher) -> String? {
        guard let expected = digest?.stringValue else { return "is shown, but the statement has no digest of it" }
        guard let bytes = try? CanonicalJSON.encode(value) else { return "has a number that cannot be digested" }
        return hasher.sha256(bytes).description == expected ? nil : "does not have the digest that was signed"
    }
}

/// A statement with its signature: `{statement, signature, algorithm, public_key, …}`.
package enum SignedDocument {
    /// What is wrong with the signature of a document; nil if it fits.
    ///
    /// - Parameter key: whose signature it must be; nil takes the key that the document itself names.
    package static func fault(
        _ document: JSONValue, key: PublicKey?, verifier: any SignatureVerifier, hasher: any Hasher
    ) -> ReceiptFault? {
        func fault(_ pointer: String, _ detail: String) -> ReceiptFault {
            ReceiptFault(pointer: pointer, detail: detail)
        }
        guard let statement = document["statement"], let bytes = try? CanonicalJSON.encode(statement) else {
            return fault("/statement", "is missing, or has no canonical form")
        }
        guard document["algorithm"]?.stringValue == PublicKey.algorithm else {
            return fault("/algorithm", "is not \(PublicKey.algorithm)")
        }
        guard let named = document["public_key"]?.stringValue.flatMap({ PublicKey(hexadecimal: $0) }) else {
            return fault("/public_key", "is not a public key of 32 bytes in hexadecimal")
        }
        if let key, key != named {
            return fault("/public_key", "is another key than the one that was given")
        }
        guard statement["signing_key"]?.stringValue == named.id(hasher) else {
            return fault("/statement/signing_key", "is not the id of the public key")
        }
        guard let signature = document["signature"]?.stringValue.flatMap({ Signature(hexadecimal: $0) }) else {
            return fault("/signature", "is not a signature of 64 bytes in hexadecimal")
        }
        guard verifier.isValid(signature, of: bytes, by: named) else {
            return fault("/signature", "does not fit the statement: one of the two was changed")
        }
        return nil
    }
}
