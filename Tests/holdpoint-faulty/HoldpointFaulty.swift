import Glibc

/// The server with one planned fault, for tests; never shipped.
///
/// `HOLDPOINT_FAULT` says which (see `FaultPlan`), and `HOLDPOINT_FAULT_LOG` names a file to which each death is
/// appended before it happens.
@main
enum HoldpointFaulty {
    static func main() async {
        let words = Array(CommandLine.arguments.dropFirst())
        HiddenArguments.hide(Setting.secrets)
        ExpressionWorker.serveIfAsked(words)
        let text = getenv("HOLDPOINT_FAULT").map { String(cString: $0) } ?? ""
        guard let plan = FaultPlan(text) else {
            Output.write("holdpoint-faulty: HOLDPOINT_FAULT is no fault: \(text)\n", to: STDERR_FILENO)
            exit(ExitCode.usage.rawValue)
        }
        let log = getenv("HOLDPOINT_FAULT_LOG").map { String(cString: $0) }
        let serve = ServeCommand.command(fittings: FaultyFittings(trigger: FaultTrigger(plan, log: log)))
        let runner = CommandRunner([serve], furtherVariables: ["HOLDPOINT_FAULT", "HOLDPOINT_FAULT_LOG"])
        exit(await runner.run(words).rawValue)
    }
}
