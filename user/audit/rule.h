/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of the rule that decided, from an image in the kernel's tables. The core may retire and
 * overwrite an image while it is read here: nothing outside of it is touched whatever it holds, and
 * what was read counts only if the image was the same before and after.
 */
#ifndef WRIT_AUDIT_RULE_H
#define WRIT_AUDIT_RULE_H

#include <stddef.h>
#include <stdint.h>

#include "writ/image.h"
#include "writ/match.h"

/*
 * Copies the text of the first rule behind accept entry @accept of image @image at @image_at that
 * speaks of @need, a deny before an allow, cut at @size bytes. Returns its length; 0: the image is
 * there no more, or has none such.
 */
size_t writ_rule_copy(const struct writ_tables *tables, uint32_t image_at, uint32_t image,
		      uint32_t accept, uint32_t need, char *ret_text, size_t size);

#endif
