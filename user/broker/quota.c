/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See quota.h. A caller is kept while it has connections, and until its second is over, so that
 * connecting anew gives it no new second. Who is over that is forgotten when its bucket is walked,
 * so there are never more than the connections and what came in a second, and one in a bucket.
 */
#include "broker/quota.h"

#include <errno.h>
#include <stdlib.h>

#include "broker/http.h"
#include "lib/time.h"

#define BUCKETS 1024u

struct writ_caller {
	struct writ_caller *next;
	uint64_t key;
	uint64_t second; /* boot ns at which it began */
	uint32_t requests;
	uint32_t connections;
};

struct writ_quota {
	struct writ_caller *buckets[BUCKETS];
};

static uint64_t key_of(const struct writ_attest_row *who)
{
	if (who->agent_index)
		return 1ull << 32 | who->agent_index;
	return who->uid;
}

int writ_quota_open(struct writ_quota **ret_quota)
{
	struct writ_quota *quota = calloc(1, sizeof(*quota));

	if (!quota)
		return -ENOMEM;
	*ret_quota = quota;
	return 0;
}

void writ_quota_closep(struct writ_quota **quota)
{
	if (!*quota)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		while ((*quota)->buckets[i]) {
			struct writ_caller *caller = (*quota)->buckets[i];

			(*quota)->buckets[i] = caller->next;
			free(caller);
		}
	}
	free(*quota);
	*quota = NULL;
}

static bool is_over(const struct writ_caller *caller, uint64_t now)
{
	return !caller->connections && now - caller->second >= WRIT_NS_PER_SECOND;
}

static struct writ_caller *find(struct writ_caller **bucket, uint64_t key, uint64_t now)
{
	struct writ_caller *found = NULL;

	while (*bucket) {
		struct writ_caller *caller = *bucket;

		if (caller->key == key) {
			found = caller;
		} else if (is_over(caller, now)) {
			*bucket = caller->next;
			free(caller);
			continue;
		}
		bucket = &caller->next;
	}
	return found;
}

int writ_quota_enter(struct writ_quota *quota, const struct writ_attest_row *who, uint64_t now,
		     struct writ_caller **ret_caller)
{
	uint64_t key = key_of(who);
	struct writ_caller **bucket = &quota->buckets[key % BUCKETS];
	struct writ_caller *caller = find(bucket, key, now);

	if (!caller) {
		caller = calloc(1, sizeof(*caller));
		if (!caller)
			return -ENOMEM;
		*caller = (struct writ_caller){.next = *bucket, .key = key, .second = now};
		*bucket = caller;
	}
	if (caller->connections >= WRIT_HTTP_PER_CALLER_MAX)
		return -EBUSY;
	caller->connections++;
	*ret_caller = caller;
	return 0;
}

void writ_quota_leave(struct writ_caller *caller)
{
	caller->connections--;
}

bool writ_quota_is(const struct writ_caller *caller, const struct writ_attest_row *who)
{
	return caller->key == key_of(who);
}

bool writ_quota_request(struct writ_caller *caller, uint64_t now)
{
	if (now - caller->second >= WRIT_NS_PER_SECOND) {
		caller->second = now;
		caller->requests = 0;
	}
	if (caller->requests >= WRIT_HTTP_RATE_MAX)
		return false;
	caller->requests++;
	return true;
}
