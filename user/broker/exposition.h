/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text of the Prometheus exposition format 0.0.4: families, each named once with its HELP and TYPE,
 * then its samples. Label values are any bytes but NUL. Out of memory is an outcome, not an end:
 * the text is none then.
 */
#ifndef WRIT_BROKER_EXPOSITION_H
#define WRIT_BROKER_EXPOSITION_H

#include <stddef.h>
#include <stdint.h>

#define WRIT_EXPOSITION_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct writ_exposition {
	char *text; /* owned, NUL behind it; NULL: nothing yet */
	size_t len;
	size_t size;
	int err;	    /* -ENOMEM: the text has a hole */
	const char *family; /* that samples belong to */
};

struct writ_exposition_label {
	const char *name;
	const char *value;
};

/* Labels of one sample: WRIT_LABELS({"verdict", word}, {"reason", other}). */
#define WRIT_LABELS(...) ((const struct writ_exposition_label[]){__VA_ARGS__, {0}})
#define WRIT_LABELS_NONE ((const struct writ_exposition_label[]){{0}})

/* Begins a family. @name must stay; @type: "counter", "gauge" or "histogram". */
void writ_exposition_family(struct writ_exposition *out, const char *name, const char *type,
			    const char *help);

/* A sample of the family, its name with @suffix ("" but for a histogram's). */
void writ_exposition_sample(struct writ_exposition *out, const char *suffix,
			    const struct writ_exposition_label *labels, uint64_t value);

/* The same of a time, as seconds. */
void writ_exposition_ns(struct writ_exposition *out, const char *suffix,
			const struct writ_exposition_label *labels, uint64_t ns);
void writ_exposition_ms(struct writ_exposition *out, const char *suffix,
			const struct writ_exposition_label *labels, uint64_t ms);

/* A family of one sample without labels. */
void writ_exposition_counter(struct writ_exposition *out, const char *name, const char *help,
			     uint64_t value);
void writ_exposition_gauge(struct writ_exposition *out, const char *name, const char *help,
			   uint64_t value);

void writ_exposition_free(struct writ_exposition *out);

#endif
