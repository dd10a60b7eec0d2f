/* SPDX-License-Identifier: MIT */
/* Walks JSON text and keeps what a parsed tree loses: a number's characters and every value's line. jansson has
 * accepted the text before anything here sees it, so the walk only has to find where values end. */
#ifndef RFT_JSON_TEXT_H
#define RFT_JSON_TEXT_H

#include "status.h"
#include "str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rft_json_kind { RFT_JSON_STRING, RFT_JSON_NUMBER, RFT_JSON_ARRAY, RFT_JSON_OBJECT, RFT_JSON_WORD };

struct rft_json_value {
    enum rft_json_kind kind;
    char *data; /* the source text: quotes and brackets included */
    size_t len;
    uint64_t line;
};

struct rft_json_cursor {
    char *at; /* in text that a NUL ends */
    uint64_t line;
};

/* The value at the cursor, which moves behind it. */
struct rft_json_value rft_json_next(struct rft_json_cursor *cursor);

/* A cursor on the first element of an array, or on the first key of an object. */
struct rft_json_cursor rft_json_inside(const struct rft_json_value *container);

/* Whether another element, key or value follows before the container's end. */
bool rft_json_more(struct rft_json_cursor *cursor);

/* A string's content: unescaped in place. May be asked again, but nothing can walk over the string, or compare it, any
 * more: find everything first. */
struct rft_bytes rft_json_unescape(const struct rft_json_value *string);

/* Whether a value says this: a string its content, a number or a word its source text; an array or object never. */
bool rft_json_is(const struct rft_json_value *value, struct rft_bytes text);

bool rft_json_is_null(const struct rft_json_value *value);

/* "a string", "an object" and so on, for messages. */
const char *rft_json_kind_text(enum rft_json_kind kind);

#endif
