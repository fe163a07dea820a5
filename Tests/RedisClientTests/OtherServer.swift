import EventLoop
import Glibc
import RedisFixture

/// Answers whoever connects as a web server would, and cuts the connection.
final class OtherServer: Sendable {
    let port: UInt16
    private let descriptor: Int32

    init() throws {
        port = try RedisServer.freePort()
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isListening = withUnsafeBytes(of: &address) { bytes in
            let pointer = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self)
            return bind(descriptor, pointer, size) == 0 && listen(descriptor, 16) == 0
        }
        let hasThread = isListening && BlockingCall.start { Self.answerAll(descriptor) }
        if !hasThread { throw RedisServer.Failure(step: "listen") }
    }

    deinit {
        // Wakes the thread, which closes it.
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    private static func answerAll(_ descriptor: Int32) {
        let answer = "HTTP/1.1 400 Bad Request\r\n\r\n"
        while true {
            let accepted = accept(descriptor, nil, nil)
            guard accepted >= 0 else { break }
            _ = write(accepted, answer, answer.utf8.count)
            var byte: UInt8 = 0
            // Until the client has gone: a cut with unread bytes would take the answer away.
            while read(accepted, &byte, 1) > 0 {}
            close(accepted)
        }
        close(descriptor)
    }
}
