/* SPDX-License-Identifier: Apache-2.0 */
/* See capabilities.h. */
#include "compile/capabilities.h"

#include <string.h>

#include "compile/suggest.h"
#include "writ/image.h"

/* In the order of linux/capability.h: a name's place is its number. */
static const char *const names[WRIT_CAPABILITIES] = {
	"CAP_CHOWN",
	"CAP_DAC_OVERRIDE",
	"CAP_DAC_READ_SEARCH",
	"CAP_FOWNER",
	"CAP_FSETID",
	"CAP_KILL",
	"CAP_SETGID",
	"CAP_SETUID",
	"CAP_SETPCAP",
	"CAP_LINUX_IMMUTABLE",
	"CAP_NET_BIND_SERVICE",
	"CAP_NET_BROADCAST",
	"CAP_NET_ADMIN",
	"CAP_NET_RAW",
	"CAP_IPC_LOCK",
	"CAP_IPC_OWNER",
	"CAP_SYS_MODULE",
	"CAP_SYS_RAWIO",
	"CAP_SYS_CHROOT",
	"CAP_SYS_PTRACE",
	"CAP_SYS_PACCT",
	"CAP_SYS_ADMIN",
	"CAP_SYS_BOOT",
	"CAP_SYS_NICE",
	"CAP_SYS_RESOURCE",
	"CAP_SYS_TIME",
	"CAP_SYS_TTY_CONFIG",
	"CAP_MKNOD",
	"CAP_LEASE",
	"CAP_AUDIT_WRITE",
	"CAP_AUDIT_CONTROL",
	"CAP_SETFCAP",
	"CAP_MAC_OVERRIDE",
	"CAP_MAC_ADMIN",
	"CAP_SYSLOG",
	"CAP_WAKE_ALARM",
	"CAP_BLOCK_SUSPEND",
	"CAP_AUDIT_READ",
	"CAP_PERFMON",
	"CAP_BPF",
	"CAP_CHECKPOINT_RESTORE",
};

static const char *nearest_name(const char *text)
{
	const char *nearest = NULL;
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < WRIT_CAPABILITIES; i++) {
		size_t distance = writ_suggest_distance(text, names[i]);

		if (distance < best && writ_suggest_near(names[i], distance)) {
			best = distance;
			nearest = names[i];
		}
	}
	return nearest;
}

static int read_name(struct writ_reader *reader, const struct writ_yaml_node *value, void *element)
{
	const struct writ_position at = writ_reader_at(reader, value);
	const char *text = value->type == WRIT_YAML_SCALAR ? value->text : "";
	const char *nearest;

	for (size_t i = 0; i < WRIT_CAPABILITIES; i++) {
		if (strcmp(names[i], text))
			continue;
		*(uint64_t *)element = UINT64_C(1) << i;
		return 0;
	}
	nearest = nearest_name(text);
	return writ_diagnostics_error(reader->diags, &at,
				      "capabilities: \"%.64s\" is no capability; expected a name "
				      "of capabilities(7)%s%s%s",
				      text, nearest ? " (did you mean \"" : "",
				      nearest ? nearest : "", nearest ? "\"?)" : "");
}

int writ_capabilities_read(struct writ_reader *reader, const struct writ_yaml_node *value,
			   uint64_t *ret_mask)
{
	const void *items = NULL;
	size_t n = 0;
	int err = writ_reader_list(reader, value, "capabilities", WRIT_CAPABILITIES,
				   sizeof(uint64_t), read_name, &items, &n);

	for (size_t i = 0; i < n && !err; i++)
		*ret_mask |= ((const uint64_t *)items)[i];
	return err;
}

const char *writ_capabilities_name(uint32_t bit)
{
	return bit < WRIT_CAPABILITIES ? names[bit] : NULL;
}
