import EventLoop
import HTTPEffects
import HoldpointEngine
import HoldpointPorts
import LocalStreams
import SQLiteJournal
import SealedSecrets
import YAMLDocuments

/// The ports of a node that keeps everything in one folder.
struct EmbeddedStore: Sendable {
    let journal: SQLiteJournal
    /// The calls of workflows; to be stopped after the engine and before the loop.
    let calls: HTTPEffects
    let ports: EnginePorts

    /// Opens the folder, makes what is missing and locks it against another engine.
    ///
    /// - Parameter loop: where the engine is to run.
    init(_ configuration: ServerConfiguration, on loop: EventLoop) async throws(CommandFailure) {
        let clock = SystemClock()
        let entropy = try SealingKey.entropy()
        do throws(JournalUnusable) {
            journal = try SQLiteJournal(configuration.journal, clock: clock, atEndOfTurn: loop.executeAtEndOfTurn)
        } catch {
            throw CommandFailure(error)
        }
        let box: any SecretBox
        let expressions: any ExpressionEvaluator
        do throws(CommandFailure) {
            try await Self.refuseLostKey(in: configuration.folder, journal)
            box = try SealingKey.box(in: configuration.folder)
            expressions = try ExpressionWorker.evaluator()
        } catch {
            await journal.close()
            throw error
        }
        calls = HTTPEffects(loop: loop, configuration: configuration.calls.effects)
        ports = EnginePorts(
            journal: journal, directory: journal, streams: LocalStreams(), clock: clock, entropy: entropy,
            hasher: SHA256Hasher(), secretBox: box, expressions: expressions,
            documents: YAMLDocuments(),
            calls: calls, executors: SharedExecutor(of: LoopIsolation(on: loop), continuations: loop.taskExecutor))
    }

    /// A fresh key beside old data would make every secret in it unreadable, and nobody would notice for a while.
    private static func refuseLostKey(in folder: String, _ journal: SQLiteJournal) async throws(CommandFailure) {
        guard !SealingKey.exists(in: folder) else { return }
        let isEmpty: Bool
        do throws(JournalError) { isEmpty = try await journal.isEmpty() } catch { throw CommandFailure(error) }
        guard isEmpty else {
            throw CommandFailure(
                .dataDamaged,
                "\(folder)/\(SealingKey.fileName) is missing, and the data was sealed with it; put the file back")
        }
    }
}
