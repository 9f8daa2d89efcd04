// SPDX-License-Identifier: Apache-2.0
/*
 * Reads the audit log as a machine would: every line must be one JSON object in UTF-8.
 *   audit find OFFSET SECONDS TEST...   waits for a line behind OFFSET that passes every test
 *   audit count OFFSET TEST...          how many do
 *   audit lacks OFFSET FILE             FILE has a name and tests on each line, with tabs between
 *                                       them: the names of those that no line passes
 *   audit remedies OFFSET FILE          FILE is what `writ why --json` said: the line of each of
 *                                       its denials is behind OFFSET and has the same remedy, or
 *                                       none as well; how many have one
 *   audit whole [CANARIES]              each record once, over all segments: no number twice, and
 *                                       as many missing as there were canaries and gaps
 * A TEST is key=text, key^=beginning, key#=length or key! (absent); key may be a.b; an array is its
 * items with commas between them.
 */
#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOG "/var/log/writ/audit.jsonl"
#define TEXT_SIZE 65536
#define NUMBERS_MAX (1u << 20)
#define WANTED_MAX 1024
#define TESTS_MAX 8

static void put_value(const json_t *value, char *text, size_t size)
{
	size_t used = 0;

	*text = '\0';
	if (json_is_string(value)) {
		(void)snprintf(text, size, "%s", json_string_value(value));
	} else if (json_is_integer(value)) {
		(void)snprintf(text, size, "%lld", (long long)json_integer_value(value));
	} else if (json_is_real(value)) {
		(void)snprintf(text, size, "%.3f", json_real_value(value));
	} else if (json_is_array(value)) {
		for (size_t i = 0; i < json_array_size(value) && used < size; i++) {
			if (i)
				used += (size_t)snprintf(text + used, size - used, ",");
			put_value(json_array_get(value, i), text + used, size - used);
			used += strlen(text + used);
		}
	} else {
		(void)snprintf(text, size, "%s", json_is_true(value) ? "true" : "null");
	}
}

/* The value at a.b.c, NULL when there is none. */
static const json_t *get(const json_t *line, char *key)
{
	for (char *save = NULL, *part = strtok_r(key, ".", &save); part && line;
	     part = strtok_r(NULL, ".", &save))
		line = json_object_get(line, part);
	return line;
}

static bool passes(const json_t *line, const char *test)
{
	static char text[TEXT_SIZE];
	char key[128] = "";
	size_t len = strcspn(test, "=^#!");
	const json_t *value;

	if (len >= sizeof(key))
		return false;
	memcpy(key, test, len);
	value = get(line, key);
	test += len;
	if (*test == '!')
		return !value;
	if (!value)
		return false;
	put_value(value, text, sizeof(text));
	if (*test == '^')
		return !strncmp(text, test + 2, strlen(test + 2));
	if (*test == '#')
		return strlen(text) == strtoul(test + 2, NULL, 10);
	return !strcmp(text, test + 1);
}

static bool passes_all(const json_t *line, char **tests)
{
	while (*tests)
		if (!passes(line, *tests++))
			return false;
	return true;
}

static void __attribute__((noreturn)) refuse(const char *why, const char *text)
{
	printf("%s: %s", why, text);
	exit(2);
}

/*
 * Calls @visit for each whole line behind @offset; stops when that says so. Exits on a bad one; one
 * that was cut when writd was killed is allowed if the next line says so.
 */
static void each_line_of(FILE *file, bool (*visit)(json_t *line, void *context), void *context)
{
	static char *said[] = {"type=gap", "reason=truncated_line", NULL};
	bool more = true, cut = false;
	char *text = NULL;
	size_t size = 0;
	ssize_t len;

	while (more && (len = getline(&text, &size, file)) > 0 && text[len - 1] == '\n') {
		json_t *line = json_loadb(text, (size_t)len, JSON_REJECT_DUPLICATES, NULL);

		if (cut && !passes_all(line, said))
			refuse("not a line of JSON, and nothing says why, before", text);
		cut = !line;
		if (line && !json_is_object(line))
			refuse("no object", text);
		more = !line || visit(line, context);
		json_decref(line);
	}
	free(text);
}

