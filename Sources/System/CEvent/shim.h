// <features.h> comes first: libevent's headers define _GNU_SOURCE, and without this line system types would
// differ between modules ("not present in definition").
#include <features.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <event2/event.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <event2/util.h>

// The flags of eventfd(2) are an enumeration that Swift does not import.
static inline int cevent_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

// prctl(2) is variadic, which Swift does not import; at most 15 bytes of the name are kept.
static inline void cevent_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
