/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A strict reader of the Prometheus exposition format 0.0.4: what it takes, Prometheus takes; and
 * the conventions beside it: each family has a HELP, then a TYPE, then all its samples; a counter
 * ends in _total and no other does; no series stands twice; a histogram adds up.
 */
#ifndef TEST_PROMETHEUS_H
#define TEST_PROMETHEUS_H

#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROM_FAMILIES_MAX 256
#define PROM_SAMPLES_MAX 16384
#define PROM_LABELS_MAX 8

struct prom_family {
	char name[128];
	char type[16];
	bool helped, typed;
	size_t n_samples;
};

struct prom_sample {
	size_t family;
	char name[128];
	char labels[512]; /* as they stand in the text, without braces */
	char less[512];	  /* the same without `le` */
	char bound[32];	  /* `le`, "" when there is none */
	double value;
};

static struct {
	struct prom_family families[PROM_FAMILIES_MAX];
	size_t n_families;
	struct prom_sample samples[PROM_SAMPLES_MAX];
	size_t n_samples;
	char why[512]; /* what is wrong, "" nothing */
	size_t line;
} prom;

static inline bool prom_bad(const char *what, const char *about)
{
	if (!*prom.why)
		(void)snprintf(prom.why, sizeof(prom.why), "line %zu: %s: %.300s", prom.line, what,
			       about);
	return false;
}

/* The length of the name at @text, 0: there is none. */
static inline size_t prom_name(const char *text, bool label)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_:0123456789";
	/* a label has no colon; neither begins with a digit */
	const size_t first = label ? 53 : 54;
	size_t len = 0;

	while (text[len]) {
		const char *at = strchr(letters, text[len]);

		if (!at || (label && text[len] == ':') || (!len && (size_t)(at - letters) >= first))
			break;
		len++;
	}
	return len;
}

static inline struct prom_family *prom_family_of(const char *name, size_t len)
{
	for (size_t i = 0; i < prom.n_families; i++)
		if (strlen(prom.families[i].name) == len &&
		    !memcmp(prom.families[i].name, name, len))
			return &prom.families[i];
	return NULL;
}

/* "# HELP name text" begins a family, "# TYPE name type" follows. */
static inline bool prom_comment(const char *line)
{
	bool help = !strncmp(line, "# HELP ", 7);
	const char *name = line + 7;
	struct prom_family *family;
	size_t len;

	if (!help && strncmp(line, "# TYPE ", 7))
		return prom_bad("a comment that is none of ours", line);
	len = prom_name(name, false);
	if (!len || len > 100 || name[len] != ' ' || !name[len + 1])
		return prom_bad("no name, or nothing behind it", line);
	family = prom_family_of(name, len);
	if (help) {
		if (family || prom.n_families == PROM_FAMILIES_MAX)
			return prom_bad("a family twice", line);
		for (const char *at = name + len; *at; at++)
			if (*at == '\\' && *++at != '\\' && *at != 'n')
				return prom_bad("an escape that is none", line);
		family = &prom.families[prom.n_families++];
		memcpy(family->name, name, len);
		family->helped = true;
		return true;
	}
	if (!family || family->typed || family != &prom.families[prom.n_families - 1])
		return prom_bad("a TYPE without its HELP before it", line);
	family->typed = true;
	(void)snprintf(family->type, sizeof(family->type), "%s", name + len + 1);
	if (strcmp(family->type, "counter") && strcmp(family->type, "gauge") &&
	    strcmp(family->type, "histogram"))
		return prom_bad("no type", line);
	return true;
}

/* The value of one label, from its quote on; its end behind the other quote. NULL: none. */
static inline const char *prom_quoted(const char *at)
{
	if (*at++ != '"')
		return NULL;
	for (; *at && *at != '"'; at++)
		if (*at == '\\' && *++at != '\\' && *at != '"' && *at != 'n')
			return NULL;
	return *at ? at + 1 : NULL;
}

/* {a="b",c="d"}; what is behind it, or NULL. */
static inline const char *prom_labels(const char *line, const char *at, struct prom_sample *sample)
{
	const char *begin = at + 1;
	char names[PROM_LABELS_MAX][64];
	size_t n = 0;

	do {
		const char *name = at + 1, *value, *end;
		size_t len = prom_name(name, true);

		if (!len || len >= 64 || n == PROM_LABELS_MAX || name[len] != '=')
			return prom_bad("no label", line), NULL;
		value = name + len + 1;
		end = prom_quoted(value);
		if (!end)
			return prom_bad("no value of a label", line), NULL;
		(void)snprintf(names[n], 64, "%.*s", (int)len, name);
		for (size_t i = 0; i < n; i++)
			if (!strcmp(names[i], names[n]))
				return prom_bad("a label twice", line), NULL;
		if (!strcmp(names[n++], "le"))
			(void)snprintf(sample->bound, sizeof(sample->bound), "%.*s",
				       (int)(end - value - 2), value + 1);
		else
			(void)snprintf(sample->less + strlen(sample->less),
				       sizeof(sample->less) - strlen(sample->less), "%.*s,",
				       (int)(end - name), name);
		at = end;
	} while (*at == ',');
	if (*at != '}' || (size_t)(at - begin) >= sizeof(sample->labels))
		return prom_bad("no end of labels", line), NULL;
	(void)snprintf(sample->labels, sizeof(sample->labels), "%.*s", (int)(at - begin), begin);
	return at + 1;
}

