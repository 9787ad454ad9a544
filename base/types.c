#include <string.h>

#include "base/types.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const health_names[] = { "unknown", "sound", "suspect", "failing" };
static const char *const mode_names[] = { "observe", "advise", "act" };
static const char *const kind_names[] = { "other", "temp", "fan", "in", "curr", "power",
	"energy", "humidity", "intrusion" };
static const char *const kind_units[] = { "", "C", "RPM", "V", "A", "W", "J", "%RH", "" };
static const char *const quality_names[] = { "good", "bad", "gone", "implausible" };
static const char *const type_names[] = { "unknown", "pv", "pvh", "hvm" };
static const char *const state_names[] = { "running", "paused", "suspended", "shutdown",
	"crashed", "dying" };
static const char *const master_names[] = { "none", "auto", "libvirt" };
static const char *const probe_names[] = { "sensors", "xen", "iscsi", "file" };
static const char *const probe_state_names[] = { "ok", "absent", "failed", "hung" };
static const char *const order_kind_names[] = { "none", "prepare", "move", "resume",
	"clean" };
static const char *const phase_names[] = { "none", "checking", "berthed", "connected",
	"copying", "ready", "released", "go", "started", "proving", "done" };
static const char *const outcome_names[] = { "none", "ready", "refused", "moved",
	"stayed", "stayed-suspended", "held", "ended", "undefined" };

static const char *
name_at(const char *const *names, size_t n, unsigned int i)
{
	return i < n ? names[i] : "?";
}

int
word_index(const char *word, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(word, names[i]) == 0)
			return (int)i;
	return -1;
}

const char *
health_name(enum health h)
{
	return name_at(health_names, COUNT(health_names), h);
}

const char *
mode_name(enum mode m)
{
	return name_at(mode_names, COUNT(mode_names), m);
}

const char *
sensor_kind_name(enum sensor_kind k)
{
	return name_at(kind_names, COUNT(kind_names), k);
}

const char *
sensor_kind_unit(enum sensor_kind k)
{
	return name_at(kind_units, COUNT(kind_units), k);
}

const char *
quality_name(enum quality q)
{
	return name_at(quality_names, COUNT(quality_names), q);
}

const char *
guest_type_name(enum guest_type t)
{
	return name_at(type_names, COUNT(type_names), t);
}

const char *
guest_state_name(enum guest_state s)
{
	return name_at(state_names, COUNT(state_names), s);
}

const char *
master_name(enum master m)
{
	return name_at(master_names, COUNT(master_names), m);
}

const char *
probe_name(enum probe_id p)
{
	return name_at(probe_names, COUNT(probe_names), p);
}

const char *
probe_state_name(enum probe_state s)
{
	return name_at(probe_state_names, COUNT(probe_state_names), s);
}

const char *
order_kind_name(enum order_kind k)
{
	return name_at(order_kind_names, COUNT(order_kind_names), k);
}

const char *
phase_name(enum phase p)
{
	return name_at(phase_names, COUNT(phase_names), p);
}

const char *
outcome_name(enum outcome o)
{
	return name_at(outcome_names, COUNT(outcome_names), o);
}

bool
mode_parse(enum mode *out, const char *word)
{
	int i = word_index(word, mode_names, COUNT(mode_names));

	if (i >= 0)
		*out = (enum mode)i;
	return i >= 0;
}

bool
sensor_kind_parse(enum sensor_kind *out, const char *word)
{
	int i = word_index(word, kind_names, COUNT(kind_names));

	if (i >= 0)
		*out = (enum sensor_kind)i;
	return i >= 0;
}

bool
quality_parse(enum quality *out, const char *word)
{
	int i = word_index(word, quality_names, COUNT(quality_names));

	if (i >= 0)
		*out = (enum quality)i;
	return i >= 0;
}

bool
guest_type_parse(enum guest_type *out, const char *word)
{
	int i = word_index(word, type_names, COUNT(type_names));

	if (i >= 0)
		*out = (enum guest_type)i;
	return i >= 0;
}

bool
guest_state_parse(enum guest_state *out, const char *word)
{
	int i = word_index(word, state_names, COUNT(state_names));

	if (i >= 0)
		*out = (enum guest_state)i;
	return i >= 0;
}

bool
master_parse(enum master *out, const char *word)
{
	int i = word_index(word, master_names, COUNT(master_names));

	if (i >= 0)
		*out = (enum master)i;
	return i >= 0;
}

bool
outcome_parse(enum outcome *out, const char *word)
{
	int i = word_index(word, outcome_names, COUNT(outcome_names));

	if (i >= 0)
		*out = (enum outcome)i;
	return i >= 0;
}

bool
uuid_equal(const struct uuid *a, const struct uuid *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

bool
uuid_is_nil(const struct uuid *u)
{
	static const struct uuid nil;

	return uuid_equal(u, &nil);
}

static bool
dash_before(size_t byte)
{
	return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

void
uuid_format(char out[UUID_TEXT_SIZE], const struct uuid *u)
{
	static const char hex[] = "0123456789abcdef";
	char *p = out;

	for (size_t i = 0; i < sizeof(u->b); i++) {
		if (dash_before(i))
			*p++ = '-';
		*p++ = hex[u->b[i] >> 4];
		*p++ = hex[u->b[i] & 15];
	}
	*p = '\0';
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool
uuid_parse(struct uuid *out, const char *text)
{
	struct uuid u;

	for (size_t i = 0; i < sizeof(u.b); i++) {
		if (dash_before(i) && *text++ != '-')
			return false;
		int high = hex_digit(text[0]);
		int low = high < 0 ? -1 : hex_digit(text[1]);
		if (low < 0)
			return false;
		u.b[i] = (uint8_t)(high << 4 | low);
		text += 2;
	}
	if (*text)
		return false;
	*out = u;
	return true;
}
