/*
 * base/drop: root's rights, given up for good.
 */
#ifndef BASE_DROP_H
#define BASE_DROP_H

/*
 * Become user, with its group alone and no way back; NULL, "", or who one is already:
 * nothing of that.  In any case nothing executed later gains rights.  0, or -errno after
 * having logged why: then the process has to end.
 */
int drop_root(const char *user);

#endif
