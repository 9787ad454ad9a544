#!/bin/sh
# The exposure that systemd computes for the engine's and the monitor's unit: at most 3.0.
# usage: security.sh UNIT...
command -v systemd-analyze >/dev/null || exit 77
systemd-analyze security --help | grep -q -e --offline || exit 77
for unit; do
	said=$(systemd-analyze security --no-pager --offline=true --threshold=30 "$unit") || {
		echo "$said"
		exit 1
	}
	# It answers with success for what it has not read, too.
	echo "$said" | grep 'Overall exposure level' || exit 1
done
