#!/bin/sh
# usage: purity.sh libpolicy_core.a
# The core may call nothing that reads the world.  Its archive must leave undefined only
# itself, base/types and functions that work on values; the heap is alloc.c's alone.
set -eu
archive=$1
own='core_|health_|orders_|place_|plan_|plausible_|queue_|rules_|say|sensor_|storage_|why_'
types='(health|mode|sensor_kind|quality|guest_type|guest_state|master|probe|probe_state|outcome)_name|uuid_(equal|is_nil|parse|format)'
values='_?_?(memcpy|memmove|memset|memcmp|strcmp|strncmp|strlen|strnlen)(_chk)?|__stack_chk_fail|__assert_fail|_GLOBAL_OFFSET_TABLE_'
heap='calloc|free'
tools='__(asan|ubsan|sanitizer|gcov|llvm|start___sanc|stop___sanc)_?.*|__chk_fail'

nm -u "$archive" | awk -v own="^($own)" -v types="^($types)\$" -v values="^($values)\$" \
	-v heap="^($heap)\$" -v tools="^($tools)" '
/:$/ { object = $0; sub(/:$/, "", object); objects++; next }
NF == 2 {
	name = $2
	if (name ~ own || name ~ types || name ~ values || name ~ tools)
		next
	if (object ~ /alloc\.c\.o$/ && name ~ heap)
		next
	printf "%s calls %s\n", object, name
	bad = 1
}
END {
	if (!objects)
		print "no object was looked at"
	exit bad || !objects
}'

# Nothing may be remembered outside of a core: no writable data, constants with addresses
# apart.  Sanitizers keep data of their own.
if nm "$archive" | grep -q -e __asan_ -e __ubsan_ -e __llvm_; then
	exit 0
fi
size -A "$archive" | awk '
/:$/ || / \(ex / { object = $1 }
$1 ~ /^\.(data|bss|tdata|tbss)(\.|$)/ && $1 !~ /^\.data\.rel\.ro/ && $2 > 0 {
	printf "%s has %d bytes of %s\n", object, $2, $1
	bad = 1
}
END { exit bad }'
