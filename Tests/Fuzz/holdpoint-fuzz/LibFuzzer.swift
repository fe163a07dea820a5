import FuzzTargets
import Glibc

// What libFuzzer, which brings the main function, calls. The target is named by HOLDPOINT_FUZZ_TARGET.

private let target: FuzzTarget = {
    let name = getenv("HOLDPOINT_FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let target = FuzzTarget.named(name) else {
        let names = FuzzTarget.all.map(\.name).joined(separator: ", ")
        fatalError("HOLDPOINT_FUZZ_TARGET must be one of \(names)")
    }
    return target
}()

@_silgen_name("LLVMFuzzerMutate")
private func mutate(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ maximum: Int) -> Int

/// Checks one input; a finding ends the process, and libFuzzer writes the input to a file.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    do {
        try target.check(Array(UnsafeBufferPointer(start: data, count: size)))
    } catch {
        fatalError("finding of \(target.name): \(error)")
    }
    return 0
}

/// Changes an input: mostly libFuzzer does, which knows what was reached; one time in four the input's form is heeded.
@_cdecl("LLVMFuzzerCustomMutator")
func customMutator(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ maximum: Int, _ seed: CUnsignedInt) -> Int {
    guard seed.isMultiple(of: 4) else { return mutate(data, size, maximum) }
    var mutation = Mutation(seed: UInt64(seed), others: [])
    let changed = mutation.change(Array(UnsafeBufferPointer(start: data, count: size)), maximumBytes: maximum)
    data.update(from: changed, count: changed.count)
    return changed.count
}
