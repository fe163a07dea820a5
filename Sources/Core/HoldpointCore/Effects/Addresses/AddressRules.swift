/// Which addresses effects may connect to: those that are for everybody, and what an operator allows besides.
///
/// The rules judge an address at the moment when a connection to it is to be opened. A name that is judged when it is
/// looked up may mean another address a moment later.
package struct AddressRules: Sendable, Hashable {
    /// The most entries that an operator may allow.
    package static let maximumEntries = 1_024

    private var blocks: [AddressBlock] = []
    private var hosts: Set<String> = []

    /// Allows nothing but addresses that are for everybody.
    package init() {}

    /// Allows blocks (`10.1.0.0/16`, `fd00::/8`, `127.0.0.1`) and hosts (`payments.internal`) besides.
    ///
    /// A host is allowed wherever it resolves to: its name must be under the operator's control. A block of translated
    /// IPv6 addresses still does not allow what they stand for. Throws `InvalidAddressRule`.
    package init(allowing entries: [String]) throws(InvalidAddressRule) {
        guard entries.count <= Self.maximumEntries else {
            throw InvalidAddressRule(entry: "", detail: "there are more than \(Self.maximumEntries)")
        }
        for entry in entries {
            if let block = AddressBlock(entry) {
                blocks.append(block)
            } else if let host = WebURL.Host(entry), host.address == nil {
                hosts.insert(host.text)
            } else {
                throw InvalidAddressRule(entry: entry, detail: "is no address, no block of addresses and no host name")
            }
        }
    }

    /// Why a connection to this address for this host is refused; nil if it is allowed.
    ///
    /// - Parameter host: the host of the URL, in lower case.
    package func refusal(of address: IPAddress, host: String) -> AddressKind? {
        if hosts.contains(host) { return nil }
        return refusal(of: address)
    }

    private func refusal(of address: IPAddress) -> AddressKind? {
        guard let kind = AddressKind.of(address) else { return nil }
        guard blocks.contains(where: { $0.contains(address) }) else { return kind }
        guard kind == .translated else { return nil }
        return address.carriedAddresses.lazy.compactMap { refusal(of: $0) }.first
    }
}

/// An entry of an operator's list that says nothing.
package struct InvalidAddressRule: Error, Sendable, Equatable, CustomStringConvertible {
    /// The entry as it was written.
    package let entry: String
    /// What is wrong, as the rest of a sentence.
    package let detail: String

    /// One sentence for a log line.
    package var description: String { "'\(entry)' \(detail)" }
}
