/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy as people wrote it, checked: what policy.c makes of YAML and what role.c, grant.c and
 * cgroups.c compile. Immutable once loaded; every pointer belongs to the policy. Strings are
 * NUL-terminated, never NULL unless the comment says so. Each object knows where it was written.
 */
#ifndef WRIT_COMPILE_MODEL_H
#define WRIT_COMPILE_MODEL_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compile/diagnostics.h"
#include "writ/abi.h"
#include "writ/request.h"

struct writ_file_rule {
	struct writ_position at;
	const char *path; /* glob, parameters not replaced */
	uint32_t allow;	  /* enum writ_access */
	uint32_t deny;
	uint32_t audit; /* enum writ_audit */
};

struct writ_exec_rule {
	struct writ_position at;
	const char *path;	 /* glob */
	const char *const *argv; /* globs; NULL: any arguments */
	size_t n_argv;
	uint32_t audit;
	bool is_set; /* while it is read: `path` is "@SET", a set of commands */
	bool entry;  /* of a playbook: its executions are what max_uses counts */
};

struct writ_port_span {
	uint16_t low;
	uint16_t high;
};

struct writ_network_rule {
	struct writ_position at;
	const char *connect; /* the address as written: "10.0.0.0/8", "{host}" */
	uint32_t access;     /* one of CONNECT, BIND, LISTEN, SEND */
	uint32_t parameter;  /* whose value is the address: its number and 1; 0: none */
	uint8_t address[16]; /* IPv6, or IPv4-mapped */
	uint32_t bits;	     /* 0 to 128 of `address` */
	uint32_t protocol;   /* enum writ_protocol */
	bool deny;
	const struct writ_port_span *ports; /* at least one; 0 to 65535 when the rule names none */
	size_t n_ports;
	uint32_t audit;
};

struct writ_rules {
	const struct writ_file_rule *files;
	size_t n_files;
	const struct writ_exec_rule *exec;
	size_t n_exec;
	const struct writ_network_rule *network;
	size_t n_network;
	const struct writ_file_rule *unix_sockets; /* CONNECT to SEND; path, or "@" and a name */
	size_t n_unix;
};

struct writ_set_address {
	const char *text; /* as written */
	uint8_t address[16];
	uint32_t bits;
};

/* Things under one name, of one of the three sorts; rules that name it have become one for each. */
struct writ_policy_set {
	const char *name;
	struct writ_position at;
	const char *const *paths;
	size_t n_paths;
	const struct writ_set_address *addresses;
	size_t n_addresses;
	const struct writ_exec_rule *commands;
	size_t n_commands;
};

struct writ_policy_role {
	const char *name;
	struct writ_position at;
	struct writ_rules rules;    /* its own */
	const char *const *extends; /* names, each exists */
	const struct writ_position *extends_at;
	size_t n_extends;
	const struct writ_policy_role *const *lineage; /* itself, and all that it extends, once */
	size_t n_lineage;
	const char *const *playbooks; /* names, each exists; also those of the lineage */
	const struct writ_position *playbooks_at;
	size_t n_playbooks;
	uint64_t ttl_max_ns;   /* of any grant; the lineage's least; 0: the playbook's alone */
	uint32_t risk;	       /* enum writ_risk: the highest of a playbook; the lineage's least */
	uint64_t capabilities; /* its own: 1 << CAP_* */
	struct writ_position capabilities_at;
	uint32_t kernel;       /* its own: 1 << WRIT_FAMILY_* */
	struct writ_position kernel_at[WRIT_FAMILY_COUNT];
	bool uses_agent;       /* {agent} in the lineage's rules: each agent has other rights */
	bool uses_environment;
};

enum writ_parameter_type {
	WRIT_PARAMETER_PATTERN,
	WRIT_PARAMETER_NAME,	/* one part of a path */
	WRIT_PARAMETER_PATH,	/* absolute and normal */
	WRIT_PARAMETER_INTEGER, /* decimal */
	WRIT_PARAMETER_ADDRESS,
	WRIT_PARAMETER_TYPES,
};

struct writ_policy_parameter {
	const char *name;
	struct writ_position at;
	uint32_t type;	     /* enum writ_parameter_type */
	const char *pattern; /* extended regular expression, as written, or its type's */
	regex_t *regex;	     /* anchored */
	bool in_path;	     /* used in a path: one part of it, unless it is a path itself */
	bool used;
	const char *under; /* path: the directory that it is in; NULL: any */
	int64_t min;	   /* integer */
	int64_t max;
	const char *within; /* address: as written; NULL: any one address */
	uint8_t within_address[16];
	uint32_t within_bits;
};

