/// What a document may cost to read.
package struct JSONLimits: Sendable, Hashable {
    /// Arrays and objects never nest deeper than this, whatever is asked for: reading and freeing them recurses.
    package static let highestDepth = 256

    /// The longest document, in bytes.
    package var maximumBytes: Int
    /// The number of arrays and objects that may be open at once; values above `highestDepth` count as that.
    package var maximumDepth: Int
    /// The longest number, in bytes.
    package var maximumNumberBytes: Int

    /// Sets limits: 1 MiB, 64 levels and 1,024 bytes for a number unless told otherwise.
    package init(maximumBytes: Int = 1 << 20, maximumDepth: Int = 64, maximumNumberBytes: Int = 1024) {
        self.maximumBytes = maximumBytes
        self.maximumDepth = maximumDepth
        self.maximumNumberBytes = maximumNumberBytes
    }

    /// The defaults.
    package static let standard = JSONLimits()

    var depth: Int { min(maximumDepth, Self.highestDepth) }
}
