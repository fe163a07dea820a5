/// The bounds of a pool; each has its default.
package struct PostgresLimits: Sendable {
    /// How many connections a pool holds, numbered from 0 and kept open; default 2.
    package var connections = 2
    /// How many segments may be under way on one connection; default 1.
    package var pipelineDepth = 1
    /// How many segments may wait for a connection; default 1,024.
    package var maximumWaiting = 1_024
    /// How many bytes the waiting segments may have together; default 32 MiB.
    package var maximumWaitingBytes = 32 << 20
    /// For how long a segment may wait for a connection; default 5 s.
    package var waitLimit: Duration = .seconds(5)
    /// For how long an attempt to connect may last, the settings included; default 5 s.
    package var connectLimit: Duration = .seconds(5)
    /// The server ends a statement after this time; default 20 s.
    package var statementLimit: Duration = .seconds(20)
    /// The server gives up waiting for a lock after this time; default 5 s.
    package var lockLimit: Duration = .seconds(5)
    /// The server cuts a connection that leaves a transaction open and idle for this time; default 1 s.
    package var idleTransactionLimit: Duration = .seconds(1)
    /// A connection on which an answer is due and nothing comes is cut after `statementLimit` and this; default 5 s.
    package var silenceGrace: Duration = .seconds(5)
    /// How many bytes a segment may have; default 16 MiB.
    package var maximumSegmentBytes = 16 << 20
    /// How many statements a segment may have; default 64.
    package var maximumStatements = 64
    /// How many bytes one row may have; default 8 MiB.
    ///
    /// Libpq holds the row before it can be measured.
    package var maximumRowBytes = 8 << 20
    /// How many bytes the rows that a segment returns may have together; default 64 MiB.
    package var maximumResultBytes = 64 << 20
    /// How many rows a segment may return, a long read's last statement not counted; default 100,000.
    package var maximumResultRows = 100_000
    /// How many rows of a long read are handed over at once; default 256.
    package var pageRows = 256
    /// A page of a long read is handed over when it has this many bytes; default 256 KiB.
    package var pageBytes = 256 << 10
    /// How many statements a connection keeps prepared, while others are parsed each time; default 256.
    package var maximumPrepared = 256
    /// The pause before the first attempt to connect again; default 50 ms.
    ///
    /// Each one after it is twice as long, and drawn from its upper half.
    package var shortestPause: Duration = .milliseconds(50)
    /// The longest pause between attempts to connect; default 2 s.
    package var longestPause: Duration = .seconds(2)

    /// How exact the limits of time are that the client watches itself.
    package static let tick: Duration = .milliseconds(100)

    /// How many parameters a statement may have, by the protocol.
    package static let maximumParameters = 65_535

    /// The defaults.
    package init() {}
}
