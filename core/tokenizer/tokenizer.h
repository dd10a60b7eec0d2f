/* SPDX-License-Identifier: MIT */
/* Text <-> token ids. A tokenizer is read by tokenizer_json.h or tokenizer_gguf.h. Everything is data: normalizers,
 * pre-tokenizers, the BPE model, decoders, added tokens; no model family is hard-coded. */
#ifndef RFT_TOKENIZER_H
#define RFT_TOKENIZER_H

#include "ids.h"
#include "marks.h"
#include "status.h"
#include "str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rft_tokenizer;

/* NULL is accepted. */
void rft_tokenizer_close(struct rft_tokenizer *tokenizer);

/* Appends the ids of text. Special (and other added) tokens written in the text are recognised where its marks allow:
 * marks holds an enum rft_tok_mark for each byte, NULL stands for RFT_TOK_TEMPLATE all over. Whole text as one piece;
 * no BOS or EOS added. Every maximal subpart of ill-formed UTF-8 counts as U+FFFD. RFT_ERR_INPUT, and ids as they were,
 * when a split pattern gives up on the text. Thread-safe on one tokenizer: no.
 *
 * What counts as a letter or a digit is what PCRE2 and utf8proc know: Unicode 14 on Debian 12, newer on newer ones. */
enum rft_status rft_tokenizer_encode_marked(struct rft_tokenizer *tokenizer, struct rft_bytes text,
                                            const unsigned char *marks, struct rft_ids *ids);

/* The same with [plain_0, plain_1) marked RFT_TOK_PLAIN, a question's own span in which "<|im_end|>" is nothing but
 * characters, and all else RFT_TOK_TEMPLATE. plain_0 = plain_1 = 0: recognises everywhere. */
enum rft_status rft_tokenizer_encode(struct rft_tokenizer *tokenizer, struct rft_bytes text, size_t plain_0,
                                     size_t plain_1, struct rft_ids *ids);

/* Ids the tokenizer's post-processor (or add_bos_token) puts before a single text; n = 0 if none. Owned by it. What it
 * would put behind a text (EOS) is left out: a prompt goes on. */
const uint32_t *rft_tokenizer_prefix(const struct rft_tokenizer *tokenizer, size_t *n);

/* Appends the text of ids as the decoder gives it. Special tokens and ids of no token are left out. The bytes may be
 * ill-formed UTF-8 where a sample ends inside a character. */
enum rft_status rft_tokenizer_decode(struct rft_tokenizer *tokenizer, const uint32_t *ids, size_t n,
                                     struct rft_str *text);

uint32_t rft_tokenizer_n_ids(const struct rft_tokenizer *tokenizer); /* highest id + 1 */
/* false for a hole in the vocabulary */
bool rft_tokenizer_has_id(const struct rft_tokenizer *tokenizer, uint32_t id);
/* A token's text as the vocabulary has it (data NULL for ids of no token); the tokenizer's. */
struct rft_bytes rft_tokenizer_token_text(const struct rft_tokenizer *tokenizer, uint32_t id);
/* A token by its text, of the vocabulary or added. */
bool rft_tokenizer_find(const struct rft_tokenizer *tokenizer, struct rft_bytes content, uint32_t *id);
/* Is it flagged special, so left out of decoded text? False for ids of no token. */
bool rft_tokenizer_is_special(const struct rft_tokenizer *tokenizer, uint32_t id);
/* A special token by its whole text. */
bool rft_tokenizer_find_special(const struct rft_tokenizer *tokenizer, struct rft_bytes content, uint32_t *id);
/* The longest special added token that text begins with, and the bytes it takes there (its own, without the white space
 * that lstrip and rstrip would add). False if there is none. */
bool rft_tokenizer_special_at(const struct rft_tokenizer *tokenizer, struct rft_bytes text, uint32_t *id, size_t *len);
/* Of the tokenizer's source data; for the fingerprint. */
uint64_t rft_tokenizer_hash(const struct rft_tokenizer *tokenizer);

#endif
