/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of a record -> names, from the maps: they know them across restarts of the daemon. */
#include "compile/image_match.h"
#include "daemon/daemon.h"
#include "kernel/arena.h"
#include "kernel/grants.h"
#include "lib/time.h"

static const struct writ_agent *resolve_agent(void *context, uint32_t agent)
{
	const struct writ_daemon *daemon = context;

	if (!agent || agent >= WRIT_AGENTS_MAX || !daemon->kernel->agents[agent].name[0])
		return NULL;
	return &daemon->kernel->agents[agent];
}

static const struct writ_grant_info *resolve_grant(void *context, uint64_t grant)
{
	struct writ_daemon *daemon = context;

	if (daemon->resolved.id == grant)
		return &daemon->resolved;
	if (writ_grants_info(daemon->kernel, grant, &daemon->resolved)) {
		daemon->resolved.id = 0;
		return NULL;
	}
	return &daemon->resolved;
}

static struct writ_rule_text resolve_rule(void *context, uint32_t image_at, uint32_t image,
					  uint32_t accept, uint32_t access)
{
	const struct writ_daemon *daemon = context;
	const struct writ_image *header = writ_arena_image(daemon->kernel, image, image_at);
	struct writ_rule_text text = {0};
	uint32_t rule;

	if (!header || accept >= header->n_accepts)
		return text;
	if (writ_image_rule(daemon->kernel->tables, image_at, accept, access, &rule, &text.bytes,
			    &text.len))
		return text;
	/* what may be executed in some way may be opened for it (file.bpf.c) */
	if (access & WRIT_ACCESS_EXECUTE &&
	    writ_image_rule(daemon->kernel->tables, image_at, accept,
			    WRIT_ACCESS_MAP | WRIT_ACCESS_EXECUTE_ARGV, &rule, &text.bytes,
			    &text.len))
		return text;
	return (struct writ_rule_text){0};
}

void writ_resolve_init(struct writ_daemon *daemon)
{
	daemon->resolver = (struct writ_resolver){
		.context = daemon,
		.environment = daemon->kernel->node->environment,
		.wall_offset = writ_time_offset(),
		.agent = resolve_agent,
		.grant = resolve_grant,
		.rule = resolve_rule,
	};
}
