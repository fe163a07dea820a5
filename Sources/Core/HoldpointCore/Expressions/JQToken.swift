/// One word of a jq program, with its place.
struct JQToken: Hashable {
    enum Kind: Hashable {
        /// A function name or a keyword.
        case name(String)
        /// `.name`, without the dot.
        case field(String)
        /// `$name`, without the dollar sign.
        case variable(String)
        /// A number as it is written.
        case number(String)
        /// A string without interpolation: its bytes between the quotes, escapes and all.
        case string([UInt8])
        /// A string with interpolation; its pieces are left out, what is interpolated follows in `\(` … `)`.
        case template
        /// `@name`.
        case format
        /// `\(`, which a closing parenthesis ends.
        case interpolation
        /// `..`.
        case everything
        /// Any other byte: an operator, a bracket, a dot.
        case mark(UInt8)
    }

    let kind: Kind
    /// The number of bytes before it.
    let offset: Int

    /// Whether this is that one byte.
    func isMark(_ scalar: Unicode.Scalar) -> Bool { kind == .mark(UInt8(ascii: scalar)) }
}
