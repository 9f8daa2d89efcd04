/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `writ audit report` knows of a grant or an agent: filled in line by line, in bounded memory
 * whatever the log has, and then shown as text, JSON or a page. What goes over a bound is counted
 * and said, never left out in silence.
 */
#ifndef WRIT_CLI_AUDIT_REPORT_H
#define WRIT_CLI_AUDIT_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/audit_line.h"
#include "trail/blake2b.h"
#include "trail/query.h"
#include "trail/verify.h"

#define WRIT_REPORT_ENTRIES_MAX 1000u /* different ones of each section */
#define WRIT_REPORT_GRANTS_MAX 1000u
#define WRIT_REPORT_STEPS_MAX 64u  /* in the life of one grant */
#define WRIT_REPORT_RUNS_MAX 1000u /* of the time line, and as many at its end */
#define WRIT_REPORT_GAPS_MAX 1000u
#define WRIT_REPORT_COLUMNS 120u	   /* of the picture */
#define WRIT_REPORT_TEXT_MAX (32ull << 20) /* bytes of names and words, all in all */

/* What was done, by what was asked of the kernel; a decision may stand in several. */
#define WRIT_REPORT_SECTION_LIST(X)                                 \
	X(EXECUTED, "executed", "Executed")                         \
	X(READ, "read", "Read")                                     \
	X(WRITTEN, "written", "Written")                            \
	X(NAMES, "created_removed", "Created, removed, renamed")    \
	X(NETWORK, "network", "Network: connected, bound, sent")    \
	X(ATTRIBUTES, "attributes", "Modes, owners, times changed") \
	X(OTHER, "other", "Done otherwise")                         \
	X(DENIED, "denied", "Denied")                               \
	X(WOULD_DENY, "would_deny", "Would have been denied (mode monitor)")

enum writ_report_section {
#define X(name, word, title) WRIT_REPORT_##name,
	WRIT_REPORT_SECTION_LIST(X)
#undef X
		WRIT_REPORT_SECTION_COUNT,
};

extern const char *const writ_report_section_words[WRIT_REPORT_SECTION_COUNT];
extern const char *const writ_report_section_titles[WRIT_REPORT_SECTION_COUNT];

/* Equal decisions. Strings are owned; NULL: the lines have none. */
struct writ_report_entry {
	uint8_t digest[WRIT_BLAKE2B_SIZE]; /* of what makes them equal */
	uint64_t grant;			   /* 0: by the role alone */
	uint64_t count;
	int64_t first_us;
	int64_t last_us;
	char *operation;
	char *object;
	char *argv;
	char *reason;
	char *rule;
	char *remedy; /* of the first of them that has one */
	bool cut;     /* object or arguments were longer than a record holds */
};

struct writ_report_list {
	struct writ_report_entry *entries;
	size_t n;
	uint64_t decisions;	  /* in all */
	uint64_t more;		  /* of these, those that are in no entry */
	uint16_t slots[4 * 1024]; /* index of entry + 1 by digest; 0: free */
};

/* A step in the life of a grant or of a request for it. */
struct writ_report_step {
	int64_t time_us;
	char *event;
	char *by;
	char *detail;
};

/* Words of a grant, as its lines have them. */
#define WRIT_REPORT_WORD_LIST(X)                                                            \
	X(AGENT, AGENT)                                                                     \
	X(ROLE, ROLE)                                                                       \
	X(ENVIRONMENT, ENVIRONMENT)                                                         \
	X(PLAYBOOK, PLAYBOOK)                                                               \
	X(PARAMETERS, PARAMETERS)                                                           \
	X(TICKET, TICKET)                                                                   \
	X(OPERATOR, OPERATOR) X(SPONSOR, SPONSOR) X(APPROVERS, APPROVERS) X(SPIFFE, SPIFFE) \
		X(SCOPE, SCOPE) X(NOT_BEFORE, NOT_BEFORE) X(EXPIRES, EXPIRES)               \
			X(BREAK_GLASS, BREAK_GLASS) X(CUT, CUT) X(UID, UID)

enum writ_report_word {
#define X(name, member) WRIT_REPORT_WORD_##name,
	WRIT_REPORT_WORD_LIST(X)
#undef X
		WRIT_REPORT_WORD_COUNT,
};

extern const char *const writ_report_context_keys[4];

struct writ_report_grant {
	uint64_t number;
	uint64_t request;  /* of the ledger; 0: none */
	int64_t issued_us; /* INT64_MIN: no such line */
	int64_t ended_us;
	char *end; /* why: the event */
	char *words[WRIT_REPORT_WORD_COUNT];
	char *context[4];
	struct writ_report_step steps[WRIT_REPORT_STEPS_MAX];
	size_t n_steps;
	uint64_t more_steps;
	uint64_t allowed;
	uint64_t denied;
	uint64_t would_deny;
	uint64_t after; /* denied since it was over */
};

/* One line of the time line: equal events that came together. */
struct writ_report_run {
	uint8_t digest[WRIT_BLAKE2B_SIZE];
	int64_t first_us;
	int64_t last_us;
	uint64_t count;
	uint64_t grant;
	char *kind; /* verdict, or type */
	char *what; /* operation, or event */
	char *object;
	char *reason;
};

struct writ_report_gap {
	int64_t time_us;
	int64_t missing;
	int64_t cpu; /* -1: of no one */
	char *reason;
};

