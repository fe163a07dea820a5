import Glibc

/// The program: finds the command and ends with its exit code.
@main
enum Holdpoint {
    static func main() async {
        let words = Array(CommandLine.arguments.dropFirst())
        HiddenArguments.hide(Setting.secrets)
        ExpressionWorker.serveIfAsked(words)
        exit(await CommandRunner(CommandTable.all).run(words).rawValue)
    }
}
