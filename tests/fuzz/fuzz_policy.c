/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML -> policy -> every image, and the advice. Whatever the bytes are: no crash, no leak, bounded
 * time, an error for every refusal, and every image that comes out passes writ_image_check().
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "compile/cgroups.h"
#include "compile/grant.h"
#include "compile/image_check.h"
#include "compile/policy.h"
#include "compile/role.h"
#include "compile/values.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_image(int err, struct writ_blob *image, const struct writ_diagnostics *diags)
{
	const char *why = NULL;

	if (err && !diags->errors)
		abort(); /* a refusal without a reason */
	if (!err && writ_image_check(image->bytes, image->size, &why))
		abort();
	writ_blob_free(image);
}

/* A value that is likely to be taken, with a sign in it where the type lets one through. */
static void give_value(const struct writ_policy_parameter *parameter, char value[WRIT_VALUE_SIZE])
{
	if (parameter->type == WRIT_PARAMETER_PATTERN)
		strcpy(value, "web*");
	else if (parameter->type == WRIT_PARAMETER_PATH && parameter->under)
		(void)snprintf(value, WRIT_VALUE_SIZE, "%s/x*", parameter->under);
	else
		(void)snprintf(value, WRIT_VALUE_SIZE, "%s", writ_values_stand_in(parameter));
}

static void compile_grants(const struct writ_policy *policy, struct writ_diagnostics *diags)
{
	for (size_t i = 0; i < policy->n_agents && i < 4; i++) {
		const struct writ_policy_agent *agent = &policy->agents[i];

		for (size_t p = 0; p < agent->role->n_playbooks && p < 4; p++) {
			struct writ_request request = {.ttl_ns = 1};
			struct writ_grant_plan plan = {0};
			const struct writ_policy_playbook *playbook =
				writ_policy_playbook(policy, agent->role->playbooks[p]);

			strcpy(request.agent, agent->name);
			strcpy(request.playbook, playbook->name);
			strcpy(request.ticket, "CHG-1");
			request.n_parameters = (uint32_t)playbook->n_parameters;
			for (size_t n = 0; n < playbook->n_parameters; n++) {
				strcpy(request.parameters[n].name, playbook->parameters[n].name);
				give_value(&playbook->parameters[n], request.parameters[n].value);
			}
			check_image(writ_grant_compile(policy, &request, diags, &plan), &plan.image,
				    diags);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	static char path[64];
	const char *paths[] = {path};
	struct writ_diagnostics diags = {0};
	struct writ_policy *policy = NULL;
	struct writ_blob image = {0};

	if (fd < 0) {
		fd = memfd_create("policy", 0);
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	if (ftruncate(fd, 0) || pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	if (writ_policy_load(paths, 1, &diags, &policy)) {
		if (!diags.errors)
			abort();
		writ_diagnostics_free(&diags);
		return 0;
	}
	for (size_t i = 0; i < policy->n_roles; i++)
		check_image(writ_role_compile(policy, &policy->roles[i], &diags, &image), &image,
			    &diags);
	for (size_t i = 0; i < policy->n_agents && i < 8; i++)
		check_image(writ_role_compile_agent(&policy->agents[i], &diags, &image), &image,
			    &diags);
	check_image(writ_cgroups_compile(policy, NULL, &diags, &image), &image, &diags);
	compile_grants(policy, &diags);
	if (writ_policy_check(policy, &diags) && !diags.errors)
		abort();
	writ_policy_free(policy);
	writ_diagnostics_free(&diags);
	return 0;
}
