import CEvent
import EventLoop
import Glibc

extension HTTPServer {
    /// Takes the connection out of evhttp's hands, answers with a refusal, and closes once the client has seen it.
    ///
    /// evhttp goes on owning the memory; `cut` gives it back. Anything that waits in the output is thrown away: it
    /// can only be a page or a 100 Continue of evhttp's.
    func takeOver(_ connection: Connection, refusing refusal: Refusal) {
        guard connection.stage != .closing, connection.stage != .closed else { return }
        counters.refused.add()
        connection.verdict = nil
        connection.disconnectActions = []
        releaseBody(connection)
        if let output = connection.output {
            // A bufferevent keeps the front of its output frozen; OpenSSL's does not, and must not find it frozen.
            evbuffer_unfreeze(output, 1)
            evbuffer_drain(output, evbuffer_get_length(output))
            if !connection.isEncrypted { evbuffer_freeze(output, 1) }
        }
        let response = answer(to: refusal)
        let isHead = connection.answering.isHead || connection.scanner.isHead
        var bytes = ResponseHead.encode(
            response.headers.areSafe ? response : HTTPResponse(status: refusal.status), date: dateCache.text(),
            framing: .length(response.headers.areSafe ? response.body.count : 0))
        if response.headers.areSafe, !isHead { bytes += response.body }
        installCallbacks(connection)
        if let output = connection.output {
            _ = bytes.withUnsafeBytes { evbuffer_add(output, $0.baseAddress, $0.count) }
        }
        beginClosing(connection)
    }

    /// Replaces evhttp's callbacks by the server's own.
    func installCallbacks(_ connection: Connection) {
        bufferevent_setcb(
            connection.buffer, { buffer, _ in HTTPServer.discardInput(buffer) },
            { _, context in HTTPServer.outputEmptied(context) },
            { _, _, context in HTTPServer.connectionFailed(context) }, connection.context)
        // The read callback empties the buffer; the watermark is a second wall.
        bufferevent_setwatermark(connection.buffer, Int16(EV_READ), 0, configuration.inputWatermarkBytes)
        bufferevent_enable(connection.buffer, Int16(EV_READ | EV_WRITE))
    }

    /// Lets the output run out, then shuts the write side down, and waits for the client to close.
    func beginClosing(_ connection: Connection) {
        connection.stage = .closing
        connection.deadline = loop.now + configuration.lingerDeadline
        if connection.outputLength == 0 { shutDown(connection) }
    }

    private func shutDown(_ connection: Connection) {
        guard !connection.isShutDown else { return }
        connection.isShutDown = true
        sayFarewell(connection)
        shutdown(connection.descriptor, Int32(SHUT_WR))
    }

    /// Throws away what comes in.
    ///
    /// Its context is not used: evhttp may once call it with a context of its own.
    private static func discardInput(_ buffer: OpaquePointer?) {
        guard let input = bufferevent_get_input(buffer) else { return }
        evbuffer_drain(input, evbuffer_get_length(input))
    }

    private static func outputEmptied(_ context: UnsafeMutableRawPointer?) {
        guard let connection = Connection.from(context) else { return }
        switch connection.stage {
        case .closing: connection.server.shutDown(connection)
        case .streaming: connection.server.resumeDrained(connection)
        case .head, .body, .pending, .replying, .closed: break
        }
    }

    private static func connectionFailed(_ context: UnsafeMutableRawPointer?) {
        guard let connection = Connection.from(context) else { return }
        connection.server.cut(connection)
    }
}

/// Writes the head of a response that evhttp does not send.
enum ResponseHead {
    /// How the body is delimited.
    enum Framing {
        case length(Int)
        case chunked
        case untilClose
    }

    static func encode(_ response: HTTPResponse, date: String, framing: Framing) -> [UInt8] {
        var text = "HTTP/1.1 \(response.status) \(reasonPhrase(response.status))\r\nDate: \(date)\r\n"
        for field in response.headers.fields where !HTTPServer.isOwn(field.name) {
            text += "\(field.name): \(field.value)\r\n"
        }
        switch framing {
        case .length(let count): text += "Content-Length: \(count)\r\n"
        case .chunked: text += "Transfer-Encoding: chunked\r\n"
        case .untilClose: break
        }
        text += "Connection: close\r\n\r\n"
        return Array(text.utf8)
    }
}

/// The current time as a `Date` header, written once a second (RFC 9110, 5.6.7).
struct DateCache {
    private var second: time_t = 0
    private var cached = ""

    mutating func text() -> String {
        let now = time(nil)
        if now != second {
            var buffer = [CChar](repeating: 0, count: 48)
            let length = evutil_date_rfc1123(&buffer, buffer.count, nil)
            cached = String(decoding: buffer.prefix(Int(max(0, length))).map(UInt8.init(bitPattern:)), as: UTF8.self)
            second = now
        }
        return cached
    }
}
