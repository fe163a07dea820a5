import CMimalloc
import Glibc

/// The process's allocator: mimalloc takes the place of the C library's in every program that uses this.
///
/// The frames of Swift's tasks are a little larger than what the C library's allocator keeps at hand for each thread,
/// so that each request takes its slow way many times over (docs/adr).
package enum Allocator {
    /// The version, as a number: 209 is 2.0.9.
    package static var version: Int { Int(mi_version()) }

    /// Whether memory really comes from it; not so where a sanitizer has an allocator of its own.
    package static var isInForce: Bool {
        guard let memory = malloc(64) else { return false }
        defer { free(memory) }
        return mi_is_in_heap_region(memory)
    }
}
