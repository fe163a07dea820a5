package import HoldpointCore
package import HoldpointPorts

/// The ports that an engine stands on.
package struct EnginePorts: Sendable {
    /// The truth.
    package let journal: any Journal
    /// Tenants, projects, keys and agents.
    package let directory: any Directory
    /// Doorbells and deliveries.
    package let streams: any StreamBus
    /// Time.
    package let clock: any Clock
    /// Randomness.
    package let entropy: any Entropy
    /// SHA-256.
    package let hasher: any Hasher
    /// Sealing and keyed fingerprints.
    package let secretBox: any SecretBox
    /// Signs receipts of decisions.
    package let signer: any Signer
    /// Expressions of programs that have them.
    package let expressions: any ExpressionEvaluator
    /// Reads definitions that come as text.
    package let documents: any DocumentParser
    /// The HTTP calls of programs that make them.
    package let calls: any HTTPCaller
    /// Where the engine's actors run.
    package let executors: any ExecutorSource

    package init(
        journal: any Journal, directory: any Directory, streams: any StreamBus, clock: any Clock,
        entropy: any Entropy, hasher: any Hasher, secretBox: any SecretBox, signer: any Signer,
        expressions: any ExpressionEvaluator, documents: any DocumentParser, calls: any HTTPCaller,
        executors: any ExecutorSource
    ) {
        self.journal = journal
        self.directory = directory
        self.streams = streams
        self.clock = clock
        self.entropy = entropy
        self.hasher = hasher
        self.secretBox = secretBox
        self.signer = signer
        self.expressions = expressions
        self.documents = documents
        self.calls = calls
        self.executors = executors
    }
}

