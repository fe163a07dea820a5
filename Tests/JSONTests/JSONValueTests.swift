import JSON
import Testing

@Suite struct JSONValueTests {
    @Test func `a value stays small`() {
        #expect(MemoryLayout<JSONValue>.stride <= 24)
    }
}
