/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs of `writ audit`: their mains, argv[0] is "audit". */
#ifndef WRIT_CLI_AUDIT_H
#define WRIT_CLI_AUDIT_H

#include <stdint.h>

#include "cli/options.h"
#include "trail/key.h"

int writ_audit_export_main(int argc, char **argv);
int writ_audit_query_main(int argc, char **argv);
int writ_audit_report_main(int argc, char **argv);
int writ_audit_tail_main(int argc, char **argv);
int writ_audit_verify_main(int argc, char **argv);

/* Says why the log at @path can't be read, and what helps. Returns the exit code. */
int writ_audit_fail(const struct writ_cli *cli, const char *path, int err);

/*
 * The public key that @key is: 64 hexadecimal digits, or a file that has them somewhere, audit.keys
 * of a safe place, say. WRIT_EXIT_OK, or says what is wrong.
 */
int writ_audit_parse_key(const struct writ_cli *cli, const char *key,
			 uint8_t ret_anchor[WRIT_KEY_SIZE]);

#endif
