/* SPDX-License-Identifier: Apache-2.0 */
/* Errors as the API gives them: a word for machines, a line for people, what helps, and when. */
#include "broker/http.h"

static const struct {
	const char *word;
	unsigned int status;
} errors[] = {
#define X(name, error_word, error_status) \
	[WRIT_HTTP_ERROR_##name] = {.word = (error_word), .status = (error_status)},
	WRIT_HTTP_ERROR_LIST(X)
#undef X
};

static const char *const refusals[] = {
#define X(name, word) [WRIT_REFUSAL_##name] = (word),
	WRIT_REFUSAL_LIST(X)
#undef X
};

static unsigned int status_of(enum writ_refusal refusal)
{
	switch (refusal) {
	case WRIT_REFUSAL_MALFORMED:
		return 400;
	case WRIT_REFUSAL_BACKOFF:
	case WRIT_REFUSAL_COOLDOWN:
	case WRIT_REFUSAL_RATE:
	case WRIT_REFUSAL_CONCURRENCY:
		return 429;
	case WRIT_REFUSAL_FROZEN:
	case WRIT_REFUSAL_UNAVAILABLE:
	case WRIT_REFUSAL_CORE:
	case WRIT_REFUSAL_POLICY:
		return 503;
	default:
		return 403;
	}
}

/* Without memory, or with text that is not UTF-8, there is no body: the status says enough. */
static void fill(struct writ_http_answer *answer, unsigned int status, const char *word,
		 const char *message, const char *remedy, unsigned int retry_after)
{
	json_decref(answer->body);
	answer->status = status;
	answer->retry_after = retry_after;
	answer->wait = 0;
	answer->body =
		json_pack("{s:{s:s, s:s, s:s, s:I}}", "error", "reason", word, "message", message,
			  "remedy", remedy ? remedy : "", "retry_after", (json_int_t)retry_after);
}

void writ_http_refuse(struct writ_http_answer *answer, enum writ_refusal refusal,
		      const char *message, const char *remedy, unsigned int retry_after)
{
	fill(answer, status_of(refusal), refusals[refusal], message, remedy, retry_after);
}

void writ_http_fail(struct writ_http_answer *answer, enum writ_http_error error,
		    const char *message, const char *remedy)
{
	fill(answer, errors[error].status, errors[error].word, message, remedy,
	     error == WRIT_HTTP_ERROR_CONNECTIONS ? 1 : 0);
}
