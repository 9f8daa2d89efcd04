/* SPDX-License-Identifier: Apache-2.0 */
/* See node.h. */
#include "compile/node.h"

#include <errno.h>
#include <string.h>

#include "compile/audit.h"
#include "lib/time.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define FIELDS_MAX 16

#define DEFAULTS                                                                             \
	.strict = true, .validator_timeout_ns = 5 * WRIT_NS_PER_SECOND, .suspend_after = 20, \
	.backoff_ns = WRIT_NS_PER_SECOND, .backoff_max_ns = 3600 * WRIT_NS_PER_SECOND,       \
	.pending_ns = 3600 * WRIT_NS_PER_SECOND, .audit = WRIT_AUDIT_DEFAULTS,               \
	.textfile_ns = 15 * WRIT_NS_PER_SECOND

static int read_environment(struct writ_reader *reader, const struct writ_yaml_node *value,
			    void *object)
{
	return writ_reader_name(reader, value, "environment",
				&((struct writ_policy_node *)object)->environment);
}

static int read_strict(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return writ_reader_bool(reader, value, "strict",
				&((struct writ_policy_node *)object)->strict);
}

static int read_group(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return writ_reader_group(reader, value, "group",
				 &((struct writ_policy_node *)object)->operators);
}

static int read_operators(struct writ_reader *reader, const struct writ_yaml_node *value,
			  void *object)
{
	static const struct writ_field fields[] = {{"group", true, read_group}};

	return writ_reader_fields(reader, value, "operators", fields, COUNT(fields), object);
}

static int read_command(struct writ_reader *reader, const struct writ_yaml_node *value,
			void *object)
{
	struct writ_policy_node *node = object;

	return writ_reader_command(reader, value, "command", &node->validator,
				   &node->n_validator);
}

static int read_timeout(struct writ_reader *reader, const struct writ_yaml_node *value,
			void *object)
{
	const struct writ_position at = writ_reader_at(reader, value);
	uint64_t *timeout = &((struct writ_policy_node *)object)->validator_timeout_ns;
	int err = writ_reader_duration(reader, value, "timeout", timeout);

	if (err || *timeout <= WRIT_VALIDATOR_SECONDS * WRIT_NS_PER_SECOND)
		return err;
	return writ_diagnostics_error(reader->diags, &at, "timeout: %.64s; the most is %us",
				      value->text, WRIT_VALIDATOR_SECONDS);
}

static int read_validator(struct writ_reader *reader, const struct writ_yaml_node *value,
			  void *object)
{
	static const struct writ_field fields[] = {
		{"command", true, read_command},
		{"timeout", false, read_timeout},
	};

	return writ_reader_fields(reader, value, "ticket_validator", fields, COUNT(fields), object);
}

static int read_backoff(struct writ_reader *reader, const struct writ_yaml_node *value,
			void *object)
{
	return writ_reader_duration(reader, value, "backoff",
				    &((struct writ_policy_node *)object)->backoff_ns);
}

static int read_backoff_max(struct writ_reader *reader, const struct writ_yaml_node *value,
			    void *object)
{
	return writ_reader_duration(reader, value, "backoff_max",
				    &((struct writ_policy_node *)object)->backoff_max_ns);
}

static int read_suspend_after(struct writ_reader *reader, const struct writ_yaml_node *value,
			      void *object)
{
	return writ_reader_count(reader, value, "suspend_after", 0, WRIT_SUSPEND_AFTER_MAX,
				 &((struct writ_policy_node *)object)->suspend_after);
}

static int read_denials(struct writ_reader *reader, const struct writ_yaml_node *value,
			void *object)
{
	static const struct writ_field fields[] = {
		{"backoff", false, read_backoff},
		{"backoff_max", false, read_backoff_max},
		{"suspend_after", false, read_suspend_after},
	};
	const struct writ_position at = writ_reader_at(reader, value);
	const struct writ_policy_node *node = object;
	int err = writ_reader_fields(reader, value, "denials", fields, COUNT(fields), object);

	if (!err && node->backoff_ns > node->backoff_max_ns)
		return writ_diagnostics_error(reader->diags, &at,
					      "denials: backoff is longer than backoff_max, which "
					      "is 1h unless it is given");
	return err;
}

static int read_pending(struct writ_reader *reader, const struct writ_yaml_node *value,
			void *object)
{
	return writ_reader_duration(reader, value, "pending",
				    &((struct writ_policy_node *)object)->pending_ns);
}

/* The collector reads no other names. */
static int read_textfile(struct writ_reader *reader, const struct writ_yaml_node *value,
			 void *object)
{
	static const char end[] = ".prom";
	const struct writ_position at = writ_reader_at(reader, value);
	const char **path = &((struct writ_policy_node *)object)->textfile;
	int err = writ_reader_path(reader, value, "textfile", path);
	size_t len = err ? 0 : strlen(*path);

	if (err || (len > sizeof(end) && !strcmp(*path + len - (sizeof(end) - 1), end) &&
		    (*path)[len - sizeof(end)] != '/'))
		return err;
	return writ_diagnostics_error(reader->diags, &at,
				      "textfile: its name must end in .prom, as node_exporter "
				      "reads no others");
}

static int read_interval(struct writ_reader *reader, const struct writ_yaml_node *value,
			 void *object)
{
	const struct writ_position at = writ_reader_at(reader, value);
	uint64_t *interval = &((struct writ_policy_node *)object)->textfile_ns;
	int err = writ_reader_duration(reader, value, "interval", interval);

	if (err || *interval >= WRIT_NS_PER_SECOND)
		return err;
	return writ_diagnostics_error(reader->diags, &at, "interval: %.64s; the least is 1s",
				      value->text);
}

static int read_metrics(struct writ_reader *reader, const struct writ_yaml_node *value,
			void *object)
{
	static const struct writ_field fields[] = {
		{"textfile", true, read_textfile},
		{"interval", false, read_interval},
	};

	return writ_reader_fields(reader, value, "metrics", fields, COUNT(fields), object);
}

int writ_node_read(struct writ_reader *reader, const struct writ_yaml_node *root,
		   const struct writ_field *common, size_t n_common,
		   struct writ_policy_store *store)
{
	static const struct writ_field own[] = {
		{"environment", true, read_environment},
		{"strict", false, read_strict},
		{"operators", false, read_operators},
		{"ticket_validator", false, read_validator},
		{"denials", false, read_denials},
		{"pending", false, read_pending},
		{"audit", false, writ_audit_read},
		{"metrics", false, read_metrics},
	};
	struct writ_policy_node node = {
		.at = writ_reader_at(reader, root), DEFAULTS};
	struct writ_field fields[FIELDS_MAX];
	int err;

	memcpy(fields, common, n_common * sizeof(*common));
	memcpy(fields + n_common, own, sizeof(own));
	err = writ_reader_fields(reader, root, "a Node", fields, n_common + COUNT(own), &node);
	if (err == -ENOMEM || !node.name || !node.environment)
		return err;
	if (store->n_nodes)
		return writ_diagnostics_error(reader->diags, &node.at,
					      "a policy has one Node; the first is at %s:%u:%u",
					      store->nodes[0].at.file, store->nodes[0].at.line,
					      store->nodes[0].at.column);
	if (writ_array_reserve(&store->nodes, &store->nodes_capacity, 1, sizeof(node)))
		return -ENOMEM;
	store->nodes[store->n_nodes++] = node;
	return err;
}

const struct writ_policy_node *writ_node_of(const struct writ_policy *policy)
{
	static const struct writ_policy_node none = {.name = "", .environment = "", DEFAULTS};

	return policy && policy->node ? policy->node : &none;
}
