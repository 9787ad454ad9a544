#include "actuator/need.h"

enum {
	/* libxl's libxl_get_required_shadow_memory(): 256 pages a vcpu, and 2 a MiB. */
	PAGE_KIB = 4,
	SHADOW_PAGES_PER_VCPU = 256,
	SHADOW_PAGES_PER_MIB = 2,
	/* LIBXL_HVM_EXTRA_MEMORY, and a little for the domain's own structures. */
	EXTRA_KIB = 2048 + 2048,
	KIB_PER_MIB = 1024,
};

uint64_t
need_most(const Lifeboat__Guest *guest)
{
	return guest->max_kib > guest->memory_kib ? guest->max_kib : guest->memory_kib;
}

uint64_t
need_shadow(uint64_t kib, uint64_t vcpus)
{
	return PAGE_KIB * (SHADOW_PAGES_PER_VCPU * vcpus +
			      SHADOW_PAGES_PER_MIB * (kib / KIB_PER_MIB));
}

uint64_t
need_free(const Lifeboat__Guest *guest)
{
	uint64_t kib = need_most(guest);

	return kib + EXTRA_KIB + need_shadow(kib, guest->vcpus);
}
