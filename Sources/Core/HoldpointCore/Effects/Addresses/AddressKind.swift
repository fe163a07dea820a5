/// What an address is for, where it is not for everybody (the IANA registries of special-purpose addresses, RFC 6890).
package enum AddressKind: String, Sendable, CaseIterable {
    /// This machine.
    case loopback
    /// A network of one's own (RFC 1918), or unique local (RFC 4193).
    case privateNetwork = "private"
    /// The same link only; clouds answer questions about their machines there.
    case linkLocal = "link-local"
    /// Between a provider and its customers (carrier-grade NAT, RFC 6598).
    case shared = "carrier-grade NAT"
    /// No address at all, or this network.
    case unspecified
    /// Many at once.
    case multicast
    /// Examples in texts.
    case documentation
    /// Measuring of equipment (RFC 2544, RFC 5180).
    case benchmarking
    /// IPv6 that stands for an IPv4 address: mapped, translated or tunnelled.
    case translated
    /// For protocols, or not given out.
    case reserved

    /// The kind of an address, nil for one that is for everybody.
    package static func of(_ address: IPAddress) -> AddressKind? {
        if let entry = table.first(where: { $0.block?.contains(address) == true }) { return entry.kind }
        // Of IPv6, only 2000::/3 has been given out: whatever else may come is refused until it is known.
        return address.width == 128 && address.value >> 125 != 1 ? .reserved : nil
    }

    private static let table = ranges.map { (block: AddressBlock($0.0), kind: $0.1) }

    private static let ranges: [(String, AddressKind)] = [
        ("0.0.0.0/8", unspecified), ("10.0.0.0/8", privateNetwork), ("100.64.0.0/10", shared),
        ("127.0.0.0/8", loopback), ("169.254.0.0/16", linkLocal), ("172.16.0.0/12", privateNetwork),
        ("192.0.0.0/24", reserved), ("192.0.2.0/24", documentation), ("192.88.99.0/24", reserved),
        ("192.168.0.0/16", privateNetwork), ("198.18.0.0/15", benchmarking), ("198.51.100.0/24", documentation),
        ("203.0.113.0/24", documentation), ("224.0.0.0/4", multicast), ("240.0.0.0/4", reserved),
        ("::/128", unspecified), ("::1/128", loopback), ("::/96", translated), ("::ffff:0:0/96", translated),
        ("64:ff9b::/96", translated), ("64:ff9b:1::/48", translated), ("2001::/32", translated),
        ("2001:2::/48", benchmarking), ("2001::/23", reserved), ("2001:db8::/32", documentation),
        ("2002::/16", translated), ("3fff::/20", documentation), ("fc00::/7", privateNetwork),
        ("fe80::/10", linkLocal), ("fec0::/10", privateNetwork), ("ff00::/8", multicast),
    ]
}

extension IPAddress {
    /// The IPv4 addresses that a packet to this one may end up at; empty where that cannot be told.
    ///
    /// RFC 4291 section 2.5.5 (mapped, compatible), RFC 6052 (translated, with the prefix of 96 bits), RFC 3056
    /// (6to4), RFC 4380 (Teredo: the server, and the client with its bits turned over).
    var carriedAddresses: [IPAddress] {
        guard width == 128 else { return [] }
        switch value >> 32 {
        case 0, 0xFFFF, 0x0064_FF9B << 64: return [embedded(at: 96)]
        default: break
        }
        if value >> 112 == 0x2002 { return [embedded(at: 16)] }
        guard value >> 96 == 0x2001_0000 else { return [] }
        return [embedded(at: 32), IPAddress(value: ~value & 0xFFFF_FFFF, width: 32)]
    }
}
