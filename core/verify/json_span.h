/* SPDX-License-Identifier: MIT */
/* JSON inside other text, by its place (RFC 8259): which part of a completion is a value, and where a field of it
 * stands. Views only, in linear time; no deeper than RFT_JSON_DEPTH_MAX. */
#ifndef RFT_JSON_SPAN_H
#define RFT_JSON_SPAN_H

#include "str.h"

#include <stdbool.h>

#define RFT_JSON_DEPTH_MAX 2048 /* jansson's own */

/* The last complete object or array that is no part of a larger one; data NULL if there is none. Its strings may hold
 * ill-formed UTF-8. */
struct rft_bytes rft_json_span_last(struct rft_bytes text);

/* The field of such a value by a path with dots between names and, in arrays, places from 0; "" is the value itself. A
 * name is compared with what stands between its quotes. data NULL: there is none, or an object has the name twice. */
struct rft_bytes rft_json_span_field(struct rft_bytes value, struct rft_bytes path);

#endif
