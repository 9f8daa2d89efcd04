/* SPDX-License-Identifier: Apache-2.0 */
/* See families.h. */
#include "compile/families.h"

#include "writ/names.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct family {
	struct writ_position at;
	size_t index;
};

static int read_family(struct writ_reader *reader, const struct writ_yaml_node *value,
		       void *element)
{
	static const char *const words[] = {
#define X(name, word) word,
		WRIT_KERNEL_LIST(X)
#undef X
	};
	struct family *family = element;

	family->at = writ_reader_at(reader, value);
	return writ_reader_word(reader, value, "allow_kernel", words, COUNT(words), &family->index);
}

int writ_families_read(struct writ_reader *reader, const struct writ_yaml_node *value,
		       struct writ_policy_role *role)
{
	const void *items = NULL;
	size_t n = 0;
	int err = writ_reader_list(reader, value, "allow_kernel", WRIT_FAMILY_COUNT,
				   sizeof(struct family), read_family, &items, &n);

	for (size_t i = 0; i < n && !err; i++) {
		const struct family *family = &((const struct family *)items)[i];

		role->kernel |= 1u << family->index;
		role->kernel_at[family->index] = family->at;
	}
	return err;
}

/* What follows "an agent of this role can". */
static const char *const meanings[] = {
	[WRIT_FAMILY_MOUNT] = "put other files where a rule's path leads",
	[WRIT_FAMILY_CHROOT] = "choose what the programs that it starts see as /",
	[WRIT_FAMILY_NAMESPACE] = "have capabilities in a user namespace of its own, as far as "
				  "its list goes",
	[WRIT_FAMILY_BPF] = "load programs into the kernel and read every process's data there",
	[WRIT_FAMILY_PERF] = "sample other processes and the kernel",
	[WRIT_FAMILY_MODULE] = "have the kernel load code: nothing holds an agent that can",
	[WRIT_FAMILY_DEVICE] = "use the devices that its file rules reach: a disk is every file "
			       "on it, /dev/mem is everything",
	[WRIT_FAMILY_PTRACE] = "read and write the memory of every process, so act as it",
	[WRIT_FAMILY_SIGNAL] = "end every process, and change its priority and limits",
	[WRIT_FAMILY_URING] = "have a kernel thread act for it",
	[WRIT_FAMILY_CGROUP] = "change the limits and members of every cgroup that its file rules "
			       "reach",
};
_Static_assert(COUNT(meanings) == WRIT_FAMILY_COUNT, "what each family means");

void writ_families_advise(const struct writ_policy_role *role, struct writ_diagnostics *diags)
{
	for (uint32_t family = 0; family < WRIT_FAMILY_COUNT; family++)
		if (role->kernel >> family & 1)
			(void)writ_diagnostics_warn(diags, &role->kernel_at[family],
						    "allow_kernel: with %s an agent of role \"%s\" "
						    "can %s",
						    writ_family_name(family), role->name,
						    meanings[family]);
}
