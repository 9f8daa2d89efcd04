/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writd: checks the host, loads or re-adopts the programs, applies policy, and serves until it is
 * told to stop. Enforcement outlives it. See writd(8).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "daemon/ids.h"
#include "daemon/runs.h"
#include "daemon/unattached.h"
#include "lib/arguments.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/time.h"

enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
};

/* For a child that a killed writd had just made: it is itself, or gone, long before that. */
#define LOCK_WAIT_MS 2000u

static const char usage[] =
	"usage: writd [OPTION]...\n"
	"       writd --check [--json]\n"
	"       writd --unload\n"
	"       writd --no-attach DIR [--unload]\n"
	"\n"
	"  --policy PATH      file or directory of policy   (default /etc/writ/policy)\n"
	"  --audit-log FILE   JSON lines, one per decision  (default /var/log/writ/audit.jsonl)\n"
	"  --socket PATH      control socket                (default " WRIT_CONTROL_SOCKET ")\n"
	"  --ring-size BYTES  event ring, a power of two    (default 4194304)\n"
	"  --ledger FILE      the broker's                  (default " WRIT_LEDGER ")\n"
	"  --no-broker        no API, and so no grants\n"
	"  --check            say what the host needs to run writd, and what it has\n"
	"  --unload           end enforcement: remove programs and maps from the kernel\n"
	"  --no-attach DIR    for load tests: enforce nothing, keep all files below DIR\n"
	"  --debug            say more\n"
	"  --version, --help\n";

struct arguments {
	struct writ_daemon_options options;
	const char *no_attach; /* directory */
	bool check;
	bool unload;
	bool json;
	bool debug;
};

static int parse_ring_size(const char *text, uint32_t *ret_size)
{
	char *end;
	unsigned long size = strtoul(text, &end, 10);

	if (*end || size < 4096 || size > (1ul << 30) || size & (size - 1)) {
		writ_error("--ring-size %s: expected a power of two from 4096 to 1073741824", text);
		return -EINVAL;
	}
	*ret_size = (uint32_t)size;
	return 0;
}

static int parse_arguments(int argc, char **argv, struct arguments *ret)
{
	struct writ_daemon_options *options = &ret->options;
	const char *ring_size = NULL;
	const struct writ_argument known[] = {{"policy", &options->policy, NULL},
					      {"audit-log", &options->audit_log, NULL},
					      {"socket", &options->socket, NULL},
					      {"ring-size", &ring_size, NULL},
					      {"ledger", &options->ledger, NULL},
					      {"no-attach", &ret->no_attach, NULL},
					      {"no-broker", NULL, &options->no_broker},
					      {"check", NULL, &ret->check},
					      {"unload", NULL, &ret->unload},
					      {"json", NULL, &ret->json},
					      {"debug", NULL, &ret->debug},
					      {0}};
	int err = writ_arguments_parse("writd", usage, known, argc, argv);

	return err || !ring_size ? err : parse_ring_size(ring_size, &options->ring_size);
}

/* Without a log nothing begins; what runs already goes on, and its records wait. */
static int start_audit(struct writ_daemon *daemon)
{
	int err = writ_audit_open(daemon);

	if (err && daemon->kernel->origin == WRIT_KERNEL_LOADED)
		(void)writ_kernel_unload(daemon->kernel);
	return err;
}

static void tell_started(struct writ_daemon *daemon)
{
	enum writ_kernel_origin origin = daemon->kernel->origin;
	const char *detail = origin == WRIT_KERNEL_UPGRADED ? "programs upgraded" : NULL;
	enum writ_daemon_event event = origin == WRIT_KERNEL_LOADED ? WRIT_DAEMON_EVENT_STARTED
								    : WRIT_DAEMON_EVENT_ADOPTED;

	if (daemon->options.no_attach) {
		writ_warning(WRIT_UNATTACHED_WORDS);
		event = WRIT_DAEMON_EVENT_UNATTACHED;
		detail = WRIT_UNATTACHED_WORDS;
	}
	writ_notes_daemon(daemon, event, detail);
}

/*
 * A policy that is refused at start: with nothing running there is nothing to fall back on; with
 * programs re-adopted, the policy they have stays and the records must still be written.
 */
static int start_policy(struct writ_daemon *daemon)
{
	enum writ_kernel_origin origin = daemon->kernel->origin;
	int err;

	/*
	 * First what waited while nobody read: it is older, and names in it refer to images that a
	 * new policy replaces.
	 */
	writ_audit_await(daemon);
	tell_started(daemon);
	err = writ_apply_policy(daemon);
	writ_notes_daemon(daemon,
			  err ? WRIT_DAEMON_EVENT_POLICY_REFUSED : WRIT_DAEMON_EVENT_POLICY_APPLIED,
			  daemon->options.policy);
	if (err && daemon->kernel->node->generation) {
		writ_warning("the policy that runs stays in force; no grants until it is mended");
		return 0;
	}
	if (err && origin == WRIT_KERNEL_LOADED)
		(void)writ_kernel_unload(daemon->kernel);
	return err;
}

/* A run emptied. */
static void run_over(void *context, const struct writ_grant_info *info)
{
	writ_ends_ended(context, info, info->end, NULL);
}

