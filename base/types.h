/*
 * base/types: the words every part of Lifeboat shares.
 *
 * Values only: no I/O, no allocation.  Physical quantities are integers in
 * milli-units (mC, mV, mA, mW, mJ, m%RH; fans in milli-RPM), so that they compare
 * the same on every machine; memory is in KiB; times are in milliseconds.
 */
#ifndef BASE_TYPES_H
#define BASE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A moment on this process's monotonic clock.  Never compared across hosts. */
typedef struct {
	int64_t ms;
} mono_t;

enum {
	NAME_SIZE = 64,    /* host, guest, bridge: bytes with the final NUL */
	SENSOR_SIZE = 96,  /* "chip/feature", with the final NUL */
	DISK_SIZE = 320,   /* a disk's identity as text, with the final NUL */
	MAX_SENSORS = 256, /* of one host */
	MAX_GUESTS = 128,  /* of one host */
	MAX_DISKS = 256,   /* shared disks seen by one host */
	MAX_GUEST_DISKS = 16,
	MAX_GUEST_BRIDGES = 8,
	MAX_BRIDGES = 32,  /* of one host */
	MAX_SESSIONS = 32, /* iSCSI sessions of one host */
	MAX_FEATURES = 32, /* 32-bit words of a CPU feature set */
	FILE_SIZE = 160,   /* path of a guest's kernel or ramdisk, with the final NUL */
	MAX_PINS = 16,     /* different sets of processors that its vcpus are bound to */
	PIN_SIZE = 64,     /* such a set as text, with the final NUL */
	UUID_TEXT_SIZE = 37,
};

struct uuid {
	uint8_t b[16];
};

/*
 * The identity of a disk, bridge or iSCSI target as 64 bits of a hash of its text
 * (text_id() of base/text).  0 means "none".  Equal texts have equal ids on every host.
 */
typedef struct {
	uint64_t v;
} id64_t;

enum health { HEALTH_UNKNOWN, HEALTH_SOUND, HEALTH_SUSPECT, HEALTH_FAILING };

enum mode { MODE_OBSERVE, MODE_ADVISE, MODE_ACT };

enum role { ROLE_NONE, ROLE_MONITOR, ROLE_ACTUATOR, ROLE_ENGINE };

/* What a sensor measures; the unit follows from it. */
enum sensor_kind {
	SENSOR_OTHER, /* a site's own number, in thousandths */
	SENSOR_TEMP,
	SENSOR_FAN,
	SENSOR_IN,
	SENSOR_CURR,
	SENSOR_POWER,
	SENSOR_ENERGY,
	SENSOR_HUMIDITY,
	SENSOR_INTRUSION, /* 0 or 1000 */
};

/* GOOD: a number.  BAD: the driver answered with an error.  GONE: it is no longer
 * there.  IMPLAUSIBLE: a number that cannot be true (not finite, out of range). */
enum quality { QUALITY_GOOD, QUALITY_BAD, QUALITY_GONE, QUALITY_IMPLAUSIBLE };

/* Bits of a reading: what the chip itself says of it. */
enum {
	FLAG_ALARM = 1 << 0,      /* alarm, max_alarm, min_alarm, cap_alarm */
	FLAG_CRIT_ALARM = 1 << 1, /* crit_alarm, lcrit_alarm, emergency_alarm */
	FLAG_FAULT = 1 << 2,      /* the chip says that the sensor is broken */
};

/* Bits of a sensor's "limits" on the wire: which of its limits are given. */
enum {
	HAS_LOW_CRITICAL = 1 << 0,
	HAS_LOW = 1 << 1,
	HAS_HIGH = 1 << 2,
	HAS_HIGH_CRITICAL = 1 << 3,
	HAS_HIGH_CLEAR = 1 << 4,
	HAS_HIGH_CRITICAL_CLEAR = 1 << 5,
};

enum guest_type { GUEST_UNKNOWN, GUEST_PV, GUEST_PVH, GUEST_HVM };

enum guest_state {
	GUEST_RUNNING, /* running or blocked */
	GUEST_PAUSED,
	GUEST_SUSPENDED, /* shut down for suspend */
	GUEST_SHUTDOWN,
	GUEST_CRASHED,
	GUEST_DYING,
};

