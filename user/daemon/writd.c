/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writd: checks the host, loads or re-adopts the programs, applies policy, and serves until it is
 * told to stop. Enforcement outlives it. See writd(8).
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "daemon/ids.h"
#include "daemon/runs.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/time.h"

enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
};

static const char usage[] =
	"usage: writd [OPTION]...\n"
	"       writd --check [--json]\n"
	"       writd --unload\n"
	"\n"
	"  --policy PATH      file or directory of policy   (default /etc/writ/policy)\n"
	"  --audit-log FILE   JSON lines, one per decision  (default /var/log/writ/audit.jsonl)\n"
	"  --socket PATH      control socket                (default " WRIT_CONTROL_SOCKET ")\n"
	"  --ring-size BYTES  event ring, a power of two    (default 4194304)\n"
	"  --ledger FILE      the broker's                  (default " WRIT_LEDGER ")\n"
	"  --no-broker        no API: grants come from root alone\n"
	"  --check            say what the host needs to run writd, and what it has\n"
	"  --unload           end enforcement: remove programs and maps from the kernel\n"
	"  --debug            say more\n"
	"  --version, --help\n";

struct arguments {
	struct writ_daemon_options options;
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

enum option_value {
	OPTION_POLICY = 256,
	OPTION_AUDIT_LOG,
	OPTION_SOCKET,
	OPTION_RING_SIZE,
	OPTION_LEDGER,
	OPTION_NO_BROKER,
	OPTION_CHECK,
	OPTION_UNLOAD,
	OPTION_JSON,
	OPTION_DEBUG,
	OPTION_VERSION,
};

static const struct option long_options[] = {
	{"policy", required_argument, NULL, OPTION_POLICY},
	{"audit-log", required_argument, NULL, OPTION_AUDIT_LOG},
	{"socket", required_argument, NULL, OPTION_SOCKET},
	{"ring-size", required_argument, NULL, OPTION_RING_SIZE},
	{"ledger", required_argument, NULL, OPTION_LEDGER},
	{"no-broker", no_argument, NULL, OPTION_NO_BROKER},
	{"check", no_argument, NULL, OPTION_CHECK},
	{"unload", no_argument, NULL, OPTION_UNLOAD},
	{"json", no_argument, NULL, OPTION_JSON},
	{"debug", no_argument, NULL, OPTION_DEBUG},
	{"version", no_argument, NULL, OPTION_VERSION},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static void say_and_exit(const char *text)
{
	(void)fputs(text, stdout);
	exit(EXIT_OK);
}

static int take_option(struct arguments *arguments, int option)
{
	switch (option) {
	case OPTION_POLICY:
		arguments->options.policy = optarg;
		return 0;
	case OPTION_AUDIT_LOG:
		arguments->options.audit_log = optarg;
		return 0;
	case OPTION_SOCKET:
		arguments->options.socket = optarg;
		return 0;
	case OPTION_RING_SIZE:
		return parse_ring_size(optarg, &arguments->options.ring_size);
	case OPTION_LEDGER:
		arguments->options.ledger = optarg;
		return 0;
	case OPTION_NO_BROKER:
		arguments->options.no_broker = true;
		return 0;
	case OPTION_CHECK:
		arguments->check = true;
		return 0;
	case OPTION_UNLOAD:
		arguments->unload = true;
		return 0;
	case OPTION_JSON:
		arguments->json = true;
		return 0;
	case OPTION_DEBUG:
		arguments->debug = true;
		return 0;
	case OPTION_VERSION:
		say_and_exit("writd " WRIT_VERSION "\n");
		return 0;
	case 'h':
		say_and_exit(usage);
		return 0;
	}
	return -EINVAL;
}

static int parse_arguments(int argc, char **argv, struct arguments *ret)
{
	int option;

	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1)
		if (take_option(ret, option))
			return -EINVAL;
	if (optind < argc) {
		writ_error("unexpected argument %s", argv[optind]);
		return -EINVAL;
	}
	return 0;
}

static void take_record(void *context, const void *bytes, size_t len)
{
	struct writ_daemon *daemon = context;

	(void)writ_stream_record(daemon->stream, bytes, len);
	writ_denials_note(daemon->denials, bytes, len);
	writ_instances_note(daemon, bytes, len);
}

static int commit_records(void *context)
{
	struct writ_daemon *daemon = context;

	return writ_stream_commit(daemon->stream);
}

static int open_stream(struct writ_daemon *daemon)
{
	struct writ_ring_consumer consumer = {.record = take_record, .commit = commit_records};
	int err;

	writ_resolve_init(daemon);
	err = writ_stream_open(daemon->options.audit_log, &daemon->resolver,
			       daemon->kernel->accounts, &daemon->stream);
	if (err)
		return writ_log_errno(err, "audit log %s", daemon->options.audit_log);
	consumer.context = daemon;
	err = writ_ring_open(daemon->kernel, &consumer, &daemon->ring);
	return err ? writ_log_errno(err, "event ring") : 0;
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
	(void)writ_ring_drain(daemon->ring);
	writ_stream_daemon(daemon->stream,
			   origin == WRIT_KERNEL_LOADED ? WRIT_DAEMON_EVENT_STARTED
							: WRIT_DAEMON_EVENT_ADOPTED,
			   daemon->kernel->node->generation,
			   origin == WRIT_KERNEL_UPGRADED ? "programs upgraded" : NULL);
	err = writ_apply_policy(daemon);
	writ_stream_daemon(daemon->stream,
			   err ? WRIT_DAEMON_EVENT_POLICY_REFUSED
			       : WRIT_DAEMON_EVENT_POLICY_APPLIED,
			   daemon->kernel->node->generation, daemon->options.policy);
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
	writ_ids_open(daemon);
	daemon->denials = writ_denials_new();
	daemon->instances = writ_instances_new();
}

static void close_state(struct writ_daemon *daemon)
{
	writ_ids_close(daemon);
	writ_proposals_clear(&daemon->proposals);
	writ_switches_close(&daemon->switches);
	writ_denials_free(daemon->denials);
	writ_instances_free(daemon->instances);
}

static int serve(struct writ_daemon *daemon)
{
	int err = writ_kernel_open(daemon->options.ring_size, &daemon->kernel);

	open_state(daemon);
	if (!err)
		err = open_stream(daemon);
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
	if (err)
		return err;
	writ_info("ready: %s, %u of %u programs attached, control socket %s",
		  daemon->kernel->origin == WRIT_KERNEL_LOADED	  ? "loaded"
		  : daemon->kernel->origin == WRIT_KERNEL_ADOPTED ? "re-adopted"
								  : "upgraded",
		  writ_kernel_count_links(), (uint32_t)WRIT_PROGRAM_COUNT,
		  daemon->options.socket);
	err = writ_loop_run(daemon);
	if (daemon->unloaded)
		return err;
	writ_stream_daemon(daemon->stream, WRIT_DAEMON_EVENT_STOPPED,
			   daemon->kernel->node->generation, "enforcement goes on");
	writ_info("stopped; enforcement goes on until 'writd --unload'");
	return err;
}

static int run_daemon(const struct writ_daemon_options *options)
{
	_cleanup_close_ int lock = -1;
	struct writ_daemon daemon = {
		.options = *options,
		.listener = -1,
		.broker = {.agents = -1, .operators = -1, .pidfd = -1},
		.started_ns = writ_time_boot(),
	};
	int err = writ_check_require(&daemon);

	if (!err)
		err = writ_lock_node(&lock);
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
	writ_runs_close(daemon.runs);
	daemon.runs = NULL;
	writ_ring_close(daemon.ring);
	writ_stream_close(daemon.stream);
	close_state(&daemon);
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
				.state = WRIT_STATE_DIR,
				.ledger = WRIT_LEDGER,
				.ring_size = 4u << 20,
			},
	};

	writ_log_open("writd", WRIT_LOG_INFO);
	if (parse_arguments(argc, argv, &arguments)) {
		(void)fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (arguments.debug)
		writ_log_open("writd", WRIT_LOG_DEBUG);
	if (arguments.check)
		return writ_check_print(arguments.json);
	if (arguments.unload)
		return writ_unload(&arguments.options) ? EXIT_FAILED : EXIT_OK;
	return run_daemon(&arguments.options);
}
