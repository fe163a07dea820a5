import HoldpointCore
import HoldpointPorts
import HoldpointTesting
import JSON

/// Workflows among each other, and what they come to.
extension Model {
    /// What another session must be told is stored with the event that says so.
    mutating func judgeSends(of event: RecordedEvent, in history: History, _ store: MemoryStore) {
        guard history.isWorkflow, violation == nil else { return }
        let id = history.identity.id
        if event.type == ChildStarted.type, let data = try? JSONParser.parse(event.data),
            let key = data["key"]?.stringValue.flatMap({ Identifier128(hexadecimal: $0) }),
            !Self.holds(store, StartChild.kind, for: SessionKey(key))
        {
            fail("lineage", "\(id)#\(event.sequence): nobody is told to start the child")
        }
        guard let parent = history.state.parent else { return }
        switch history.state.ending {
        case nil, .continued: return
        case .completed, .failed, .cancelled:
            if !Self.holds(store, EndChild.kind, for: parent.key) {
                fail("lineage", "\(id)#\(event.sequence): its parent is not told of its end")
            }
        }
    }

    private static func holds(_ store: MemoryStore, _ kind: String, for key: SessionKey) -> Bool {
        store.inbox.values.contains { $0.command.kind == kind && $0.command.session.key == key }
    }

    /// A workflow of the simulated project catches everything, so it completes unless somebody cancels it.
    mutating func judgeEnd(ofWorkflow history: History) {
        let id = history.identity.id
        switch history.state.ending {
        case .completed(let output): judge(output, of: history)
        case .failed(let error): fail("output", "session \(id) failed: \(error.text)")
        case .continued(let next):
            if !histories.values.contains(where: { $0.identity.id == next }) {
                fail("lineage", "session \(id) goes on as \(next), which is not there")
            }
        case .cancelled, nil: break
        }
        if let parent = history.state.parent { judge(history, against: parent) }
    }

    private mutating func judge(_ output: JSONValue, of history: History) {
        let id = history.identity.id
        let agent = history.state.agent?.text
        let counted: JSONValue = ["n": .integer(WorkflowScene.rounds)]
        if output["from"]?.stringValue != agent || output["n"] != history.state.input["n"]
            || agent == WorkflowScene.count.rawValue && output["result"] != counted
        {
            fail("output", "session \(id) completed with \(output.text)")
        }
        for receipt in Self.receipts(in: output) {
            let call = CallName(key: receipt, in: scope).flatMap { calls[$0] }
            if call?.performances ?? 0 < 1 { fail("I1", "session \(id) has the receipt \(receipt) of no call") }
        }
    }

    private static func receipts(in value: JSONValue) -> [String] {
        if let receipt = value["receipt"]?.stringValue { return [receipt] }
        if let items = value.arrayValue { return items.flatMap(receipts) }
        return (value.objectValue ?? [:]).flatMap { receipts(in: $1) }
    }

    /// What a parent recorded of a child is what the child came to.
    private mutating func judge(_ child: History, against parent: SessionParent) {
        let id = child.identity.id
        guard let states = histories[parent.key]?.states else { return fail("lineage", "\(id) has no parent") }
        // The state after the child was started, if the parent ever said so.
        guard states.indices.contains(Int(parent.effect)),
            states[Int(parent.effect)].workflow?.children.contains(where: { $0.id == parent.effect }) == true
        else { return fail("lineage", "\(id) was not started by its parent") }
        guard let told = endings[CallName(parent.session, parent.effect)], told["abandoned"] == nil else { return }
        switch child.state.ending {
        case .completed(let output):
            if told["output"] != output { fail("lineage", "the parent of \(id) was told \(told.text)") }
        case .failed, .cancelled:
            if told["error"] == nil { fail("lineage", "the parent of \(id) was told \(told.text)") }
        case .continued, nil: break
        }
    }
}
