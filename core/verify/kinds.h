/* SPDX-License-Identifier: MIT */
/* The rows of the table of rules, each defined in its own file. */
#ifndef RFT_KINDS_H
#define RFT_KINDS_H

#include "verifier.h"

extern const struct rft_verifier rft_verify_answer_tag;
extern const struct rft_verifier rft_verify_gsm8k;
extern const struct rft_verifier rft_verify_boxed;
extern const struct rft_verifier rft_verify_choice;
extern const struct rft_verifier rft_verify_exact;
extern const struct rft_verifier rft_verify_regex;
extern const struct rft_verifier rft_verify_json;
extern const struct rft_verifier rft_verify_command;
extern const struct rft_verifier rft_verify_homework;

/* gold_hint of the rules that compare numbers. */
const char *rft_number_gold_hint(const struct rft_verify_options *options, struct rft_bytes gold);

#endif
