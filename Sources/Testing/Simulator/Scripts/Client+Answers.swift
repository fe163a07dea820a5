import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting

extension Client {
    /// Gives an answer that the model knows by that number until its fate is known, and lets the model judge it.
    func answer(_ request: RequestID, with raw: RawAnswer, as number: Int, about title: String) async {
        let world = world
        let key = world.chance.below(3) == 0 ? "answer-\(number)-\(world.chance.next())" : nil
        let verdict = await insist("answers \(title)", key: key, isAsync: world.chance.below(2) == 0) {
            world.withModel { $0.noteStored(number, at: world.now) }
        } act: { engine, options throws(GatewayError) in
            try await engine.answer(raw, to: request, in: world.scope, options: options)
        }
        world.judge { model, store in
            model.catchUp(with: store)
            switch verdict {
            case .applied: model.acknowledge(number)
            case .refused(let rejection): model.refuse(number, rejection, at: world.now)
            }
        }
    }
}
