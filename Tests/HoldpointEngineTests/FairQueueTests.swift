import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import Testing

struct FairQueueTests {
    private static func project(_ name: String) throws -> Scope {
        Scope(tenant: try TenantName("acme"), project: try ProjectName(name))
    }

    private func begin(_ queue: inout FairQueue<Int>, _ count: Int) -> [Int] {
        (0..<count).compactMap { _ in queue.next() }
    }

    @Test func `projects take turns, and each keeps its order`() throws {
        let (one, two, three) = (try Self.project("one"), try Self.project("two"), try Self.project("three"))
        var queue = FairQueue<Int>(atOnce: 100, perProject: 100)
        for order in 10..<15 { queue.submit(order, of: one) }
        for order in 20..<22 { queue.submit(order, of: two) }
        queue.submit(30, of: three)
        #expect(begin(&queue, 9) == [10, 20, 30, 11, 21, 12, 13, 14])
        #expect(queue.waiting == 0)
        #expect(queue.underWay == 8)
    }

    @Test func `a project has so many under way and no more`() throws {
        let (one, two) = (try Self.project("one"), try Self.project("two"))
        var queue = FairQueue<Int>(atOnce: 100, perProject: 2)
        for order in 10..<15 { queue.submit(order, of: one) }
        queue.submit(20, of: two)
        #expect(begin(&queue, 9) == [10, 20, 11])
        queue.finished(20, of: two)
        #expect(queue.next() == nil)
        queue.finished(11, of: one)
        #expect(begin(&queue, 9) == [12])
    }

    @Test func `so many are under way in all and no more`() throws {
        var queue = FairQueue<Int>(atOnce: 3, perProject: 2)
        let projects = try ["one", "two", "three"].map(Self.project)
        for order in 0..<9 { queue.submit(order, of: projects[order % 3]) }
        #expect(begin(&queue, 9) == [0, 1, 2])
        queue.finished(1, of: projects[1])
        #expect(begin(&queue, 9) == [3])
        for order in [0, 2, 3] { queue.finished(order, of: projects[order % 3]) }
        #expect(begin(&queue, 9) == [4, 5, 6])
    }

    @Test func `an order that comes again is not done twice, and not forgotten`() throws {
        let one = try Self.project("one")
        var queue = FairQueue<Int>(atOnce: 9, perProject: 9)
        queue.submit(1, of: one)
        queue.submit(1, of: one)
        #expect(begin(&queue, 9) == [1])
        queue.submit(1, of: one)
        queue.submit(1, of: one)
        #expect(queue.next() == nil)
        queue.finished(1, of: one)
        #expect(begin(&queue, 9) == [1])
        queue.finished(1, of: one)
        #expect(queue.next() == nil)
        #expect(queue.underWay == 0)
    }

    @Test func `of a slow project one is under way, whatever lined up before, and all again once it is not slow`()
        throws
    {
        let (one, two) = (try Self.project("one"), try Self.project("two"))
        var queue = FairQueue<Int>(atOnce: 100, perProject: 3)
        for order in 10..<20 { queue.submit(order, of: one) }
        for order in 20..<22 { queue.submit(order, of: two) }
        #expect(begin(&queue, 2) == [10, 20])
        // It stands in the row already.
        queue.set(one, isSlow: true)
        #expect(begin(&queue, 9) == [21])
        queue.finished(10, of: one)
        #expect(begin(&queue, 9) == [11])
        queue.finished(11, of: one)
        #expect(begin(&queue, 9) == [12])
        queue.set(one, isSlow: false)
        #expect(begin(&queue, 9) == [13, 14])
        queue.set(two, isSlow: false)
        #expect(queue.underWay == 5)
    }

    @Test func `what was never begun cannot end`() throws {
        let one = try Self.project("one")
        var queue = FairQueue<Int>(atOnce: 1, perProject: 1)
        queue.submit(1, of: one)
        queue.finished(1, of: one)
        queue.finished(2, of: one)
        #expect(queue.underWay == 0)
        #expect(queue.next() == 1)
    }

    @Test func `every order is done once, whatever ends first`() throws {
        let projects = try ["one", "two", "three", "four"].map(Self.project)
        var queue = FairQueue<Int>(atOnce: 7, perProject: 3)
        var done: [Int] = []
        var open: [Int] = []
        for order in 0..<500 {
            queue.submit(order, of: projects[order * order % 4])
            while let next = queue.next() { open.append(next) }
            #expect(open.count <= 7)
            if order % 3 != 0, !open.isEmpty {
                let ended = open.remove(at: order % open.count)
                queue.finished(ended, of: projects[ended * ended % 4])
                done.append(ended)
            }
        }
        while !open.isEmpty {
            let ended = open.removeLast()
            queue.finished(ended, of: projects[ended * ended % 4])
            done.append(ended)
            while let next = queue.next() { open.append(next) }
        }
        #expect(done.sorted() == Array(0..<500))
        #expect(queue.waiting == 0)
    }

    @Test func `an engine's limits are those that are documented`() throws {
        let configuration = EngineConfiguration(node: try NodeName("test"))
        #expect(configuration.callsAtOnce == 256)
        #expect(configuration.callsPerProject == 64)
    }
}