static inline bool prom_number(const char *text, double *ret_value)
{
	char *end = NULL;

	if (!text[strspn(text, "-0123456789.")]) { /* as this exporter writes them */
		*ret_value = strtod(text, &end);
		return *text && !*end;
	}
	return false;
}

static inline bool prom_is_of(const struct prom_sample *sample)
{
	const struct prom_family *family = &prom.families[sample->family];
	const char *suffix = sample->name + strlen(family->name);

	if (strncmp(sample->name, family->name, strlen(family->name)))
		return false;
	if (strcmp(family->type, "histogram"))
		return !*suffix && !*sample->bound;
	if (!strcmp(suffix, "_bucket"))
		return *sample->bound;
	return !*sample->bound && (!strcmp(suffix, "_sum") || !strcmp(suffix, "_count"));
}

static inline bool prom_sample_line(const char *line)
{
	struct prom_sample *sample = &prom.samples[prom.n_samples];
	size_t len = prom_name(line, false);
	const char *at = line + len;

	if (!len || len >= sizeof(sample->name) || prom.n_samples == PROM_SAMPLES_MAX)
		return prom_bad("no name", line);
	if (!prom.n_families || !prom.families[prom.n_families - 1].typed)
		return prom_bad("a sample without a TYPE before it", line);
	memset(sample, 0, sizeof(*sample));
	memcpy(sample->name, line, len);
	sample->family = prom.n_families - 1;
	if (*at == '{')
		at = prom_labels(line, at, sample);
	if (!at || *at != ' ' || !prom_number(at + 1, &sample->value))
		return prom_bad("no value, or more than one", line);
	if (!prom_is_of(sample))
		return prom_bad("a sample that is not of its family", line);
	if (sample->value < 0 && strcmp(prom.families[sample->family].type, "gauge"))
		return prom_bad("a counter below 0", line);
	for (size_t i = 0; i < prom.n_samples; i++)
		if (!strcmp(prom.samples[i].name, sample->name) &&
		    !strcmp(prom.samples[i].labels, sample->labels))
			return prom_bad("a series twice", line);
	prom.families[sample->family].n_samples++;
	prom.n_samples++;
	return true;
}

static inline const struct prom_sample *prom_find(const char *name, const char *labels)
{
	for (size_t i = 0; i < prom.n_samples; i++)
		if (!strcmp(prom.samples[i].name, name) && !strcmp(prom.samples[i].labels, labels))
			return &prom.samples[i];
	return NULL;
}

/* Buckets in order, each at least the one before, the last without a bound and the count. */
static inline bool prom_histogram(const struct prom_family *family, size_t first)
{
	const struct prom_sample *bucket = &prom.samples[first], *last = NULL;
	char count[160];

	for (; bucket < prom.samples + prom.n_samples && *bucket->bound &&
	       !strcmp(bucket->less, prom.samples[first].less);
	     last = bucket++) {
		double bound = strtod(bucket->bound, NULL);

		if (last && (bucket->value < last->value || bound <= strtod(last->bound, NULL)))
			return prom_bad("buckets that do not grow", family->name);
	}
	if (!last || strcmp(last->bound, "+Inf"))
		return prom_bad("no bucket +Inf", family->name);
	(void)snprintf(count, sizeof(count), "%s_count", family->name);
	for (size_t i = 0; i < prom.n_samples; i++)
		if (!strcmp(prom.samples[i].name, count) &&
		    !strcmp(prom.samples[i].less, last->less))
			return prom.samples[i].value == last->value ||
			       prom_bad("a count that is not the bucket +Inf", family->name);
	return prom_bad("no count", family->name);
}

static inline bool prom_conventions(void)
{
	for (size_t i = 0; i < prom.n_families; i++) {
		const struct prom_family *family = &prom.families[i];
		size_t len = strlen(family->name);
		bool total = len > 6 && !strcmp(family->name + len - 6, "_total");

		if (!family->typed)
			return prom_bad("a HELP without a TYPE", family->name);
		if (total != !strcmp(family->type, "counter"))
			return prom_bad("_total is a counter's name", family->name);
	}
	for (size_t i = 0; i < prom.n_samples; i++)
		if (*prom.samples[i].bound &&
		    (!i || !*prom.samples[i - 1].bound ||
		     strcmp(prom.samples[i - 1].less, prom.samples[i].less)) &&
		    !prom_histogram(&prom.families[prom.samples[i].family], i))
			return false;
	return true;
}

/* True: @text is sound, and prom has what is in it; else prom.why. */
static inline bool prom_parse(const char *text)
{
	json_t *utf8 = json_string(text);
	char *copy = strdup(text), *line = copy;
	bool sound = true;

	memset(&prom, 0, sizeof(prom));
	if (!utf8)
		sound = prom_bad("not UTF-8", "");
	json_decref(utf8);
	if (!*text || text[strlen(text) - 1] != '\n')
		sound = prom_bad("no end of the last line", "");
	while (sound && *line) {
		char *end = strchr(line, '\n');

		*end = '\0';
		prom.line++;
		sound = *line == '#' ? prom_comment(line) : prom_sample_line(line);
		line = end + 1;
	}
	free(copy);
	return sound && prom_conventions();
}

#endif
