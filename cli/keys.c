#include "cli/commands.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/seal.h"
#include "base/whole.h"

static int
print_key(const uint8_t key[SEAL_KEY])
{
	char line[SEAL_TEXT + 1], why[128];
	int r;

	seal_format(line, key);
	line[SEAL_TEXT - 1] = '\n';
	r = whole_write(STDOUT_FILENO, line, SEAL_TEXT);
	explicit_bzero(line, sizeof(line));
	if (r == 0)
		return CLI_OK;
	cli_error("cannot write the key: %s", err_text(why, sizeof(why), r));
	return CLI_REFUSED;
}

static void
warn_if_others_read(void)
{
	struct stat st;

	if (fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode) &&
	    (st.st_mode & 077) != 0)
		cli_error(
		    "genkey: others may read the file that the key went to, and the "
		    "daemons will refuse it: chmod 600");
}

int
genkey_run(const struct cli *cli)
{
	struct seal_pair pair;
	int r;

	(void)cli;
	if (seal_start() < 0) {
		cli_error("genkey: libsodium does not start");
		return CLI_REFUSED;
	}
	seal_generate(&pair);
	r = print_key(pair.secret_key);
	explicit_bzero(&pair, sizeof(pair));
	if (r == CLI_OK)
		warn_if_others_read();
	return r;
}

/* A key and a newline, and nothing else.  Bytes read, or -errno. */
static ssize_t
read_key(char *text, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = read(STDIN_FILENO, text + len, size - len);

		if (n == 0)
			break;
		if (n < 0 && errno != EINTR)
			return -errno;
		len += n > 0 ? (size_t)n : 0;
	}
	if (len > 0 && text[len - 1] == '\n')
		len--;
	return (ssize_t)len;
}

int
pubkey_run(const struct cli *cli)
{
	struct seal_pair pair = { .id = 0 };
	char text[SEAL_TEXT + 8] = "";
	ssize_t n;
	int r = CLI_REFUSED;

	(void)cli;
	n = read_key(text, sizeof(text) - 1);
	if (n >= 0)
		text[n] = '\0';
	if (n != SEAL_TEXT - 1 || seal_start() < 0 ||
	    !seal_parse(pair.secret_key, text)) {
		cli_error(
		    "pubkey: what came in is no secret key: 44 characters of base64, "
		    "as 'lifeboat genkey' prints");
	} else {
		seal_derive(&pair);
		r = print_key(pair.public_key);
	}
	explicit_bzero(text, sizeof(text));
	explicit_bzero(&pair, sizeof(pair));
	return r;
}