/// The limits and intervals of an engine; each has a line in docs/operating.md.
package struct EngineConfiguration: Sendable {
    /// The node's name.
    package var node: NodeName
    /// The operator's own key, which opens the administration of every tenant; nil if there is none.
    package var operatorKey: OperatorKey?
    /// Limits of one session.
    package var sessionLimits = SessionLimits.standard
    /// When states are written as snapshots.
    package var snapshotPolicy = SnapshotPolicy()
    /// Commands that may wait for one session at once; more are refused with 503.
    package var mailboxCapacity = 64
    /// Sessions in memory above which idle ones leave at the next sweep whatever their age.
    package var residentSessions = 20_000
    /// Sessions of a later release that are remembered as such; what is beyond is read again whenever it is due.
    package var releasedSessions = 10_000
    /// How long a session stays in memory untouched, in milliseconds; looked at so often.
    package var passivationMilliseconds: Int64 = 5_000
    /// How often stored commands without an outcome are looked for, in milliseconds.
    package var sweepMilliseconds: Int64 = 2_000
    /// Stored commands read in one page of a sweep.
    package var sweepPage = 64
    /// Stored commands decided at once.
    package var routedAtOnce = 64
    /// Attempts after which a stored command that fails by itself is given up.
    package var attempts: Int64 = 5
    /// How far ahead deadlines are held in memory, in milliseconds.
    package var timerHorizonMilliseconds: Int64 = 3_600_000
    /// Deadlines read in one page.
    package var timerPage = 1_000
    /// How long a due deadline whose session could not act waits before the next attempt, in milliseconds.
    package var timerRetryMilliseconds: Int64 = 1_000
    /// How often the heads of all watched sessions are compared with the journal, in milliseconds.
    package var headCheckMilliseconds: Int64 = 15_000
    /// Events read in one page for a subscriber who catches up.
    package var watchPage = 256
    /// Bytes of events that are held after their commit, for those who begin to watch a session right away.
    package var recentEventBytes = 2 * 1_048_576
    /// For how long after an unclean death every command is stored first, in milliseconds.
    package var cautionMilliseconds: Int64 = 60_000
    /// How long a caller who did not ask for it waits for the outcome of a stored command, in milliseconds.
    package var outcomeWaitMilliseconds: Int64 = 5_000
    /// How often the node renews its lease, where nodes share the store, in milliseconds.
    package var renewalMilliseconds: Int64 = 1_000
    /// Shards handed over between two renewals at most, when another node has fewer than its share.
    package var handOverAtOnce = 32
    /// How often the outcomes of commands are asked for that this node stored for others to decide and whose callers
    /// wait, all in one query, in milliseconds.
    package var outcomeMilliseconds: Int64 = 500
    /// Sessions that are loaded together after an unclean death.
    package var recoveryGroup = 64
    /// Tries at finding out whether a commit in doubt was made, before the caller is told that it is unknown.
    package var doubtTries = 20
    /// Milliseconds between them.
    package var doubtMilliseconds: Int64 = 100
    /// Rounds of expressions, and of what a policy must know, that one decision may ask for.
    package var expressionRounds = 64
    /// How often a command is decided anew because the policy or a counter that its calls were judged by has changed
    /// meanwhile, before the caller is told to try again.
    package var policyAttempts = 32
    /// Versions of an agent read in one page when a workflow starts another one.
    package var versionPage = 32
    /// HTTP calls of sessions that may be under way at once.
    package var callsAtOnce = 256
    /// How many of them may be of one project.
    package var callsPerProject = 64
    /// How long one attempt at a call may take, redirects included, in milliseconds.
    package var callTimeoutMilliseconds: Int64 = 30_000
    /// The largest body of an answer to a call; a longer one fails the call.
    package var callResponseBytes = 128 * 1_024
    /// Attempts at deliveries to webhooks that may be under way at once.
    package var deliveriesAtOnce = 128
    /// How many of them may be of one project; of one whose receiver fails, a single one.
    package var deliveriesPerProject = 16
    /// Deliveries of one project that wait in memory for an attempt; the others wait in the store.
    package var deliveriesWaiting = 64
    /// How often deliveries are looked for that are due, in milliseconds.
    package var outboxMilliseconds: Int64 = 2_000
    /// Projects whose deliveries are read in one page of that.
    package var outboxProjects = 256
    /// How often deliveries that wait or have failed are counted for the metrics, in milliseconds.
    package var outboxStatusMilliseconds: Int64 = 15_000
    /// How often deliveries are looked for that are to be forgotten, in milliseconds.
    package var outboxClearMilliseconds: Int64 = 3_600_000
    /// How many of them are deleted in one transaction.
    package var outboxClearPage = 500
    /// How long after the end of its time a call may still be under way on a node that has lost its shard, in
    /// milliseconds.
    package var leaseMarginMilliseconds: Int64 = 5_000
    /// How often sessions are looked for that their projects' retention retires, in milliseconds.
    package var retentionMilliseconds: Int64 = 3_600_000
    /// How long after the node's start they are looked for first, in milliseconds.
    package var retentionDelayMilliseconds: Int64 = 60_000
    /// Sessions that are looked at, and retired in one transaction, at most.
    package var retentionPage = 200
    /// How long the node rests after each of these transactions, in milliseconds.
    package var retentionPauseMilliseconds: Int64 = 100
    /// Projects with a retention that are read in one page.
    package var retentionProjects = 100
    /// For how long what is new on a feed is gathered before it is audited, in milliseconds.
    package var auditDelayMilliseconds: Int64 = 100
    /// Events of a feed that are audited in one transaction.
    package var auditPage = 256
    /// Such transactions for one project before it is others' turn.
    package var auditPages = 16
    /// Projects that are audited at once.
    package var auditedAtOnce = 16
    /// Projects with news for the audit that are remembered, and whose feeds a node listens to for it; the sweep finds
    /// what is beyond.
    package var auditProjects = 10_000
    /// How often all projects are looked at for what is not audited, in milliseconds.
    package var auditSweepMilliseconds: Int64 = 10_000
    /// Projects that are looked at in one query of it.
    package var auditSweepPage = 500
    /// Pending requests of which is held what the audit tells with their decisions, so that it need not read them.
    package var auditRequests = 20_000
    /// How long a caller waits for the receipt of a decision that is not audited yet, in milliseconds.
    package var receiptWaitMilliseconds: Int64 = 5_000
    /// For how long a key, an agent or a webhook read from the store is believed, in milliseconds.
    package var cacheMilliseconds: Int64 = 1_000
    /// Keys, agents or webhooks that are remembered at most.
    package var cacheEntries = 10_000

    package init(node: NodeName) {
        self.node = node
    }
}
