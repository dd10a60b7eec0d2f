/* SPDX-License-Identifier: MIT */
/* Whether a text is JSON at all, before anything walks over it (json_text.h). */
#ifndef RFT_JSON_CHECK_H
#define RFT_JSON_CHECK_H

#include "json.h"

/* RFT_ERR_INPUT unless text is one JSON array or object: *problem says why, with a line counted from the text's first.
 * Nothing is logged. What a fast walk takes for sure is not parsed again; of everything else jansson decides. */
enum rft_status rft_json_check(const char *text, size_t len, struct rft_json_problem *problem);

#endif
