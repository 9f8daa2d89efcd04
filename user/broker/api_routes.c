/* SPDX-License-Identifier: Apache-2.0 */
/* Every operation of the API, by method and path. Another path, or another method, there is not. */
#include "broker/api.h"

#define AGENTS true
#define OPERATORS true
#define NOT false

const struct writ_route writ_routes[] = {
	{"GET", "/v1/whoami", AGENTS, NOT, writ_api_whoami},
	{"POST", "/v1/requests", AGENTS, OPERATORS, writ_api_ask},
	{"GET", "/v1/requests", NOT, OPERATORS, writ_api_requests},
	{"GET", "/v1/requests/{id}", AGENTS, OPERATORS, writ_api_look},
	{"DELETE", "/v1/requests/{id}", AGENTS, OPERATORS, writ_api_withdraw},
	{"GET", "/v1/grants", AGENTS, OPERATORS, writ_api_grants},
	{"POST", "/v1/grants/{id}/done", AGENTS, NOT, writ_api_done},
	{"POST", "/v1/grants/{id}/enter", AGENTS, NOT, writ_api_enter},
	{"GET", "/v1/denials", AGENTS, NOT, writ_api_denials},
	{"GET", "/v1/agents/{name}/denials", NOT, OPERATORS, writ_api_agent_denials},
	{"GET", "/metrics", NOT, OPERATORS, writ_api_metrics},
	{0},
};
