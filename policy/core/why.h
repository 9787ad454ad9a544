/*
 * policy/core/why: the stable ids of everything the core can give as a reason.
 *
 * Each has a word (log, wire, transcript), a sentence (operator) and, where it turns a
 * host's health, a row in the rule table.  A test checks that each has a scenario.
 */
#ifndef POLICY_CORE_WHY_H
#define POLICY_CORE_WHY_H

enum why {
	WHY_NONE,

	/* health: in the order of the rule table (health.c) */
	WHY_SILENCE,        /* no report for the silence limit: unknown */
	WHY_RESTARTED,      /* the engine began: unknown until fresh reports are in */
	WHY_BLIND,          /* it reports, but nothing there can be judged: unknown */
	WHY_FAN_STOPPED,    /* failing */
	WHY_ALARM_CRITICAL, /* the chip's own critical alarm: failing */
	WHY_CRITICAL,       /* a critical limit crossed for the hold: failing */
	WHY_SESSION_LOST,   /* iSCSI session or disk lost here, alive on other hosts:
			       failing */
	WHY_HOT,            /* a limit crossed for the hold: suspect */
	WHY_ALARM,          /* the chip's own alarm: suspect */
	WHY_SENSOR_LOST,    /* a sensor that was good is gone or bad: suspect */
	WHY_PROBE_LOST,     /* a probe that was ok hangs or fails: suspect */
	WHY_STORAGE_SICK,   /* a disk lost on every host that has it: suspect */
	WHY_RETURNED,       /* reports came back: suspect until calm */
	WHY_CALM,           /* nothing wrong for the calm time: sound */

	/* why a reading is listed and never a reason (plausible.c) */
	WHY_NOT_FINITE,   /* the probe said implausible */
	WHY_SENTINEL,     /* -128, 127, 255, 511 C ... of a broken sensor */
	WHY_LIMITS_CROSS, /* min > max: the limits are not used */
	WHY_JUMP,         /* faster than anything physical */
	WHY_STUCK,        /* not one bit of change while its neighbours moved */

	/* why a guest may not leave, or a host may not take it: gates, in their order */
	WHY_SELF, /* the guest's own host */
	WHY_NOT_SOUND,
	WHY_NOT_FRESH, /* no recent facts from there */
	WHY_NO_XEN,
	WHY_CORDONED,
	WHY_NO_ACTUATOR, /* nobody there to carry out an order; not asked in observe */
	WHY_NOT_LIVE,    /* guests of this type cannot be live-migrated there */
	WHY_OLDER_XEN,
	WHY_FEATURES,   /* its CPU lacks features the guest has seen */
	WHY_NAME_TAKEN, /* a guest of that name or UUID is there */
	WHY_DISKS,
	WHY_BRIDGES,
	WHY_MEMORY,
	WHY_BUSY, /* in-flight limit of that host */

	/* why a guest stays where it is */
	WHY_NO_TARGET, /* every host was refused by a gate */
	WHY_OTHER_MASTER,
	WHY_PCI,
	WHY_NOT_SHARED, /* a disk that no other host can see */
	WHY_NOT_RUNNING,
	WHY_SOURCE_NOT_LIVE,
	WHY_COOLDOWN,   /* moved or tried recently */
	WHY_HELD,       /* an undefined outcome holds the guest or its host */
	WHY_SEEN_TWICE, /* its UUID runs on two hosts: touch nothing */
	WHY_IN_FLIGHT,  /* limit of moves at once */

	/* orders */
	WHY_DRAIN,
	WHY_REFUSED,     /* the actuator's refusal */
	WHY_LATE,        /* an order that was not answered in time */
	WHY_PROVEN,      /* seen on the target, gone from the source */
	WHY_NOT_GIVEN,   /* the engine could not write or store the order */
	WHY_SOURCE_CALM, /* the reason went away before the move began */
	WHY_ABORTED,     /* the target ended with nothing: the original is to go on */
	WHY_LEFTOVER,    /* half of it is left behind, while it runs on the other host */
	WHY_OPERATOR,    /* cancelled or settled */

	/* full tables and bad input */
	WHY_TOO_MANY_HOSTS,
	WHY_TOO_MANY_SENSORS,
	WHY_TOO_MANY_GUESTS,
	WHY_TOO_MANY_ORDERS,

	WHYS,
};

enum { GATE_FIRST = WHY_SELF, GATE_LAST = WHY_BUSY, GATES = GATE_LAST - GATE_FIRST + 1 };

/* "fan-stopped".  "?" out of range. */
const char *why_word(enum why w);
/* "A fan has stopped." */
const char *why_sentence(enum why w);
/* Index by word; WHYS when there is no such word. */
enum why why_find(const char *word);

#endif
