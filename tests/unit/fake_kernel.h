/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the daemon needs of the kernel, without one: grants in a table, the mark of the one
 * connection that there is, no labels. Linked before the archive, so its own are not.
 */
#ifndef TESTS_UNIT_FAKE_KERNEL_H
#define TESTS_UNIT_FAKE_KERNEL_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "kernel/agents.h"
#include "kernel/grants.h"
#include "kernel/note.h"
#include "kernel/peers.h"
#include "kernel/times.h"
#include "kernel/told.h"
#include "lib/time.h"

#define FAKE_GRANTS_MAX 4096

static struct {
	struct writ_grant_info grants[FAKE_GRANTS_MAX];
	enum writ_grant_state states[FAKE_GRANTS_MAX];
	uint32_t told[FAKE_GRANTS_MAX]; /* WRIT_GRANT_TOLD, WRIT_GRANT_ISSUE_TOLD */
	size_t n_grants;
	struct writ_peer_mark mark;
	int has_mark;
	uint32_t n_times; /* programs that were timed */
	int issue_error; /* what the kernel says to the next grants */
	int note_error;	 /* and to the next notes */
	uint64_t n_notes;
	void (*note)(const void *record, size_t len); /* who has them then; NULL: nobody */
} fake;

int bpf_map_lookup_elem(int fd, const void *key, void *value)
{
	(void)fd;
	(void)key;
	(void)value;
	return -ENOENT;
}

int writ_times_each(const struct writ_kernel *kernel, writ_times_visitor *visitor, void *context)
{
	int err = 0;

	(void)kernel;
	for (uint32_t i = 0; i < fake.n_times && !err; i++) {
		char name[WRIT_PROGRAM_NAME_SIZE];

		(void)snprintf(name, sizeof(name), "program_%u", i);
		err = visitor(context, name, i + 1, UINT64_C(1000) * i);
	}
	return err;
}

int writ_note_open(struct writ_kernel *kernel)
{
	(void)kernel;
	return 0;
}

/* What the program of bpf/note.bpf.c makes of it. */
int writ_note_send(const struct writ_kernel *kernel, struct writ_note *note)
{
	static const uint32_t sizes[] = {
		[WRIT_EVENT_GRANT] = sizeof(note->grant),
		[WRIT_EVENT_PROPOSAL] = sizeof(note->proposal),
		[WRIT_EVENT_DAEMON] = sizeof(note->daemon),
		[WRIT_EVENT_REQUEST] = sizeof(note->request),
	};

	(void)kernel;
	if (fake.note_error)
		return fake.note_error;
	note->event.version = WRIT_EVENT_VERSION;
	note->event.sequence = ++fake.n_notes;
	note->event.object_len = sizes[note->event.type];
	note->event.len = (uint32_t)sizeof(note->event) + note->event.object_len;
	if (fake.note)
		fake.note(note, note->event.len);
	return 0;
}

int writ_peers_listen(const struct writ_kernel *kernel, int listener_fd)
{
	(void)kernel;
	(void)listener_fd;
	return 0;
}

int writ_peers_of(const struct writ_kernel *kernel, int fd, struct writ_peer_mark *ret_mark)
{
	(void)kernel;
	if (fd < 0 || !fake.has_mark)
		return -ENOENT;
	*ret_mark = fake.mark;
	return 0;
}

int writ_grants_issue(struct writ_kernel *kernel, const void *image, size_t size,
		      struct writ_grant_info *info)
{
	(void)kernel;
	(void)image;
	(void)size;
	if (fake.issue_error)
		return fake.issue_error;
	info->id = fake.n_grants + 1;
	fake.states[fake.n_grants] = WRIT_GRANT_STATE_ACTIVE;
	fake.grants[fake.n_grants++] = *info;
	return 0;
}