/*
 * A file has the size of the pages that a write() has filled so far, so @offset, which was its
 * size, may be within a line that was being written: that line is not behind it.
 */
static bool go_behind(FILE *file, long offset)
{
	int c;

	if (!offset)
		return true;
	if (fseek(file, offset - 1, SEEK_SET))
		return false;
	do
		c = fgetc(file);
	while (c != '\n' && c != EOF);
	return !ferror(file);
}

static void each_line(long offset, bool (*visit)(json_t *line, void *context), void *context)
{
	FILE *file = fopen(LOG, "re");

	if (!file || !go_behind(file, offset))
		refuse(strerror(errno), LOG "\n");
	each_line_of(file, visit, context);
	(void)fclose(file);
}

/* Of closed segments, too: as writ itself reads them. */
static void each_line_of_all(bool (*visit)(json_t *line, void *context), void *context)
{
	FILE *pipe = popen("writ audit query --json", "re");

	if (!pipe)
		refuse(strerror(errno), "writ audit query\n");
	each_line_of(pipe, visit, context);
	if (pclose(pipe))
		refuse("it failed", "writ audit query\n");
}

struct search {
	char **tests;
	long found;
	bool once;
};

static bool visit_search(json_t *line, void *context)
{
	struct search *search = context;

	search->found += passes_all(line, search->tests);
	return !search->once || !search->found;
}

static int find(char **arguments)
{
	struct search search = {.tests = arguments + 2, .once = true};
	long tries = strtol(arguments[1], NULL, 10) * 20;

	for (long i = 0; i <= tries; i++) {
		each_line(strtol(arguments[0], NULL, 10), visit_search, &search);
		if (search.found)
			return 0;
		(void)usleep(50000);
	}
	return 1;
}

static int count(char **arguments)
{
	struct search search = {.tests = arguments + 1};

	each_line(strtol(arguments[0], NULL, 10), visit_search, &search);
	printf("%ld\n", search.found);
	return 0;
}

/* What is looked for, all of it in one reading. */
struct wanted {
	char *name;
	char *tests[TESTS_MAX + 1];
	bool found;
};

struct list {
	struct wanted wanted[WANTED_MAX];
	size_t n;
};

static bool visit_list(json_t *line, void *context)
{
	struct list *list = context;

	for (size_t i = 0; i < list->n; i++)
		if (!list->wanted[i].found)
			list->wanted[i].found = passes_all(line, list->wanted[i].tests);
	return true;
}

/* Reads one line of the file, which stays in memory. */
static void list_add(struct list *list, char *line)
{
	struct wanted *wanted = &list->wanted[list->n++];
	char *save = NULL;

	line[strcspn(line, "\n")] = '\0';
	wanted->name = strtok_r(line, "\t", &save);
	for (size_t i = 0; i < TESTS_MAX; i++)
		wanted->tests[i] = strtok_r(NULL, "\t", &save);
	if (!wanted->tests[0] || strtok_r(NULL, "\t", &save))
		refuse("no name with a few tests", line);
}

static int lacks(char **arguments)
{
	static struct list list;
	FILE *file = fopen(arguments[1], "re");
	char *text = NULL;
	size_t size = 0;

	if (!file)
		refuse(strerror(errno), arguments[1]);
	while (list.n < WANTED_MAX && getline(&text, &size, file) > 0) {
		list_add(&list, text);
		text = NULL;
	}
	if (!feof(file) || !list.n)
		refuse("nothing, or too much, is looked for in", arguments[1]);
	each_line(strtol(arguments[0], NULL, 10), visit_list, &list);
	for (size_t i = 0; i < list.n; i++)
		if (!list.wanted[i].found)
			printf("%s\n", list.wanted[i].name);
	return 0;
}

