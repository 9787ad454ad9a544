/*
 * actuator/carrier: the unprivileged process that carries one guest's memory.
 *
 * It owns the network and no right: a mover (root) starts it with what it needs as
 * descriptors, and the two talk in records on CARRIER_CONTROL.
 *
 * Source: the shim, which xl started, hands over xl's two pipe ends.  The carrier dials
 * the berth, gives xl the banner, sends its stream, and withholds `ready` until the mover
 * has allowed it: then xl renames the guest and says GO by itself.
 *
 * Target: listens at the berth for the one that knows the key, reads the head of the
 * stream before xl does, and writes the journal: go-taken before GO enters xl's stdin,
 * aborted before that stdin is closed; exactly one of them.
 *
 * After `ready` a lost link is dialled anew: both keep xl's pipes open, and the target
 * says again where it stands.
 */
#ifndef ACTUATOR_CARRIER_H
#define ACTUATOR_CARRIER_H

#include <sys/socket.h>

#include "actuator/link.h"
#include "base/err.h"
#include "base/frame.h"
#include "base/wire.h"

enum {
	CARRIER_CONTROL = 3,
	CARRIER_LOCK = 4,     /* only kept open: the order's lock */
	CARRIER_LISTENER = 5, /* source: where the shim knocks */
	CARRIER_TO_XL = 5,    /* target */
	CARRIER_FROM_XL = 6,
	CARRIER_JOURNAL = 7,
};

/* Records between a carrier and its mover. */
enum carrier_tag {
	CARRIER_CONF = 'K',     /* mover: struct carrier_conf */
	CARRIER_CANCEL = 'X',   /* mover: stop, if nothing forbids it */
	CARRIER_XL_ENDED = 'E', /* mover: xl is gone, whoever still holds its pipes */
	CARRIER_ALLOW = 'A',    /* mover: `ready` may be released */
	CARRIER_BERTH = 'O',    /* carrier: uint16_t port; xl's banner has been read */
	CARRIER_PHASE = 'P',    /* carrier: uint8_t enum phase */
	CARRIER_BYTES = 'B',    /* carrier: uint64_t of memory carried */
	CARRIER_FAILED = 'F',   /* carrier: why, NUL, sentence; it gives up */
	CARRIER_FILE = 'L',     /* both: text of a LINK_FILE */
	CARRIER_STARTED = 'S',  /* carrier: uint8_t, 0: the target says that it runs */
};

struct carrier_conf {
	bool is_target;
	char user[64];
	char address[64];     /* of the berth: to bind, or to dial */
	uint16_t port, ports; /* target: the first to try, and how many */
	struct link_keys keys;
	uint8_t id[LINK_ID];
	struct uuid uuid;
	char name[NAME_SIZE];
	char scripts[64];
	char disks[MAX_GUEST_DISKS][DISK_SIZE]; /* target: the only ones it may have */
	int n_disks;
	char bridges[MAX_GUEST_BRIDGES][NAME_SIZE]; /* and bridges, memory, vcpus */
	int n_bridges;
	uint64_t memory_kib;
	uint32_t vcpus;
	int64_t berth_ms, silence_ms, stall_ms; /* as in struct actuator_conf */
};

/* The child's whole life; its exit status.  The first record is its configuration. */
int carrier_child(void);

/* What both sides share. */
struct carrier {
	struct carrier_conf conf;
	struct record_reader control;
	struct link link;
	uint8_t *file; /* owned: to be sent before the stream; NULL */
	size_t file_len;
	bool mover_gone;
	bool failed;
	uint64_t bytes, bytes_told; /* of the stream; as the mover knows */
	mono_t heard;               /* the last record of the other side */
	mono_t moved;               /* the last byte of the stream, here or there */
	mono_t ticked;              /* the last LINK_ALIVE */
};

/* One side, to its end.  0, or -EIO when it gave up: the mover was told why. */
int carrier_source(struct carrier *c);
int carrier_target(struct carrier *c);

/* Tell the mover.  A mover that is gone changes nothing. */
void carrier_say(struct carrier *c, enum carrier_tag tag, const void *data, size_t len);
void carrier_say_phase(struct carrier *c, enum phase phase);
/* Said once: the first failure is the reason. */
void carrier_say_failed(struct carrier *c, const char *why, const char *sentence);
/* Each second: bytes to the mover, LINK_ALIVE to the other side. */
void carrier_tick(struct carrier *c, mono_t now);
/* What the mover has said, all of it at once. */
struct carrier_said {
	bool cancel, xl_ended, allow;
};
struct carrier_said carrier_listen(struct carrier *c);
/* Drop the connection; what is half sent is lost. */
void carrier_hang_up(struct carrier *c);
/* Of a LINK_ABORT: its why, as long as the body lives, and in sentence[DETAIL_SIZE] who
 * it is from and what that said. */
const char *carrier_read_abort(
    char *sentence, const char *from, const uint8_t *body, size_t len);
/* Send an authenticated last word with its why and wait a moment for it to leave.  At a
 * target: whether the source says that it has read it. */
bool carrier_send_abort(struct carrier *c, const char *why, const char *sentence);
/* A numeric address as the kernel takes it.  Its length, or -EINVAL. */
int carrier_address(struct sockaddr_storage *out, const char *address, uint16_t port);
/* Non-blocking, close-on-exec, small delays; a peer that takes nothing is dead only after
 * the longer of silence and stall: its xl may take its time. */
void carrier_tune(int fd, const struct carrier_conf *conf);
/* All of it, on a blocking or non-blocking pipe, within 10 s.  0 or -errno. */
int carrier_write(int fd, const void *data, size_t len);

#endif
