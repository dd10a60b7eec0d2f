/* SPDX-License-Identifier: MIT */
/* A formula's text as tokens, without its dressing. */
#ifndef RFT_FORMULA_LEX_H
#define RFT_FORMULA_LEX_H

#include "formula_memory.h"
#include "formula_words.h"
#include "status.h"
#include "str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rft_formula_token {
    uint8_t kind; /* enum rft_formula_token_kind, up to UNKNOWN */
    int32_t id;
    struct rft_bytes text; /* of the kinds that have one; the arena's, the source's or static */
};

struct rft_formula_tokens {
    struct rft_formula_token *list; /* ends in RFT_TOKEN_END */
    uint32_t n;                     /* without it */
    bool has_comma;                 /* a comma between digits that another reading takes for something else */
    bool has_group;                 /* behind such a comma stands 0: hardly a number of its own */
};

/* What a comma right between digits is, outside brackets. */
enum rft_formula_commas { RFT_COMMA_THOUSANDS, RFT_COMMA_LIST };

/* Errors: RFT_ERR_HOST_MEMORY. */
enum rft_status rft_formula_lex(struct rft_formula_memory *memory, struct rft_bytes text,
                                enum rft_formula_commas commas, struct rft_formula_tokens *tokens);

/* Whether commands are written with two backslashes, and none with one. */
bool rft_formula_is_doubled(struct rft_bytes text);

bool rft_formula_tokens_equal(const struct rft_formula_tokens *a, const struct rft_formula_tokens *b);

#endif
