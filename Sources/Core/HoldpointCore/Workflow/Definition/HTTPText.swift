/// What HTTP addresses look like before they are filled in.
enum HTTPText {
    /// Whether a byte is an ASCII letter.
    static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) }

    /// Whether the text begins as an address of HTTP does, and has something behind that.
    static func isWebAddress(_ text: String) -> Bool {
        begins(text, with: "http://") || begins(text, with: "https://")
    }

    /// Whether the text goes on behind a scheme, whose letters are small ones here and may be capitals there.
    private static func begins(_ text: String, with scheme: String) -> Bool {
        var rest = text.utf8[...]
        for expected in scheme.utf8 {
            guard let byte = rest.popFirst() else { return false }
            guard byte == expected || isLetter(byte) && byte | 0x20 == expected else { return false }
        }
        return !rest.isEmpty
    }
}
