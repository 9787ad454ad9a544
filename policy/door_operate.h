/*
 * policy/door_operate: what an operator asks the engine to do.
 */
#ifndef POLICY_DOOR_OPERATE_H
#define POLICY_DOOR_OPERATE_H

#include "policy/door_answer.h"

/* The members of a request; NULL where one is missing. */
struct door_request {
	const char *op, *name, *guest, *host, *set, *which, *order, *runs_on, *is_off;
};

/* The answer, the caller's; an operation that there is not is refused. */
json_t *door_operate(
    struct engine *e, const struct door_request *q, const struct door_asker *asker);

#endif
