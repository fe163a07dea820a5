import Allocator
import Testing

@Suite struct AllocatorTests {
    @Test func `it is of a version that is known to work`() {
        #expect(Allocator.version >= 200)
    }
}
