/* SPDX-License-Identifier: MIT */
/* What a tokenizer is, for the files that make and use one. */
#ifndef RFT_TOKENIZER_DATA_H
#define RFT_TOKENIZER_DATA_H

#include "ids.h"
#include "tokenizer_added.h"
#include "tokenizer_recent.h"
#include "tokenizer_step.h"
#include "tokenizer_text.h"
#include "tokenizer_vocab.h"
#include "tokenizer_words.h"

#define RFT_TOK_NO_ID UINT32_MAX

struct rft_tokenizer {
    struct rft_tok_vocab vocab;
    struct rft_tok_merges merges;
    struct rft_tok_steps normalizers, pre_tokenizers, decoders;
    struct rft_tok_added_set added, added_normalized;
    struct rft_ids prefix;
    uint32_t byte_ids[256]; /* of "<0x00>" to "<0xFF>"; RFT_TOK_NO_ID if absent */
    uint32_t unk_id;        /* RFT_TOK_NO_ID if none */
    bool fuse_unk, byte_fallback, ignore_merges;
    uint64_t hash;
    struct rft_tok_words words;
    struct rft_tok_recent recent;
    struct rft_tok_work work, piece_work; /* scratch: of a text, and of one of its pieces */
};

#endif
