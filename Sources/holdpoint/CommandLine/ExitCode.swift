/// How the program ends; the numbers are a promise to scripts.
enum ExitCode: Int32, Sendable, CaseIterable {
    case success = 0
    case failed = 1
    case usage = 2
    case notFound = 3
    case refused = 4
    case unreachable = 5
    case timedOut = 6
    case dataInUse = 7
    case dataNewer = 8
    case dataInaccessible = 9
    case dataDamaged = 10
    case cannotListen = 11

    /// What it means, in one line.
    var meaning: String {
        switch self {
        case .success: "Done as asked."
        case .failed: "It failed: the sentence on standard error says why; a verification found a difference."
        case .usage: "The command line, the environment or the configuration file is wrong; nothing was done."
        case .notFound: "There is nothing by that name or id."
        case .refused: "The state, the input or the key's rights forbid it; nothing was changed."
        case .unreachable: "The server cannot be reached, or it takes no commands now; try again."
        case .timedOut: "The time ran out; it may still happen."
        case .dataInUse: "Another server has the data folder."
        case .dataNewer: "A later release wrote the data; this one leaves it alone."
        case .dataInaccessible: "The data folder, the database or the key file cannot be used."
        case .dataDamaged: "The data is damaged."
        case .cannotListen: "The address to listen on is taken or not ours."
        }
    }

    /// The stable name, for `-o json`.
    var name: String {
        switch self {
        case .success: "success"
        case .failed: "failed"
        case .usage: "usage"
        case .notFound: "not_found"
        case .refused: "refused"
        case .unreachable: "unreachable"
        case .timedOut: "timed_out"
        case .dataInUse: "data_in_use"
        case .dataNewer: "data_newer"
        case .dataInaccessible: "data_inaccessible"
        case .dataDamaged: "data_damaged"
        case .cannotListen: "cannot_listen"
        }
    }
}

/// Why a command did not do what it was asked: the status to end with, and one clear sentence.
struct CommandFailure: Error, Sendable, Equatable {
    let status: ExitCode
    let detail: String

    init(_ status: ExitCode, _ detail: String) {
        self.status = status
        self.detail = detail
    }
}
