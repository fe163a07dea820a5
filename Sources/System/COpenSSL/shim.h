// The one-shot function fetches nothing and allocates nothing; the interface that replaces it does both, every time.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
