/// A construct that is not written here, and what is written instead.
struct BanRule {
    let pattern: Pattern
    /// Folders (or files) that the rule looks at.
    let folders: [String]
    let exceptions: [String]
    let advice: String

    init(_ pattern: String, in folders: [String], except exceptions: [String] = [], advice: String) throws {
        self.pattern = try Pattern(pattern)
        self.folders = folders
        self.exceptions = exceptions
        self.advice = advice
    }

    func findings(in file: SourceFile) -> [Finding] {
        guard file.isUnder(folders), !file.isUnder(exceptions) else { return [] }
        return file.codeLines(matching: pattern).map { Finding(path: file.path, line: $0, advice: advice) }
    }
}

extension BanRule {
    private static let everySwiftFolder = ["Sources", "Tests", "Benchmarks"]

    /// A call of the C functions; a method `sleep(until:)` of a clock is another thing.
    private static let blockingSleep = #"(?<![\w.])(?<!func )(?:u|nano)?sleep\s*\("#

    /// What would make a run depend on more than its seed: tasks out of sight, threads, time and chance.
    ///
    /// The simulator is held to it as well, with one exception: it starts the task that all others are children of, and
    /// parks it on its own executor.
    static func determinism() throws -> [BanRule] {
        let pure = ["Sources/Core", "Sources/Engine"]
        let seeded = pure + ["Sources/Testing"]
        return try [
            BanRule(
                #"\bTask\s*(?:<[^>]*>\s*)?[({]|\bTask\s*\.\s*(?:init|detached|immediate\w*)\b"#, in: pure,
                advice: "unstructured task: add a child to the task group under the service's run()"),
            BanRule(
                #"\bTask\s*\.\s*sleep\b|\b(?:Continuous|Suspending)Clock\b|\bDate\s*\(|\bclock_gettime\b"#,
                in: seeded, advice: "real time: take it from the Clock port, or with the command"),
            BanRule(
                #"\bSystemRandomNumberGenerator\b|\.(?:random|randomElement|shuffle|shuffled)\s*\(\s*\)"#
                    + #"|\.random\s*\(\s*in:[^,]*\)|\bUUID\s*\(|\bgetrandom\b|\barc4random\w*"#,
                in: seeded, advice: "chance: take it from the Randomness port, or a generator with the run's seed"),
            BanRule(
                #"\bDispatch(?:Queue|Group|Semaphore|WorkItem|Source)\w*|\bThread\b|\bpthread_\w+|"# + blockingSleep,
                in: seeded, advice: "threads and blocking: use an actor and a task group; a lock belongs in a client"),
        ]
    }

    /// What stops the process, or hides that it might.
    static func traps() throws -> [BanRule] {
        try [
            BanRule(
                #"\btry!|\bas!"#, in: ["Sources"],
                advice: "traps for every tenant: use try or as?, and throw or handle what is left"),
            BanRule(
                #"\b(?:fatalError|preconditionFailure|assertionFailure)\s*\("#, in: ["Sources"],
                advice: "traps for every tenant: throw an error that stops this one session or request"),
            BanRule(
                #"(?<=[\w)\]}"`])(?<!\btry)(?<!\bas)!(?!=)"#, in: ["Sources"],
                advice: "force unwrap: use guard let, if let or ??"),
            BanRule(
                #"\bunowned\s*\(\s*unsafe\s*\)|\bunsafeBitCast\b"#, in: everySwiftFolder,
                except: ["Sources/Clients"],
                advice: "undefined when wrong: use weak, unowned, or a checked conversion"),
        ]
    }

    /// What belongs in one place only.
    static func places() throws -> [BanRule] {
        try [
            BanRule(
                #"\bMutex\b|\bNSLock\b|\bNSRecursiveLock\b"#, in: ["Sources"],
                advice: "ThreadSanitizer sees false races in it: use an actor, Atomic, or the client's own lock"),
            BanRule(
                #"(?<![\w.])print\s*\("#, in: ["Sources"], except: ["Sources/holdpoint"],
                advice: "print: return the text, or log through the port; only the executable writes to its output"),
            BanRule(
                #"@testable\b"#, in: everySwiftFolder, advice: "@testable: make what is tested package instead"),
        ]
    }

    /// What makes a test slow, flaky or silent.
    static func testing() throws -> [BanRule] {
        let folders = ["Tests"]
        return try [
            BanRule(
                #"\bTask\s*\.\s*sleep\b|\bThread\s*\.\s*sleep\b|"# + blockingSleep, in: folders,
                advice: "sleep: wait for the event itself, or move the manual clock"),
            BanRule(
                #"\.disabled\s*\(|\bwithKnownIssue\b|\bXCTSkip\w*"#, in: folders,
                advice: "a test that does not count: mend what it found, or remove it"),
        ]
    }
}
