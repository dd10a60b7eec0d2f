/* SPDX-License-Identifier: MIT */
/* Fields of JSON text by their names. A name is a key; or keys with dots between, of which a number is the place in an
 * array, counted from 0, or from the end if it is negative, and "key=value" the first object of an array that has this
 * value: "extra_info.answer", "choices.text.-1", "messages.role=user.content". A key that holds the dots itself comes
 * first. Of a key given twice the last counts. */
#ifndef RFT_JSON_PATH_H
#define RFT_JSON_PATH_H

#include "json_text.h"

/* The field inside an array or object; data NULL: there is none. */
struct rft_json_value rft_json_find(const struct rft_json_value *inside, struct rft_bytes name);

struct rft_json_member {
    struct rft_json_value key, value;
};

/* An object's members in their order, for many look-ups. Zero-initialise; finish with rft_json_members_finish. */
struct rft_json_members {
    struct rft_json_member *items; /* [n] */
    size_t n, cap;
};

/* Replaces what is in there; the memory is kept. */
enum rft_status rft_json_members_read(const struct rft_json_value *object, struct rft_json_members *members);
void rft_json_members_finish(struct rft_json_members *members);
/* The same as rft_json_find in the object. */
struct rft_json_value rft_json_members_find(const struct rft_json_members *members, struct rft_bytes name);
/* The member of exactly this key. */
struct rft_json_value rft_json_member(const struct rft_json_members *members, struct rft_bytes key);

#endif
