/* SPDX-License-Identifier: MIT */
/* From tokens to a tree. */
#ifndef RFT_FORMULA_PARSE_H
#define RFT_FORMULA_PARSE_H

#include "formula_parser.h"
#include "status.h"

/* *root NULL: the tokens are no formula that is known here, or too large a one. The tokens may be changed. Errors:
 * RFT_ERR_HOST_MEMORY. */
enum rft_status rft_formula_parse(struct rft_formula_memory *memory, struct rft_formula_tokens *tokens,
                                  struct rft_formula_symbols *symbols, struct rft_formula_node **root);

#endif
