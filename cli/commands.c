#include "cli/commands.h"

#include <limits.h>

#define ASKS    (TAKES_DOOR | TAKES_JSON)
#define SETS_UP (TAKES_START | TAKES_FOLDER)

static const struct command commands[] = {
	/* clang-format off */
	{ "status", "[--check]", "the engine and its pool at a glance",
	  "With --check prints one line with performance data for Nagios and its kin, and exits\n"
	  "with 0 (all is well), 1 (a host is suspect or unknown, a guest is unwatched, or\n"
	  "recording or store are not written), 2 (a host is failing, a guest has nowhere to go,\n"
	  "or an order is held) or 3 (the engine cannot be asked).\n", 0, 0, ASKS | TAKES_CHECK, status_run },
	{ "hosts", "", "all hosts with their health",
	  "One line a host: its health and for how long, when it was last heard, its guests, load\n"
	  "and free memory, and why it is not sound.\n", 0, 0, ASKS, hosts_run },
	{ "guests", "", "all guests, and where each would go",
	  "One line a guest. TARGETS is how many hosts could take it now; WOULD MOVE TO and STAYS\n"
	  "say what is decided, or why it cannot be moved.\n", 0, 0, ASKS, guests_run },
	{ "why", "HOST|GUEST", "why it is judged so, with all numbers",
	  "Of a host: its health and the reason, where its guests would go, all readings (crossed\n"
	  "ones first), the last decisions. Of a guest: what would happen to it, and every host\n"
	  "ranked or refused with the reason.\n", 1, 1, ASKS, why_run },
	{ "why-not", "GUEST HOST", "why the guest would not go to that host",
	  "One sentence with the numbers, for one guest and one host.\n", 2, 2, ASKS, why_not_run },
	{ "orders", "[--all]", "orders on their way, and how they ended",
	  "One line an order: what it is about and how far it is. With --all the ended ones too,\n"
	  "newest first: how they ended, and what the host said of it.\n", 0, 0, ASKS | TAKES_ALL, orders_run },
	{ "drain", "HOST", "empty the host",
	  "Its guests are moved away, one after the other, and none comes, until 'undrain'. In\n"
	  "mode observe it is only said where they would go.\n", 1, 1, ASKS, drain_run },
	{ "undrain", "HOST", "let the host keep its guests again",
	  "Undoes 'drain'. A move that has begun goes on.\n", 1, 1, ASKS, undrain_run },
	{ "cancel", "ORDER", "stop an order that can still be stopped",
	  "ORDER is written TERM.NUMBER, as in 'orders'. Its guest stays and rests.\n",
	  1, 1, ASKS, cancel_run },
	{ "approve", "GUEST", "let a guest go, in mode advise",
	  "It goes where 'guests' says that it would.\n", 1, 1, ASKS, approve_run },
	{ "settle", "ORDER --WHERE HOST", "say how a held order ended",
	  "When nobody knows where a guest runs, it and both its hosts are held. Look, then say on\n"
	  "which of the two it runs, with --runs-on HOST; or with --is-off HOST that one of them is\n"
	  "off, so that what the other one reports is all there is.\n", 1, 1, ASKS | TAKES_HOST, settle_run },
	{ "cordon", "HOST", "let no guest come to the host",
	  "The host stays cordoned, over restarts of the engine too, until 'uncordon'.\n",
	  1, 1, ASKS, cordon_run },
	{ "uncordon", "HOST", "let guests come to the host again", "Undoes 'cordon'.\n",
	  1, 1, ASKS, uncordon_run },
	{ "mode", "[observe|advise|act]", "print or set the engine's mode",
	  "observe: say what would be done. advise: an operator approves. act: do it.\n",
	  0, 1, ASKS, mode_run },
	{ "watch", "", "print decisions as they are made",
	  "One line a decision, with this machine's wall time, until Ctrl-C. When the engine\n"
	  "restarts, it is asked again every second.\n", 0, 0, ASKS, watch_run },
	{ "init", "ADDRESS", "set up the engine's host",
	  "Makes the engine's key and prints what 'join' is to be given on each Xen host. ADDRESS\n"
	  "is where those reach this machine: IPv4, IPv6, or a name, which is looked up once. What\n"
	  "stands is kept, so it can be said again.\n"
	  "  --start        enable and start lifeboat-policy\n"
	  "  --user USER    who the engine runs as, and its key belongs to (lifeboat)\n"
	  "  --folder PATH  where keys and configurations are (" ETC_DIR ")\n",
	  1, 1, SETS_UP | TAKES_USER, init_run },
	{ "join", "ADDRESS=KEY", "set up this Xen host",
	  "Makes the host's key, writes what its monitor and actuator need to know, and prints\n"
	  "what 'admit' is to be given on the engine's host. ADDRESS=KEY is what 'init' printed.\n"
	  "  --start            enable and start the daemons that are installed\n"
	  "  --name NAME        the host in the engine's inventory (its host name)\n"
	  "  --arrival ADDRESS  numeric address at which guests arrive (the one from which this\n"
	  "                     host reaches the engine)\n"
	  "  --force            put the new value where a configuration says another\n"
	  "  --folder PATH      where keys and configurations are (" ETC_DIR ")\n",
	  1, 1, SETS_UP | TAKES_FORCE | TAKES_JOIN, join_run },
	{ "admit", "[HOST=KEY ...]", "take hosts into the pool",
	  "Writes hosts into the engine's inventory, as 'join' printed them there; without operands\n"
	  "it reads them from standard input.\n"
	  "  --start        enable the engine and start it anew, so that it knows them\n"
	  "  --force        give a host that has another key this one\n"
	  "  --folder PATH  where keys and configurations are (" ETC_DIR ")\n",
	  0, INT_MAX, SETS_UP | TAKES_FORCE, admit_run },
	{ "genkey", "", "print a new secret key",
	  "In base64, on standard output: umask 077; lifeboat genkey > host.key\n",
	  0, 0, 0, genkey_run },
	{ "pubkey", "", "print the public key of a secret key",
	  "Reads the secret key from standard input: lifeboat pubkey < host.key\n",
	  0, 0, 0, pubkey_run },
	{ "replay", "FILE", "decide a recording anew",
	  "Runs 'lifeboat-policy --replay FILE': prints each recorded event with what the rules\n"
	  "of this version make of it. Needs no engine.\n", 1, 1, 0, replay_run },
	/* clang-format on */
};

const struct command *
command_at(size_t i)
{
	return i < sizeof(commands) / sizeof(commands[0]) ? &commands[i] : NULL;
}
