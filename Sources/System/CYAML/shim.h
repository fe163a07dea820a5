// libyaml for Swift. features.h comes first, as in every shim: see CEvent.
#include <features.h>
#include <yaml.h>
