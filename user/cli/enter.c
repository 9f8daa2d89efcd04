/* SPDX-License-Identifier: Apache-2.0 */
/* See enter.h. */
#include "cli/enter.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/call.h"
#include "cli/command.h"
#include "cli/fields.h"
#include "cli/output.h"
#include "lib/cleanup.h"

static int copy(const json_t *answer, const char *key, char *ret_text, size_t size)
{
	const char *text = writ_fields_text(answer, key);

	if (!*text || strlen(text) >= size)
		return -EPROTO;
	(void)strcpy(ret_text, text);
	return 0;
}

static int copy_env(const json_t *list, struct writ_exec_row *row)
{
	const json_t *entry;
	size_t i;

	if (!json_is_array(list))
		return -EPROTO;
	json_array_foreach(list, i, entry)
	{
		size_t size = json_string_length(entry) + 1;

		/* exec_env.c judges what is in it */
		if (!json_is_string(entry) || size > sizeof(row->env) - row->env_size)
			return -EPROTO;
		memcpy(row->env + row->env_size, json_string_value(entry), size);
		row->env_size += (__u32)size;
	}
	return 0;
}

static int read_answer(const json_t *answer, struct writ_exec_row *ret_row)
{
	int err = copy(answer, "agent", ret_row->agent, sizeof(ret_row->agent));

	if (!err)
		err = copy(answer, "cgroup", ret_row->cgroup, sizeof(ret_row->cgroup));
	return err ? err : copy_env(json_object_get(answer, "env"), ret_row);
}

int writ_enter_check(const char *file, __u64 grant)
{
	_cleanup_fclose_ FILE *stream = fopen(file, "re");
	_cleanup_free_ char *line = NULL;
	char end[64];
	size_t size = 0;

	if (!stream)
		return -errno;
	(void)snprintf(end, sizeof(end), "/" WRIT_RUN_PREFIX "%" PRIu64 "\n", (uint64_t)grant);
	while (getline(&line, &size, stream) > 0) {
		size_t len = strlen(line);

		/* what is above it depends on the cgroup namespace */
		if (!strncmp(line, "0::", 3) && len >= strlen(end) &&
		    !strcmp(line + len - strlen(end), end))
			return 0;
	}
	return -ESRCH;
}

/* Whoever starts the command as root outside of every agent must not believe that it is inside. */
static int verify(const struct writ_cli *cli, __u64 grant)
{
	int err = writ_enter_check("/proc/self/cgroup", grant);

	if (!err || err == -EPERM) /* refused by its role, so it is an agent's */
		return WRIT_EXIT_OK;
	return writ_options_fail(cli, WRIT_EXIT_RUN,
				 "the broker says that this is in the run of grant %" PRIu64
				 ", and that %s: nothing was started; see 'writ audit tail'",
				 (uint64_t)grant,
				 err == -ESRCH ? "is not so"
					       : "can't be read in /proc/self/cgroup");
}

static int refuse(const struct writ_cli *cli, const json_t *answer, bool *ret_outside)
{
	*ret_outside = !strcmp(writ_call_reason(answer), "not_an_agent");
	return *ret_outside ? WRIT_EXIT_OK : writ_call_refuse(cli, answer, 0);
}

int writ_enter_run(const struct writ_cli *cli, __u64 grant, struct writ_exec_row *ret_row,
		   bool *ret_outside)
{
	bool root = !geteuid();
	struct writ_call call = {
		.cli = cli, .method = "POST", .seconds = WRIT_ENTER_SECONDS, .fallback = root};
	_cleanup_json_ json_t *answer = NULL;
	struct writ_exec_row row = {0};
	unsigned int status = 0;
	char target[64];
	int err;

	(void)snprintf(target, sizeof(target), "/v1/grants/%" PRIu64 "/enter", (uint64_t)grant);
	call.target = target;
	err = writ_call_send(&call, &status, &answer);
	if (err && root)
		*ret_outside = true;
	if (err)
		return root ? WRIT_EXIT_OK : err;
	if (status >= 400 || json_object_get(answer, "error"))
		return refuse(cli, answer, ret_outside);
	if (read_answer(answer, &row))
		return writ_options_fail(cli, WRIT_EXIT_RUN,
					 "the broker's answer is none: install writ and writd of "
					 "the same version");
	err = verify(cli, grant);
	if (!err)
		*ret_row = row;
	return err;
}
