/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses, prefixes and ports as text. */
#include "policy_helper.h"

#include "compile/address.h"

static void parses(void **state)
{
	static const struct {
		const char *text;
		uint32_t bits;
		uint8_t address[16];
	} cases[] = {
		{"127.0.0.1", 128, {[10] = 0xff, 0xff, 127, 0, 0, 1}},
		{"10.0.0.0/8", 104, {[10] = 0xff, 0xff, 10}},
		{"0.0.0.0/0", 96, {[10] = 0xff, 0xff}},
		{"::ffff:10.0.0.0/104", 104, {[10] = 0xff, 0xff, 10}},
		{"::", 128, {0}},
		{"::/0", 0, {0}},
		{"fd00::/8", 8, {0xfd}},
		{"2001:db8::1", 128, {0x20, 0x01, 0x0d, 0xb8, [15] = 1}},
	};
	uint8_t address[16];
	uint32_t bits;
	const char *why;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(writ_address_parse(cases[i].text, address, &bits, &why), 0);
		assert_int_equal(bits, cases[i].bits);
		assert_memory_equal(address, cases[i].address, 16);
	}
}

static void refuses(void **state)
{
	static const char *const texts[] = {
		"",	      "host",	     "10.0.0",		"10.0.0.256",
		"010.0.0.1",  "10.0.0.1/8",  "10.0.0.0/",	"1.2.3.4/33",
		"1.2.3.4/-1", "1.2.3.4/032", "1.2.3.4/8/8",	"::1/127",
		"::/129",     "::1%lo",	     " 1.2.3.4",	"1.2.3.4 ",
		"0x7f.0.0.1", "fe80::1::2",  "2001:db8::1/3 2", "::ffff:10.0.0.1/100",
	};
	uint8_t address[16];
	uint32_t bits;
	const char *why;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		why = NULL;
		if (writ_address_parse(texts[i], address, &bits, &why) != -EINVAL || !why)
			fail_msg("%s is taken", texts[i]);
	}
}

static void ports(void **state)
{
	static const char *const bad[] = {"",	"0", "65536", "1-",    "-1", "2-1", "1-65536",
					  "01", "a", "1,2",   "1-2-3", "+1", " 1",  "0-5"};
	struct writ_port_span span;

	(void)state;
	assert_int_equal(writ_address_ports("1", &span), 0);
	assert_int_equal(span.low, 1);
	assert_int_equal(span.high, 1);
	assert_int_equal(writ_address_ports("8000-65535", &span), 0);
	assert_int_equal(span.low, 8000);
	assert_int_equal(span.high, 65535);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(writ_address_ports(bad[i], &span), -EINVAL);
}

static void within(void **state)
{
	const uint8_t a[16] = {0xff, 0xf0}, b[16] = {0xff, 0xff};

	(void)state;
	assert_true(writ_address_within(b, a, 0));
	assert_true(writ_address_within(b, a, 12));
	assert_false(writ_address_within(b, a, 13));
	assert_true(writ_address_within(a, a, 128));
	assert_true(writ_address_has_rest(a, 11));
	assert_false(writ_address_has_rest(a, 12));
	assert_false(writ_address_has_rest(b, 128));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses),
		cmocka_unit_test(refuses),
		cmocka_unit_test(ports),
		cmocka_unit_test(within),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
