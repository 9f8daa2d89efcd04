/* SPDX-License-Identifier: Apache-2.0 */
/* `writ audit verify`: is the log all that was written, unchanged and in order? */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/audit.h"
#include "cli/command.h"
#include "cli/output.h"
#include "lib/cleanup.h"
#include "trail/hex.h"
#include "trail/key.h"
#include "trail/verify.h"
#include "writ/control.h"

#define KEY_FILE_MAX 1024

struct verify {
	struct writ_cli cli;
	const char *path;
	const char *key; /* of the command line, as is */
	const char *known;
	struct writ_verify_known state;
	bool quiet;
	bool shows; /* progress, on a terminal */
	uint8_t anchor[WRIT_KEY_SIZE];
};

static void show_progress(void *context, const char *path, uint64_t bytes)
{
	const struct verify *verify = context;
	const char *name = strrchr(path, '/');

	if (verify->shows)
		(void)fprintf(stderr, "\r\033[K%llu MB, %s", (unsigned long long)bytes / 1000000,
			      name ? name + 1 : path);
}

int writ_audit_parse_key(const struct writ_cli *cli, const char *key,
			 uint8_t ret_anchor[WRIT_KEY_SIZE])
{
	_cleanup_fclose_ FILE *file = NULL;
	char text[KEY_FILE_MAX + 1];
	size_t len;

	if (!writ_hex_read(key, strlen(key), ret_anchor, WRIT_KEY_SIZE))
		return WRIT_EXIT_OK;
	file = fopen(key, "re");
	if (!file)
		return writ_options_usage(cli,
					  "--key '%s' is neither 64 hexadecimal digits nor a file "
					  "that can be read: %s",
					  key, strerror(errno));
	len = fread(text, 1, KEY_FILE_MAX, file);
	for (size_t at = 0; at + 2 * WRIT_KEY_SIZE <= len; at++)
		if (!writ_hex_read(text + at, 2 * WRIT_KEY_SIZE, ret_anchor, WRIT_KEY_SIZE))
			return WRIT_EXIT_OK;
	return writ_options_usage(cli, "--key %s: no key of 64 hexadecimal digits in it", key);
}

static int print_json(const struct verify *verify, const struct writ_verified *verdict)
{
	json_t *json = json_pack(
		"{s:b, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:s}", "whole",
		verdict->fault == WRIT_VERIFY_NONE, "fault", writ_verify_word(verdict->fault),
		"faults", (json_int_t)verdict->faults, "segments", (json_int_t)verdict->segments,
		"first_segment", (json_int_t)verdict->first, "lines", (json_int_t)verdict->lines,
		"bytes", (json_int_t)verdict->bytes, "checkpoints",
		(json_int_t)verdict->checkpoints, "unsigned_lines",
		(json_int_t)verdict->unsigned_lines, "key_given", verify->key != NULL, "head",
		verdict->head);

	if (json && verdict->fault != WRIT_VERIFY_NONE) {
		(void)json_object_set_new(json, "file", writ_output_string(verdict->path));
		(void)json_object_set_new(json, "line", json_integer((json_int_t)verdict->line));
		(void)json_object_set_new(json, "detail", writ_output_string(verdict->detail));
	}
	return writ_output_json(json);
}

static void print_text(const struct verify *verify, const struct writ_verified *verdict)
{
	char path[WRIT_SEGMENT_PATH_SIZE];
	bool whole = verdict->fault == WRIT_VERIFY_NONE;

	if (verify->quiet && whole)
		return;
	if (!whole) {
		(void)writ_output_text(verdict->path, path, sizeof(path));
		(void)printf("%s%s", writ_output_colour(WRIT_COLOUR_RED), path);
		if (verdict->line)
			(void)printf(":%llu", (unsigned long long)verdict->line);
		(void)printf(": %s: %s%s\n", writ_verify_word(verdict->fault), verdict->detail,
			     writ_output_plain());
		if (verdict->faults > 1)
			(void)printf("%llu more faults behind it\n",
				     (unsigned long long)verdict->faults - 1);
	}
	(void)printf("%s%s%s: %llu lines in %llu segments from number %llu on, %llu checkpoints, "
		     "%llu lines not signed yet\n",
		     writ_output_colour(whole ? WRIT_COLOUR_GREEN : WRIT_COLOUR_RED),
		     whole ? "whole" : "NOT WHOLE", writ_output_plain(),
		     (unsigned long long)verdict->lines, (unsigned long long)verdict->segments,
		     (unsigned long long)verdict->first, (unsigned long long)verdict->checkpoints,
		     (unsigned long long)verdict->unsigned_lines);
	if (!verify->key)
		(void)printf("signed from the key that lies beside the log on; give --key from a "
			     "safe place to be sure of it\n");
}

static int run(struct verify *verify)
{
	struct writ_verify_options options = {
		.log = verify->path,
		.anchor = verify->key ? verify->anchor : NULL,
		.known = verify->state,
		.progress = show_progress,
		.context = verify,
	};
	struct writ_verified verdict;
	int err = writ_verify_trail(&options, &verdict);

	if (verify->shows)
		(void)fprintf(stderr, "\r\033[K");
	if (err)
		return writ_audit_fail(&verify->cli, verdict.path, err);
	if (verify->cli.json)
		err = print_json(verify, &verdict);
	else
		print_text(verify, &verdict);
	return err || verdict.fault == WRIT_VERIFY_NONE ? err : WRIT_EXIT_FAILED;
}

/* SEGMENT:CHECKPOINT, as `writ status` has said it. */
static int parse_known(struct verify *verify)
{
	unsigned long long segment, checkpoint;
	char more;

	verify->state = (struct writ_verify_known){UINT64_MAX, UINT64_MAX};
	if (!verify->known)
		return WRIT_EXIT_OK;
	if (strspn(verify->known, "0123456789:") != strlen(verify->known) ||
	    sscanf(verify->known, "%19llu:%19llu%c", &segment, &checkpoint, &more) != 2)
		return writ_options_usage(&verify->cli,
					  "--known '%s' is not SEGMENT:CHECKPOINT, what 'writ "
					  "status' says of the log",
					  verify->known);
	verify->state = (struct writ_verify_known){segment, checkpoint};
	return WRIT_EXIT_OK;
}

int writ_audit_verify_main(int argc, char **argv)
{
	struct verify verify = {.cli = {.verb = "audit"}, .path = WRIT_AUDIT_LOG};
	const struct writ_option options[] = {WRIT_OPTIONS_COMMON(&verify.cli),
					      {.name = "key", .value = &verify.key},
					      {.name = "known", .value = &verify.known},
					      {.name = "file", .value = &verify.path},
					      {.name = "quiet", .flag = &verify.quiet},
					      {0}};
	struct writ_arguments arguments;
	int err = writ_options_parse(&verify.cli, options, argc, argv, &arguments);

	if (err)
		return err;
	if (arguments.count != 1 || arguments.rest)
		return writ_options_usage(&verify.cli, "'audit verify' takes options only");
	if (verify.key)
		err = writ_audit_parse_key(&verify.cli, verify.key, verify.anchor);
	if (!err)
		err = parse_known(&verify);
	if (err)
		return err;
	verify.shows = !verify.quiet && !verify.cli.json && isatty(STDERR_FILENO);
	return run(&verify);
}
