/* SPDX-License-Identifier: Apache-2.0 */
/* The list `network` of a role or playbook; see rules.h. */
#include <errno.h>
#include <string.h>

#include "compile/address.h"
#include "compile/rules.h"
#include "writ/names.h"

#define PORTS_MAX 256u

/* "{host}": the address is a parameter's value. */
static int read_address_parameter(struct writ_reader *reader, const struct writ_yaml_node *value,
				  struct writ_network_rule *rule)
{
	const struct writ_position at = writ_reader_at(reader, value);
	struct writ_rules_scope *scope = reader->context;
	size_t len = strlen(rule->connect);

	for (size_t i = 0; i < scope->n_parameters; i++) {
		const struct writ_policy_parameter *parameter = &scope->parameters[i];

		if (strlen(parameter->name) + 2 != len || rule->connect[len - 1] != '}' ||
		    memcmp(parameter->name, rule->connect + 1, len - 2))
			continue;
		scope->used[i] = true;
		rule->parameter = (uint32_t)i + 1;
		if (parameter->type == WRIT_PARAMETER_ADDRESS)
			return 0;
		return writ_diagnostics_error(reader->diags, &at,
					      "connect: parameter %s is not of type address",
					      parameter->name);
	}
	return writ_diagnostics_error(
		reader->diags, &at, "connect: \"%.64s\": not a declared parameter", rule->connect);
}

/* The address of a rule for @access, whose word is the key. */
static int read_address(struct writ_reader *reader, const struct writ_yaml_node *value,
			const char *what, uint32_t access, struct writ_network_rule *rule)
{
	const struct writ_position at = writ_reader_at(reader, value);
	const char *why;
	int err;

	if (rule->access)
		return writ_diagnostics_error(reader->diags, &rule->at,
					      "a network rule has one of connect, bind, listen and "
					      "send");
	rule->access = access;
	err = writ_reader_text(reader, value, what, WRIT_NAME_SIZE + 1, &rule->connect);
	if (err)
		return err;
	if (rule->connect[0] == '{')
		return read_address_parameter(reader, value, rule);
	if (rule->connect[0] == '@')
		return 0; /* a set: sets.c looks it up */
	err = writ_address_parse(rule->connect, rule->address, &rule->bits, &why);
	if (err)
		return writ_diagnostics_error(reader->diags, &at, "%s: \"%.64s\": %s", what,
					      rule->connect, why);
	return 0;
}

static int read_connect(struct writ_reader *reader, const struct writ_yaml_node *value,
			void *object)
{
	return read_address(reader, value, "connect", WRIT_ACCESS_CONNECT, object);
}

static int read_bind(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return read_address(reader, value, "bind", WRIT_ACCESS_BIND, object);
}

static int read_listen(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return read_address(reader, value, "listen", WRIT_ACCESS_LISTEN, object);
}

static int read_send(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return read_address(reader, value, "send", WRIT_ACCESS_SEND, object);
}

static int read_port(struct writ_reader *reader, const struct writ_yaml_node *value, void *element)
{
	if (value->type != WRIT_YAML_SCALAR || writ_address_ports(value->text, element))
		return writ_reader_mismatch(reader, value, "ports",
					    "a port (1 to 65535) or a range such as 8000-8100");
	return 0;
}

static int read_ports(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	struct writ_network_rule *rule = object;
	const void *items = NULL;
	int err = writ_reader_list(reader, value, "ports", PORTS_MAX, sizeof(struct writ_port_span),
				   read_port, &items, &rule->n_ports);

	if (!err && !rule->n_ports)
		return writ_reader_mismatch(reader, value, "ports",
					    "at least one port; leave the key out for all");
	rule->ports = items;
	return err;
}

static int read_protocol(struct writ_reader *reader, const struct writ_yaml_node *value,
			 void *object)
{
	static const char *const words[] = {"tcp", "udp"};
	static const uint32_t numbers[] = {WRIT_PROTOCOL_TCP, WRIT_PROTOCOL_UDP};
	size_t index = 0;
	int err = writ_reader_word(reader, value, "protocol", words, 2, &index);

	if (!err)
		((struct writ_network_rule *)object)->protocol = numbers[index];
	return err;
}

static int read_network_deny(struct writ_reader *reader, const struct writ_yaml_node *value,
			     void *object)
{
	return writ_reader_bool(reader, value, "deny", &((struct writ_network_rule *)object)->deny);
}

static int read_network_audit(struct writ_reader *reader, const struct writ_yaml_node *value,
			      void *object)
{
	return writ_rules_read_audit(reader, value, &((struct writ_network_rule *)object)->audit);
}

static int read_network_rule(struct writ_reader *reader, const struct writ_yaml_node *value,
			     void *element)
{
	static const struct writ_field fields[] = {
		{"connect", false, read_connect},   {"bind", false, read_bind},
		{"listen", false, read_listen},	    {"send", false, read_send},
		{"ports", false, read_ports},	    {"protocol", false, read_protocol},
		{"deny", false, read_network_deny}, {"audit", false, read_network_audit},
	};
	static const struct writ_port_span all = {.low = 0, .high = UINT16_MAX};
	const uint32_t datagram = WRIT_ACCESS_CONNECT | WRIT_ACCESS_SEND;
	struct writ_network_rule *rule = element;
	int err;

	*rule = (struct writ_network_rule){.at = writ_reader_at(reader, value),
					   .protocol = WRIT_PROTOCOL_TCP,
					   .ports = &all,
					   .n_ports = 1};
	err = writ_reader_fields(reader, value, "a network rule", fields, 8, rule);
	if (!err && !rule->access)
		err = writ_diagnostics_error(
			reader->diags, &rule->at,
			"a network rule needs one of connect, bind, listen and "
			"send");
	if (rule->protocol == WRIT_PROTOCOL_UDP && rule->access & datagram)
		rule->access = datagram; /* who may do the one can do the other */
	return err;
}

int writ_rules_read_network(struct writ_reader *reader, const struct writ_yaml_node *value,
			    struct writ_rules *rules)
{
	const void *items = NULL;
	int err = writ_reader_list(reader, value, "network", WRIT_RULES_MAX,
				   sizeof(struct writ_network_rule), read_network_rule, &items,
				   &rules->n_network);

	rules->network = items;
	return err;
}
