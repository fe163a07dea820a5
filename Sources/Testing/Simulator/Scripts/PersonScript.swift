import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting

/// A person who answers one request, perhaps twice, perhaps too late.
struct PersonScript: Sendable {
    let client: Client
    let request: RequestID
    let question: Question
    /// Whether the session needs this answer to go on.
    let mustFit: Bool
    /// The moment in which others answer, too, perhaps at another node.
    let moment: Timestamp?

    func run() async {
        let world = client.world
        let response = question.response(to: request, chance: world.chance, mustFit: mustFit)
        await wait()
        let number = world.withModel { model in
            model.send(
                SentAnswer(
                    request: request, principal: client.principal, visible: response.visible, secrets: response.secrets,
                    fits: response.fits))
        }
        let raw = RawAnswer(response: response.raw, comment: nil)
        for _ in 0..<(world.chance.below(4) == 0 ? 2 : 1) {
            await client.answer(request, with: raw, as: number, about: question.title)
        }
    }

    /// At once, after a while, late, or in the last moment.
    private func wait() async {
        let world = client.world
        if let moment { return await world.clock.sleep(until: moment) }
        switch (world.chance.below(4), question.expiresInMilliseconds) {
        case (0, _): await world.sleep(upTo: 200)
        case (1, _): await world.sleep(upTo: 5_000)
        case (2, let milliseconds?):
            let early = milliseconds - world.chance.below(1_000)
            await world.clock.sleep(until: world.clock.now().adding(milliseconds: Int64(early)))
        case (_, _): await world.sleep(upTo: 25_000)
        }
    }
}