/* What `writ why` says of one denial, and its line. */
struct explained {
	const json_t *denial;
	size_t lines;
};

static bool is_same(const json_t *line, const json_t *denial, const char *key)
{
	return json_equal(json_object_get(line, key), json_object_get(denial, key));
}

static bool visit_explained(json_t *line, void *context)
{
	struct explained *explained = context;
	const json_t *offers = json_object_get(explained->denial, "offers");
	const json_t *remedy = json_object_get(line, "remedy");

	if (!json_object_get(line, "object") || !is_same(line, explained->denial, "cpu") ||
	    !is_same(line, explained->denial, "sequence"))
		return true;
	explained->lines++;
	if (is_same(line, explained->denial, "object") &&
	    is_same(line, explained->denial, "reason") &&
	    (remedy ? json_equal(remedy, offers) : json_array_size(offers) == 0))
		return true;
	printf("the line says %s\nand 'writ why' %s\n", json_dumps(line, JSON_COMPACT),
	       json_dumps(explained->denial, JSON_COMPACT));
	exit(1);
}

static int remedies(char **arguments)
{
	json_t *why = json_load_file(arguments[1], 0, NULL);
	const json_t *denials = json_object_get(why, "denials");
	size_t helped = 0;

	if (!json_array_size(denials))
		refuse("no denials in", arguments[1]);
	for (size_t i = 0; i < json_array_size(denials); i++) {
		struct explained explained = {.denial = json_array_get(denials, i)};

		each_line(strtol(arguments[0], NULL, 10), visit_explained, &explained);
		if (explained.lines != 1)
			refuse("not one line of", json_dumps(explained.denial, JSON_COMPACT));
		helped += json_array_size(json_object_get(explained.denial, "offers")) > 0;
	}
	json_decref(why);
	printf("%zu\n", helped);
	return 0;
}

/* One CPU: its numbers, from the first on. */
struct numbers {
	unsigned char *seen;
	size_t lines;
	long long highest;
	long long records;
	long long gaps;
};

static bool visit_numbers(json_t *line, void *context)
{
	struct numbers *numbers = context;
	const json_t *sequence = json_object_get(line, "sequence");
	long long number = json_integer_value(sequence);

	numbers->lines++;
	numbers->gaps += json_integer_value(json_object_get(line, "missing"));
	if (!sequence)
		return true;
	if (number <= 0 || number >= NUMBERS_MAX || numbers->seen[number]) {
		printf("record %lld stands twice in the log, or can't be\n", number);
		exit(1);
	}
	numbers->records += !numbers->seen[number];
	numbers->seen[number] = 1;
	if (number > numbers->highest)
		numbers->highest = number;
	return true;
}

static int whole(char **arguments)
{
	struct numbers numbers = {.seen = calloc(1, NUMBERS_MAX)};
	long long canaries = *arguments ? strtoll(*arguments, NULL, 10) : -1, missing;

	if (!numbers.seen)
		return 2;
	each_line_of_all(visit_numbers, &numbers);
	missing = numbers.highest - numbers.records - numbers.gaps;
	if (!numbers.lines || (canaries >= 0 && missing != canaries)) {
		printf("%zu lines, %lld records up to number %lld, gaps say %lld: %lld are missing "
		       "without a word, %lld of them canaries\n",
		       numbers.lines, numbers.records, numbers.highest, numbers.gaps, missing,
		       canaries);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 4 && !strcmp(argv[1], "find"))
		return find(argv + 2);
	if (argc > 3 && !strcmp(argv[1], "count"))
		return count(argv + 2);
	if (argc == 4 && !strcmp(argv[1], "lacks"))
		return lacks(argv + 2);
	if (argc == 4 && !strcmp(argv[1], "remedies"))
		return remedies(argv + 2);
	if (argc > 1 && !strcmp(argv[1], "whole"))
		return whole(argv + 2);
	fprintf(stderr, "usage: audit find|count|lacks|remedies|whole ...\n");
	return 2;
}
