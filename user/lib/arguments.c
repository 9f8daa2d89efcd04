/* SPDX-License-Identifier: Apache-2.0 */
/* See arguments.h. getopt_long(3) says itself what is wrong with an option. */
#include "lib/arguments.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	VALUE_VERSION = 256,
	VALUE_FIRST, /* of the table */
};

static void fill(const struct writ_argument *known, struct option *ret_options)
{
	int n = 0;

	for (; known[n].name; n++) {
		assert(n < WRIT_ARGUMENTS_KNOWN);
		ret_options[n] = (struct option){
			known[n].name, known[n].text ? required_argument : no_argument, NULL,
			VALUE_FIRST + n};
	}
	ret_options[n] = (struct option){"version", no_argument, NULL, VALUE_VERSION};
	ret_options[n + 1] = (struct option){"help", no_argument, NULL, 'h'};
}

static int take(const char *program, const char *usage, const struct writ_argument *known,
		int value)
{
	if (value == 'h' || value == VALUE_VERSION) {
		if (value == 'h')
			(void)fputs(usage, stdout);
		else
			(void)printf("%s " WRIT_VERSION "\n", program);
		exit(EXIT_SUCCESS);
	}
	if (value < VALUE_FIRST)
		return -EINVAL;
	if (known[value - VALUE_FIRST].text)
		*known[value - VALUE_FIRST].text = optarg;
	else
		*known[value - VALUE_FIRST].flag = true;
	return 0;
}

int writ_arguments_parse(const char *program, const char *usage, const struct writ_argument *known,
			 int argc, char **argv)
{
	struct option options[WRIT_ARGUMENTS_KNOWN + 3] = {{0}};
	int value, err = 0;

	fill(known, options);
	optind = 0; /* from the beginning, whatever was parsed before */
	while (!err && (value = getopt_long(argc, argv, "h", options, NULL)) != -1)
		err = take(program, usage, known, value);
	if (!err && optind < argc) {
		(void)fprintf(stderr, "%s: unexpected argument '%s'\n", program, argv[optind]);
		err = -EINVAL;
	}
	if (err)
		(void)fputs(usage, stderr);
	return err;
}
