/* SPDX-License-Identifier: Apache-2.0 */
/* Method and path -> the operation, and what stands in the path. Pure. */
#ifndef WRIT_BROKER_ROUTES_H
#define WRIT_BROKER_ROUTES_H

#include "broker/http.h"

#define WRIT_ROUTES_ALLOW_SIZE 64u

struct writ_routes_match {
	const struct writ_route *route;
	uint64_t id;		   /* {id}: a positive decimal number; 0: none in the path */
	char name[WRIT_NAME_SIZE]; /* {name}: "" none in the path */
	char allow[WRIT_ROUTES_ALLOW_SIZE]; /* methods of the path, for `Allow` */
};

/*
 * Looks @path up among @routes; what the other socket alone may ask is not there. HEAD is GET's.
 * -ENOENT: no such path; -EOPNOTSUPP: not by this method, `allow` has those.
 */
int writ_routes_find(const struct writ_route *routes, const char *method, const char *path,
		     bool operators, struct writ_routes_match *ret_match);

#endif
