/* SPDX-License-Identifier: MIT */
#include "tokenizer_step.h"

#include "alloc.h"

struct rft_tok_step *rft_tok_steps_add(struct rft_tok_steps *steps, enum rft_tok_kind kind)
{
    void *items = steps->items;
    if (rft_grow(&items, &steps->cap, steps->n + 1, sizeof *steps->items) != 0)
        return NULL;
    steps->items = items;
    steps->items[steps->n] = (struct rft_tok_step){.kind = kind};
    return &steps->items[steps->n++];
}

void rft_tok_steps_finish(struct rft_tok_steps *steps)
{
    for (size_t i = 0; i < steps->n; i++) {
        rft_tok_pattern_finish(&steps->items[i].pattern);
        rft_str_finish(&steps->items[i].text);
    }
    rft_free(steps->items);
    *steps = (struct rft_tok_steps){0};
}

enum rft_status rft_tok_add_split(const char *path, const char *regex, enum rft_tok_behavior behavior, bool invert,
                                  struct rft_tok_steps *steps)
{
    struct rft_tok_step *step = rft_tok_steps_add(steps, RFT_TOK_SPLIT);
    if (step == NULL)
        return RFT_ERR_HOST_MEMORY;
    step->behavior = behavior;
    step->invert = invert;
    return rft_tok_pattern_regex(path, rft_bytes_z(regex), &step->pattern);
}

enum rft_status rft_tok_add_replace(struct rft_bytes from, struct rft_bytes to, struct rft_tok_steps *steps)
{
    struct rft_tok_step *step = rft_tok_steps_add(steps, RFT_TOK_REPLACE);
    if (step == NULL)
        return RFT_ERR_HOST_MEMORY;
    RFT_TRY(rft_tok_pattern_literal(from, &step->pattern));
    return rft_str_append(&step->text, to.data, to.len);
}

enum rft_status rft_tok_add_prepend(struct rft_bytes text, bool unless_present, bool only_first,
                                    struct rft_tok_steps *steps)
{
    struct rft_tok_step *step = rft_tok_steps_add(steps, RFT_TOK_PREPEND);
    if (step == NULL)
        return RFT_ERR_HOST_MEMORY;
    step->unless_present = unless_present;
    step->only_first = only_first;
    return rft_str_append(&step->text, text.data, text.len);
}

enum rft_status rft_tok_add_simple(enum rft_tok_kind kind, struct rft_tok_steps *steps)
{
    return rft_tok_steps_add(steps, kind) != NULL ? RFT_OK : RFT_ERR_HOST_MEMORY;
}
