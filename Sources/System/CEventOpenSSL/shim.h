// <features.h> comes first, as in CEvent.
#include <features.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

// What follows is macros of OpenSSL's, which Swift does not import, and callbacks that need static memory.

static inline int ceventopenssl_set_oldest_version(SSL_CTX *context) {
    return (int)SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
}

// Sessions are resumed by tickets, which need no memory here. Partial writes must stay off: libevent goes on with its
// next piece of memory after each write, and would leave the rest of a piece out.
static inline void ceventopenssl_set_modes(SSL_CTX *context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
}

// An encrypted key is refused; OpenSSL would ask the terminal for its password.
static inline int ceventopenssl_no_password(char *buffer, int size, int writing, void *context) {
    (void)buffer, (void)size, (void)writing, (void)context;
    return -1;
}

static inline void ceventopenssl_refuse_passwords(SSL_CTX *context) {
    SSL_CTX_set_default_passwd_cb(context, ceventopenssl_no_password);
}

// RFC 7301, section 3.2: a client that offers protocols, but not ours, gets an alert.
static inline int ceventopenssl_select_protocol(
    SSL *session, const unsigned char **chosen, unsigned char *length, const unsigned char *offered,
    unsigned int offeredLength, void *context) {
    static const unsigned char ours[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    (void)session, (void)context;
    return SSL_select_next_proto((unsigned char **)chosen, length, ours, sizeof ours, offered, offeredLength)
                   == OPENSSL_NPN_NEGOTIATED
               ? SSL_TLSEXT_ERR_OK
               : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static inline void ceventopenssl_offer_http11(SSL_CTX *context) {
    SSL_CTX_set_alpn_select_cb(context, ceventopenssl_select_protocol, NULL);
}

// Whether an error of the handshake's says that the client spoke HTTP without TLS.
static inline int ceventopenssl_is_plain_http(unsigned long error) {
    int reason = ERR_GET_REASON(error);
    return ERR_GET_LIB(error) == ERR_LIB_SSL && (reason == SSL_R_HTTP_REQUEST || reason == SSL_R_HTTPS_PROXY_REQUEST);
}
