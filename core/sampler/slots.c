/* SPDX-License-Identifier: MIT */
#include "slots.h"

#include "alloc.h"
#include "buffers.h"
#include "op.h"

#include <string.h>

#define BURST_SECONDS 2.0

/* False if there is no memory; finish_tokens in any case. */
static bool init_tokens(const struct rft_plan *plan, struct rft_slot_tokens *t)
{
    const size_t n = (size_t)plan->step.n_rows * plan->step.n_new_max;
    t->tokens = rft_alloc(n, sizeof *t->tokens);
    t->logprobs = plan->step.is_scored ? rft_alloc(n, sizeof *t->logprobs) : NULL;
    return t->tokens != NULL && (t->logprobs != NULL || !plan->step.is_scored);
}

static void finish_tokens(struct rft_slot_tokens *t)
{
    rft_free(t->tokens);
    rft_free(t->logprobs);
}

static struct rft_slot_tokens tokens_at(const struct rft_slot_tokens *t, size_t at)
{
    return (struct rft_slot_tokens){t->tokens + at, t->logprobs != NULL ? t->logprobs + at : NULL};
}

static void copy_tokens(struct rft_slot_tokens to, struct rft_slot_tokens from, size_t n)
{
    memcpy(to.tokens, from.tokens, n * sizeof *to.tokens);
    if (to.logprobs != NULL)
        memcpy(to.logprobs, from.logprobs, n * sizeof *to.logprobs);
}

enum rft_status rft_slots_init(struct rft_slots *s, const struct rft_plan *plan, struct rft_request *requests,
                               uint32_t n_requests)
{
    uint32_t n_new_max = plan->step.n_new_max, n_own_pages = plan->step.n_own_pages;
    *s = (struct rft_slots){.n_max = plan->step.n_rows,
                            .n_new_max = n_new_max,
                            .n_pages_slot = plan->n_own_pages_slot,
                            .n_prompt_pages = plan->n_prompt_pages};
    s->slots = rft_alloc(s->n_max, sizeof *s->slots);
    s->rows = rft_alloc(s->n_max, sizeof *s->rows);
    s->pages = rft_alloc((size_t)s->n_max * s->n_pages_slot, sizeof *s->pages);
    s->free_pages = rft_alloc(n_own_pages, sizeof *s->free_pages);
    s->queue = rft_alloc(n_requests, sizeof(struct rft_request *));
    if (!init_tokens(plan, &s->drawn) || !init_tokens(plan, &s->read) || s->slots == NULL || s->rows == NULL ||
        s->pages == NULL || s->free_pages == NULL || s->queue == NULL) {
        rft_slots_finish(s);
        return RFT_ERR_HOST_MEMORY;
    }
    for (uint32_t i = 0; i < n_own_pages; i++)
        s->free_pages[s->n_free++] = n_own_pages - 1 - i;
    for (uint32_t i = 0; i < n_requests; i++)
        if (!requests[i].is_done)
            s->queue[s->n_queue++] = &requests[i];
    return RFT_OK;
}

void rft_slots_finish(struct rft_slots *s)
{
    rft_free(s->slots);
    rft_free(s->rows);
    rft_free(s->pages);
    finish_tokens(&s->drawn);
    finish_tokens(&s->read);
    rft_free(s->free_pages);
    rft_free(s->queue);
    *s = (struct rft_slots){0};
}

struct rft_request *rft_slots_next(struct rft_slots *s)
{
    /* With fewer pages than all slots could need, some are kept for those that run: a start that is undone is work
     * lost. */
    bool has_pages = s->n_active == 0 || s->n_free > s->n_active / 2;
    if (s->head == s->n_queue || s->n_active == s->n_max || !has_pages)
        return NULL;
    return s->queue[s->head++];
}

void rft_slots_start(struct rft_slots *s, struct rft_request *request, const struct rft_flight *flight)
{
    uint32_t slot = s->n_active++;
    uint32_t n_prompt = (uint32_t)flight->ids.n;
    s->slots[slot] = (struct rft_slot){.request = request, .age = s->n_started++};
    s->rows[slot] = (struct rft_row){.token = flight->ids.ids[n_prompt - 1],
                                     .position = n_prompt - 1,
                                     .n_prompt = n_prompt,
                                     .prompt_table = flight->first_page,
                                     .state = RFT_ROW_RUNNING,
                                     .n_new_max = s->n_new_max,
                                     .sample_index = request->sample,
                                     .key0 = (uint32_t)request->key,
                                     .key1 = (uint32_t)(request->key >> 32),
                                     .rope_first = flight->rope_first};
    rft_row_set_temperature(&s->rows[slot], request->temperature);
}

