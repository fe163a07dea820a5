import Glibc
import HoldpointPorts
import JQClient
import JQExpressions

/// The mode in which this program evaluates expressions for another process of itself; no command for people.
enum ExpressionWorker {
    private static let word = "expression-worker"

    /// Serves as a worker, and does not return, if the command line says so.
    static func serveIfAsked(_ words: [String]) {
        if words == [word] { exit(JQWorker.serve()) }
    }

    /// The evaluator whose workers are processes of this program.
    static func evaluator() throws(CommandFailure) -> any ExpressionEvaluator {
        do throws(JQWorkersError) {
            return JQExpressions(try JQWorkers(.same(arguments: [word])))
        } catch {
            throw CommandFailure(.failed, error.description)
        }
    }
}
