import Glibc

/// Why a key file cannot be used; the description names the file and says what to do.
package enum SecretKeyFileError: Error, Equatable, CustomStringConvertible {
    /// There is no file.
    case missing(path: String)
    /// It is a folder, a device or something else that is not a regular file.
    case notAFile(path: String)
    /// Group or others may read or write it; `mode` is its permission bits.
    case openToOthers(path: String, mode: UInt32)
    /// It does not hold exactly 32 bytes.
    case wrongSize(path: String, bytes: Int)
    /// The system refused; `code` is `errno`.
    case system(path: String, code: Int32)
    /// libsodium refused.
    case sodium(SodiumError)

    /// One sentence for an operator.
    package var description: String {
        switch self {
        case .missing(let path):
            "the key file \(path) does not exist"
        case .notAFile(let path):
            "the key file \(path) is not a regular file"
        case .openToOthers(let path, let mode):
            "the key file \(path) is open to others (mode \(String(mode, radix: 8))); make it private with chmod 600"
        case .wrongSize(let path, let bytes):
            "the key file \(path) has \(bytes) bytes instead of \(SecretKey.size); put the right file back"
        case .system(let path, let code):
            "the key file \(path) cannot be used: \(String(cString: strerror(code)))"
        case .sodium(let error):
            "libsodium cannot be used: \(error)"
        }
    }
}
