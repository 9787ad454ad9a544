#include "policy/core/why.h"

#include <string.h>

static const struct {
	const char *word, *sentence;
} whys[WHYS] = {
	/* clang-format off */
	[WHY_NONE]           = { "none", "No reason." },
	[WHY_SILENCE]        = { "silence", "No report has come from it." },
	[WHY_RESTARTED]      = { "restarted", "The engine began, and has not heard enough from it yet." },
	[WHY_BLIND]          = { "blind", "It reports, but no sensor there can be judged." },
	[WHY_FAN_STOPPED]    = { "fan-stopped", "A fan has stopped." },
	[WHY_ALARM_CRITICAL] = { "alarm-critical", "The chip itself gives a critical alarm." },
	[WHY_CRITICAL]       = { "critical", "A critical limit has been crossed for too long." },
	[WHY_SESSION_LOST]   = { "session-lost", "It has lost shared storage that other hosts still reach." },
	[WHY_HOT]            = { "hot", "A limit has been crossed for too long." },
	[WHY_ALARM]          = { "alarm", "The chip itself gives an alarm." },
	[WHY_SENSOR_LOST]    = { "sensor-lost", "A sensor that was good is gone or broken." },
	[WHY_PROBE_LOST]     = { "probe-lost", "A probe that worked hangs or fails." },
	[WHY_STORAGE_SICK]   = { "storage-sick", "Shared storage is lost on every host that has it." },
	[WHY_RETURNED]       = { "returned", "Its reports have come back after a silence." },
	[WHY_CALM]           = { "calm", "Nothing is wrong." },
	[WHY_NOT_FINITE]     = { "not-finite", "The reading is no number that can be true." },
	[WHY_SENTINEL]       = { "sentinel", "The reading is what a broken sensor gives." },
	[WHY_LIMITS_CROSS]   = { "limits-cross", "Its limits contradict each other and are not used." },
	[WHY_JUMP]           = { "jump", "The reading changed faster than anything physical." },
	[WHY_STUCK]          = { "stuck", "The reading never changed while its neighbours did." },
	[WHY_SELF]           = { "self", "The guest is there already." },
	[WHY_NOT_SOUND]      = { "not-sound", "The host is not sound." },
	[WHY_NOT_FRESH]      = { "not-fresh", "Nothing recent is known of the host." },
	[WHY_NO_XEN]         = { "no-xen", "The host has no working Xen." },
	[WHY_CORDONED]       = { "cordoned", "The host is cordoned or drained." },
	[WHY_NO_ACTUATOR]    = { "no-actuator", "No actuator of the host is connected." },
	[WHY_NOT_LIVE]       = { "not-live", "The host cannot receive a live guest of this type." },
	[WHY_OLDER_XEN]      = { "older-xen", "The host's Xen is older than the one the guest runs on." },
	[WHY_FEATURES]       = { "features", "The host's CPU lacks features that the guest has seen." },
	[WHY_NAME_TAKEN]     = { "name-taken", "A guest of that name or UUID is on the host." },
	[WHY_DISKS]          = { "disks", "The host does not reach all disks of the guest." },
	[WHY_BRIDGES]        = { "bridges", "The host lacks a bridge of the guest." },
	[WHY_MEMORY]         = { "memory", "The host has not enough free memory." },
	[WHY_BUSY]           = { "busy", "The host takes part in another move, or refused this guest recently." },
	[WHY_NO_TARGET]      = { "no-target", "No host can take it." },
	[WHY_OTHER_MASTER]   = { "other-master", "Somebody else starts, stops or moves it." },
	[WHY_PCI]            = { "pci", "It has a PCI device of its host." },
	[WHY_NOT_SHARED]     = { "not-shared", "It has a disk that no other host can see." },
	[WHY_NOT_RUNNING]    = { "not-running", "It is not running." },
	[WHY_SOURCE_NOT_LIVE] = { "source-not-live", "Its host cannot live-migrate a guest of this type." },
	[WHY_COOLDOWN]       = { "cooldown", "It was moved or tried recently." },
	[WHY_HELD]           = { "held", "A move whose end is not known holds it or its host." },
	[WHY_SEEN_TWICE]     = { "seen-twice", "Its UUID runs on two hosts." },
	[WHY_IN_FLIGHT]      = { "in-flight", "As many guests as allowed are moving." },
	[WHY_DRAIN]          = { "drain", "An operator drains the host." },
	[WHY_REFUSED]        = { "refused", "The actuator refused." },
	[WHY_LATE]           = { "late", "The order was not answered in time." },
	[WHY_NOT_GIVEN]      = { "not-given", "The engine could not write or store the order." },
	[WHY_PROVEN]         = { "proven", "Both hosts have reported where it runs." },
	[WHY_SOURCE_CALM]    = { "source-calm", "The reason to move it went away before the move began." },
	[WHY_ABORTED]        = { "aborted", "The target ended with nothing: the original is to go on." },
	[WHY_LEFTOVER]       = { "leftover", "Half of it was left behind, while it runs on the other host." },
	[WHY_OPERATOR]       = { "operator", "An operator has decided." },
	[WHY_TOO_MANY_HOSTS] = { "too-many-hosts", "There are more hosts than the engine was made for." },
	[WHY_TOO_MANY_SENSORS] = { "too-many-sensors", "The host claims more sensors than it may have." },
	[WHY_TOO_MANY_GUESTS] = { "too-many-guests", "The host claims more guests than it may have." },
	[WHY_TOO_MANY_ORDERS] = { "too-many-orders", "There are as many open orders as the engine was made for." },
	/* clang-format on */
};

const char *
why_word(enum why w)
{
	return (unsigned)w < WHYS ? whys[w].word : "?";
}

const char *
why_sentence(enum why w)
{
	return (unsigned)w < WHYS ? whys[w].sentence : "?";
}

enum why
why_find(const char *word)
{
	int w = 0;

	while (w < WHYS && strcmp(whys[w].word, word) != 0)
		w++;
	return (enum why)w;
}