struct writ_env_entry {
	struct writ_position at;
	const char *text; /* NAME, PREFIX* or NAME=VALUE; see env.h */
};

/* Open from `from` on each of `days`, until `to`; over midnight when that is not later. */
struct writ_policy_window {
	struct writ_position at;
	uint32_t days; /* 1 << 0 is Sunday, as in struct tm */
	uint32_t from; /* minutes since midnight */
	uint32_t to;   /* up to 1440 */
	const char *zone; /* name in the system's time zone database */
};

#define WRIT_RISK_LIST(X)  \
	X(LOW, "low")      \
	X(MEDIUM, "medium") \
	X(HIGH, "high")

enum writ_risk {
#define X(name, word) WRIT_RISK_##name,
	WRIT_RISK_LIST(X)
#undef X
	WRIT_RISK_COUNT,
};

struct writ_policy_playbook {
	const char *name;
	struct writ_position at;
	const char *description; /* "" when there is none */
	const struct writ_policy_parameter *parameters;
	size_t n_parameters;
	struct writ_rules rules;
	uint64_t ttl_default_ns;
	uint64_t ttl_max_ns;
	struct writ_position ttl_at;
	const char *ticket; /* as written; NULL: no ticket needed */
	regex_t *ticket_regex;
	struct writ_position ticket_at;
	const struct writ_env_entry *env; /* of commands that `writ exec` starts */
	size_t n_env;
	uint32_t scope;	   /* enum writ_scope; `run` unless it says otherwise */
	uint32_t on_end;   /* enum writ_on_end */
	uint32_t risk;	   /* enum writ_risk */
	uint32_t max_uses; /* executions of its entry command; 0: not counted */
	uint32_t entry;	   /* which of rules.exec that is; meaningful with max_uses */
	uint32_t approvals; /* people; 0: none */
	const char *const *approvers; /* groups of the operating system; none: any operator */
	size_t n_approvers;
	const struct writ_policy_window *windows; /* none: always */
	size_t n_windows;
	const char *const *environments; /* none: any */
	size_t n_environments;
	uint32_t concurrency; /* live grants of it on this node; 0: no limit */
	uint64_t cooldown_ns; /* from the end of one to the next of the same agent */
	uint32_t rate_count;  /* 0: no limit */
	uint64_t rate_per_ns;
	bool needs_sponsor;
	bool validates_ticket; /* by the node's external command */
	bool break_glass;      /* no approvals asked; short, and loud in the record */
	bool uses_environment;
};

struct writ_policy_agent {
	const char *name;
	struct writ_position at;
	const char *cgroup; /* glob on the path below the cgroup v2 root */
	struct writ_position cgroup_at;
	const char *role_name;
	struct writ_position role_at;
	const struct writ_policy_role *role;
	const char *environment; /* its own, else the node's, else "" */
	struct writ_position environment_at;
	uint32_t mode; /* enum writ_mode */
	bool many; /* `instances: many`: more than one cgroup may match at a time */
};

/* What becomes of records: the log, where its lines go, who is told. */
#define WRIT_SINKS_MAX 8u
#define WRIT_ALERTS_MAX 32u
#define WRIT_BROKERS_MAX 16u

#define WRIT_SYNC_LIST(X) \
	X(NONE, "none")   \
	X(INTERVAL, "interval") \
	X(EVERY, "every")

#define WRIT_SINK_TYPE_LIST(X) \
	X(STDOUT, "stdout")    \
	X(SYSLOG, "syslog")    \
	X(KAFKA, "kafka")

#define WRIT_SINK_FORMAT_LIST(X) \
	X(NATIVE, "native")      \
	X(OCSF, "ocsf")

#define WRIT_SINK_BEHIND_LIST(X)                                                         \
	X(KEEP, "keep") /* it gets all that the log still has */                         \
	X(SKIP, "skip") /* what is more than the backlog is left out, and counted */

#define WRIT_ALERT_LIST(X)                                                          \
	X(DENIALS, "denials")	      /* operations that were denied */             \
	X(REFUSALS, "refusals")	      /* requests for grants that were refused */   \
	X(GUARDRAIL, "guardrail")     /* an agent tried what none may ever do */    \
	X(LOSS, "loss")		      /* records are missing */                     \
	X(SUSPENDED, "suspended")     /* an agent was */                            \
	X(BREAK_GLASS, "break_glass") /* a grant was issued that way */             \
	X(LOG, "log")		      /* chain, key, disk or a sink are in trouble */

