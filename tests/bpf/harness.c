/* SPDX-License-Identifier: Apache-2.0 */
/* See harness.h. */
#include "harness.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "compile/grant.h"
#include "compile/image_check.h"
#include "compile/role.h"
#include "kernel/agents.h"
#include "kernel/grants.h"
#include "kernel/told.h"
#include "lib/cleanup.h"
#include "lib/time.h"

static void *map_array(int fd, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *memory = mmap(NULL, (size + page - 1) / page * page, PROT_READ | PROT_WRITE,
			    MAP_SHARED, fd, 0);

	assert_ptr_not_equal(memory, MAP_FAILED);
	return memory;
}

void harness_open(struct harness *harness, uint32_t ring_size)
{
	struct writ_kernel *kernel = &harness->kernel;

	memset(harness, 0, sizeof(*harness));
	harness->scope = WRIT_SCOPE_AGENT;
	harness->skel = decide_test__open();
	assert_non_null(harness->skel);
	if (ring_size)
		(void)bpf_map__set_max_entries(harness->skel->maps.events, ring_size);
	(void)bpf_map__set_max_entries(harness->skel->maps.cgroup_scratch, HARNESS_LANES);
	if (decide_test__load(harness->skel)) {
		(void)fprintf(stderr, "the BPF test object does not load here; run as root\n");
		exit(1);
	}
	kernel->note_fd = bpf_program__fd(harness->skel->progs.note);
	kernel->ring_size = bpf_map__max_entries(harness->skel->maps.events);
	for (int i = 0; i < WRIT_MAP_COUNT; i++)
		kernel->map_fds[i] = bpf_object__find_map_fd_by_name(harness->skel->obj,
								     writ_kernel_map_name(i));
	kernel->tables = map_array(kernel->map_fds[WRIT_MAP_tables], sizeof(struct writ_tables));
	kernel->agents = map_array(kernel->map_fds[WRIT_MAP_agents],
				   sizeof(struct writ_agent) * WRIT_AGENTS_MAX);
	kernel->grants = map_array(kernel->map_fds[WRIT_MAP_grants],
				   sizeof(struct writ_grants) * WRIT_AGENTS_MAX);
	kernel->node = map_array(kernel->map_fds[WRIT_MAP_node], sizeof(struct writ_node));
	harness->caches = map_array(kernel->map_fds[WRIT_MAP_caches], sizeof(struct writ_caches));
	assert_int_equal(writ_arena_open(kernel, &kernel->arena), 0);
	assert_int_equal(writ_agents_open(kernel, &kernel->names), 0);
}

void harness_close(struct harness *harness)
{
	writ_arena_close(harness->kernel.arena);
	writ_agents_close(harness->kernel.names);
	writ_policy_free(harness->policy);
	decide_test__destroy(harness->skel);
}

void harness_lanes(struct harness *harness)
{
	static uint8_t scratch[2 * sizeof(struct writ_text)];
	int map = harness->kernel.map_fds[WRIT_MAP_cgroup_scratch];
	uint32_t lane = 0;

	assert_true(bpf_map__value_size(harness->skel->maps.cgroup_scratch) <= sizeof(scratch));
	assert_int_equal(bpf_map_lookup_elem(map, &lane, scratch), 0);
	for (lane = 1; lane < HARNESS_LANES; lane++)
		assert_int_equal(bpf_map_update_elem(map, &lane, scratch, BPF_ANY), 0);
}

void harness_run_lanes(const struct harness *harness, uint32_t n)
{
	LIBBPF_OPTS(bpf_test_run_opts, options);

	harness->skel->bss->question.repeat = n;
	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(harness->skel->progs.finish_lanes),
						&options),
			 0);
}

static void fail_with(const struct writ_diagnostics *diags)
{
	char line[1024];

	for (size_t i = 0; i < writ_diagnostics_lines(diags); i++) {
		(void)writ_diagnostics_format(diags, i, line, sizeof(line));
		print_error("%s\n", line);
	}
	fail();
}

void harness_policy(struct harness *harness, const char *yaml)
{
	_cleanup_(writ_diagnostics_free) struct writ_diagnostics diags = {0};
	char path[] = "/tmp/writ-test-XXXXXX";
	const char *paths[] = {path};
	_cleanup_close_ int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, yaml, strlen(yaml)), strlen(yaml));
	writ_policy_free(harness->policy);
	harness->policy = NULL;
	if (writ_policy_load(paths, 1, &diags, &harness->policy))
		fail_with(&diags);
	(void)unlink(path);
}

uint64_t harness_role(struct harness *harness, const char *name)
{
	_cleanup_(writ_diagnostics_free) struct writ_diagnostics diags = {0};
	_cleanup_(writ_blob_free) struct writ_blob image = {0};
	uint64_t ref;

	if (writ_role_compile(harness->policy, writ_policy_role(harness->policy, name), &diags,
			      &image))
		fail_with(&diags);
	assert_int_equal(writ_image_check(image.bytes, image.size, NULL), 0);
	assert_int_equal(writ_arena_place(&harness->kernel, image.bytes, image.size, &ref), 0);
	return ref;
}

