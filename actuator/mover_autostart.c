#include <errno.h>
#include <string.h>

#include "actuator/mover.h"
#include "base/log.h"
#include "base/text.h"

#define KEPT "autostart-file"

bool
mover_take_autostart(struct mover *m)
{
	if (!m->autostart.text ||
	    autostart_take("", m->conf.run, &m->guest, m->autostart.entry) == 0)
		return true;
	mover_why(m, "autostart",
	    "its link under " AUTOSTART_AUTO " cannot be taken away for good");
	return false;
}

void
mover_settle_autostart(const struct mover *m, enum outcome outcome)
{
	bool settled = true;

	if (outcome == OUTCOME_STAYED || outcome == OUTCOME_REFUSED)
		settled = autostart_put_back("", m->conf.run, &m->guest) == 0;
	else if (outcome == OUTCOME_MOVED)
		settled = autostart_let_go("", m->conf.run, &m->guest) == 0;
	else if (autostart_is_taken(m->conf.run, &m->guest))
		/* Where it is not known to run there is no link: better none than two. */
		log_line(LOG_LEVEL_WARNING, "autostart-left-off", "guest",
		    m->order->guest->name, "outcome", outcome_name(outcome), NULL);
	if (!settled)
		log_line(LOG_LEVEL_ERROR, "autostart-not-settled", "guest",
		    m->order->guest->name, "outcome", outcome_name(outcome), NULL);
}

bool
mover_keep_autostart(struct mover *m, const void *text, size_t len)
{
	char why[128];
	int r = folder_write(m->folder, KEPT, text, len);

	if (r == 0)
		return true;
	mover_why(m, "autostart", "its file cannot be kept in %s: %s", m->folder,
	    err_text(why, sizeof(why), r));
	return false;
}

static int
make(const struct mover *m, struct err *err)
{
	static char text[AUTOSTART_FILE_MAX + 1];
	static struct carrier_conf bound;
	/* How large it is when it is started anew is its owner's affair. */
	struct header_wish wish = { .uuid = m->guest,
		.scripts = MOVER_SCRIPTS,
		.disks = bound.disks,
		.bridges = bound.bridges,
		.memory_kib = UINT64_MAX / 2,
		.vcpus = UINT32_MAX };
	struct autostart a = { .text = text };
	int n = folder_read(m->folder, KEPT, text, AUTOSTART_FILE_MAX);
	int r;

	if (n == -ENOENT)
		return err_set(err, n, "its file did not come with it");
	if (n < 0)
		return err_set(err, n, "its file cannot be read in %s", m->folder);
	text[n] = '\0';
	a.len = (size_t)n;
	mover_bind(&bound, m->order);
	text_copy(wish.name, sizeof(wish.name), bound.name);
	wish.n_disks = bound.n_disks;
	wish.n_bridges = bound.n_bridges;
	r = autostart_check(m->conf.xl, m->folder, &a, &wish, err);
	return r < 0 ? r : autostart_make("", &a, wish.name, &m->guest, err);
}

void
mover_follow_autostart(const struct mover *m, enum outcome outcome)
{
	const char *guest = m->order->guest->name;
	struct err err;
	int r;

	if (outcome == OUTCOME_MOVED) /* what was taken away here is past */
		autostart_forget(m->conf.run, &m->guest);
	/* One that started at boot there, and whose file did not come, is told of too. */
	if (outcome == OUTCOME_STAYED ||
	    (!folder_has(m->folder, KEPT) && m->order->guest->master != MASTER_AUTO))
		return;
	if (outcome != OUTCOME_MOVED)
		r = err_set(
		    &err, -1, "it is not known to run here: %s", outcome_name(outcome));
	else if (m->conf.autostart != AUTOSTART_FOLLOW)
		r = err_set(&err, -1, "autostart = follow is not set on this host");
	else
		r = make(m, &err);
	if (r < 0)
		log_line(LOG_LEVEL_ERROR, "autostart-not-made", "guest", guest, "why",
		    err.text, NULL);
	else if (r == AUTOSTART_E_KEPT)
		log_line(LOG_LEVEL_WARNING, "autostart-kept", "guest", guest, NULL);
	if (r >= 0)
		log_line(LOG_LEVEL_NOTICE, "autostart-made", "guest", guest, NULL);
}
