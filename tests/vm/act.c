// SPDX-License-Identifier: Apache-2.0
/*
 * The program of the tests' agents, see act.h: reads operations from its arguments and runs them.
 *   act open r /etc/passwd connect tcp 127.0.0.1 443    prints e.g. "ok EPERM"
 */
#include "act.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct act_operation *const tables[] = {
	act_file_operations,
	act_task_operations,
	act_socket_operations,
	act_contain_operations,
	act_uring_operations,
	act_tree_operations,
	act_protect_operations,
	act_net_operations,
	act_netlink_operations,
	act_unix_operations,
	act_hooks_operations,
	act_memory_operations,
	act_run_operations,
	act_reach_operations,
	act_cut_operations,
	act_program_operations,
};

void act_say(int result)
{
	if (result < 0)
		printf("%s ", strerrorname_np(-result));
	else if (result > 0)
		printf("%d ", result);
	else
		printf("ok ");
	(void)fflush(stdout);
}

static const struct act_operation *find(const char *name)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (const struct act_operation *found = tables[i]; found->name; found++)
			if (!strcmp(found->name, name))
				return found;
	return NULL;
}

int act_run(struct act *act)
{
	while (*act->next) {
		const struct act_operation *operation = find(*act->next);
		int left = 0;

		while (act->next[left + 1])
			left++;
		if (!operation || left < operation->arguments) {
			fprintf(stderr, "act: %s: no such operation, or too few arguments\n",
				*act->next);
			return 2;
		}
		act_say(operation->run(act));
		act->next += operation->arguments < 0 ? left + 1 : operation->arguments + 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct act act = {.next = argv + (argc > 0), .held = -1, .passed = -1, .procs = -1};
	int status = act_run(&act);

	(void)putchar('\n');
	return status;
}