void harness_agent(struct harness *harness, uint32_t agent, uint64_t ref)
{
	struct writ_agent *entry = &harness->kernel.agents[agent];

	entry->role = ref;
	entry->mode = WRIT_MODE_ENFORCE;
	entry->state = WRIT_AGENT_ACTIVE;
	memset(&harness->kernel.grants[agent], 0, sizeof(struct writ_grants));
}

static void tell_end(void *context, const struct writ_grant_info *info,
		     enum writ_grant_state state)
{
	(void)state;
	writ_told_note(context, info, WRIT_GRANT_TOLD);
}

static void tell_missing(void *context, const struct writ_grant_info *info, uint32_t flags)
{
	writ_told_note(context, info, flags);
}

/* As writd does: a grant keeps its slot until its end is on record. */
static void tell_all(struct writ_kernel *kernel)
{
	writ_grants_age(kernel, tell_end, kernel);
	writ_told_each_missing(kernel, tell_missing, kernel);
}

uint64_t harness_grant(struct harness *harness, uint32_t agent, const char *playbook,
		       const char *service, int64_t begins, int64_t ends)
{
	_cleanup_(writ_diagnostics_free) struct writ_diagnostics diags = {0};
	_cleanup_(writ_grant_plan_free) struct writ_grant_plan plan = {0};
	struct writ_request request = {.version = WRIT_CONTROL_VERSION, .n_parameters = 1};
	struct writ_grant_info info = {.agent = agent,
				       .scope = (uint8_t)harness->scope,
				       .uses_max = harness->uses_max};

	(void)snprintf(request.agent, sizeof(request.agent), "%s", harness->policy->agents[0].name);
	(void)snprintf(request.playbook, sizeof(request.playbook), "%s", playbook);
	(void)snprintf(request.parameters[0].name, WRIT_NAME_SIZE, "service");
	(void)snprintf(request.parameters[0].value, WRIT_VALUE_SIZE, "%s", service);
	if (writ_grant_compile(harness->policy, &request, &diags, &plan))
		fail_with(&diags);
	tell_all(&harness->kernel);
	info.not_before = (uint64_t)((int64_t)writ_time_boot() + begins);
	info.expires = (uint64_t)((int64_t)writ_time_boot() + ends);
	assert_int_equal(
		writ_grants_issue(&harness->kernel, plan.image.bytes, plan.image.size, &info), 0);
	return info.id;
}

static void run(int program)
{
	LIBBPF_OPTS(bpf_test_run_opts, options);

	assert_int_equal(bpf_prog_test_run_opts(program, &options), 0);
}

uint32_t harness_ask_bytes(struct harness *harness, int program, uint32_t agent, const void *path,
			   size_t len, uint32_t access)
{
	/* a scratch (bpf/decision.bpf.h): its text is the last of it */
	static uint8_t scratch[2 * sizeof(struct writ_text)];
	struct decide_question *question = &harness->skel->bss->question;
	size_t size = bpf_map__value_size(harness->skel->maps.cgroup_scratch);
	struct writ_text *text = (void *)(scratch + size - sizeof(*text));
	uint32_t zero = 0;

	assert_true(len < WRIT_PATH_SIZE && size <= sizeof(scratch));
	memset(text, 0,
	       sizeof(*text)); /* zeros before a short path, as the path walk leaves them */
	memcpy(text->bytes + WRIT_TEXT_PATH_END - len, path, len);
	assert_int_equal(bpf_map_update_elem(harness->kernel.map_fds[WRIT_MAP_cgroup_scratch],
					     &zero, scratch, BPF_ANY),
			 0);
	question->at = WRIT_TEXT_PATH_END - (uint32_t)len;
	question->agent = agent;
	question->operation = WRIT_OP_OPEN;
	question->access = access;
	question->protocol = 0;
	run(program);
	return question->reason;
}

uint32_t harness_ask(struct harness *harness, uint32_t agent, const char *path, uint32_t access)
{
	return harness_ask_bytes(harness, bpf_program__fd(harness->skel->progs.decide_one), agent,
				 path, strlen(path), access);
}

uint32_t harness_ask_address(struct harness *harness, uint32_t agent, uint32_t protocol,
			     const char *address, uint16_t port, uint32_t access)
{
	struct decide_question *question = &harness->skel->bss->question;

	assert_int_equal(inet_pton(AF_INET6, address, question->address), 1);
	question->agent = agent;
	question->operation = WRIT_OP_CONNECT;
	question->access = access;
	question->protocol = protocol;
	question->port = port;
	run(bpf_program__fd(harness->skel->progs.decide_one));
	return question->reason;
}

uint32_t harness_random(uint32_t *state, uint32_t below)
{
	*state ^= *state << 13; /* xorshift32 (Marsaglia 2003) */
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state % below;
}
