import Glibc

/// The server and its migration as a later release might be, for tests of upgrades; never shipped.
///
/// It has one step more in its tables, an event type and a snapshot codec that the product does not know. With
/// `HOLDPOINT_LATER_EAGER=1` it writes them before all nodes can read them, which no release may do.
@main
enum HoldpointLater {
    private static let eager = "HOLDPOINT_LATER_EAGER"

    static func main() async {
        let words = Array(CommandLine.arguments.dropFirst())
        HiddenArguments.hide(Setting.secrets)
        ExpressionWorker.serveIfAsked(words)
        let fittings = LaterFittings(isEager: getenv(eager).map { String(cString: $0) } == "1")
        let commands = [ServeCommand.command(fittings: fittings), MigrateCommand.command(fittings: fittings)]
        exit(await CommandRunner(commands, furtherVariables: [eager]).run(words).rawValue)
    }
}
