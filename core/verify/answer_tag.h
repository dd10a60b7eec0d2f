/* SPDX-License-Identifier: MIT */
/* <answer>...</answer>. */
#ifndef RFT_ANSWER_TAG_H
#define RFT_ANSWER_TAG_H

#include "str.h"

#define RFT_TAG_OPEN "<answer>"
#define RFT_TAG_CLOSE "</answer>"

/* The inside of the last one that is closed; data NULL if there is none. */
struct rft_bytes rft_answer_tag(struct rft_bytes text);

#endif
