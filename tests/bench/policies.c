/* SPDX-License-Identifier: Apache-2.0 */
/* The policies that are measured, as YAML. In: how large. Out: text, or files in a directory. */
#include "bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/cleanup.h"

#define FILES 12u
#define EXECS 4u
#define ADDRESSES (BENCH_ROLE_RULES - FILES - EXECS)
#define PATH_SIZE 128

static FILE *open_text(char **text, size_t *size)
{
	FILE *file = open_memstream(text, size);

	assert_non_null(file);
	return file;
}

char *bench_policy_rules(uint32_t rules, uint32_t grant_rules)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_text(&text, &size);

	(void)fprintf(file,
		      "{apiVersion: writ/v1, kind: Role, name: r, playbooks: [p], files: [\n");
	for (uint32_t i = 0; i < rules; i++)
		(void)fprintf(file, "{path: '/srv/tenants/d%08u/**', allow: [read]},\n", i);
	(void)fprintf(file, "]}\n---\n{apiVersion: writ/v1, kind: Playbook, name: p,\n"
			    " parameters: {service: {pattern: '[a-z]+'}}, files: [\n");
	for (uint32_t i = 1; i < grant_rules; i++)
		(void)fprintf(file,
			      " {path: '/var/lib/{service}/d%u/*.pem', allow: [read, write]},\n",
			      i);
	(void)fprintf(file, " {path: '/etc/{service}/**', allow: [write]}],\n"
			    " ttl: {default: 1m, max: 10m}}\n---\n"
			    "{apiVersion: writ/v1, kind: Agent, name: a, match: {cgroup: /a}, "
			    "role: r}\n");
	assert_int_equal(fclose(file), 0);
	return text;
}

/* What a service's role is made of: trees of its own, files with a wildcard, programs, peers. */
static void write_role(FILE *file, uint32_t role)
{
	(void)fprintf(file, "---\n{apiVersion: writ/v1, kind: Role, name: role-%04u, files: [\n",
		      role);
	for (uint32_t i = 0; i < FILES; i += 3)
		(void)fprintf(file,
			      " {path: '/srv/service-%04u/data-%u/**', allow: [read, write]},\n"
			      " {path: '/etc/service-%04u/part-%u.d/*.conf', allow: [read]},\n"
			      " {path: '/var/log/service-%04u/%u-*.log', allow: [append]},\n",
			      role, i, role, i, role, i);
	(void)fprintf(file, "], exec: [\n");
	for (uint32_t i = 0; i < EXECS; i++)
		(void)fprintf(file, " {path: /opt/service-%04u/bin/tool-%u%s},\n", role, i,
			      i ? "" : ", argv: [tool, '--config=*', '**']");
	(void)fprintf(file, "], network: [\n");
	for (uint32_t i = 0; i < ADDRESSES; i++)
		(void)fprintf(file, " {connect: 10.%u.%u.0/24, ports: [%u]},\n", role / 250 + i * 8,
			      role % 250, 8000 + i);
	(void)fprintf(file, "]}\n");
}

static void write_agent(FILE *file, uint32_t agent, bool changed)
{
	bool renamed = changed && agent % 2;
	uint32_t role = (agent + (changed && !renamed)) % BENCH_ROLES;

	(void)fprintf(file,
		      "---\n{apiVersion: writ/v1, kind: Agent, name: %s-%05u, "
		      "match: {cgroup: /agents.slice/%05u.service}, role: role-%04u}\n",
		      renamed ? "renamed" : "agent", agent, agent, role);
}

static FILE *open_file(const char *dir, const char *name)
{
	char path[PATH_SIZE];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "we");
	assert_non_null(file);
	return file;
}

void bench_policy_write(const char *dir, uint32_t changed)
{
	FILE *roles = open_file(dir, "roles.yaml"), *agents = open_file(dir, "agents.yaml");

	for (uint32_t i = 0; i < BENCH_ROLES; i++)
		write_role(roles, i);
	for (uint32_t i = 0; i < BENCH_AGENTS; i++)
		write_agent(agents, i, i < changed);
	assert_int_equal(fclose(roles), 0);
	assert_int_equal(fclose(agents), 0);
}

struct writ_policy *bench_policy_load(const char *path)
{
	_cleanup_(writ_diagnostics_free) struct writ_diagnostics diags = {0};
	struct writ_policy *policy = NULL;

	assert_int_equal(writ_policy_load(&path, 1, &diags, &policy), 0);
	return policy;
}

void bench_policy_remove(const char *dir)
{
	char path[PATH_SIZE];

	(void)snprintf(path, sizeof(path), "%s/roles.yaml", dir);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/agents.yaml", dir);
	(void)unlink(path);
	(void)rmdir(dir);
}
