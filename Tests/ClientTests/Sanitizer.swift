import Glibc

/// What a test has to know of the sanitizer that it may have been built with.
enum Sanitizer {
    /// Whether there is one: it has an allocator of its own then, in this process and in those that it starts.
    static let isPresent = dlsym(nil, "__asan_init") != nil || dlsym(nil, "__tsan_init") != nil
}
