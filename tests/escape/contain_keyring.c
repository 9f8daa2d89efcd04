// SPDX-License-Identifier: Apache-2.0
/*
 * A key that a process outside keeps in the user's keyring is read by an agent of the same user.
 * technique: Kernel keyrings of the same user
 * stopped by: nothing
 * expect: nothing recorded, because keys are not mediated
 * instead: give the agent a user of its own; keep no secret in the user keyring of root
 */
#include "escape.h"

#include <linux/keyctl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int escape_prepare(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	if (syscall(SYS_add_key, "user", "escape", "key", 3, KEY_SPEC_USER_KEYRING) >= 0)
		return 0;
	return errno == ENOSYS ? 0 : -errno;
}

int escape_attempt(const char *box, const char *secret)
{
	char payload[8] = "";
	long key;

	(void)box;
	(void)secret;
	/* to possess it, what the session keyring does by itself after a login */
	(void)syscall(SYS_keyctl, KEYCTL_LINK, KEY_SPEC_USER_KEYRING, KEY_SPEC_PROCESS_KEYRING);
	key = syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, "user", "escape", 0);
	if (key < 0 && errno == ENOSYS)
		return escape_skip("this kernel has no keyrings");
	return escape_if(key >= 0 &&
			 syscall(SYS_keyctl, KEYCTL_READ, key, payload, sizeof(payload)) == 3 &&
			 !strcmp(payload, "key"));
}
