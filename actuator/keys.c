#include <errno.h>
#include <sodium.h>

#include "actuator/folder.h"
#include "actuator/keys.h"

#define KEY_FILE "carrier.key"

void
keys_make(struct keys_pair *pair)
{
	crypto_kx_keypair(pair->public_key, pair->secret_key);
}

int
keys_of_run(struct keys_pair *pair, const char *run, struct err *err)
{
	char text[128];
	int r = folder_read(run, KEY_FILE, pair, sizeof(*pair));

	if (r == sizeof(*pair))
		return 0;
	keys_make(pair);
	r = folder_write(run, KEY_FILE, pair, sizeof(*pair));
	if (r < 0)
		return err_set(
		    err, r, "%s/" KEY_FILE ": %s", run, err_text(text, sizeof(text), r));
	return 0;
}
