import HoldpointCore
package import HoldpointPorts

/// What every stream bus must do, whichever it is: run each case on a fresh bus.
package enum StreamBusConformance {
    /// Every promise of `StreamBus`; a bus may deliver again, so the cases count what is missing, not what is double.
    package static let cases: [ConformanceCase<any StreamBus>] = [
        ConformanceCase("a doorbell arrives whole") { bus in
            let event = JournalScene.event(3, isOnFeed: true)
            let sent = Doorbell(session: try identity(1), head: 3, events: [event], isOnFeed: true)
            bus.ring(sent)
            let received = try expectPresent(await bus.nextDoorbells().first, "doorbell")
            try expectEqual(received.session, sent.session, "session")
            try expectEqual(received.head, 3, "head")
            try expectEqual(received.isOnFeed, true, "whether it is on the feed")
            // A bus may carry the number only: readers look into the journal for the rest.
            try expect(received.events.isEmpty || received.events == [event], "other events came")
        },
        ConformanceCase("a delivery arrives whole") { bus in
            let sent = try delivery(1)
            bus.deliver(sent)
            let received = try expectPresent(await bus.nextDeliveries().first, "delivery")
            try expectEqual(received, sent, "delivery")
            bus.acknowledge(received)
        },
        ConformanceCase("a reader that waits is woken by what comes") { bus in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask { await bus.nextDoorbells().contains { $0.head == 9 } }
                group.addTask { await bus.nextDeliveries().contains { $0.isAnswer } }
                await Task.yield()
                bus.ring(Doorbell(session: try identity(1), head: 9, events: [], isOnFeed: false))
                bus.deliver(try delivery(1))
                for try await isThere in group { try expect(isThere, "something else came") }
            }
        },
        ConformanceCase("everything from many senders comes, with nothing else") { bus in
            try await receiveFromMany(bus)
        },
        ConformanceCase("closing ends both waits, for ever, whatever comes after") { bus in
            await withTaskGroup(of: Void.self) { group in
                group.addTask { _ = await bus.nextDoorbells() }
                group.addTask { _ = await bus.nextDeliveries() }
                await Task.yield()
                bus.close()
            }
            bus.ring(Doorbell(session: try identity(1), head: 1, events: [], isOnFeed: false))
            bus.deliver(try delivery(1))
            let doorbells = await bus.nextDoorbells()
            let deliveries = await bus.nextDeliveries()
            try expect(doorbells.isEmpty && deliveries.isEmpty, "something came after the end")
        },
        ConformanceCase("closing twice is as good as once") { bus in
            bus.close()
            bus.close()
            let doorbells = await bus.nextDoorbells()
            try expect(doorbells.isEmpty, "something came after the end")
        },
    ]

    private static func receiveFromMany(_ bus: any StreamBus) async throws {
        let deliveries = try (1...200).map { try delivery($0) }
        let session = try identity(1)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for part in 0..<4 {
                group.addTask {
                    for (index, delivery) in deliveries.enumerated() where index % 4 == part {
                        bus.deliver(delivery)
                        bus.ring(Doorbell(session: session, head: Int64(index) + 1, events: [], isOnFeed: false))
                    }
                }
            }
            var ids: Set<StoredCommandID> = []
            while ids.count < deliveries.count {
                let received = await bus.nextDeliveries()
                try expect(!received.isEmpty, "an open bus gave nothing")
                for delivery in received {
                    try expect(deliveries.contains(delivery), "an unknown delivery came")
                    ids.insert(delivery.command)
                    bus.acknowledge(delivery)
                }
            }
            var heads: Set<Int64> = []
            while heads.count < deliveries.count { heads.formUnion(await bus.nextDoorbells().map(\.head)) }
            try await group.waitForAll()
        }
    }

    private static func identity(_ number: Int) throws -> SessionIdentity {
        SessionIdentity(
            scope: try JournalScene.scope("acme", "billing"),
            key: SessionKey(Identifier128(high: UInt64(number), low: 7)), id: try SessionID("session-\(number)"))
    }

    private static func delivery(_ number: Int) throws -> CommandDelivery {
        CommandDelivery(command: JournalScene.commandID(Int64(number)), session: try identity(number), isAnswer: true)
    }
}
