/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writ-broker: started by writd, as the user `writ`, with descriptors 3 (channel to the core), 4
 * and 5 (listeners of agent.sock and operator.sock). Gives up what it does not need before it reads
 * anything from a client, brings ledger and core together, and serves. See README.md.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "broker/broker.h"
#include "broker/flow.h"
#include "broker/inbox.h"
#include "broker/privileges.h"
#include "broker/settle.h"
#include "broker/validate.h"
#include "broker/waiting.h"
#include "lib/cleanup.h"
#include "lib/log.h"

enum {
	FD_CORE = 3,
	FD_AGENTS,
	FD_OPERATORS,
	FD_COUNT = 3,
};

static const char usage[] =
	"usage: writ-broker [--policy PATH] [--ledger FILE] [--debug]\n"
	"\n"
	"writd starts it; see writd(8).\n"
	"\n"
	"  --policy PATH  file or directory of policy  (default " WRIT_POLICY_DIR ")\n"
	"  --ledger FILE  requests and grants          (default " WRIT_LEDGER ")\n"
	"  --debug        say more\n"
	"  --version, --help\n";

enum option_value {
	OPTION_POLICY = 256,
	OPTION_LEDGER,
	OPTION_DEBUG,
	OPTION_VERSION,
};

static const struct option long_options[] = {
	{"policy", required_argument, NULL, OPTION_POLICY},
	{"ledger", required_argument, NULL, OPTION_LEDGER},
	{"debug", no_argument, NULL, OPTION_DEBUG},
	{"version", no_argument, NULL, OPTION_VERSION},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static void say_and_exit(const char *text)
{
	(void)fputs(text, stdout);
	exit(EXIT_SUCCESS);
}

static int parse_arguments(int argc, char **argv, struct writ_broker *broker)
{
	int option;

	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		if (option == OPTION_POLICY)
			broker->policy_path = optarg;
		else if (option == OPTION_LEDGER)
			broker->ledger_path = optarg;
		else if (option == OPTION_DEBUG)
			writ_log_open("writ-broker", WRIT_LOG_DEBUG);
		else if (option == OPTION_VERSION)
			say_and_exit("writ-broker " WRIT_VERSION "\n");
		else if (option == 'h')
			say_and_exit(usage);
		else
			return -EINVAL;
	}
	return optind < argc ? -EINVAL : 0;
}

/* Sockets that no validator inherits. */
static int take_descriptors(void)
{
	struct stat status;

	for (int fd = FD_CORE; fd < FD_CORE + FD_COUNT; fd++) {
		if (fstat(fd, &status) || !S_ISSOCK(status.st_mode)) {
			writ_error("descriptor %d is no socket: writd starts this program", fd);
			return -EBADF;
		}
		if (fcntl(fd, F_SETFD, FD_CLOEXEC))
			return -errno;
	}
	return 0;
}

static int read_boot_id(char ret_id[64])
{
	static const char path[] = "/proc/sys/kernel/random/boot_id";
	_cleanup_fclose_ FILE *file = fopen(path, "re");

	if (!file || !fgets(ret_id, 64, file))
		return writ_log_errno(file ? -EIO : -errno, "%s", path);
	ret_id[strcspn(ret_id, "\n")] = '\0';
	return 0;
}

/* The policy is read first: it says whether there is a validator, which must be executable. */
static int confine(struct writ_broker *broker)
{
	const char *validator;

	writ_inbox_policy(broker);
	validator = writ_inbox_validator(broker->policy);
	if (validator) {
		broker->validator = strdup(validator);
		if (!broker->validator)
			return -ENOMEM;
	}
	return writ_privileges_drop(broker->policy_path, broker->ledger_path, broker->validator);
}

static int open_all(struct writ_broker *broker, const char *boot)
{
	int err = writ_core_open(FD_CORE, &broker->core);

	if (err)
		return writ_log_errno(err, "channel to the core");
	err = writ_ledger_open(broker->ledger_path, boot, &broker->ledger);
	if (err)
		return writ_log_errno(err, "ledger %s", broker->ledger_path);
	err = writ_validate_open(writ_flow_validated, broker, &broker->validations);
	if (err)
		return writ_log_errno(err, "validator");
	return writ_http_open(broker, FD_AGENTS, FD_OPERATORS, &broker->http);
}

static int serve(struct writ_broker *broker)
{
	char boot[64];
	int err = take_descriptors();

	if (!err)
		err = writ_privileges_require();
	if (!err)
		err = read_boot_id(boot);
	if (!err)
		err = confine(broker);
	if (!err)
		err = open_all(broker, boot);
	if (!err)
		err = writ_settle_all(broker);
	if (err)
		return err;
	writ_info("ready: %s", broker->policy ? "policy read" : "no policy; all is refused");
	err = writ_events_run(broker);
	if (err == -EPIPE)
		writ_info("the core is gone: ended");
	else if (err)
		(void)writ_log_errno(err, "the core can't be understood: ended");
	return err;
}

static void close_all(struct writ_broker *broker)
{
	writ_http_closep(&broker->http);
	writ_validate_closep(&broker->validations);
	writ_waiting_closep(&broker->waiting);
	writ_core_closep(&broker->core);
	writ_ledger_closep(&broker->ledger);
	writ_policy_free(broker->policy);
	free(broker->validator);
}

int main(int argc, char **argv)
{
	struct writ_broker broker = {.policy_path = WRIT_POLICY_DIR, .ledger_path = WRIT_LEDGER};
	int err;

	writ_log_open("writ-broker", WRIT_LOG_INFO);
	if (parse_arguments(argc, argv, &broker)) {
		(void)fputs(usage, stderr);
		return 2;
	}
	err = serve(&broker);
	close_all(&broker);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
