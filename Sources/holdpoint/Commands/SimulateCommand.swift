import JSON
import Simulator

/// The command that runs the engine in a simulated world.
enum SimulateCommand {
    /// The most seeds that one call takes.
    private static let maximumSeeds: UInt64 = 1_000_000

    static let command = Command(
        "simulate", "Run the engine in a simulated world of crashes, doubts and races, once for each seed.",
        details: "Each run is the real engine on one thread whose order, failures and time a seed decides: one node, "
            + "or two or three that share a store; sessions of callers' own agents, and under odd seeds of workflows "
            + "too. A model checks what is promised after every step. "
            + "The first broken promise ends it with status 1, and its seed reproduces it. "
            + "With --plant a bug is put into the ports, which must be found: \(names.joined(separator: ", ")).",
        options: [
            CommandOption("--seeds", value: "A..B", "The first and the last seed. Default: 1..100."),
            CommandOption("--plant", value: "NAME", "The bug to plant."),
        ],
        examples: [
            CommandExample("holdpoint simulate --seeds 1..2000", "two thousand runs"),
            CommandExample(
                "holdpoint simulate --seeds 1..300 --plant fence-without-lock", "see that a planted bug is found"),
        ]
    ) { call in
        let fault = try plant(call.value("--plant"))
        let result = SimulationCampaign.run(seeds: try seeds(call.value("--seeds") ?? "1..100"), fault: fault) {
            $0.failure == nil
        }
        let failed = result.failures.first
        call.output.result(document(result), text: text(result))
        return failed == nil ? .success : .failed
    }

    private static let names = PlantedFault.allCases.map { name($0.rawValue) }

    /// A name as people read it: `secretInEvent` is `secret-in-event`.
    private static func name(_ text: String) -> String {
        text.reduce(into: "") { name, character in
            name += character.isUppercase ? "-" + character.lowercased() : String(character)
        }
    }

    private static func plant(_ text: String?) throws(CommandFailure) -> PlantedFault? {
        guard let text else { return nil }
        guard let fault = PlantedFault.allCases.first(where: { name($0.rawValue) == text }) else {
            throw CommandFailure(
                .usage,
                "--plant: there is no bug '\(text)'\(NearestName.hint(for: text, among: names)); there is "
                    + names.joined(separator: ", "))
        }
        return fault
    }

    private static func seeds(_ text: String) throws(CommandFailure) -> ClosedRange<UInt64> {
        let parts = text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1].isEmpty, let first = UInt64(parts[0]), let last = UInt64(parts[2]),
            first <= last, last - first < maximumSeeds
        else {
            throw CommandFailure(.usage, "--seeds: '\(text)' is not A..B with at most \(maximumSeeds) seeds")
        }
        return first...last
    }

    private static func document(_ result: SimulationCampaign.Result) -> JSONValue {
        let failure = result.failures.first.map { report -> JSONValue in
            [
                "seed": .string(String(report.seed)), "invariant": .string(report.failure?.invariant ?? ""),
                "detail": .string(report.failure?.detail ?? ""),
                "trace": .array((report.failure?.trace ?? []).map { .string($0) }),
            ]
        }
        return [
            "runs": .integer(Int64(result.runs)), "events": .integer(Int64(result.events)),
            "calls": .integer(Int64(result.calls)), "doubts": .integer(Int64(result.doubts)),
            "happenings": .object(
                JSONObject(
                    Happening.allCases.map { ($0.rawValue, .integer(Int64(result.happenings[$0] ?? 0))) })),
            "failure": failure ?? .null,
        ]
    }

    private static func text(_ result: SimulationCampaign.Result) -> String {
        let account =
            "\(result.runs) runs, \(result.events) events, \(result.calls) calls, \(result.doubts) of them doubted; "
            + Happening.allCases.map { "\(result.happenings[$0] ?? 0) \(name($0.rawValue))" }.joined(separator: ", ")
        guard let report = result.failures.first, let failure = report.failure else {
            return "\(account): every promise was kept"
        }
        let plant = report.fault.map { " --plant \(name($0.rawValue))" } ?? ""
        let trace = failure.trace.map { "  " + $0 }
        let conclusion = [
            "seed \(report.seed) failed. \(failure)", "\(account).",
            "Reproduce it with: holdpoint simulate --seeds \(report.seed)..\(report.seed)\(plant)",
        ]
        return ((trace.isEmpty ? [] : ["What happened last:"]) + trace + conclusion).joined(separator: "\n")
    }
}
