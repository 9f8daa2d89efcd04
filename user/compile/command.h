/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an agent may ask for, as the commands that ask: "writ request rotate-certificate
 * service=billing --ticket TICKET", several joined by " or ". A word in capitals is for the asker
 * to fill in. What stands in a command is safe to paste into a shell.
 */
#ifndef WRIT_COMPILE_COMMAND_H
#define WRIT_COMPILE_COMMAND_H

#include "compile/model.h"

#define WRIT_REMEDY_SIZE 1024u /* a line of commands with its NUL */

/* Can a command show @value as it is? Others (control bytes, not ASCII, "") the asker writes. */
bool writ_command_shows(const char *value);

/*
 * One more command in @line: @values[i] for the playbook's parameter i; NULL, or a value that can't
 * be shown: VALUE. False, and @line is as it was, if it does not fit as a whole.
 */
bool writ_command_join(char line[WRIT_REMEDY_SIZE], const struct writ_policy_playbook *playbook,
		       const char *const values[WRIT_PARAMETERS_MAX]);

#endif
