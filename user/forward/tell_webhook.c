/* SPDX-License-Identifier: Apache-2.0 */
/* See tell.h: a POST by libcurl. What the other side answers but its status is not looked at. */
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>

#include "forward/tell.h"
#include "lib/cleanup.h"

static void easy_p(CURL **curl)
{
	curl_easy_cleanup(*curl);
}

static void headers_p(struct curl_slist **headers)
{
	curl_slist_free_all(*headers);
}

static size_t ignore(const char *bytes, size_t size, size_t n, void *context)
{
	(void)bytes;
	(void)context;
	return size * n;
}

static int ask_stop(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	(void)a, (void)b, (void)c, (void)d;
	return writ_watch_sleep(context, 0);
}

static bool set_up(CURL *curl, const struct writ_tell *tell, const char *url, const char *message,
		   struct curl_slist *headers)
{
	return !curl_easy_setopt(curl, CURLOPT_URL, url) &&
	       !curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") &&
	       !curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) &&
	       !curl_easy_setopt(curl, CURLOPT_PROXY, "") &&
	       !curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L) &&
	       !curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L) &&
	       !curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
	       !curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)WRIT_TELL_MS) &&
	       !curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) &&
	       !curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers) &&
	       !curl_easy_setopt(curl, CURLOPT_POSTFIELDS, message) &&
	       !curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore) &&
	       !curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, ask_stop) &&
	       !curl_easy_setopt(curl, CURLOPT_XFERINFODATA, tell->watch) &&
	       !curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
}

int writ_tell_webhook(struct writ_tell *tell, const char *url, const char *message)
{
	_cleanup_(headers_p) struct curl_slist *headers =
		curl_slist_append(NULL, "Content-Type: application/json");
	_cleanup_(easy_p) CURL *curl = curl_easy_init();
	long status = 0;
	CURLcode code;

	if (!curl || !headers || !set_up(curl, tell, url, message, headers)) {
		(void)snprintf(tell->error, sizeof(tell->error), "webhook %.100s: libcurl", url);
		return -ENOMEM;
	}
	code = curl_easy_perform(curl);
	if (code) {
		(void)snprintf(tell->error, sizeof(tell->error), "webhook %.100s: %s", url,
			       curl_easy_strerror(code));
		return code == CURLE_OPERATION_TIMEDOUT ? -ETIMEDOUT : -EIO;
	}
	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (status >= 200 && status < 300)
		return 0;
	(void)snprintf(tell->error, sizeof(tell->error), "webhook %.100s: it answers %ld", url,
		       status);
	return -EPROTO;
}
