import PostgresClient
import Testing

extension PostgresTests {
    struct ValueTests {
        /// Sends a value and reads it back with `read`.
        private func echo<Value>(
            _ value: PostgresValue, as type: String, _ read: (PostgresRow) throws -> Value
        ) async throws -> Value {
            try await withPool { pool in
                let result = try await pool.run(PostgresStatement("select $1::\(type)"), [value])
                return try read(#require(result.rows.first))
            }
        }

        @Test func `numbers and truth values come back as they were sent`() async throws {
            for number in [Int64.min, -1, 0, 1, .max] {
                #expect(try await echo(.int8(number), as: "int8") { try $0.integer(0) } == number)
            }
            #expect(try await echo(.int4(.min), as: "int4") { try $0.integer(0) } == Int64(Int32.min))
            #expect(try await echo(.int2(.max), as: "int2") { try $0.integer(0) } == Int64(Int16.max))
            #expect(try await echo(.boolean(true), as: "bool") { try $0.boolean(0) })
            #expect(try await echo(.boolean(false), as: "bool") { try $0.boolean(0) } == false)
        }

        @Test func `texts and bytes come back as they were sent, NUL bytes and empty ones too`() async throws {
            for text in ["", "plain", "Grüße 👋🏽 \u{1}\n'\"\\"] {
                #expect(try await echo(.text(text), as: "text") { try $0.text(0) } == text)
            }
            let every = (0...255).map { UInt8($0) }
            for bytes in [[], [0], [0, 0, 0], every] as [[UInt8]] {
                #expect(try await echo(.bytes(bytes), as: "bytea") { try $0.bytes(0) } == bytes)
            }
        }

        @Test func `a text with NUL is refused by the server as poison`() async throws {
            try await withPool { pool in
                let error = await failure { () throws(PostgresError) in
                    try await pool.run(PostgresStatement("select $1::text"), [.text("a\u{0}b")])
                }
                guard case .refused(let refusal) = error else { throw try #require(error) }
                #expect(refusal.state.code == "22021" && refusal.state.isPoison)
            }
        }

        @Test func `times are exact to the microsecond, and may be infinite`() async throws {
            for microseconds in [Int64.min, -1, 0, 1_763_712_000_123_456, .max] {
                let time = PostgresTimestamp(microsecondsSinceEpoch: microseconds)
                #expect(try await echo(.timestamp(time), as: "timestamptz") { try $0.timestamp(0) } == time)
            }
            try await withPool { pool in
                let result = try await pool.run(
                    PostgresStatement("select '2026-11-21 08:00:00.000001+00'::timestamptz, 'infinity'::timestamptz"))
                let row = try #require(result.rows.first)
                #expect(try row.timestamp(0).microsecondsSinceEpoch == 1_795_248_000_000_001)
                #expect(try row.timestamp(1).microsecondsSinceEpoch == .max)
            }
        }

        @Test func `UUIDs come back as they were sent`() async throws {
            let value = PostgresUUID(high: 0x0193_4567_89AB_7CDE, low: 0x8FED_CBA9_8765_4321)
            #expect(try await echo(.uuid(value), as: "uuid") { try $0.uuid(0) } == value)
            #expect(
                try await echo(.uuid(value), as: "text") { try $0.text(0) } == "01934567-89ab-7cde-8fed-cba987654321")
        }

        @Test func `arrays come back as they were sent, with nulls and empty`() async throws {
            #expect(
                try await echo(.int8Array([1, nil, .min]), as: "int8[]") { try $0.int8Array(0) } == [1, nil, .min])
            #expect(try await echo(.int8Array([]), as: "int8[]") { try $0.int8Array(0) } == [])
            #expect(try await echo(.int4Array([nil, 4]), as: "int4[]") { try $0.int4Array(0) } == [nil, 4])
            #expect(try await echo(.int2Array([2, nil]), as: "int2[]") { try $0.int2Array(0) } == [2, nil])
            #expect(
                try await echo(.booleanArray([true, nil, false]), as: "bool[]") { try $0.booleanArray(0) }
                    == [true, nil, false])
            #expect(
                try await echo(.textArray(["", nil, "{a,\"b\"}"]), as: "text[]") { try $0.textArray(0) }
                    == ["", nil, "{a,\"b\"}"])
            #expect(
                try await echo(.bytesArray([[], nil, [0, 255, 0]]), as: "bytea[]") { try $0.bytesArray(0) }
                    == [[], nil, [0, 255, 0]])
            let time = PostgresTimestamp(microsecondsSinceEpoch: 1)
            #expect(
                try await echo(.timestampArray([time, nil]), as: "timestamptz[]") { try $0.timestampArray(0) }
                    == [time, nil])
            let uuid = PostgresUUID(high: 1, low: 2)
            #expect(try await echo(.uuidArray([nil, uuid]), as: "uuid[]") { try $0.uuidArray(0) } == [nil, uuid])
        }

        @Test func `nulls are told from values`() async throws {
            for type in PostgresType.allCases {
                #expect(try await echo(.null(type), as: "text") { $0.isNull(0) })
            }
            try await withPool { pool in
                let result = try await pool.run(PostgresStatement("select null::int8, 'x'::text"))
                let row = try #require(result.rows.first)
                #expect(try row.optionalInteger(0) == nil)
                #expect(throws: PostgresError.unexpectedValue(column: 0, .null)) { try row.integer(0) }
                #expect(throws: PostgresError.unexpectedValue(column: 1, .type(25))) { try row.integer(1) }
                #expect(throws: PostgresError.unexpectedValue(column: 2, .noSuchColumn)) { try row.integer(2) }
                #expect(throws: PostgresError.unexpectedValue(column: -1, .noSuchColumn)) { try row.text(-1) }
            }
        }
    }
}
