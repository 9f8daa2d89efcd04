/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writ-broker: started by writd, as the user `writ`, with descriptors 3 (channel to the core), 4
 * and 5 (listeners of agent.sock and operator.sock). Gives up what it does not need before it reads
 * anything from a client, brings ledger and core together, and serves. See README.md.
 */
#include <errno.h>
#include <fcntl.h>
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
#include "lib/arguments.h"
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

static int parse_arguments(int argc, char **argv, struct writ_broker *broker)
{
	bool debug = false;
	const struct writ_argument known[] = {{"policy", &broker->policy_path, NULL},
					      {"ledger", &broker->ledger_path, NULL},
					      {"debug", NULL, &debug},
					      {0}};
	int err = writ_arguments_parse("writ-broker", usage, known, argc, argv);

	if (debug)
		writ_log_open("writ-broker", WRIT_LOG_DEBUG);
	return err;
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

/*
 * The policy is read first: it says whether there is a validator, which must be executable, and a
 * file for metrics, whose directory must be written. That file is for everybody to read, whatever
 * mask writd has; no other file's mode depends on it.
 */
static int confine(struct writ_broker *broker)
{
	const char *validator, *textfile;

	writ_inbox_policy(broker);
	textfile = writ_textfile_path(broker->policy);
	if (textfile) {
		broker->textfile.path = strdup(textfile);
		if (!broker->textfile.path)
			return -ENOMEM;
	}
	validator = writ_inbox_validator(broker->policy);
	if (validator) {
		broker->validator = strdup(validator);
		if (!broker->validator)
			return -ENOMEM;
	}
	(void)umask(022);
	return writ_privileges_drop(broker->policy_path, broker->ledger_path, broker->validator,
				    broker->textfile.path);
}

static int open_all(struct writ_broker *broker, const char *boot)
{
	int err = writ_core_open(FD_CORE, &broker->core);

	if (err)
		return writ_log_errno(err, "channel to the core");
	err = writ_ledger_open(broker->ledger_path, boot, &broker->ledger);
	if (err)
		return writ_log_errno(err, "ledger %s", broker->ledger_path);
	err = writ_ledger_beside(broker->ledger); /* all rights are dropped by now */
	if (err)
		writ_warning("ledger: no thread for its journal: some requests wait for the disk");
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
	writ_metrics_closep(&broker->metrics);
	writ_core_closep(&broker->core);
	writ_ledger_closep(&broker->ledger);
	writ_policy_free(broker->policy);
	free(broker->validator);
	free(broker->textfile.path);
}

int main(int argc, char **argv)
{
	struct writ_broker broker = {.policy_path = WRIT_POLICY_DIR, .ledger_path = WRIT_LEDGER};
	int err;

	writ_log_open("writ-broker", WRIT_LOG_INFO);
	if (parse_arguments(argc, argv, &broker))
		return 2;
	err = serve(&broker);
	close_all(&broker);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
