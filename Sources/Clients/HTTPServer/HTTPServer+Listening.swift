import CEvent
import EventLoop
import Glibc

extension HTTPServer {
    /// Binds, makes the `evhttp` and puts the hooks in place.
    func open() -> Result<UInt16, HTTPServerError> {
        guard phase == .new else { return .failure(.notStartable) }
        let socket: (descriptor: Int32, port: UInt16)
        do {
            socket = try ListeningSocket.open(configuration)
        } catch {
            return .failure(error)
        }
        guard let http = evhttp_new(loop.base) else {
            Glibc.close(socket.descriptor)
            return .failure(.outOfMemory)
        }
        limit(http)
        guard let bound = evhttp_accept_socket_with_handle(http, socket.descriptor) else {
            Glibc.close(socket.descriptor)
            evhttp_free(http)
            return .failure(.outOfMemory)
        }
        self.http = http
        boundSocket = bound
        listener = evhttp_bound_socket_get_listener(bound)
        if let listener {
            // The context of this callback is the listener's own, not ours: it only pauses, and the next sweep
            // resumes. Without it a process without free descriptors would spin.
            evconnlistener_set_error_cb(listener) { listener, _ in evconnlistener_disable(listener) }
        }
        phase = .running
        // Strong references on purpose: they keep the server alive until `finish` gives both up. Weak ones would
        // besides make every retain of the server take the slow path.
        hook = loop.addRoundHook(atStop: { self.finish() }) { self.endRound() }
        sweepWatch = loop.schedule(every: sweepInterval) { self.sweep() }
        return .success(socket.port)
    }

    private func limit(_ http: OpaquePointer) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        // The scanner's limits come first; these only make sure that libevent has some too.
        evhttp_set_max_headers_size(http, configuration.maximumHeadBytes + 1024)
        evhttp_set_max_body_size(http, configuration.maximumBodyBytes)
        let methods = [
            EVHTTP_REQ_GET, EVHTTP_REQ_POST, EVHTTP_REQ_HEAD, EVHTTP_REQ_PUT, EVHTTP_REQ_DELETE,
            EVHTTP_REQ_OPTIONS, EVHTTP_REQ_TRACE, EVHTTP_REQ_PATCH,
        ]
        evhttp_set_allowed_methods(http, UInt16(methods.reduce(0) { $0 | $1.rawValue }))
        evhttp_set_default_content_type(http, nil)
        evhttp_set_bevcb(http, { base, context in HTTPServer.accept(base, context) }, context)
        evhttp_set_gencb(http, { request, context in HTTPServer.handle(request, context) }, context)
    }

    static func from(_ context: UnsafeMutableRawPointer?) -> HTTPServer? {
        context.map { Unmanaged<HTTPServer>.fromOpaque($0).takeUnretainedValue() }
    }
}

/// The socket that a server listens on.
enum ListeningSocket {
    /// Opens a socket that listens; TCP_NODELAY is inherited by the connections that it accepts.
    static func open(
        _ configuration: HTTPServerConfiguration
    ) throws(HTTPServerError) -> (descriptor: Int32, port: UInt16) {
        var storage = sockaddr_storage()
        let length = try parse(configuration, into: &storage)
        let descriptor = socket(Int32(storage.ss_family), Int32(SOCK_STREAM.rawValue), Int32(IPPROTO_TCP))
        guard descriptor >= 0 else { throw failure("socket", configuration) }
        do {
            try prepare(descriptor, configuration, &storage, length)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
        return (descriptor, port(of: descriptor))
    }

    private static func prepare(
        _ descriptor: Int32, _ configuration: HTTPServerConfiguration, _ storage: inout sockaddr_storage,
        _ length: socklen_t
    ) throws(HTTPServerError) {
        guard evutil_make_socket_nonblocking(descriptor) == 0, evutil_make_socket_closeonexec(descriptor) == 0 else {
            throw failure("fcntl", configuration)
        }
        var one: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        guard setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, size) == 0,
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, size) == 0
        else { throw failure("setsockopt", configuration) }
        let bound = withUnsafePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        guard bound == 0 else { throw failure("bind", configuration) }
        guard listen(descriptor, configuration.backlog) == 0 else { throw failure("listen", configuration) }
    }

    private static func parse(
        _ configuration: HTTPServerConfiguration, into storage: inout sockaddr_storage
    ) throws(HTTPServerError) -> socklen_t {
        var ipv4 = sockaddr_in()
        ipv4.sin_family = sa_family_t(AF_INET)
        ipv4.sin_port = configuration.port.bigEndian
        if inet_pton(AF_INET, configuration.address, &ipv4.sin_addr) == 1 {
            withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: ipv4, as: sockaddr_in.self) }
            return socklen_t(MemoryLayout<sockaddr_in>.size)
        }
        var ipv6 = sockaddr_in6()
        ipv6.sin6_family = sa_family_t(AF_INET6)
        ipv6.sin6_port = configuration.port.bigEndian
        if inet_pton(AF_INET6, configuration.address, &ipv6.sin6_addr) == 1 {
            withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: ipv6, as: sockaddr_in6.self) }
            return socklen_t(MemoryLayout<sockaddr_in6>.size)
        }
        throw .invalidAddress(configuration.address)
    }

    private static func port(of descriptor: Int32) -> UInt16 {
        var storage = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        withUnsafeMutablePointer(to: &storage) {
            // The port stands at the same place in both families.
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(descriptor, $0, &length) }
        }
        return UInt16(bigEndian: storage.sin6_port)
    }

    private static func failure(_ call: String, _ configuration: HTTPServerConfiguration) -> HTTPServerError {
        .cannotListen(
            call: call, address: configuration.address, port: configuration.port,
            reason: String(cString: strerror(errno)))
    }
}
