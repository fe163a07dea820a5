/// A command with its arguments, in the form in which it is sent (RESP, the section on sending commands).
///
/// The head, which tells the number of arguments, is written backwards into the room before the first of them. Behind
/// the last there is always a zero byte, since hiredis looks for more arguments until it finds one.
package struct RedisCommand: Sendable {
    private static let room = 24

    private var buffer: [UInt8] = Array(repeating: 0, count: room + 1)
    private var start = room
    private var count = 0

    /// A command of this name and these arguments; more may be added.
    package init(_ name: String, _ arguments: String...) {
        add(name)
        for argument in arguments { add(argument) }
    }

    /// Makes room for about so many bytes more.
    package mutating func reserve(bytes: Int) { buffer.reserveCapacity(buffer.count + bytes) }

    /// Appends an argument.
    package mutating func add(_ text: String) {
        var text = text
        text.withUTF8 { append($0) }
    }

    /// Appends an argument of any bytes.
    package mutating func add(_ bytes: [UInt8]) {
        bytes.withUnsafeBufferPointer { append($0) }
    }

    /// Appends a number in decimal digits.
    package mutating func add(_ number: Int64) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var place = 20
            var rest = number.magnitude
            repeat {
                place -= 1
                digits[place] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            } while rest > 0
            if number < 0 {
                place -= 1
                digits[place] = UInt8(ascii: "-")
            }
            append(UnsafeBufferPointer(rebasing: digits[place..<20]))
        }
    }

    /// How many bytes will be sent.
    package var byteCount: Int { buffer.count - 1 - start }

    /// The bytes that are sent.
    func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        buffer.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[start..<$0.count - 1])) }
    }

    private mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        buffer[buffer.count - 1] = UInt8(ascii: "$")
        appendDigits(of: bytes.count)
        appendLineEnd()
        buffer.append(contentsOf: bytes)
        appendLineEnd()
        buffer.append(0)
        count += 1
        writeHead()
    }

    private mutating func appendLineEnd() {
        buffer.append(UInt8(ascii: "\r"))
        buffer.append(UInt8(ascii: "\n"))
    }

    private mutating func appendDigits(of number: Int) {
        var divisor = 1
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            buffer.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
            divisor /= 10
        }
    }

    private mutating func writeHead() {
        buffer[Self.room - 1] = UInt8(ascii: "\n")
        buffer[Self.room - 2] = UInt8(ascii: "\r")
        start = Self.room - 2
        var rest = count
        repeat {
            start -= 1
            buffer[start] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        } while rest > 0
        start -= 1
        buffer[start] = UInt8(ascii: "*")
    }
}
