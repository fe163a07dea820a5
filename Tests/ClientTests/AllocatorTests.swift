import Allocator
import Testing

@Suite struct AllocatorTests {
    @Test func `it is of a version that is known to work`() {
        #expect(Allocator.version >= 200)
    }

    @Test func `memory comes from it, but where a sanitizer has its own`() {
        #expect(Allocator.isInForce != Sanitizer.isPresent)
    }
}
