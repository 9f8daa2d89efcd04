/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes of an HTTP answer -> status and body, as `writ` reads them. Whatever they are: no crash, no
 * leak, no answer when the end has come and it isn't whole, and the same answer whether more may
 * come or not.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/cli/http_parse.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct writ_http_reply early = {0}, last = {0};
	int before = writ_http_parse((const char *)data, size, false, &early);
	int after = writ_http_parse((const char *)data, size, true, &last);

	if (after == 0 || (before < 0 && after != before))
		abort();
	if (before == 1 && (after != 1 || early.status != last.status || early.len != last.len ||
			    memcmp(early.body, last.body, early.len)))
		abort();
	if (after == 1 &&
	    (last.status < 200 || last.status > 599 || last.len > size || last.body[last.len]))
		abort();
	free(early.body);
	free(last.body);
	return 0;
}
