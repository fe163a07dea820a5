/// The bounds of what waits to be written and of what is written together; each has its default.
package struct WriteLimits: Sendable, Equatable {
    /// How many writes one transaction may hold; default 128.
    ///
    /// More of them cost the server more for each.
    package var batchWrites = 128
    /// How many bytes the writes of one transaction may have together; default 512 KiB.
    ///
    /// A larger one goes alone.
    package var batchBytes = 512 << 10
    /// How many writes may wait in one lane, those under way not counted; default 8,192.
    package var waitingWrites = 8_192
    /// How many bytes the writes that wait in one lane may have together; default 32 MiB.
    package var waitingBytes = 32 << 20
    /// How often a transaction is sent that only the moment was against, such as a deadlock; default 3.
    package var attempts = 3

    /// The defaults.
    package init() {}
}
