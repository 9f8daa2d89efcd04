/* SPDX-License-Identifier: Apache-2.0 */
/* See seal.h. These lines are rare: they are printed, and read with a JSON library. */
#include "trail/seal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>
#include <sodium.h>

#include "lib/cleanup.h"
#include "lib/time.h"
#include "trail/hex.h"

#define DOMAIN "writ "
#define DOMAIN_LEN (sizeof(DOMAIN) - 1)
#define SIGNATURE ",\"signature\":\""
#define HEX_SIZE (2 * WRIT_CHAIN_SIZE + 1)

static const char segment_type[] = "\"type\":\"segment\"";
static const char checkpoint_type[] = "\"type\":\"checkpoint\"";
static const char removed_type[] = "\"type\":\"removed\"";

static const char *hex(const uint8_t bytes[WRIT_CHAIN_SIZE], char ret_text[HEX_SIZE])
{
	writ_hex_write(bytes, WRIT_CHAIN_SIZE, ret_text);
	ret_text[HEX_SIZE - 1] = '\0';
	return ret_text;
}

static void stamp_now(char ret_stamp[WRIT_TIME_STAMP_SIZE])
{
	writ_time_stamp((int64_t)writ_time_boot() + writ_time_offset(), ret_stamp,
			WRIT_TIME_STAMP_SIZE);
}

/* Appends the signature, brace and newline to a line of which @len bytes are there. */
static size_t append(char line[WRIT_SEAL_SIZE], size_t len,
		     const uint8_t signature[WRIT_KEY_SIGNATURE])
{
	memcpy(line + len, SIGNATURE, sizeof(SIGNATURE) - 1);
	len += sizeof(SIGNATURE) - 1;
	writ_hex_write(signature, WRIT_KEY_SIGNATURE, line + len);
	len += 2 * WRIT_KEY_SIGNATURE;
	memcpy(line + len, "\"}\n", 4);
	return len + 3;
}

/* What is signed: the domain and the line so far. */
static size_t enclose(const char *line, size_t len, char ret_signed[WRIT_SEAL_SIZE + DOMAIN_LEN])
{
	memcpy(ret_signed, DOMAIN, DOMAIN_LEN);
	memcpy(ret_signed + DOMAIN_LEN, line, len);
	return DOMAIN_LEN + len;
}

size_t writ_seal_segment(const struct writ_key *key, const struct writ_chain *chain,
			 char ret_line[WRIT_SEAL_SIZE])
{
	char previous[HEX_SIZE], first[HEX_SIZE], next[HEX_SIZE], stamp[WRIT_TIME_STAMP_SIZE];
	char bytes[WRIT_SEAL_SIZE + DOMAIN_LEN];
	uint8_t checkpoint_key[WRIT_KEY_SIZE], next_key[WRIT_KEY_SIZE];
	uint8_t signature[WRIT_KEY_SIGNATURE];
	size_t len;

	writ_key_segment_names(key, checkpoint_key, next_key);
	stamp_now(stamp);
	len = (size_t)snprintf(
		ret_line, WRIT_SEAL_SIZE,
		"{\"time\":\"%s\",%s,\"schema\":%u,\"segment\":%llu,"
		"\"previous\":\"%s\",\"checkpoint_key\":\"%s\",\"next_key\":\"%s\"",
		stamp, segment_type, WRIT_TRAIL_SCHEMA, (unsigned long long)writ_key_segment(key),
		hex(chain->head, previous), hex(checkpoint_key, first), hex(next_key, next));
	writ_key_segment_sign(key, bytes, enclose(ret_line, len, bytes), signature);
	return append(ret_line, len, signature);
}

size_t writ_seal_checkpoint(const struct writ_key *key, const struct writ_chain *chain,
			    uint64_t lines, bool last, char ret_line[WRIT_SEAL_SIZE])
{
	char head[HEX_SIZE], next[HEX_SIZE], stamp[WRIT_TIME_STAMP_SIZE];
	char bytes[WRIT_SEAL_SIZE + DOMAIN_LEN];
	uint8_t next_key[WRIT_KEY_SIZE], signature[WRIT_KEY_SIGNATURE];
	size_t len;

	if (writ_key_checkpoint_name(key, next_key))
		return 0;
	stamp_now(stamp);
	len = (size_t)snprintf(
		ret_line, WRIT_SEAL_SIZE,
		"{\"time\":\"%s\",%s,\"segment\":%llu,\"checkpoint\":%llu,"
		"\"lines\":%llu,\"head\":\"%s\",\"next_key\":\"%s\"%s",
		stamp, checkpoint_type, (unsigned long long)writ_key_segment(key) - 1,
		(unsigned long long)writ_key_checkpoint(key), (unsigned long long)lines,
		hex(chain->head, head), hex(next_key, next), last ? ",\"last\":true" : "");
	if (writ_key_checkpoint_sign(key, bytes, enclose(ret_line, len, bytes), signature))
		return 0;
	return append(ret_line, len, signature);
}