int writ_grants_end(struct writ_kernel *kernel, uint64_t id, enum writ_end end,
		    struct writ_grant_info *ret_info)
{
	(void)kernel;
	if (!id || id > fake.n_grants || fake.states[id - 1] != WRIT_GRANT_STATE_ACTIVE)
		return -ENOENT;
	fake.states[id - 1] =
		end == WRIT_END_COMPLETED ? WRIT_GRANT_STATE_COMPLETED : WRIT_GRANT_STATE_REVOKED;
	fake.grants[id - 1].end = (uint8_t)end;
	*ret_info = fake.grants[id - 1];
	return 0;
}

int writ_grants_revoke(struct writ_kernel *kernel, uint64_t id, struct writ_grant_info *ret_info)
{
	return writ_grants_end(kernel, id, WRIT_END_REVOKED, ret_info);
}

int writ_grants_state(const struct writ_kernel *kernel, const struct writ_grant_info *info,
		      enum writ_grant_state *ret_state, uint32_t *ret_uses)
{
	(void)kernel;
	*ret_state = fake.states[info->id - 1];
	*ret_uses = 0;
	return 0;
}

int writ_grants_set_run(struct writ_kernel *kernel, uint64_t id, uint64_t cgroup)
{
	(void)kernel;
	fake.grants[id - 1].run_cgroup = cgroup;
	return 0;
}

int writ_grants_set_cut(struct writ_kernel *kernel, const struct writ_grant_info *info)
{
	(void)kernel;
	fake.grants[info->id - 1] = *info;
	return 0;
}

void writ_grants_each(const struct writ_kernel *kernel, uint32_t agent, writ_grants_visitor visitor,
		      void *context)
{
	(void)kernel;
	for (size_t i = 0; i < fake.n_grants; i++)
		if (!agent || fake.grants[i].agent == agent)
			visitor(context, &fake.grants[i], fake.states[i]);
}

void writ_grants_each_info(const struct writ_kernel *kernel, writ_grants_info_visitor visitor,
			   void *context)
{
	(void)kernel;
	for (size_t i = 0; i < fake.n_grants; i++)
		visitor(context, &fake.grants[i]);
}

void writ_grants_age(struct writ_kernel *kernel, writ_grants_visitor expired, void *context)
{
	(void)kernel;
	(void)expired;
	(void)context;
}

void writ_told_note(struct writ_kernel *kernel, const struct writ_grant_info *info, uint32_t flags)
{
	(void)kernel;
	if (info->id && info->id <= fake.n_grants)
		fake.told[info->id - 1] |= flags;
}

void writ_told_each_missing(struct writ_kernel *kernel, writ_told_visitor visitor, void *context)
{
	for (size_t i = 0; i < fake.n_grants; i++) {
		uint32_t should = fake.states[i] <= WRIT_GRANT_STATE_ACTIVE
					  ? WRIT_GRANT_ISSUE_TOLD
					  : WRIT_GRANT_ISSUE_TOLD | WRIT_GRANT_TOLD;

		(void)kernel;
		if (should & ~fake.told[i])
			visitor(context, &fake.grants[i], should & ~fake.told[i]);
	}
}

bool writ_grants_any_live(const struct writ_kernel *kernel)
{
	(void)kernel;
	return fake.n_grants;
}

int writ_grants_info(const struct writ_kernel *kernel, uint64_t id,
		     struct writ_grant_info *ret_info)
{
	(void)kernel;
	if (!id || id > fake.n_grants)
		return -ENOENT;
	*ret_info = fake.grants[id - 1];
	return 0;
}

/* One that lives, without having been asked for. */
static inline uint64_t fake_grant(const struct writ_kernel *kernel, const char *agent,
				  const char *playbook)
{
	struct writ_grant_info *info = &fake.grants[fake.n_grants];

	*info = (struct writ_grant_info){.id = fake.n_grants + 1,
					 .agent = writ_agents_find(kernel, agent)};
	(void)strcpy(info->agent_name, agent);
	(void)strcpy(info->playbook, playbook);
	fake.states[fake.n_grants++] = WRIT_GRANT_STATE_ACTIVE;
	return info->id;
}

#endif
