/* SPDX-License-Identifier: MIT */
/* The host's side of the slots of a chunk: which request runs where, which pages it owns, which request is evicted when
 * pages run out. Knows no device; active slots are 0 .. n_active-1. */
#ifndef RFT_SLOTS_H
#define RFT_SLOTS_H

#include "budget.h"
#include "group.h"
#include "op_args.h"

/* A sample that is asked for. */
struct rft_request {
    uint32_t flight;   /* index in the group */
    uint32_t sample;   /* its number */
    uint64_t key;      /* random key of its question, under its seed */
    float temperature; /* 0 = greedy */
    bool is_done;
    uint32_t n_given_up; /* tokens that were drawn before it was wanted no more */
};

struct rft_slot {
    struct rft_request *request;
    uint64_t age; /* start number: the greatest is the youngest */
    uint32_t n_pages;
    uint32_t n_collected; /* tokens that were handed on */
};

/* Tokens of all slots, [n_max][n_new_max], and what is known of each. */
struct rft_slot_tokens {
    uint32_t *tokens;
    float *logprobs; /* NULL unless they are scored */
};

struct rft_slots {
    uint32_t n_max;
    uint32_t n_active;
    uint32_t n_new_max;
    uint32_t n_pages_slot;
    uint32_t n_prompt_pages;      /* entries of the page tables before the slots' */
    struct rft_slot *slots;       /* [n_max] */
    struct rft_row *rows;         /* [n_max]: as on the device */
    uint32_t *pages;              /* [n_max][n_pages_slot] */
    struct rft_slot_tokens drawn; /* so far */
    struct rft_slot_tokens read;  /* as just read from the device; only what is new is valid */
    uint32_t *free_pages;         /* [n_free] */
    uint32_t n_free;
    struct rft_request **queue; /* [n_queue]: requests to do, from `head` on */
    uint32_t head;
    uint32_t n_queue;
    uint64_t n_started;
};

enum rft_status rft_slots_init(struct rft_slots *slots, const struct rft_plan *plan, struct rft_request *requests,
                               uint32_t n_requests);
void rft_slots_finish(struct rft_slots *slots);

/* The next request for which there are a slot and a page, taken off the queue; NULL if there is none. */
struct rft_request *rft_slots_next(struct rft_slots *slots);
/* Starts it on slot n_active. */
void rft_slots_start(struct rft_slots *slots, struct rft_request *request, const struct rft_flight *flight);

/* Steps of the next burst: at most n_max, and no more than the sample that has most left can use. */
uint32_t rft_slots_burst(const struct rft_slots *slots, uint32_t n_steps_max);
/* The n_steps_max of the next burst, when the last one's n_steps took this many seconds: at most n_max, and no more
 * than last about two seconds, as samples are kept, and signals heard, between bursts only. At least 1. */
uint32_t rft_slots_burst_max(uint32_t n_max, uint32_t n_steps, double seconds);
/* Gives every active slot the pages for n_steps more tokens. false: they do not suffice, and *victim, the youngest,
 * must give way first. */
bool rft_slots_give_pages(struct rft_slots *slots, uint32_t n_steps, uint32_t *victim);
/* Puts a slot's request back at the head of the queue: it will draw the same tokens again. */
void rft_slots_requeue(struct rft_slots *slots, uint32_t slot);

/* Writes the slots' entries of the page tables. */
void rft_slots_tables(const struct rft_slots *slots, uint32_t *tables);
/* Copies the new tokens from `read`. */
void rft_slots_take_tokens(struct rft_slots *slots);
/* One slot's part of `drawn`. */
struct rft_slot_tokens rft_slots_tokens(const struct rft_slots *slots, uint32_t slot);
/* n_tokens more of the slot's were handed on: those behind them are the new ones from now on. */
void rft_slots_hand_on(struct rft_slots *slots, uint32_t slot, uint32_t n_tokens);

/* Frees the slot's pages and moves the last active slot into its place. */
void rft_slots_remove(struct rft_slots *slots, uint32_t slot);

#endif
