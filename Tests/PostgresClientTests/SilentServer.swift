import Glibc

/// Accepts connections, as far as the kernel does that by itself, and never says a word.
final class SilentServer: Sendable {
    let port: UInt16
    private let descriptor: Int32

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isListening = withUnsafeMutableBytes(of: &address) { bytes in
            let pointer = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self)
            return bind(descriptor, pointer, size) == 0 && listen(descriptor, 16) == 0
                && getsockname(descriptor, pointer, &size) == 0
        }
        port = UInt16(bigEndian: address.sin_port)
        guard isListening else { throw PostgresServer.Failure(step: "listen") }
    }

    deinit {
        close(descriptor)
    }
}
