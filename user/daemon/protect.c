/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writ's own files, as an image of deny rules that the hooks ask before the role, in every mode: no
 * agent writes, creates, removes, renames, links or changes them, or connects to their sockets.
 * Reading and executing them is left to the role. In: where this writd's files are.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compile/image_check.h"
#include "compile/role.h"
#include "daemon/daemon.h"
#include "kernel/arena.h"
#include "lib/cleanup.h"
#include "lib/log.h"

#define UNIX_BITS (WRIT_ACCESS_CONNECT | WRIT_ACCESS_BIND | WRIT_ACCESS_LISTEN | WRIT_ACCESS_SEND)
#define FILE_BITS (WRIT_ACCESS_PROTECTED & ~UNIX_BITS)
#define RULES_MAX 256 /* thirteen places of four rules, and each one's ancestors */

struct rules {
	struct writ_file_rule files[RULES_MAX];
	struct writ_file_rule sockets[RULES_MAX];
	size_t n_files;
	size_t n_sockets;
};

static void rules_free(struct rules *rules)
{
	for (size_t i = 0; i < rules->n_files; i++)
		free((void *)(uintptr_t)rules->files[i].path);
	for (size_t i = 0; i < rules->n_sockets; i++)
		free((void *)(uintptr_t)rules->sockets[i].path);
}

/* @path as a glob that means just it, and @tail, which is one. NULL: no memory. */
static char *quoted(const char *path, size_t len, const char *tail)
{
	char *glob = malloc(2 * len + strlen(tail) + 1), *at = glob;

	if (!glob)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		if (strchr("*?[]{},\\", path[i]))
			*at++ = '\\';
		*at++ = path[i];
	}
	(void)strcpy(at, tail);
	return glob;
}

static int add(struct writ_file_rule *rules, size_t *n, char *glob, uint32_t deny)
{
	if (!glob)
		return -ENOMEM;
	if (*n == RULES_MAX) {
		free(glob);
		return -E2BIG;
	}
	rules[(*n)++] =
		(struct writ_file_rule){.at = {.file = "writd"}, .path = glob, .deny = deny};
	return 0;
}

/* Moving a directory above it away would move it as well. */
static int add_ancestors(struct rules *rules, const char *path)
{
	const char *end = path;
	int err = 0;

	while (!err && (end = strchr(end + 1, '/')))
		err = add(rules->files, &rules->n_files, quoted(path, (size_t)(end - path), ""),
			  WRIT_ACCESS_DELETE);
	return err;
}

/* @path, and what @tail adds to it: "/" and all below, "*" for a name that goes on. */
static int add_place(struct rules *rules, const char *path, const char *tail)
{
	size_t len = strlen(path);
	int err = add(rules->files, &rules->n_files, quoted(path, len, ""), FILE_BITS);

	if (!err)
		err = add(rules->files, &rules->n_files, quoted(path, len, tail), FILE_BITS);
	if (!err)
		err = add(rules->sockets, &rules->n_sockets, quoted(path, len, ""), UNIX_BITS);
	if (!err)
		err = add(rules->sockets, &rules->n_sockets, quoted(path, len, tail), UNIX_BITS);
	return err ? err : add_ancestors(rules, path);
}

/* The same, behind all links; a file that does not exist yet is where its directory is. */
static int add_real(struct rules *rules, const char *path, const char *tail)
{
	_cleanup_free_ char *real = realpath(path, NULL), *copy = NULL;
	char *slash, whole[PATH_MAX];

	if (real)
		return add_place(rules, real, tail);
	copy = strdup(path);
	slash = copy ? strrchr(copy, '/') : NULL;
	if (!slash)
		return copy ? -ENOENT : -ENOMEM;
	*slash = '\0';
	real = realpath(*copy ? copy : "/", NULL);
	if (!real)
		return errno == ENOENT ? 0 : -errno;
	if ((size_t)snprintf(whole, sizeof(whole), "%s/%s", real, slash + 1) >= sizeof(whole))
		return -ENAMETOOLONG;
	return add_place(rules, whole, tail);
}

/* "" when it can't be named. */
static void name_program(const char *program, char ret_path[PATH_MAX])
{
	if (writ_child_program(program, ret_path, PATH_MAX))
		*ret_path = '\0';
}

/* The ledger, the log and its spill lie in directories of their own. "" when there is none. */
static void name_directory(const char *file, char ret_path[PATH_MAX])
{
	char *slash;

	(void)snprintf(ret_path, PATH_MAX, "%s", file ? file : "");
	slash = strrchr(ret_path, '/');
	if (slash)
		*slash = '\0';
}

static int gather(const struct writ_daemon_options *options, struct rules *rules)
{
	char broker[PATH_MAX], audit[PATH_MAX], forward[PATH_MAX];
	char ledger[PATH_MAX], log[PATH_MAX], spill[PATH_MAX];
	const struct {
		const char *path;
		const char *tail;
	} places[] = {
		{WRIT_CONFIG_DIR, "/**"}, {options->policy, "/**"}, {log, "/**"},
		{WRIT_RUN_DIR, "/**"},	  {options->socket, ""},    {"/proc/self/exe", ""},
		{WRIT_PIN_DIR, "/**"},	  {options->state, "/**"},  {broker, ""},
		{audit, ""},		  {ledger, "/**"},	    {forward, ""},
		{options->cursors, "/**"}, {spill, "/**"},
	};
	int err = 0;

	name_program(WRIT_BROKER_PROGRAM, broker);
	name_program(WRIT_AUDIT_PROGRAM, audit);
	name_program(WRIT_FORWARD_PROGRAM, forward);
	name_directory(options->ledger, ledger);
	name_directory(options->audit_log, log);
	name_directory(options->audit_spill, spill);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && !err; i++)
		err = !places[i].path || !*places[i].path
			      ? 0
			      : add_real(rules, places[i].path, places[i].tail);
	return err;
}

static int compile(const struct rules *rules, struct writ_blob *ret_image)
{
	_cleanup_(writ_diagnostics_free) struct writ_diagnostics diags = {0};
	struct writ_policy_role role = {
		.name = "protected",
		.at = {.file = "writd"},
		.rules = {.files = rules->files,
			  .n_files = rules->n_files,
			  .unix_sockets = rules->sockets,
			  .n_unix = rules->n_sockets},
	};
	const struct writ_policy_role *lineage[] = {&role};
	const char *why = "";
	int err;

	role.lineage = lineage;
	role.n_lineage = 1;
	err = writ_role_compile(NULL, &role, &diags, ret_image);
	return err ? err : writ_image_check(ret_image->bytes, ret_image->size, &why);
}

int writ_protect_compile(const struct writ_daemon_options *options, struct writ_blob *ret_image)
{
	_cleanup_(rules_free) struct rules rules = {.n_files = 0};
	int err = gather(options, &rules);

	return err ? err : compile(&rules, ret_image);
}

int writ_protect_files(struct writ_daemon *daemon)
{
	_cleanup_(writ_blob_free) struct writ_blob image = {0};
	struct writ_node *node = daemon->kernel->node;
	uint64_t ref = 0, old;
	int err = writ_protect_compile(&daemon->options, &image);

	if (!err)
		err = writ_arena_place(daemon->kernel, image.bytes, image.size, &ref);
	if (err)
		return writ_log_errno(err, "protect Writ's own files");
	old = __atomic_exchange_n(&node->protected_image, ref, __ATOMIC_ACQ_REL);
	(void)writ_arena_retire(daemon->kernel, &old, 1);
	return 0;
}