/* Who else starts, stops or moves a guest. */
enum master { MASTER_NONE, MASTER_AUTO, MASTER_LIBVIRT };

enum probe_id { PROBE_SENSORS, PROBE_XEN, PROBE_ISCSI, PROBE_FILE, PROBES };

/* ABSENT: this machine has no such thing.  FAILED: it has, and could not be read.
 * HUNG: the probe missed its deadline. */
enum probe_state { PROBE_OK, PROBE_ABSENT, PROBE_FAILED, PROBE_HUNG };

/* What an order tells an actuator to do. */
enum order_kind {
	ORDER_NONE,
	ORDER_PREPARE, /* target: check everything, open a berth */
	ORDER_MOVE,    /* source: send the guest to that berth */
	ORDER_RESUME,  /* source: the target's journal says aborted; bring the original
			  back */
	ORDER_CLEAN, /* target: the original lives; destroy what was left half arrived */
	ORDER_KINDS,
};

/*
 * How far an order is.  A prepare goes through checking, berthed and then, as does its
 * move on the source, through the rest.  From PHASE_RELEASED on nothing may stop it.
 */
enum phase {
	PHASE_NONE,
	PHASE_CHECKING,
	PHASE_BERTHED,   /* target: waits for the carrier; source: xl has been started */
	PHASE_CONNECTED, /* the two carriers know each other */
	PHASE_COPYING,   /* memory flows, the guest runs on */
	PHASE_READY,     /* all of it is at the target; the guest is suspended */
	PHASE_RELEASED,  /* source's xl has been told so: the point of no return */
	PHASE_GO,        /* the target was told to start it, and has it in its journal */
	PHASE_STARTED,   /* the target says it runs */
	PHASE_PROVING,   /* both xl have ended */
	PHASE_DONE,
	PHASES,
};

/* How an order ended. */
enum outcome {
	OUTCOME_NONE,
	OUTCOME_READY,   /* of a prepare: the berth is open */
	OUTCOME_REFUSED, /* nothing was begun */
	OUTCOME_MOVED,
	OUTCOME_STAYED,
	OUTCOME_STAYED_SUSPENDED,
	OUTCOME_HELD,
	OUTCOME_ENDED,
	OUTCOME_UNDEFINED,
};

/* Lower-case words, as printed everywhere; "?" for a value out of range. */
const char *health_name(enum health h);
const char *mode_name(enum mode m);
const char *sensor_kind_name(enum sensor_kind k);
const char *quality_name(enum quality q);
const char *guest_type_name(enum guest_type t);
const char *guest_state_name(enum guest_state s);
const char *master_name(enum master m);
const char *probe_name(enum probe_id p);
const char *probe_state_name(enum probe_state s);
const char *outcome_name(enum outcome o);
const char *order_kind_name(enum order_kind k);
const char *phase_name(enum phase p);

/* The index of word in names[0..n), or -1.  For every *_parse below. */
int word_index(const char *word, const char *const *names, size_t n);
bool mode_parse(enum mode *out, const char *word);
bool sensor_kind_parse(enum sensor_kind *out, const char *word);
bool quality_parse(enum quality *out, const char *word);
bool guest_type_parse(enum guest_type *out, const char *word);
bool guest_state_parse(enum guest_state *out, const char *word);
bool master_parse(enum master *out, const char *word);
bool outcome_parse(enum outcome *out, const char *word);

/* "C", "RPM", "V", "A", "W", "J", "%RH", "" */
const char *sensor_kind_unit(enum sensor_kind k);

bool uuid_equal(const struct uuid *a, const struct uuid *b);
bool uuid_is_nil(const struct uuid *u);
void uuid_format(char out[UUID_TEXT_SIZE], const struct uuid *u);
bool uuid_parse(struct uuid *out, const char *text);

static inline mono_t
mono_add(mono_t t, int64_t ms)
{
	return (mono_t){ t.ms + ms };
}

/* a - b in milliseconds */
static inline int64_t
mono_since(mono_t a, mono_t b)
{
	return a.ms - b.ms;
}

#endif
