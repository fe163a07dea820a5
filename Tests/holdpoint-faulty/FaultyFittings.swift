import HTTPServer
import HoldpointEngine
import PostgresJournal

/// The product's parts, with the planned fault between them.
struct FaultyFittings: ServerFittings {
    let trigger: FaultTrigger

    func begin() { trigger.begin() }

    func fit(_ configuration: PostgresJournalConfiguration) -> PostgresJournalConfiguration { configuration }

    func fit(_ ports: EnginePorts) -> EnginePorts {
        EnginePorts(
            journal: DyingJournal(base: ports.journal, trigger: trigger), directory: ports.directory,
            streams: DyingStreams(base: ports.streams, trigger: trigger), clock: ports.clock,
            entropy: trigger.narrowsShards ? NarrowEntropy(base: ports.entropy) : ports.entropy,
            hasher: ports.hasher, secretBox: ports.secretBox, signer: ports.signer,
            expressions: ports.expressions, documents: ports.documents,
            calls: DyingCalls(base: ports.calls, trigger: trigger), executors: ports.executors)
    }

    func fit(_ handler: @escaping HTTPHandler) -> HTTPHandler {
        { [trigger] request, exchange, loop in
            let reply = await handler(request, exchange, loop)
            if case .response(let response) = reply, request.method == .post, response.status < 300 {
                trigger.passSoon(.afterReply)
            }
            return reply
        }
    }
}
