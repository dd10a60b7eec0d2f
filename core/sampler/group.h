/* SPDX-License-Identifier: MIT */
/* The questions in flight: their prompts' pages, prefilled once and read by all their samples. Lifetime: a few
 * chunks. */
#ifndef RFT_GROUP_H
#define RFT_GROUP_H

#include "budget.h"
#include "engine.h"
#include "prefix.h"
#include "tokenizer.h"

/* A question in flight. */
struct rft_flight {
    uint64_t question;       /* index in the dataset */
    struct rft_ids ids;      /* prompt */
    uint32_t first_page;     /* its pages are consecutive */
    enum rft_rope_span span; /* of its samples, for which the longest that one may become decides */
    uint32_t rope_first;     /* where that span begins in the RoPE tables */
    uint8_t *h;              /* [rft_h_bytes]: final hidden state of the last prompt token, a normed row */
    bool is_bad;             /* the prompt's arithmetic overflowed */
};

struct rft_group {
    struct rft_flight *flights; /* [n] */
    uint32_t n, n_max;
    uint32_t dim; /* of a hidden state */
    uint32_t n_pages;
    struct rft_pool pool;    /* questions' pool: the pages */
    struct rft_range *pages; /* [n_layers] */
};

/* Room for n_max questions, and none yet. dim: of the model. */
enum rft_status rft_group_init(struct rft_group *group, uint32_t n_max, uint32_t dim);
/* One more question; its prompt's ids are taken over, and empty then. */
enum rft_status rft_group_add(struct rft_group *group, uint64_t question, struct rft_ids *ids);
/* Gives the pages back and frees everything. Zero-initialised is accepted. */
void rft_group_finish(struct rft_group *group);

/* Opens the questions' pool and prefills every prompt, from where `prefix` leaves off. The first group's prefill fills
 * the prefix. *n_rows: tokens that went through the model. */
enum rft_status rft_group_prefill(struct rft_group *group, struct rft_engine *engine, const struct rft_plan *plan,
                                  struct rft_prefix *prefix, uint64_t *n_rows);
/* The beginning of it: opens the questions' pool, and gives every prompt its pages. */
enum rft_status rft_group_open_pages(struct rft_group *group, struct rft_engine *engine);
/* Gives the pages back; flights stay. */
void rft_group_release(struct rft_group *group);

#endif
