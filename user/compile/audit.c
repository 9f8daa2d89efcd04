/* SPDX-License-Identifier: Apache-2.0 */
/* See audit.h: how the log is kept. Sinks and alerts: audit_sinks.c, audit_alerts.c. */
#include "compile/audit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)
#define ROTATE_MIN MIB
#define ROTATE_MAX GIB /* the open segment is read at each start of the writer */
#define SIZE_MAX_GIB 1048576u
#define SPILL_MAX_GIB 64u /* it is read at each start of the writer, too */

#define WORD(name, word) word,
static const char *const sync_words[] = {WRIT_SYNC_LIST(WORD)};
static const char *const on_error_words[] = {WRIT_ON_ERROR_LIST(WORD)};
_Static_assert(COUNT(sync_words) == WRIT_SYNCS && COUNT(on_error_words) == WRIT_ON_ERRORS,
	       "words");

static int read_sync(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	size_t word = 0;
	int err = writ_reader_word(reader, value, "sync", sync_words, COUNT(sync_words), &word);

	if (!err)
		((struct writ_policy_audit *)object)->sync = (enum writ_sync)word;
	return err;
}

static int read_on_error(struct writ_reader *reader, const struct writ_yaml_node *value,
			 void *object)
{
	size_t word = 0;
	int err = writ_reader_word(reader, value, "on_error", on_error_words,
				   COUNT(on_error_words), &word);

	if (!err)
		((struct writ_policy_audit *)object)->on_error = (enum writ_on_error)word;
	return err;
}

static int read_spill_path(struct writ_reader *reader, const struct writ_yaml_node *value,
			   void *object)
{
	return writ_reader_path(reader, value, "path",
				&((struct writ_policy_audit *)object)->spill);
}

static int read_spill_size(struct writ_reader *reader, const struct writ_yaml_node *value,
			   void *object)
{
	return writ_reader_size(reader, value, "size", MIB, SPILL_MAX_GIB * GIB,
				&((struct writ_policy_audit *)object)->spill_bytes);
}

static int read_spill(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	static const struct writ_field fields[] = {
		{"path", true, read_spill_path},
		{"size", false, read_spill_size},
	};

	return writ_reader_fields(reader, value, "spill", fields, COUNT(fields), object);
}

static int read_sync_interval(struct writ_reader *reader, const struct writ_yaml_node *value,
			      void *object)
{
	return writ_reader_duration(reader, value, "sync_interval",
				    &((struct writ_policy_audit *)object)->sync_ns);
}

static int read_checkpoint(struct writ_reader *reader, const struct writ_yaml_node *value,
			   void *object)
{
	return writ_reader_duration(reader, value, "checkpoint",
				    &((struct writ_policy_audit *)object)->checkpoint_ns);
}

static int read_rotate_size(struct writ_reader *reader, const struct writ_yaml_node *value,
			    void *object)
{
	return writ_reader_size(reader, value, "size", ROTATE_MIN, ROTATE_MAX,
				&((struct writ_policy_audit *)object)->rotate_bytes);
}

static int read_rotate_age(struct writ_reader *reader, const struct writ_yaml_node *value,
			   void *object)
{
	return writ_reader_duration(reader, value, "age",
				    &((struct writ_policy_audit *)object)->rotate_ns);
}

static int read_rotate(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	static const struct writ_field fields[] = {
		{"size", false, read_rotate_size},
		{"age", false, read_rotate_age},
	};

	return writ_reader_fields(reader, value, "rotate", fields, COUNT(fields), object);
}

static int read_keep_size(struct writ_reader *reader, const struct writ_yaml_node *value,
			  void *object)
{
	return writ_reader_size(reader, value, "size", ROTATE_MIN, SIZE_MAX_GIB * GIB,
				&((struct writ_policy_audit *)object)->keep_bytes);
}

static int read_keep_age(struct writ_reader *reader, const struct writ_yaml_node *value,
			 void *object)
{
	return writ_reader_age(reader, value, "age",
			       &((struct writ_policy_audit *)object)->keep_ns);
}

static int read_keep(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	static const struct writ_field fields[] = {
		{"size", false, read_keep_size},
		{"age", false, read_keep_age},
	};

	return writ_reader_fields(reader, value, "keep", fields, COUNT(fields), object);
}

static int read_compress(struct writ_reader *reader, const struct writ_yaml_node *value,
			 void *object)
{
	return writ_reader_bool(reader, value, "compress",
				&((struct writ_policy_audit *)object)->compress);
}

int writ_audit_read(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	static const struct writ_field fields[] = {
		{"on_error", false, read_on_error},
		{"spill", false, read_spill},
		{"sync", false, read_sync},
		{"sync_interval", false, read_sync_interval},
		{"checkpoint", false, read_checkpoint},
		{"rotate", false, read_rotate},
		{"keep", false, read_keep},
		{"compress", false, read_compress},
		{"sinks", false, writ_audit_read_sinks},
		{"alerts", false, writ_audit_read_alerts},
	};
	const struct writ_position at = writ_reader_at(reader, value);
	struct writ_policy_audit *audit = &((struct writ_policy_node *)object)->audit;
	int err = writ_reader_fields(reader, value, "audit", fields, COUNT(fields), audit);

	if (err)
		return err;
	if ((audit->on_error == WRIT_ON_ERROR_SPILL) != (audit->spill != NULL))
		return writ_diagnostics_error(
			reader->diags, &at,
			audit->spill ? "audit: spill has no meaning without on_error: spill"
				     : "audit: on_error: spill needs spill: {path: FILE}, in a "
				       "directory of its own on another disk than the log's");
	if (audit->keep_bytes < 2 * audit->rotate_bytes)
		return writ_diagnostics_error(
			reader->diags, &at,
			"audit: keep less than two segments of rotate's size, "
			"and nearly nothing is kept; make keep's size larger");
	return 0;
}