struct writ_report_column {
	uint64_t allowed;
	uint64_t denied;
	uint64_t would_deny;
};

/* What is asked. */
struct writ_report_question {
	const char *log;
	const char *name;  /* as it was written */
	uint64_t grant;	   /* 0: by agent */
	const char *agent; /* NULL: by grant */
	int64_t since_us;
	int64_t until_us;
	bool verify;
	const uint8_t *anchor; /* to verify by; NULL: none was given */
	void (*progress)(void *context, uint64_t lines);
	void *context;
};

struct writ_report {
	struct writ_report_question question;
	int64_t made_us;
	uint64_t lines; /* that it was made of */
	uint64_t bad;	/* that are none of Writ's */
	int64_t first_us;
	int64_t last_us;
	char *environment;
	struct writ_report_grant *grants;
	size_t n_grants;
	uint64_t more_grants; /* lines of grants beyond the bound */
	struct writ_report_list sections[WRIT_REPORT_SECTION_COUNT];
	struct writ_report_run *runs;
	size_t n_runs;	    /* at the beginning, */
	size_t n_late;	    /* at the end, a ring */
	size_t late;	    /* where it begins */
	uint64_t more_runs; /* between them */
	struct writ_report_column columns[WRIT_REPORT_COLUMNS];
	int64_t columns_from_us;
	int64_t column_us; /* width of one */
	struct writ_report_gap gaps[WRIT_REPORT_GAPS_MAX];
	size_t n_gaps;
	uint64_t more_gaps;
	int64_t missing;	     /* records, in all */
	int64_t removed;	     /* last segment that was removed from the log, -1: none */
	int64_t log_from_us;	     /* first line that there still is */
	uint64_t stops;		     /* times that enforcement was off, or lost its pins */
	struct writ_query_cost cost; /* .damaged and .path are of all searches */
	int verify_err;
	struct writ_verified verified; /* if asked for */
	uint64_t text;		       /* bytes kept */
	bool no_memory;
};

/* Frees what it holds, and itself. */
void writ_report_free(struct writ_report *report);

static inline void writ_report_freep(struct writ_report **report)
{
	writ_report_free(*report);
}

/* --- audit_gather.c --- */

/* Asks the log. -ENODATA: it has no such grant or agent; -errno of the log. */
int writ_report_gather(const struct writ_report_question *question, struct writ_report **ret);

/* --- audit_model.c: lines in --- */

/* A line about the grant or the agent, about a gap, about Writ itself. */
void writ_report_take(struct writ_report *report, const struct writ_audit_line *line);

/* The grant of that number, made if there is room. NULL: there is none. */
struct writ_report_grant *writ_report_grant(struct writ_report *report, uint64_t number);

/* The text of a member within the bound of all text; NULL: none, or none that fits. */
char *writ_report_keep(struct writ_report *report, const struct writ_audit_line *line,
		       enum writ_audit_member member);

/* --- audit_timeline.c --- */

/* @digest: of what makes events equal. */
void writ_report_time(struct writ_report *report, const struct writ_audit_line *line,
		      const uint8_t digest[WRIT_BLAKE2B_SIZE]);

/* Counts a decision in the picture. */
void writ_report_column(struct writ_report *report, const struct writ_audit_line *line);

/* The run at @i of those kept, oldest first; NULL behind the last. */
const struct writ_report_run *writ_report_run(const struct writ_report *report, size_t i);

void writ_report_time_free(struct writ_report *report);

/* --- audit_words.c: what the three forms say alike --- */

enum writ_report_state {
	WRIT_REPORT_WHOLE,   /* all records are there, as far as was looked */
	WRIT_REPORT_MISSING, /* records are missing, or were removed */
	WRIT_REPORT_BROKEN,  /* the log itself is not what was written, or can't be read */
};

/* Is anything missing, in one sentence. @size some hundred bytes. */
enum writ_report_state writ_report_complete(const struct writ_report *report, char *ret_text,
					    size_t size);

/* Does the trail verify, in one sentence. */
void writ_report_verification(const struct writ_report *report, char *ret_text, size_t size);

/* "2026-11-22 10:11:12.345Z"; "-" for INT64_MIN. */
#define WRIT_REPORT_TIME_SIZE 40u
const char *writ_report_moment(int64_t us, char ret_text[WRIT_REPORT_TIME_SIZE]);

/* How long the grant was held, or is: "17.3s"; "-" if that is not known. */
void writ_report_held(const struct writ_report *report, const struct writ_report_grant *grant,
		      char *ret_text, size_t size);

/*
 * Hostile text, fit for people: control bytes, and signs that are not seen or turn the direction of
 * what follows, as \xNN. Of malloc(); "" for NULL.
 */
char *writ_report_fit(const char *text);

/* What the log calls word @i of a grant; and for people what it says, NULL: nothing. */
const char *writ_report_word(enum writ_report_word i);
const char *writ_report_said(const struct writ_report_grant *grant, enum writ_report_word i,
			     const char **ret_label);

/* --- the three forms; WRIT_EXIT_OK, or WRIT_EXIT_FAILED: it can't be written --- */

int writ_report_text(const struct writ_report *report, FILE *file);
json_t *writ_report_json(const struct writ_report *report); /* NULL: no memory */
int writ_report_html(const struct writ_report *report, FILE *file);

/* audit_picture.c: the time line as SVG. */
void writ_report_picture(const struct writ_report *report, FILE *file);

#endif
