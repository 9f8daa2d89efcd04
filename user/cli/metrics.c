/* SPDX-License-Identifier: Apache-2.0 */
/* `writ metrics`: the broker's text for Prometheus, as it is. */
#include <stdio.h>

#include "cli/call.h"
#include "cli/command.h"
#include "cli/output.h"
#include "lib/cleanup.h"

static int metrics_main(int argc, char **argv)
{
	struct writ_cli cli = {0};
	const struct writ_option options[] = {WRIT_OPTIONS_COMMON(&cli), {0}};
	const struct writ_call call = {
		.cli = &cli, .operators = true, .method = "GET", .target = "/metrics"};
	_cleanup_free_ char *text = NULL;
	int err = writ_options_only(&cli, options, argc, argv);

	if (!err)
		err = writ_call_text(&call, &text);
	if (err)
		return err;
	if (cli.json)
		return writ_output_json(json_pack("{s:s}", "text", text));
	if (fputs(text, stdout) == EOF || fflush(stdout))
		return writ_options_fail(&cli, WRIT_EXIT_FAILED, "can't write the metrics");
	return WRIT_EXIT_OK;
}

const struct writ_command writ_command_metrics = {
	.name = "metrics",
	.arguments = "[--json]",
	.summary = "print what is counted, as text for Prometheus",
	.help = "For node_exporter the policy's Node says where the same text is written:\n"
		"  metrics: {textfile: /var/lib/node_exporter/writ.prom, interval: 15s}\n",
	.main = metrics_main,
};
