import CEventOpenSSL
import Glibc

/// A certificate chain with its private key, as clients are shown it.
///
/// What is spoken: TLS 1.2 with forward secrecy and authenticated encryption only, and TLS 1.3. There is no
/// renegotiation and no compression; the one protocol offered to clients that ask (ALPN) is `http/1.1`.
// Proof for @unchecked Sendable: the context is set up in `init` and never changed afterwards; OpenSSL lets sessions be
// made of one context on any thread, and counts the references to it atomically.
package final class TLSCredentials: @unchecked Sendable {
    /// The ciphers of TLS 1.2; those of 1.3 are all good.
    private static let ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20"

    private let context: OpaquePointer
    /// When the certificate ceases to be valid, in seconds since 1970; it is not checked.
    package let expiresAtSeconds: Int64

    /// Reads a chain (the server's certificate first) and its key, both as PEM.
    ///
    /// Throws if a file cannot be read or understood, if the key is encrypted, or is not the certificate's.
    package init(certificate: String, key: String) throws(TLSFailure) {
        for path in [certificate, key] where access(path, R_OK) != 0 {
            throw TLSFailure(path: path, reason: String(cString: strerror(errno)))
        }
        ERR_clear_error()
        guard let context = SSL_CTX_new(TLS_server_method()) else {
            throw TLSFailure(path: certificate, reason: Self.lastReason)
        }
        do throws(TLSFailure) {
            try Self.check(ceventopenssl_set_oldest_version(context), certificate)
            try Self.check(SSL_CTX_set_cipher_list(context, Self.ciphers), certificate)
            ceventopenssl_set_modes(context)
            ceventopenssl_refuse_passwords(context)
            ceventopenssl_offer_http11(context)
            try Self.check(SSL_CTX_use_certificate_chain_file(context, certificate), certificate)
            try Self.check(SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM), key)
            try Self.check(SSL_CTX_check_private_key(context), key)
        } catch {
            SSL_CTX_free(context)
            throw error
        }
        self.context = context
        expiresAtSeconds = Self.expiry(of: context)
    }

    deinit { SSL_CTX_free(context) }

    /// A session for one connection, which keeps what it needs of these credentials; the caller owns it.
    func makeSession() -> OpaquePointer? { SSL_new(context) }

    private static func check(_ result: Int32, _ path: String) throws(TLSFailure) {
        guard result == 1 else { throw TLSFailure(path: path, reason: lastReason) }
    }

    /// The first error in OpenSSL's queue, which is the cause of the others; the queue is emptied.
    private static var lastReason: String {
        defer { ERR_clear_error() }
        return ERR_reason_error_string(ERR_peek_error()).map { String(cString: $0) } ?? "it cannot be read"
    }

    private static func expiry(of context: OpaquePointer) -> Int64 {
        var days: Int32 = 0
        var seconds: Int32 = 0
        guard let certificate = SSL_CTX_get0_certificate(context),
            ASN1_TIME_diff(&days, &seconds, nil, X509_get0_notAfter(certificate)) == 1
        else { return 0 }
        return Int64(time(nil)) + Int64(days) * 86_400 + Int64(seconds)
    }
}

/// Why a certificate and its key cannot be used.
package struct TLSFailure: Error, Equatable, CustomStringConvertible {
    /// The file at fault.
    package let path: String
    /// What is wrong, in the system's or OpenSSL's words.
    package let reason: String

    /// Names the file and what is wrong with it.
    package init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    /// One sentence for a log line.
    package var description: String { "\(path) cannot be used for TLS: \(reason)" }
}
