# shellcheck shell=sh disable=SC2034,SC2086 # for who sources it; lists of words
# Sourced by ./try and ./check: the Debian packages Lifeboat is built and tested with.
# need_packages PACKAGE...: installs what is missing.  Asks first, unless $yes is set or
# root has no terminal to be asked on (then it says and does).

BUILD_PACKAGES="gcc cmake ninja-build pkg-config libsensors-dev libxen-dev libxenmisc4.17
	libnanomsg-dev libinih-dev libsodium-dev libprotobuf-c-dev protobuf-c-compiler
	libsqlite3-dev libuv1-dev libjansson-dev libseccomp-dev libcmocka-dev python3 iproute2"
CHECK_PACKAGES="clang clang-format clang-tidy libclang-rt-14-dev mandoc pyflakes3 shellcheck systemd
	lm-sensors dpkg-dev mmdebstrap lintian"

XEN_PACKAGES="dpkg-dev qemu-system-x86 qemu-utils mmdebstrap tgt e2fsprogs openssh-client
	iputils-ping cpio"

need_packages() {
	missing=
	for p in "$@"; do
		dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' ||
			missing="$missing $p"
	done
	[ -n "$missing" ] || return 0
	as=
	[ "$(id -u)" = 0 ] || as="sudo "
	echo "Debian packages are missing. To install them:"
	echo "    ${as}apt-get install -y --no-install-recommends$missing"
	if [ -z "${yes:-}" ]; then
		if [ -t 0 ]; then
			printf 'Install them now? [y/N] '
			read -r answer
			case $answer in [yY]*) ;; *) exit 1 ;; esac
		elif [ "$(id -u)" != 0 ]; then
			echo "Run it and start again, or give --yes." >&2
			exit 1
		fi
	fi
	log=$(mktemp)
	# sudo keeps no variable of ours, so env sets it.
	{ ${as}apt-get update -q && ${as}env DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -q --no-install-recommends $missing; } >"$log" 2>&1 || {
		tail -n 20 "$log" >&2
		echo "apt-get failed; its whole output is in $log" >&2
		exit 1
	}
	rm -f "$log"
}