uint32_t rft_slots_burst(const struct rft_slots *s, uint32_t n_steps_max)
{
    uint32_t n_left_max = 1;
    for (uint32_t i = 0; i < s->n_active; i++) {
        uint32_t n_left = s->n_new_max - s->rows[i].n_new;
        n_left_max = n_left > n_left_max ? n_left : n_left_max;
    }
    return n_left_max < n_steps_max ? n_left_max : n_steps_max;
}

uint32_t rft_slots_burst_max(uint32_t n_max, uint32_t n_steps, double seconds)
{
    double n = seconds > 0 ? BURST_SECONDS * n_steps / seconds : n_max;
    return n >= n_max ? n_max : n < 1 ? 1 : (uint32_t)n;
}

static uint32_t youngest(const struct rft_slots *s)
{
    uint32_t youngest = 0;
    for (uint32_t i = 1; i < s->n_active; i++)
        if (s->slots[i].age > s->slots[youngest].age)
            youngest = i;
    return youngest;
}

bool rft_slots_give_pages(struct rft_slots *s, uint32_t n_steps, uint32_t *victim)
{
    for (uint32_t i = 0; i < s->n_active; i++) {
        struct rft_slot *slot = &s->slots[i];
        uint32_t n_tokens = s->rows[i].n_new + n_steps;
        uint32_t n_keys = n_tokens < s->n_new_max ? n_tokens : s->n_new_max - 1; /* the last token is never fed back */
        uint32_t n_pages = rft_pages_for(n_keys);
        for (; slot->n_pages < n_pages; slot->n_pages++) {
            if (s->n_free == 0) {
                *victim = youngest(s);
                return false;
            }
            s->pages[(size_t)i * s->n_pages_slot + slot->n_pages] = s->free_pages[--s->n_free];
        }
    }
    return true;
}

void rft_slots_requeue(struct rft_slots *s, uint32_t slot)
{
    s->queue[--s->head] = s->slots[slot].request;
}

void rft_slots_tables(const struct rft_slots *s, uint32_t *tables)
{
    for (uint32_t i = 0; i < s->n_active; i++) {
        s->rows[i].own_table = s->n_prompt_pages + i * s->n_pages_slot;
        memcpy(tables + s->rows[i].own_table, s->pages + (size_t)i * s->n_pages_slot,
               s->slots[i].n_pages * sizeof *tables);
    }
}

void rft_slots_take_tokens(struct rft_slots *s)
{
    for (uint32_t i = 0; i < s->n_active; i++) {
        size_t at = (size_t)i * s->n_new_max + s->slots[i].n_collected;
        copy_tokens(tokens_at(&s->drawn, at), tokens_at(&s->read, at), s->rows[i].n_new - s->slots[i].n_collected);
    }
}

struct rft_slot_tokens rft_slots_tokens(const struct rft_slots *s, uint32_t slot)
{
    return tokens_at(&s->drawn, (size_t)slot * s->n_new_max);
}

void rft_slots_hand_on(struct rft_slots *s, uint32_t slot, uint32_t n_tokens)
{
    s->slots[slot].n_collected += n_tokens;
}

void rft_slots_remove(struct rft_slots *s, uint32_t slot)
{
    uint32_t last = --s->n_active;
    for (uint32_t i = 0; i < s->slots[slot].n_pages; i++)
        s->free_pages[s->n_free++] = s->pages[(size_t)slot * s->n_pages_slot + i];
    if (slot == last)
        return;
    s->slots[slot] = s->slots[last];
    s->rows[slot] = s->rows[last];
    memcpy(s->pages + (size_t)slot * s->n_pages_slot, s->pages + (size_t)last * s->n_pages_slot,
           s->slots[last].n_pages * sizeof *s->pages);
    copy_tokens(rft_slots_tokens(s, slot), rft_slots_tokens(s, last), s->rows[last].n_new);
}