/* What outlives a restart: a file of it that is broken is told, and has closed what it guards. */
static void open_state(struct writ_daemon *daemon)
{
	char error[WRIT_ERROR_SIZE];

	if (writ_switches_open(&daemon->switches, daemon->options.state, error))
		writ_error("%s", error);
	else if (daemon->switches.frozen)
		writ_warning("this node is frozen: no grants until 'writ thaw'");
	writ_halt_adopt(daemon);
	writ_ids_open(daemon);
	daemon->requests = writ_requests_new();
	daemon->denials = writ_denials_new();
	daemon->instances = writ_instances_new();
}

static void close_state(struct writ_daemon *daemon)
{
	writ_ids_close(daemon);
	writ_proposals_clear(&daemon->proposals);
	writ_limits_close(&daemon->limits);
	writ_switches_close(&daemon->switches);
	writ_notes_clear(&daemon->notes);
	writ_requests_free(daemon->requests);
	writ_denials_free(daemon->denials);
	writ_instances_free(daemon->instances);
}

static void tell_stopped(struct writ_daemon *daemon)
{
	const char *goes_on =
		daemon->options.no_attach ? "nothing was enforced" : "enforcement goes on";

	writ_requests_tell(daemon, UINT64_MAX); /* those that wait for their minute */
	writ_notes_daemon(daemon, WRIT_DAEMON_EVENT_STOPPED, goes_on);
	writ_info("stopped; %s until 'writd --unload'", goes_on);
}

static int serve(struct writ_daemon *daemon)
{
	int err = writ_unattached_kernel(daemon);

	open_state(daemon);
	if (!err && !daemon->options.no_attach)
		err = writ_cuts_open(daemon);
	if (!err)
		err = writ_sandbox_enter(daemon);
	if (!err)
		err = writ_limits_open(&daemon->limits, daemon->kernel, writ_time_boot());
	if (!err)
		err = start_audit(daemon);
	if (!err)
		writ_ends_catch_up(daemon);
	if (!err)
		err = writ_protect_files(daemon);
	if (!err)
		err = start_policy(daemon);
	if (!err)
		err = writ_runs_open(daemon->kernel, daemon->cgroup_root, run_over, daemon,
				     &daemon->runs);
	if (!err)
		err = writ_serve_open(daemon);
	if (!err)
		err = writ_broker_open(daemon);
	if (!err)
		err = writ_forward_open(daemon);
	if (err)
		return err;
	writ_info("ready: %s, %u of %u programs attached, control socket %s",
		  daemon->kernel->origin == WRIT_KERNEL_LOADED	  ? "loaded"
		  : daemon->kernel->origin == WRIT_KERNEL_ADOPTED ? "re-adopted"
								  : "upgraded",
		  writ_kernel_count_links(), (uint32_t)WRIT_PROGRAM_COUNT, daemon->options.socket);
	err = writ_loop_run(daemon);
	if (daemon->unloaded)
		return err;
	tell_stopped(daemon);
	return err;
}

static int run_daemon(const struct writ_daemon_options *options)
{
	_cleanup_close_ int lock = -1;
	struct writ_daemon daemon = {
		.options = *options,
		.listener = -1,
		.broker = WRIT_BROKER_NONE,
		.audit = WRIT_AUDIT_NONE,
		.forward = WRIT_FORWARD_NONE,
		.started_ns = writ_time_boot(),
	};
	int err = writ_check_require(&daemon);

	if (!err)
		err = writ_lock_node(LOCK_WAIT_MS, &lock);
	if (err == -EBUSY)
		writ_error("another writd runs on this node (it holds the lock in " WRIT_RUN_DIR
			   ")");
	if (err)
		return EXIT_FAILED;
	daemon.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (daemon.epoll < 0)
		return EXIT_FAILED;
	err = serve(&daemon);
	writ_broker_close(&daemon);
	writ_serve_close(&daemon);
	writ_cuts_close(&daemon);
	writ_runs_close(daemon.runs);
	daemon.runs = NULL;
	writ_audit_close(&daemon);
	writ_forward_close(&daemon);
	close_state(&daemon);
	writ_sandbox_close(&daemon.sandbox);
	writ_apply_free(&daemon);
	writ_kernel_close(daemon.kernel);
	writ_closep(&daemon.epoll);
	return err ? EXIT_FAILED : EXIT_OK;
}

int main(int argc, char **argv)
{
	struct arguments arguments = {
		.options =
			{
				.policy = WRIT_POLICY_DIR,
				.audit_log = WRIT_AUDIT_LOG,
				.socket = WRIT_CONTROL_SOCKET,
				.agent_socket = WRIT_AGENT_SOCKET,
				.operator_socket = WRIT_OPERATOR_SOCKET,
				.audit_socket = WRIT_AUDIT_SOCKET,
				.cursors = WRIT_CURSORS_DIR,
				.state = WRIT_STATE_DIR,
				.ledger = WRIT_LEDGER,
				.ring_size = 4u << 20,
			},
	};

	writ_log_open("writd", WRIT_LOG_INFO);
	if (parse_arguments(argc, argv, &arguments))
		return EXIT_USAGE;
	if (arguments.debug)
		writ_log_open("writd", WRIT_LOG_DEBUG);
	if (arguments.no_attach && writ_unattached_options(arguments.no_attach, &arguments.options))
		return EXIT_FAILED;
	if (arguments.check)
		return writ_check_print(arguments.json);
	if (arguments.unload)
		return writ_unload(&arguments.options) ? EXIT_FAILED : EXIT_OK;
	return run_daemon(&arguments.options);
}
