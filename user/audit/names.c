/* SPDX-License-Identifier: Apache-2.0 */
/* See names.h. What is handed out is a copy: the maps may change before the line is finished. */
#include "audit/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit/lookup.h"
#include "audit/rule.h"
#include "lib/time.h"

/* Grants whose names are remembered, by number. A power of two; 2 KiB each. */
#define GRANTS 64u

struct writ_names {
	struct writ_resolver resolver;
	const struct writ_agent *agents;
	const struct writ_tables *tables;
	const struct writ_node *node;
	struct writ_remedies *remedies;
	struct writ_program_paths *programs;
	int infos;
	char environment[WRIT_NAME_SIZE];
	struct writ_agent agent;
	struct writ_grant_info grants[GRANTS]; /* by the low bits of their number */
	char rule[WRIT_LINE_RULE_SIZE];
};

static const struct writ_agent *find_agent(void *context, uint32_t agent)
{
	struct writ_names *names = context;

	if (!agent || agent >= WRIT_AGENTS_MAX)
		return NULL;
	memcpy(&names->agent, &names->agents[agent], sizeof(names->agent));
	return names->agent.name[0] ? &names->agent : NULL;
}

/* What a grant is called does not change, and outlives its place in the map here. */
static const struct writ_grant_info *find_grant(void *context, uint64_t grant)
{
	struct writ_names *names = context;
	struct writ_grant_info *info = &names->grants[grant & (GRANTS - 1)];

	if (info->id == grant)
		return info;
	if (names->infos >= 0 && !writ_lookup(names->infos, &grant, info) && info->id == grant)
		return info;
	info->id = 0;
	return NULL;
}

static struct writ_rule_text find_rule(void *context, uint32_t image_at, uint32_t image,
				       uint32_t accept, uint32_t access)
{
	struct writ_names *names = context;
	struct writ_rule_text text = {0};
	size_t len = writ_rule_copy(names->tables, image_at, image, accept, access, names->rule,
				    sizeof(names->rule));

	/* what may be executed in some way may be opened for it (file.bpf.c) */
	if (!len && access & WRIT_ACCESS_EXECUTE)
		len = writ_rule_copy(names->tables, image_at, image, accept,
				     WRIT_ACCESS_MAP | WRIT_ACCESS_EXECUTE_ARGV, names->rule,
				     sizeof(names->rule));
	if (len)
		text = (struct writ_rule_text){names->rule, len};
	return text;
}

static struct writ_line_text find_remedy(void *context, const struct writ_record *record)
{
	struct writ_names *names = context;
	const struct writ_agent *agent = find_agent(names, record->event.agent);

	if (!names->remedies)
		return (struct writ_line_text){0};
	return writ_remedies_of(names->remedies, agent ? agent->name : NULL, record);
}

static struct writ_line_text find_program(void *context, uint64_t exec)
{
	struct writ_names *names = context;
	struct writ_line_text text = {0};

	if (names->programs)
		text.bytes = writ_programs_find(names->programs, exec, &text.len);
	return text;
}

/* With a reason the object is not the program's path. */
static void keep_program(void *context, const struct writ_record *record)
{
	struct writ_names *names = context;

	if (names->programs && !record->event.reason)
		writ_programs_keep(names->programs, record->event.exec, record->object,
				   record->object_len);
}

static uint64_t remedies_left_out(void *context)
{
	const struct writ_names *names = context;

	return names->remedies ? writ_remedies_left_out(names->remedies) : 0;
}

int writ_names_new(const struct writ_agent *agents, const struct writ_tables *tables,
		   const struct writ_node *node, int infos, struct writ_names **ret)
{
	struct writ_names *names = calloc(1, sizeof(*names));

	if (!names)
		return -ENOMEM;
	names->agents = agents;
	names->tables = tables;
	names->node = node;
	names->infos = infos;
	names->resolver = (struct writ_resolver){
		.context = names,
		.environment = names->environment,
		.agent = find_agent,
		.grant = find_grant,
		.rule = find_rule,
		.remedy = find_remedy,
		.program = find_program,
		.executed = keep_program,
		.remedies_left_out = remedies_left_out,
	};
	writ_names_renew(names);
	*ret = names;
	return 0;
}

void writ_names_free(struct writ_names *names)
{
	free(names);
}

const struct writ_resolver *writ_names_resolver(const struct writ_names *names)
{
	return &names->resolver;
}

void writ_names_remedies(struct writ_names *names, struct writ_remedies *remedies)
{
	names->remedies = remedies;
}

void writ_names_programs(struct writ_names *names, struct writ_program_paths *programs)
{
	names->programs = programs;
}

void writ_names_renew(struct writ_names *names)
{
	names->resolver.wall_offset = writ_time_offset();
	memcpy(names->environment, names->node->environment, sizeof(names->environment));
	names->environment[sizeof(names->environment) - 1] = '\0';
}
