/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trail/key.c: what is named is what signs next, a step survives any cut, and nothing on the disk
 * brings back a key that has signed.
 */
#include <errno.h>
#include <sodium.h>

#include "trail_helper.h"
#include "trail/key.h"

static struct writ_key *make(void)
{
	struct writ_key *key = NULL;

	assert_int_equal(writ_key_make(trail_key, 0, &key), 0);
	return key;
}

static int verify(const uint8_t signature[64], const char *text, const uint8_t public[32])
{
	return crypto_sign_verify_detached(signature, (const unsigned char *)text, strlen(text),
					   public);
}

static void names_who_signs_next(void **state)
{
	_cleanup_(writ_key_closep) struct writ_key *key = make();
	uint8_t segment[32], checkpoint[32], next[32], signature[64];

	(void)state;
	writ_key_anchor(key, segment);
	for (int i = 0; i < 5; i++) {
		writ_key_segment_sign(key, "first", 5, signature);
		assert_int_equal(verify(signature, "first", segment), 0);
		assert_int_not_equal(verify(signature, "First", segment), 0);
		writ_key_segment_names(key, checkpoint, segment);
		assert_int_equal(writ_key_begun(key), 0);
		assert_int_equal(writ_key_segment(key), i + 1);
		for (int j = 0; j < 5; j++) {
			assert_int_equal(writ_key_checkpoint(key), j);
			assert_int_equal(writ_key_checkpoint_sign(key, "check", 5, signature), 0);
			assert_int_equal(verify(signature, "check", checkpoint), 0);
			assert_int_equal(writ_key_checkpoint_name(key, next), 0);
			assert_int_equal(writ_key_checked(key), 0);
			assert_int_equal(writ_key_checkpoint_sign(key, "check", 5, signature), 0);
			assert_int_not_equal(verify(signature, "check", checkpoint), 0);
			memcpy(checkpoint, next, sizeof(next));
		}
	}
}

static void goes_on_from_the_file(void **state)
{
	struct writ_key *key = make();
	uint8_t anchor[32], again[32], checkpoint[32], signature[64];

	(void)state;
	writ_key_anchor(key, anchor);
	assert_int_equal(writ_key_begun(key), 0);
	assert_int_equal(writ_key_checkpoint_name(key, checkpoint), 0);
	assert_int_equal(writ_key_checked(key), 0);
	writ_key_close(key);
	assert_int_equal(writ_key_open(trail_key, &key), 0);
	writ_key_anchor(key, again);
	assert_memory_equal(anchor, again, sizeof(anchor));
	assert_int_equal(writ_key_segment(key), 1);
	assert_int_equal(writ_key_checkpoint(key), 1);
	assert_int_equal(writ_key_checkpoint_sign(key, "x", 1, signature), 0);
	assert_int_equal(verify(signature, "x", checkpoint), 0);
	writ_key_close(key);
}

static void no_checkpoint_before_a_segment(void **state)
{
	_cleanup_(writ_key_closep) struct writ_key *key = make();
	uint8_t bytes[64];

	(void)state;
	assert_true(writ_key_is_new(key));
	assert_int_equal(writ_key_checkpoint_name(key, bytes), -ENOKEY);
	assert_int_equal(writ_key_checkpoint_sign(key, "x", 1, bytes), -ENOKEY);
	assert_int_equal(writ_key_checked(key), -ENOKEY);
}

/*
 * Each state of the file between two steps, cut at any of the writes that make it: the older or the
 * newer state is there, never none.
 */
static void survives_a_cut_step(void **state)
{
	struct writ_key *key = make();
	_cleanup_free_ char *before = NULL, *after = NULL;
	size_t len;

	(void)state;
	assert_int_equal(writ_key_begun(key), 0);
	before = trail_read(trail_key, &len);
	assert_int_equal(len, 8192);
	assert_int_equal(writ_key_checked(key), 0);
	after = trail_read(trail_key, &len);
	writ_key_close(key);
	for (size_t cut = 0; cut <= 160; cut += 8) { /* of the new state, in its place */
		size_t place = memcmp(after, "\0\0\0\0\0\0\0", 8) ? 0 : 4096;
		uint64_t checkpoint;
		char file[8192];

		memcpy(file, before, sizeof(file));
		memcpy(file + place, after + place, cut);
		trail_write(trail_key, file, sizeof(file));
		assert_int_equal(chmod(trail_key, 0600), 0);
		assert_int_equal(writ_key_open(trail_key, &key), 0);
		checkpoint = writ_key_checkpoint(key);
		assert_int_equal(checkpoint, cut >= 152 ? 1 : 0);
		writ_key_close(key);
	}
}

static void erases_what_has_signed(void **state)
{
	_cleanup_free_ char *before = NULL, *after = NULL;
	struct writ_key *key = make();
	size_t len;

	(void)state;
	assert_int_equal(writ_key_begun(key), 0);
	before = trail_read(trail_key, &len);
	assert_int_equal(writ_key_checked(key), 0);
	writ_key_close(key);
	after = trail_read(trail_key, &len);
	for (size_t at = 0; at + 32 <= len; at += 8) {
		const char *seed = before + at;

		if (memcmp(seed, "\0\0\0\0\0\0\0", 8) && at % 4096 >= 72 && at % 4096 < 104)
			assert_null(memmem(after, len, seed, 8));
	}
}

static void refuses_bad_files(void **state)
{
	struct writ_key *key = NULL;
	char zeros[8192] = {0};

	(void)state;
	assert_int_equal(writ_key_open(trail_key, &key), -ENOENT);
	writ_key_close(make());
	assert_int_equal(chmod(trail_key, 0640), 0);
	assert_int_equal(writ_key_open(trail_key, &key), -EINVAL);
	trail_write(trail_key, zeros, sizeof(zeros));
	assert_int_equal(chmod(trail_key, 0600), 0);
	assert_int_equal(writ_key_open(trail_key, &key), -EBADMSG);
	assert_int_equal(unlink(trail_key), 0);
	assert_int_equal(symlink("/etc/hostname", trail_key), 0);
	assert_int_equal(writ_key_open(trail_key, &key), -ELOOP);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, trail_set_up, trail_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(names_who_signs_next),	      TEST(goes_on_from_the_file),
		TEST(no_checkpoint_before_a_segment), TEST(survives_a_cut_step),
		TEST(erases_what_has_signed),	      TEST(refuses_bad_files),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
