/* SPDX-License-Identifier: MIT */
/* The choices that a configuration makes of prompts. */
#ifndef RFT_PROMPT_KIND_H
#define RFT_PROMPT_KIND_H

enum rft_prompt_format { RFT_PROMPT_AUTO, RFT_PROMPT_CHAT, RFT_PROMPT_RAW };
/* Whether the tokenizer's prefix (BOS) stands before a prompt that does not begin with it: auto: raw ones yes, chats
 * no. */
enum rft_prompt_bos { RFT_BOS_AUTO, RFT_BOS_YES, RFT_BOS_NO };

#endif
