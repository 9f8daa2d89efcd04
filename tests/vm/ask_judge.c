// SPDX-License-Identifier: Apache-2.0
/*
 * Holds the audit log against explain's answers. The agents asked one after the other, and one
 * agent's lines stand in the order of its acts. An open or a connect has one line. A program has
 * one for its open and, unless that was refused, one for its exec or its argv; the first that is no
 * allow is the answer, else the last.
 */
#include "ask.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "writ/abi.h"
#include "writ/names.h"

#define LOG "/var/log/writ/audit.jsonl"
#define DIFFERENCES_SHOWN 10u

struct judge {
	FILE *log;
	char *text;
	size_t size;
	long long grants[ASK_AGENTS][ASK_GRANTS];
	uint32_t reasons[WRIT_REASON_COUNT];
	uint32_t operations[WRIT_OP_COUNT];
	uint32_t different;
};

static const char *word(const json_t *line, const char *key)
{
	const char *text = json_string_value(json_object_get(line, key));

	return text ? text : "";
}

static bool is_answer(const json_t *line, const char *agent)
{
	static const char *const operations[] = {"open", "mknod", "open_exec",
						 "exec", "argv",  "connect"};

	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (!strcmp(word(line, "operation"), operations[i]))
			return !strcmp(word(line, "type"), "decision") &&
			       !strcmp(word(line, "agent"), agent);
	return false;
}

/* The next decision of @agent; NULL at the log's end. */
static json_t *next_line(struct judge *judge, const char *agent)
{
	ssize_t len;

	while ((len = getline(&judge->text, &judge->size, judge->log)) > 0) {
		json_t *line = json_loadb(judge->text, (size_t)len, 0, NULL);

		if (line && is_answer(line, agent))
			return line;
		json_decref(line);
	}
	return NULL;
}

/* The line that answers @record; NULL: there is none. */
static json_t *answer_line(struct judge *judge, const struct ask_record *record)
{
	char agent[16];
	json_t *line, *last;

	(void)snprintf(agent, sizeof(agent), "asker-%u", record->agent);
	line = next_line(judge, agent);
	if (line && !strcmp(word(line, "operation"), "mknod") &&
	    !strcmp(word(line, "verdict"), "would_deny")) {
		json_decref(next_line(judge, agent)); /* watched only, it opens what it has made */
		return line;
	}
	if (!line || strcmp(word(line, "operation"), "open_exec") ||
	    !strcmp(word(line, "verdict"), "deny"))
		return line;
	last = next_line(judge, agent);
	if (last && strcmp(word(line, "verdict"), "allow")) {
		json_decref(last);
		return line;
	}
	json_decref(line);
	return last;
}

/* Did what came of the act fit the verdict? */
static bool fits(const struct ask_record *record, const json_t *line)
{
	if (record->verdict != WRIT_VERDICT_DENY)
		return record->result == 0;
	return record->result == (strcmp(word(line, "operation"), "argv") ? EPERM : -SIGKILL);
}

static bool same_grant(const struct judge *judge, const struct ask_record *record,
		       const json_t *line)
{
	const json_t *grant = json_object_get(line, "grant");

	if (record->grant == ASK_NO_GRANT)
		return !grant;
	return json_integer_value(grant) == judge->grants[record->agent][record->grant];
}

/*
 * Nobody agreed to the arguments, so the log names no rule and no grant; explain adds the rule
 * that would have been nearest.
 */
static bool same_decider(const struct judge *judge, const struct ask_record *record,
			 const json_t *line)
{
	if (record->reason == WRIT_REASON_ARGV_MISMATCH)
		return !*word(line, "rule") && !json_object_get(line, "grant") && *record->rule;
	return !strcmp(word(line, "rule"), record->rule) && same_grant(judge, record, line);
}

static void show(const struct judge *judge, const struct ask_record *record, uint32_t number,
		 const json_t *line)
{
	const long long grant =
		record->grant == ASK_NO_GRANT ? 0 : judge->grants[record->agent][record->grant];

	printf("question %u, asker-%u %s %s %x: explain %s %s '%s' grant %lld, kernel %s %s %s "
	       "'%s' grant %lld, result %d\n",
	       number, record->agent, writ_operation_name(record->operation), record->object,
	       record->access, writ_verdict_name(record->verdict), writ_reason_name(record->reason),
	       record->rule, grant, line ? word(line, "object") : "has no line",
	       word(line, "verdict"), word(line, "reason"), word(line, "rule"),
	       (long long)json_integer_value(json_object_get(line, "grant")), record->result);
	for (uint32_t i = 0; i < record->n_argv; i++)
		printf("  argv %s\n", record->argv[i]);
}

static void judge_one(struct judge *judge, const struct ask_record *record, uint32_t number)
{
	json_t *line = answer_line(judge, record);
	bool same = line && !strcmp(word(line, "object"), record->object) &&
		    !strcmp(word(line, "verdict"), writ_verdict_name(record->verdict)) &&
		    !strcmp(word(line, "reason"), writ_reason_name(record->reason)) &&
		    same_decider(judge, record, line) && fits(record, line);

	for (uint32_t reason = 0; line && reason < WRIT_REASON_COUNT; reason++)
		judge->reasons[reason] += !strcmp(word(line, "reason"), writ_reason_name(reason));
	judge->operations[record->operation]++;
	if (!same && judge->different++ < DIFFERENCES_SHOWN)
		show(judge, record, number, line);
	json_decref(line);
}

static int read_grants(struct judge *judge, const char *path)
{
	FILE *file = fopen(path, "re");
	int read = 0;

	if (!file)
		return fprintf(stderr, "ask: %s: %s\n", path, strerror(errno)), 1;
	for (uint32_t i = 0; i < ASK_AGENTS * ASK_GRANTS; i++)
		read += fscanf(file, "%lld", &judge->grants[i / ASK_GRANTS][i % ASK_GRANTS]) == 1;
	(void)fclose(file);
	return read == ASK_AGENTS * ASK_GRANTS
		       ? 0
		       : (fprintf(stderr, "ask: %s: %d grants\n", path, read), 1);
}

int ask_judge(const struct ask_record *records, uint32_t count, const char *grants, long offset)
{
	static struct judge judge;
	int err = read_grants(&judge, grants);

	judge.log = fopen(LOG, "re");
	if (!judge.log || fseek(judge.log, offset, SEEK_SET))
		return fprintf(stderr, "ask: " LOG ": %s\n", strerror(errno)), 1;
	for (uint32_t i = 0; i < count && !err; i++)
		judge_one(&judge, &records[i], i);
	free(judge.text);
	(void)fclose(judge.log);
	if (err)
		return err;
	printf("%u of %u answers differ; asked: open %u, exec %u, connect %u; the kernel said:",
	       judge.different, count, judge.operations[WRIT_OP_OPEN],
	       judge.operations[WRIT_OP_EXEC], judge.operations[WRIT_OP_CONNECT]);
	return ask_is_thin(judge.reasons, stdout) || judge.different;
}
