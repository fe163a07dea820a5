/// What HTTP addresses look like before they are filled in.
enum HTTPText {
    /// Whether a byte is an ASCII letter.
    static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) }

    /// Whether the text begins as an address of HTTP does, and has something behind that.
    static func isWebAddress(_ text: String) -> Bool {
        ["http://", "https://"].contains { scheme in
            text.utf8.count > scheme.utf8.count
                && zip(text.utf8, scheme.utf8).allSatisfy { $0 == $1 || ($0 | 0x20 == $1 && HTTPText.isLetter($0)) }
        }
    }
}
