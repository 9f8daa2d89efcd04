/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes as the body of a request -> ask.c, as an agent's and as an operator's. Whatever the bytes
 * are: no crash, one line of words with a refusal, and with a yes only text that ends in its field,
 * holds no control byte, and comes out of JSON again as it was.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "broker/api_json.h"
#include "broker/ask.h"
#include "lib/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hold(bool holds)
{
	if (!holds)
		abort();
}

static void check_text(const char *text, size_t size)
{
	size_t len = strnlen(text, size);
	json_t *json = json_stringn(text, len);

	hold(len < size && json);
	for (size_t i = 0; i < len; i++)
		hold((unsigned char)text[i] >= 0x20 && text[i] != 0x7f);
	json_decref(json);
}

static void check_parameters(const struct writ_request *request)
{
	_cleanup_free_ char *text = writ_api_parameters(request);
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	hold(json_object_size(json) == request->n_parameters);
	for (uint32_t i = 0; i < request->n_parameters; i++) {
		const struct writ_parameter *parameter = &request->parameters[i];

		check_text(parameter->name, sizeof(parameter->name));
		check_text(parameter->value, sizeof(parameter->value));
		hold(!strcmp(json_string_value(json_object_get(json, parameter->name)),
			     parameter->value));
	}
	json_decref(json);
}

static void check(const struct writ_request *request, bool push)
{
	check_text(request->agent, sizeof(request->agent));
	check_text(request->playbook, sizeof(request->playbook));
	check_text(request->ticket, sizeof(request->ticket));
	check_text(request->sponsor, sizeof(request->sponsor));
	check_text(request->reason, sizeof(request->reason));
	check_text(request->context.session, WRIT_CONTEXT_SIZE);
	check_text(request->context.prompt, WRIT_CONTEXT_SIZE);
	check_text(request->context.tool_call, WRIT_CONTEXT_SIZE);
	check_text(request->context.parent, WRIT_CONTEXT_SIZE);
	hold(request->playbook[0] && push == !!request->agent[0]);
	hold(request->n_parameters <= WRIT_PARAMETERS_MAX);
	hold(!request->verb && !request->flags && !request->grant && !request->cgroup &&
	     !request->proposal && !request->ledger);
	check_parameters(request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *json = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);

	for (int push = 0; json && push < 2; push++) {
		char fault[WRIT_MESSAGE_SIZE];
		struct writ_request request;

		if (!writ_ask_read(json, push, &request, fault)) {
			check(&request, push);
			continue;
		}
		hold(fault[0]);
		check_text(fault, sizeof(fault));
	}
	json_decref(json);
	return 0;
}
