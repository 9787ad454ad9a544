/*
 * actuator/conf: what /etc/lifeboat/actuator.conf says.
 *
 * Plain values: the struct is handed to children as bytes, and to movers as a record.
 */
#ifndef ACTUATOR_CONF_H
#define ACTUATOR_CONF_H

#include <stdio.h>

#include "base/bus.h"
#include "base/conf.h"
#include "base/seal.h"

enum autostart_rule {
	AUTOSTART_REFUSE, /* a guest with a link in /etc/xen/auto is not moved */
	AUTOSTART_FOLLOW, /* its file and its link go with it */
};

struct actuator_conf {
	char key_path[128];
	uint8_t engine_key[SEAL_KEY];
	struct bus_address engine; /* report is empty: an actuator publishes nothing */
	char user[64];
	char xl[128];        /* the program */
	char run[96];        /* folder of the orders; must not outlive a boot */
	char address[64];    /* guests arrive here: numeric */
	int64_t port;        /* the first of the berths' ports */
	int64_t berths;      /* guests that may be arriving at once */
	int64_t berth_ms;    /* an open berth to which nobody comes is closed */
	int64_t silence_ms;  /* of the other carrier: the link is given up */
	int64_t stall_ms;    /* no byte moves although the link is alive: given up */
	int64_t reserve_kib; /* of free memory, never given to a guest */
	int autostart;       /* enum autostart_rule */
};

/*
 * As it lies in an order's folder, where a mover of a later Lifeboat may find it.  A
 * change of struct actuator_conf raises the version.
 */
enum { ACTUATOR_CONF_VERSION = 1 };

struct actuator_conf_record {
	uint32_t version, size;
	struct actuator_conf conf;
};

void actuator_conf_pack(
    struct actuator_conf_record *record, const struct actuator_conf *conf);
/* Whether these len bytes (-errno: none) are a record that this program wrote or could
 * have written. */
bool actuator_conf_is_ours(const struct actuator_conf_record *record, int len);

/* 0, or -errno with "file:line: key: sentence".  Nothing in *conf is owned. */
int actuator_conf_read(struct actuator_conf *conf, const char *path, struct err *err);
/* As a file that reads back to the same. */
void actuator_conf_print(FILE *f, const struct actuator_conf *conf);
/* The manual page's part that follows from the table of keys. */
void actuator_conf_print_mdoc(FILE *f);

#endif
