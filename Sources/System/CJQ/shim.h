// libjq for Swift, and what it takes to start a worker for it. features.h comes first, as in every shim: see CEvent.
#include <features.h>
#include <jq.h>
#include <spawn.h>

// glibc 2.34 and later has it for programs that define _GNU_SOURCE, which a module cannot do for itself alone.
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