enum writ_sync {
#define X(name, word) WRIT_SYNC_##name,
	WRIT_SYNC_LIST(X)
#undef X
		WRIT_SYNCS,
};

/* What happens while the log takes no lines. */
#define WRIT_ON_ERROR_LIST(X)                                                            \
	X(DROP, "drop_and_count")  /* records wait in the ring, then are lost and counted */ \
	X(STOP, "stop_agents")	   /* likewise, and no agent may do anything meanwhile */ \
	X(SPILL, "spill")	   /* lines go to another disk, as many as fit there */

enum writ_on_error {
#define X(name, word) WRIT_ON_ERROR_##name,
	WRIT_ON_ERROR_LIST(X)
#undef X
		WRIT_ON_ERRORS,
};

enum writ_sink_type {
#define X(name, word) WRIT_SINK_##name,
	WRIT_SINK_TYPE_LIST(X)
#undef X
		WRIT_SINK_TYPES,
};

enum writ_sink_format {
#define X(name, word) WRIT_FORMAT_##name,
	WRIT_SINK_FORMAT_LIST(X)
#undef X
		WRIT_FORMATS,
};

enum writ_sink_behind {
#define X(name, word) WRIT_BEHIND_##name,
	WRIT_SINK_BEHIND_LIST(X)
#undef X
		WRIT_BEHINDS,
};

enum writ_alert_on {
#define X(name, word) WRIT_ALERT_##name,
	WRIT_ALERT_LIST(X)
#undef X
		WRIT_ALERT_ONS,
};

/* Where lines go beyond the log. */
struct writ_policy_sink {
	const char *name;
	struct writ_position at;
	enum writ_sink_type type;
	enum writ_sink_format format;
	const char *path;	 /* syslog: of its Unix socket; NULL: by TLS */
	const char *host;	 /* syslog by TLS: name or address, */
	const char *port;	 /* and its port in digits */
	const char *server_name; /* that the certificate must have; NULL: the host */
	const char *ca;		 /* file of certificates to trust; NULL: the system's */
	const char *certificate; /* ours, and its key; NULL: none */
	const char *key;
	const char *const *brokers; /* kafka: host:port */
	size_t n_brokers;
	const char *topic;
	enum writ_sink_behind behind;
	uint64_t backlog; /* bytes; for behind: skip */
};

struct writ_policy_alert {
	const char *name;
	struct writ_position at;
	enum writ_alert_on on;
	uint32_t count;	    /* so many of them */
	uint64_t within_ns; /* within this time */
	uint64_t every_ns;  /* at most one message in this time, with the count of the others */
	bool syslog;
	const char *const *command; /* the message on standard input; n 0: none */
	size_t n_command;
	const char *webhook; /* https://... or http://...; NULL: none */
};

struct writ_policy_audit {
	enum writ_on_error on_error;
	const char *spill; /* file; NULL unless on_error is spill */
	uint64_t spill_bytes;
	enum writ_sync sync;
	uint64_t sync_ns;
	uint64_t checkpoint_ns;
	uint64_t rotate_bytes;
	uint64_t rotate_ns;
	uint64_t keep_bytes;
	uint64_t keep_ns;
	bool compress;
	const struct writ_policy_sink *sinks;
	size_t n_sinks;
	const struct writ_policy_alert *alerts;
	size_t n_alerts;
};

struct writ_policy_node {
	const char *name;
	struct writ_position at;
	const char *environment;
	bool strict; /* every optional hook must be there; true unless it says false */
	const char *operators; /* group that may use operator.sock and approve; NULL: root alone */
	const char *const *validator; /* command of `ticket: validate`; NULL: none */
	size_t n_validator;
	uint64_t validator_timeout_ns;
	uint32_t suspend_after; /* denied requests in a row; 0: never */
	uint64_t backoff_ns; /* cooldown after a denial; doubles with each, to backoff_max_ns */
	uint64_t backoff_max_ns;
	uint64_t pending_ns; /* for so long a request waits for approval */
	struct writ_policy_audit audit;
	const char *textfile; /* metrics for node_exporter; NULL: not written */
	uint64_t textfile_ns; /* so often */
};

/* Arrays are in the order of the files and of the documents in them. */
struct writ_policy {
	const struct writ_policy_role *roles;
	size_t n_roles;
	const struct writ_policy_playbook *playbooks;
	size_t n_playbooks;
	const struct writ_policy_agent *agents;
	size_t n_agents;
	const struct writ_policy_set *sets;
	size_t n_sets;
	const struct writ_policy_node *node; /* NULL: none */
	struct writ_policy_store *store;     /* memory and name indices; policy.c's own */
};

#endif
