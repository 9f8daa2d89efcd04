// SPDX-License-Identifier: Apache-2.0
/*
 * Random questions, see ask.h.
 *   ask tree PROGRAM                    the files and programs that are asked about
 *   ask policy SEED                     writes the policy
 *   ask grants SEED                     a line for each grant: agent, playbook, service, state
 *   ask plan SEED COUNT POLICY FILE     the questions with explain's answers, into FILE
 *   ask act FILE                        the agents do what was asked
 *   ask judge FILE GRANTS OFFSET        the log behind OFFSET against the answers; GRANTS has the
 *                                       grants' numbers in the order of `ask grants`
 * Status 0; 1 when something differs or went wrong; 3 when the seed is not worth asking.
 */
#include "ask.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int refuse(const char *what)
{
	return fprintf(stderr, "ask: %s: %s\n", what, strerror(errno)), 1;
}

/* The records in the file @path; @size 0: as many as it has. */
static struct ask_record *map(const char *path, int flags, size_t size, uint32_t *ret_count)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | flags, 0600);
	void *records = MAP_FAILED;
	struct stat st;

	if (fd < 0 || (size && ftruncate(fd, (off_t)size)) || fstat(fd, &st))
		return refuse(path), NULL;
	records = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (records == MAP_FAILED)
		return refuse(path), NULL;
	(void)close(fd);
	*ret_count = (uint32_t)((size_t)st.st_size / sizeof(struct ask_record));
	return records;
}

static int do_tree(char **arguments)
{
	return ask_tree(arguments[0]);
}

static int do_policy(char **arguments)
{
	ask_policy_write((uint32_t)strtoul(arguments[0], NULL, 10), stdout);
	return 0;
}

static int do_grants(char **arguments)
{
	static const char *const states[] = {
		[ASK_LIVE] = "live",
		[ASK_EXPIRED] = "expired",
		[ASK_PENDING] = "pending",
		[ASK_REVOKED] = "revoked",
	};
	struct ask_grant grants[ASK_GRANTS];

	for (uint32_t agent = 0; agent < ASK_AGENTS; agent++) {
		ask_grants((uint32_t)strtoul(arguments[0], NULL, 10), agent, grants);
		for (uint32_t i = 0; i < ASK_GRANTS; i++)
			printf("asker-%u %s %s %s\n", agent, grants[i].playbook, grants[i].service,
			       states[grants[i].state]);
	}
	return 0;
}

static int do_plan(char **arguments)
{
	uint32_t count = (uint32_t)strtoul(arguments[1], NULL, 10) / ASK_AGENTS * ASK_AGENTS;
	struct ask_record *records;

	if (!count)
		return fprintf(stderr, "ask: at least %u questions\n", ASK_AGENTS), 1;
	records = map(arguments[3], O_CREAT | O_TRUNC, count * sizeof(*records), &count);
	if (!records)
		return 1;
	return ask_plan((uint32_t)strtoul(arguments[0], NULL, 10), arguments[2], records, count);
}

static int do_act(char **arguments)
{
	uint32_t count;
	struct ask_record *records = map(arguments[0], 0, 0, &count);

	return records ? ask_act(records, count) : 1;
}

static int do_judge(char **arguments)
{
	uint32_t count;
	struct ask_record *records = map(arguments[0], 0, 0, &count);

	return records ? ask_judge(records, count, arguments[1], strtol(arguments[2], NULL, 10))
		       : 1;
}

static const struct {
	const char *name;
	int arguments;
	int (*run)(char **arguments);
} verbs[] = {
	{"tree", 1, do_tree}, {"policy", 1, do_policy}, {"grants", 1, do_grants},
	{"plan", 4, do_plan}, {"act", 1, do_act},	{"judge", 3, do_judge},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (argc == verbs[i].arguments + 2 && !strcmp(argv[1], verbs[i].name))
			return verbs[i].run(argv + 2);
	fprintf(stderr, "usage: ask tree|policy|grants|plan|act|judge ...\n");
	return 2;
}
