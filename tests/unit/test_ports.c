/* SPDX-License-Identifier: Apache-2.0 */
/* Address entries: against one question at a time over all rules, and the limit of ranges. */
#include "policy_helper.h"

#include "compile/ports.h"

#define RULES 12

static uint64_t seed = 42;

static uint32_t random_below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 11) % n;
}

static uint16_t random_port(void)
{
	static const uint16_t ports[] = {0, 1, 2, 3, 80, 81, 443, 65534, 65535};

	return ports[random_below(9)];
}

static void random_address(uint8_t address[16], uint32_t bits)
{
	/* 10.x/y in mapped form, two bits of each byte in use */
	memset(address, 0, 16);
	address[10] = address[11] = 0xff;
	for (uint32_t i = 12; i < 16; i++)
		address[i] = (uint8_t)(random_below(2) << 7 | random_below(2));
	for (uint32_t bit = bits; bit < 128; bit++)
		address[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
}

static bool in(const uint8_t *address, const uint8_t *prefix, uint32_t bits)
{
	for (uint32_t bit = 0; bit < bits; bit++)
		if ((address[bit / 8] ^ prefix[bit / 8]) & (0x80u >> bit % 8))
			return false;
	return true;
}

/* A new set of rules; each names one span of ports. */
static void random_rules(struct writ_network_rule *rules, struct writ_port_span *spans,
			 struct writ_ports_rule *list)
{
	for (uint32_t i = 0; i < RULES; i++) {
		uint16_t a = random_port(), b = random_port();

		spans[i] = (struct writ_port_span){a < b ? a : b, a < b ? b : a};
		rules[i] = (struct writ_network_rule){.bits = 96 + random_below(5) * 8,
						      .protocol = WRIT_PROTOCOL_TCP,
						      .ports = &spans[i],
						      .n_ports = 1};
		random_address(rules[i].address, rules[i].bits);
		list[i] = (struct writ_ports_rule){&rules[i], i};
	}
}

/* The set of rules that the table has for the question, as a mask. */
static uint32_t look_up(const struct writ_ports_table *table, const struct writ_accepts *accepts,
			const uint8_t *address, uint16_t port)
{
	const struct writ_image_address *best = NULL;
	uint32_t mask = 0;

	for (size_t i = 0; i < table->n_entries; i++)
		if (in(address, table->entries[i].address, table->entries[i].bits) &&
		    (!best || best->bits < table->entries[i].bits))
			best = &table->entries[i];
	for (uint32_t r = 0; best && r < best->ports.count; r++) {
		const struct writ_port_range *range = &best->ports.ranges[r];

		if (port < range->low || port > range->high)
			continue;
		for (uint32_t i = 0; i < accepts->sets[range->accept].count; i++)
			mask |= 1u << accepts->rules[accepts->sets[range->accept].first + i];
	}
	return mask;
}

static void random_questions(void **state)
{
	(void)state;
	for (int round = 0; round < 300; round++) {
		struct writ_network_rule rules[RULES];
		struct writ_port_span spans[RULES];
		struct writ_ports_rule list[RULES];
		struct writ_ports_table table = {0};
		struct writ_accepts accepts;
		struct writ_diagnostics diags = {0};

		random_rules(rules, spans, list);
		assert_int_equal(writ_accepts_init(&accepts), 0);
		assert_int_equal(writ_ports_build(list, RULES, &accepts, &diags, &table), 0);
		for (int q = 0; q < 100; q++) {
			uint16_t port = random_port();
			uint32_t expected = 0;
			uint8_t address[16];

			random_address(address, 128);
			for (uint32_t i = 0; i < RULES; i++)
				if (in(address, rules[i].address, rules[i].bits) &&
				    port >= spans[i].low && port <= spans[i].high)
					expected |= 1u << i;
			assert_int_equal(look_up(&table, &accepts, address, port), expected);
		}
		writ_ports_table_free(&table);
		writ_accepts_free(&accepts);
	}
}

static int compile_ports(const char *text, char *why)
{
	struct writ_policy *policy = good_policy(text);
	struct writ_diagnostics diags = {0};
	struct writ_blob image = {0};
	int err = writ_role_compile(policy, policy->roles, &diags, &image);

	lines_of(&diags, why, 4096);
	writ_diagnostics_free(&diags);
	writ_blob_free(&image);
	writ_policy_free(policy);
	return err;
}

static void range_limit(void **state)
{
	char text[1024], why[4096];

	(void)state;
	for (uint32_t extra = 0; extra < 2; extra++) {
		size_t used = (size_t)sprintf(text, ROLE "network:\n  - {connect: 10.0.0.0/8, "
							 "ports: [1");

		for (uint32_t i = 1; i < WRIT_PORT_RANGES_MAX; i++)
			used += (size_t)sprintf(text + used, ", %u", 1 + 2 * i);
		used += (size_t)sprintf(text + used,
					"]}\n  - {connect: 10.1.0.0/16, ports: [%u]}\n",
					extra ? 100 : 1);
		assert_int_equal(compile_ports(text, why), extra ? -EINVAL : 0);
	}
	assert_non_null(strstr(why, "p.yaml:6:5: connect 10.1.0.0/16: 2 rules hold for these"));
	assert_non_null(strstr(why, "p.yaml:5:5: connect 10.0.0.0/8: 2 rules hold for these"));
	assert_non_null(strstr(why, "more than 16 ranges"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_questions),
		cmocka_unit_test(range_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
