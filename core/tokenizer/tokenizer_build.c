/* SPDX-License-Identifier: MIT */
#include "tokenizer_build.h"

#include "tokenizer_bpe.h"
#include "tokenizer_steps.h"

#include "alloc.h"

struct rft_tokenizer *rft_tok_create(void)
{
    struct rft_tokenizer *t = rft_alloc(1, sizeof *t);
    if (t != NULL)
        t->unk_id = RFT_TOK_NO_ID;
    return t;
}

/* Normalised added tokens are looked for in normalised text, so their own text is normalised, too. */
static enum rft_status normalise(const struct rft_tokenizer *t, struct rft_str *text)
{
    struct rft_tok_work work = {0};
    enum rft_status status = rft_tok_work_begin((struct rft_bytes){text->data, text->len}, NULL, &work);
    if (status == RFT_OK)
        status = rft_tok_steps_run(&t->normalizers, &work);
    rft_str_clear(text);
    for (size_t i = 0; i < work.pieces.n && status == RFT_OK; i++)
        status = rft_str_append(text, work.text.bytes.data + work.pieces.items[i].begin,
                                work.pieces.items[i].end - work.pieces.items[i].begin);
    rft_tok_work_finish(&work);
    return status;
}

enum rft_status rft_tok_seal(struct rft_tokenizer *t)
{
    size_t n_kept = 0;
    enum rft_status status = RFT_OK;
    for (size_t i = 0; i < t->added.n; i++) {
        struct rft_tok_added *added = &t->added.items[i];
        if (!added->normalized) {
            struct rft_tok_added kept = *added;
            added->text = (struct rft_str){0};
            t->added.items[n_kept++] = kept;
            continue;
        }
        if (status == RFT_OK)
            status = normalise(t, &added->text);
        if (status == RFT_OK && added->text.len) /* a token that is normalised away is never found */
            status = rft_tok_added_add(&t->added_normalized, added);
        rft_str_finish(&added->text);
    }
    t->added.n = n_kept;
    rft_tok_added_sort(&t->added);
    rft_tok_added_sort(&t->added_normalized);
    rft_tok_find_byte_ids(t);
    return status;
}