size_t writ_seal_removed(uint64_t segment, char ret_line[WRIT_SEAL_SIZE])
{
	char stamp[WRIT_TIME_STAMP_SIZE];

	stamp_now(stamp);
	return (size_t)snprintf(ret_line, WRIT_SEAL_SIZE, "{\"time\":\"%s\",%s,\"segment\":%llu}\n",
				stamp, removed_type, (unsigned long long)segment);
}

static int get_bytes(const json_t *object, const char *name, uint8_t ret[WRIT_CHAIN_SIZE])
{
	const json_t *value = json_object_get(object, name);

	if (!json_is_string(value))
		return -EBADMSG;
	return writ_hex_read(json_string_value(value), json_string_length(value), ret,
			     WRIT_CHAIN_SIZE)
		       ? -EBADMSG
		       : 0;
}

static int get_number(const json_t *object, const char *name, uint64_t *ret)
{
	const json_t *value = json_object_get(object, name);

	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return -EBADMSG;
	*ret = (uint64_t)json_integer_value(value);
	return 0;
}

static int read_segment(const json_t *object, struct writ_seal *seal)
{
	uint64_t schema = 0;
	int err = get_number(object, "schema", &schema);

	if (!err && schema != WRIT_TRAIL_SCHEMA)
		err = -EBADMSG;
	if (!err)
		err = get_bytes(object, "previous", seal->head);
	if (!err)
		err = get_bytes(object, "checkpoint_key", seal->checkpoint_key);
	return err;
}

static int read_checkpoint(const json_t *object, struct writ_seal *seal)
{
	int err = get_number(object, "checkpoint", &seal->checkpoint);

	if (!err)
		err = get_number(object, "lines", &seal->lines);
	if (!err)
		err = get_bytes(object, "head", seal->head);
	seal->last = json_is_true(json_object_get(object, "last"));
	return err;
}

/* By the bytes before the first text from outside: `{"time":"...","type":`. */
static enum writ_seal_type type_of(const char *line, size_t len)
{
	static const struct {
		const char *word;
		size_t len;
	} types[] = {
		[WRIT_SEAL_SEGMENT] = {segment_type, sizeof(segment_type) - 1},
		[WRIT_SEAL_CHECKPOINT] = {checkpoint_type, sizeof(checkpoint_type) - 1},
		[WRIT_SEAL_REMOVED] = {removed_type, sizeof(removed_type) - 1},
	};
	const size_t at = sizeof("{\"time\":\"2026-11-22T10:11:12.345678Z\",") - 1;

	for (int type = WRIT_SEAL_SEGMENT; type <= WRIT_SEAL_REMOVED; type++)
		if (len > at + types[type].len &&
		    !memcmp(line + at, types[type].word, types[type].len))
			return type;
	return WRIT_SEAL_NONE;
}

static int read_fields(const json_t *object, struct writ_seal *seal)
{
	int err = get_number(object, "segment", &seal->segment);

	if (err || seal->type == WRIT_SEAL_REMOVED)
		return err;
	err = get_bytes(object, "next_key", seal->next_key);
	if (err)
		return err;
	return seal->type == WRIT_SEAL_SEGMENT ? read_segment(object, seal)
					       : read_checkpoint(object, seal);
}

static void json_freep(json_t **object)
{
	json_decref(*object);
}

int writ_seal_read(const char *line, size_t len, struct writ_seal *ret)
{
	struct writ_seal seal = {.type = type_of(line, len)};
	_cleanup_(json_freep) json_t *object = NULL;
	int err;

	if (seal.type != WRIT_SEAL_NONE) {
		if (len >= WRIT_SEAL_SIZE)
			return -EBADMSG;
		object = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
		if (!object)
			return -EBADMSG;
		err = read_fields(object, &seal);
		if (err)
			return err;
	}
	*ret = seal;
	return 0;
}

int writ_seal_check(const char *line, size_t len, const uint8_t public[WRIT_KEY_SIZE])
{
	const char *at = memmem(line, len, SIGNATURE, sizeof(SIGNATURE) - 1);
	char bytes[WRIT_SEAL_SIZE + DOMAIN_LEN];
	uint8_t signature[WRIT_KEY_SIGNATURE];
	const char *digits = at + sizeof(SIGNATURE) - 1;

	if (!at || len >= WRIT_SEAL_SIZE ||
	    (size_t)(line + len - digits) < 2 * WRIT_KEY_SIGNATURE ||
	    writ_hex_read(digits, 2 * WRIT_KEY_SIGNATURE, signature, WRIT_KEY_SIGNATURE))
		return -EBADMSG;
	return crypto_sign_verify_detached(signature, (const unsigned char *)bytes,
					   enclose(line, (size_t)(at - line), bytes), public)
		       ? -EBADMSG
		       : 0;
}
