#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "base/text.h"
#include "lifeboat.pb-c.h"
#include "monitor/report.h"

static size_t
put_own(uint8_t *buf, const struct report_own *own)
{
	Lifeboat__Report report = LIFEBOAT__REPORT__INIT;
	uint8_t boot_id[sizeof(own->boot_id.b)];

	memcpy(boot_id, own->boot_id.b, sizeof(boot_id));
	report.boot_id.data = boot_id;
	report.boot_id.len = sizeof(boot_id);
	report.uptime_ms = own->uptime_ms;
	_Static_assert(REPORT_OWN_MAX >= 2 + 16 + 11, "fits");
	return lifeboat__report__pack(&report, buf);
}

size_t
report_join(const struct report_own *own, const struct report_parts *parts, uint8_t *buf,
    report_emit *emit, void *ctx)
{
	const size_t head = put_own(buf, own);
	size_t len = head, bodies = 0;
	bool split = false;

	for (size_t i = 0; i < parts->n; i++)
		len += parts->part[i].len;
	if (len > FRAME_BODY_MAX)
		split = true;

	len = head;
	for (size_t i = 0; i < parts->n; i++) {
		const struct report_part *part = &parts->part[i];

		if (part->len > FRAME_BODY_MAX - head)
			continue;
		memcpy(buf + len, part->data, part->len);
		len += part->len;
		if (!split)
			continue;
		emit(ctx, buf, len);
		bodies++;
		len = head;
	}
	if (split)
		return bodies;
	emit(ctx, buf, len);
	return 1;
}

size_t
report_say(uint8_t *out, enum probe_id id, enum probe_state state, const char *why)
{
	Lifeboat__Report report = LIFEBOAT__REPORT__INIT;
	Lifeboat__Probe entry = LIFEBOAT__PROBE__INIT;
	Lifeboat__Probe *entries[] = { &entry };
	char reason[256];

	if (!text_copy(reason, sizeof(reason), why))
		text_copy(reason, sizeof(reason), "unknown");
	entry.id = (uint32_t)id;
	entry.state = (uint32_t)state;
	entry.why = reason;
	report.n_probes = 1;
	report.probes = entries;
	return lifeboat__report__pack(&report, out);
}

uint64_t
report_uptime_ms(void)
{
	struct sysinfo info;

	return sysinfo(&info) == 0 ? (uint64_t)info.uptime * 1000 : 0;
}
