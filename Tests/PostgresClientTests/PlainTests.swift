import PostgresClient
import Testing

@Suite struct PostgresPlainTests {
    @Test func `classes of errors are told apart`() throws {
        for code in ["22001", "22P02", "23505", "23514", "42501"] {
            let state = try #require(SQLState(code))
            #expect(state.isPoison && !state.isRetryable)
        }
        for code in ["40001", "40P01", "57P01", "57P03", "08006"] {
            let state = try #require(SQLState(code))
            #expect(state.isRetryable && !state.isPoison)
        }
        for code in ["53100", "42P01", "57014", "58030", "XX000", "P0001"] {
            let state = try #require(SQLState(code))
            #expect(!state.isRetryable && !state.isPoison)
        }
        #expect(try #require(SQLState("57014")).isCancellation)
        for code in ["", "2250", "225050", "2250é", "2250x", "22 01"] { #expect(SQLState(code) == nil) }
    }

    @Test func `only what may have been stored is in doubt, and it is not simply to be tried again`() {
        let inDoubt: [PostgresError] = [.inDoubt, .resultTooLarge(.maximumRowBytes)]
        let certain: [PostgresError] = [
            .connectionLost, .unavailable(nil), .overloaded(.maximumWaiting), .segmentTooLarge(.maximumStatements),
            .cancelled, .closed, .rolledBack, .unexpectedValue(column: 0, .null),
        ]
        for error in inDoubt { #expect(error.isInDoubt && !error.isRetryable && !error.isPoison) }
        for error in certain { #expect(!error.isInDoubt && !error.isPoison) }
        #expect(certain.filter(\.isRetryable).count == 3)
    }

    @Test func `times beyond the range of the server become infinite`() {
        let early = PostgresTimestamp(microsecondsSinceEpoch: .min)
        let late = PostgresTimestamp(microsecondsSinceEpoch: .max)
        #expect(early < PostgresTimestamp(microsecondsSinceEpoch: 0) && early < late)
    }

    @Test func `a segment counts the bytes that it will send`() {
        var segment = PostgresSegment()
        let empty = segment.byteCount
        segment.add(PostgresStatement("select $1"), [.bytes(Array(repeating: 0, count: 1_000))])
        #expect(segment.count == 1)
        #expect(segment.byteCount == empty + 1_000 + "select $1".utf8.count)
    }
}
