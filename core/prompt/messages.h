/* SPDX-License-Identifier: MIT */
/* The turns that stand before a question: a system message and worked examples, as chat templates take them. */
#ifndef RFT_MESSAGES_H
#define RFT_MESSAGES_H

#include "status.h"
#include "str.h"

struct json_t;

/* Reads what stands before every question into a new array of objects, which the caller gives back. system: the system
 * message's text, data NULL = none. examples_path: a JSON array of {"role": ..., "content": ...}; "" = none. Other keys
 * go to the template as they are, null ones do not. RFT_ERR_CONFIG names file and message: no array, no role or one
 * that is no word, no content, a system message that is not the first or comes twice. */
enum rft_status rft_messages_read(struct rft_bytes system, const char *examples_path, struct json_t **messages);
/* Appends a message. */
enum rft_status rft_messages_add(struct json_t *messages, const char *role, struct rft_bytes content);

#endif
