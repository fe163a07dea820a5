// The functions on a context of the caller's look nothing up and allocate nothing. Their replacement does both, and
// so does the one-shot function, which has been made of that: for a short message it takes longer than hashing.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
