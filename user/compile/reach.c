/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules by which an agent gets out of its rights; see advice.h. A landmark is a glob for what leads
 * out, compiled among the rules as one that gives nothing: an accept entry that holds a landmark
 * and an allow of what leads out is a text that both match.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile/advice.h"
#include "lib/cleanup.h"
#include "writ/names.h"

#define MODIFY                                                                              \
	(WRIT_ACCESS_WRITE | WRIT_ACCESS_APPEND | WRIT_ACCESS_CREATE | WRIT_ACCESS_DELETE | \
	 WRIT_ACCESS_ATTRIBUTES | WRIT_ACCESS_LINK)
#define SPEAK (WRIT_ACCESS_WRITE | WRIT_ACCESS_CONNECT | WRIT_ACCESS_SEND)
#define PUT (WRIT_ACCESS_WRITE | WRIT_ACCESS_APPEND | WRIT_ACCESS_CREATE)
#define RUN (WRIT_ACCESS_EXECUTE | WRIT_ACCESS_EXECUTE_ARGV | WRIT_ACCESS_MAP)

static const struct {
	const char *glob;
	uint32_t access;
	const char *what;
	const char *why;
} landmarks[] = {
	{"/{run,var/run}/{docker.sock,podman/podman.sock,crio/crio.sock,containerd/"
	 "containerd.sock}",
	 SPEAK, "a container engine's socket", "it starts anything as root"},
	{"/{run,var/run}/{dbus/system_bus_socket,systemd/private}", SPEAK, "the system bus",
	 "systemd there starts anything as root"},
	{"/{etc/{crontab,anacrontab},etc/cron.*/**,var/spool/cron/**}", MODIFY, "cron's tables",
	 "cron runs what they say, outside of the agent"},
	{"/etc/{sudoers,sudoers.d/**}", MODIFY, "sudoers", "it says who becomes root"},
	{"/{root,home/*}/.ssh/authorized_keys{,2}", MODIFY, "authorized_keys",
	 "it says who may log in"},
	{"/{etc/{profile,bash.bashrc,environment,profile.d/**},"
	 "{root,home/*}/.{profile,bashrc,bash_profile,bash_login,zshrc}}",
	 MODIFY, "a shell profile", "the next login runs it"},
	{"/sys/fs/cgroup/**", MODIFY, "cgroupfs", "an agent is a cgroup"},
	{"/{etc,var/lib,var/log,run,sys/fs/bpf}/writ{,/**}", MODIFY, "Writ's own files",
	 "what is there says what agents may do"},
};

#define LANDMARKS (sizeof(landmarks) / sizeof(landmarks[0]))

_Static_assert(LANDMARKS < 31, "a bit for each, and one for what may be written and run");

int writ_reach_add(struct writ_ruleset *set)
{
	static struct writ_file_rule rules[LANDMARKS];
	struct writ_rules all = {.files = rules, .n_files = LANDMARKS};

	for (size_t i = 0; i < LANDMARKS; i++)
		rules[i] = (struct writ_file_rule){.at.file = "", .path = landmarks[i].glob};
	return writ_ruleset_add(set, &all);
}

struct finding {
	const struct writ_advice_subject *subject;
	const struct writ_image_rule *rules;
	struct writ_diagnostics *diags;
	uint32_t *told; /* of each own image rule: what was reported of it */
};

/* The first rule of the entry that allows some of @access; own rules are first. */
static uint32_t who(const struct finding *finding, const uint32_t *list, uint32_t n,
		    uint32_t access)
{
	for (uint32_t i = 0; i < n; i++)
		if (finding->rules[list[i]].allow & access)
			return list[i];
	return UINT32_MAX;
}

/* True once for each rule of policy and @bit. */
static bool is_news(struct finding *finding, uint32_t rule, uint32_t bit)
{
	uint32_t first = rule;

	if (rule >= finding->subject->n_own)
		return false;
	while (first && writ_advice_same(finding->subject->set, first - 1, rule))
		first--;
	if (finding->told[first] & 1u << bit)
		return false;
	finding->told[first] |= 1u << bit;
	return true;
}

static void check_landmark(struct finding *finding, const uint32_t *list, uint32_t n,
			   uint32_t allow, uint32_t place)
{
	uint32_t reached = allow & landmarks[place].access;
	uint32_t rule = reached ? who(finding, list, n, reached) : UINT32_MAX;

	if (rule == UINT32_MAX || !is_news(finding, rule, place))
		return;
	reached &= finding->rules[rule].allow;
	(void)writ_diagnostics_warn(finding->diags, finding->subject->set->positions[rule],
				    "%s of %s is within reach: %s",
				    writ_access_name((uint32_t)__builtin_ctz(reached)),
				    landmarks[place].what, landmarks[place].why);
}

static void check_programs(struct finding *finding, const uint32_t *list, uint32_t n,
			   uint32_t allow)
{
	const struct writ_ruleset *set = finding->subject->set;
	uint32_t put, run;

	if (!(allow & PUT) || !(allow & RUN))
		return;
	put = who(finding, list, n, allow & PUT);
	run = who(finding, list, n, allow & RUN);
	if (is_news(finding, put < run ? put : run, LANDMARKS))
		(void)writ_diagnostics_warn(
			finding->diags, set->positions[put < run ? put : run],
			"what may be written here may be run, too: %s by %.*s, %s by %.*s",
			writ_access_name((uint32_t)__builtin_ctz(allow & PUT)),
			(int)(finding->rules[put].text_len < 128 ? finding->rules[put].text_len
								 : 128),
			set->text.bytes + finding->rules[put].text,
			writ_access_name((uint32_t)__builtin_ctz(allow & RUN)),
			(int)(finding->rules[run].text_len < 128 ? finding->rules[run].text_len
								 : 128),
			set->text.bytes + finding->rules[run].text);
}

int writ_reach_find(const struct writ_advice_subject *subject, struct writ_diagnostics *diags)
{
	_cleanup_free_ uint32_t *told = calloc(subject->n_own + 1u, sizeof(*told));
	const struct writ_image *image = subject->image;
	const struct writ_accept *accepts = (const void *)((const char *)image + image->accepts);
	const __u32 *lists = (const void *)((const char *)image + image->accept_rules);
	struct finding finding = {
		.subject = subject, .rules = subject->set->rules, .diags = diags, .told = told};

	if (!told)
		return -ENOMEM;
	for (uint32_t i = 0; i < image->n_accepts; i++) {
		const __u32 *list = lists + accepts[i].first;
		uint32_t allow = accepts[i].allow & ~accepts[i].deny;

		check_programs(&finding, list, accepts[i].count, allow);
		for (uint32_t r = 0; r < accepts[i].count; r++)
			if (list[r] >= subject->first_place)
				check_landmark(&finding, list, accepts[i].count, allow,
					       list[r] - subject->first_place);
	}
	return 0;
}
