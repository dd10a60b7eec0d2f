/* SPDX-License-Identifier: MIT */
/* Parsing JSON with jansson, safely. */
#ifndef RFT_JSON_H
#define RFT_JSON_H

#include "status.h"
#include "str.h"

#include <jansson.h>

/* Why a text is no JSON: its line, counted from 1, and what a person can do about it. */
struct rft_json_problem {
    uint64_t line;
    char text[240];
};

/* Parses a text with jansson's decoding flags; a byte order mark before it is passed over. RFT_ERR_INPUT with *problem,
 * which is not logged; RFT_ERR_HOST_MEMORY when memory is short. Use this and not json_loadb: jansson's reader of
 * strings does not check its own allocations, and goes on with a cut string, or past its end, when one fails. Threads
 * may call it at once; rft_alloc_hook_json() must have been called. */
enum rft_status rft_json_try(struct rft_bytes text, size_t flags, json_t **tree, struct rft_json_problem *problem);

/* The same, with the problem logged behind path and line. */
enum rft_status rft_json_load(const char *path, struct rft_bytes text, size_t flags, json_t **tree);
/* The same for a text that begins on a file's line `line`, counted from 1. */
enum rft_status rft_json_load_at(const char *path, uint64_t line, struct rft_bytes text, size_t flags, json_t **tree);

#endif
