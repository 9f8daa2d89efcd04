/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fields of an answer in JSON that may have none of them, or others: a field that is missing
 * or of another type is "" or 0. Texts are as they came: make them fit for a terminal before
 * showing them.
 */
#ifndef WRIT_CLI_FIELDS_H
#define WRIT_CLI_FIELDS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

const char *writ_fields_text(const json_t *json, const char *key);
uint64_t writ_fields_number(const json_t *json, const char *key);

/* Strings of the object at @key as "k=v k=v", fit for a terminal; "" if there are none. */
const char *writ_fields_pairs(const json_t *json, const char *key, char *ret_text, size_t size);

/* Strings of the array at @key as "a, b", likewise. */
const char *writ_fields_words(const json_t *json, const char *key, char *ret_text, size_t size);

/* Seconds at @key as "1h30m"; at most a year. */
const char *writ_fields_span(const json_t *json, const char *key, char *ret_text, size_t size);

/* "2026-11-22T10:11:12Z" at @key as "10:11:12Z", or with its date when it is not of today. */
const char *writ_fields_moment(const json_t *json, const char *key, char *ret_text, size_t size);

/* The moment at @key, ns since 1970; 0 when there is none. */
int64_t writ_fields_time(const json_t *json, const char *key);

#endif
