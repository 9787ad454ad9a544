/*
 * base/wire: what its two halves share, reports on one side, orders on the other.
 */
#ifndef BASE_WIRE_INTERNAL_H
#define BASE_WIRE_INTERNAL_H

#include "base/wire.h"

/* Empties the arena and decodes into it.  NULL: no such message, or too large. */
ProtobufCMessage *wire_decode(const ProtobufCMessageDescriptor *type,
    struct wire_arena *a, const uint8_t *buf, size_t len);

/* Valid UTF-8 that fits size with its NUL; empty only where it may be. */
bool wire_is_name(const char *s, size_t size, bool may_be_empty);
bool wire_is_disk(const Lifeboat__Disk *d);
/* The field that is out of its range, or NULL. */
const char *wire_check_guest(const Lifeboat__Guest *g);
const char *wire_check_xen(const Lifeboat__Xen *x);

#endif
