/* SPDX-License-Identifier: MIT */
/* Slots against a device that is simulated key by key: every sample must find every key it ever stored, whoever else
 * came, went and gave way meanwhile. */
#include "support.h"

#include "buffers.h"
#include "slots.h"

#include <stdlib.h>
#include <string.h>

#define N_REQUESTS_MAX 40u
#define N_SLOTS_MAX 8u
#define N_NEW_MAX 70u
#define N_PROMPT_PAGES 3u

struct device {
    struct {
        uint32_t request, index;
    } keys[N_SLOTS_MAX * 8][RFT_PAGE_TOKENS]; /* by page */
    uint32_t h[N_SLOTS_MAX];                  /* whose hidden state a slot holds: request and token index */
    uint32_t tables[N_PROMPT_PAGES + N_SLOTS_MAX * 8];
};

struct simulation {
    struct rft_slots slots;
    struct rft_request requests[N_REQUESTS_MAX];
    uint32_t lengths[N_REQUESTS_MAX]; /* tokens that each request draws before it ends by itself */
    uint32_t n_ended;
    uint32_t n_evicted;
    uint32_t n_pages;
    struct rft_flight flight;
    uint32_t ids[5];
    struct device device;
};

static uint32_t token_of(uint32_t request, uint32_t index)
{
    return request * 1000 + index;
}

static float logprob_of(uint32_t request, uint32_t index)
{
    return -0.5f * (float)token_of(request, index);
}

static uint32_t state_of(uint32_t request, uint32_t n_new)
{
    return request << 16 | n_new;
}

static uint32_t request_of(const struct simulation *s, uint32_t slot)
{
    return (uint32_t)(s->slots.slots[slot].request - s->requests);
}

/* No page belongs to two slots, or to a slot and the free list, and none is lost. */
static void check_pages(const struct simulation *s)
{
    bool seen[N_SLOTS_MAX * 8] = {false};
    uint32_t n = s->slots.n_free;
    for (uint32_t i = 0; i < s->slots.n_free; i++) {
        assert_true(s->slots.free_pages[i] < s->n_pages);
        assert_false(seen[s->slots.free_pages[i]]);
        seen[s->slots.free_pages[i]] = true;
    }
    for (uint32_t slot = 0; slot < s->slots.n_active; slot++) {
        assert_true(s->slots.slots[slot].n_pages <= s->slots.n_pages_slot);
        for (uint32_t i = 0; i < s->slots.slots[slot].n_pages; i++, n++) {
            uint32_t page = s->slots.pages[(size_t)slot * s->slots.n_pages_slot + i];
            assert_true(page < s->n_pages);
            assert_false(seen[page]);
            seen[page] = true;
        }
    }
    assert_int_equal(n, s->n_pages);
}

static void start_all(struct simulation *s)
{
    struct rft_request *request;
    while ((request = rft_slots_next(&s->slots)) != NULL) {
        uint32_t slot = s->slots.n_active;
        assert_false(request->is_done);
        rft_slots_start(&s->slots, request, &s->flight);
        s->device.h[slot] = state_of((uint32_t)(request - s->requests), 0);
        assert_int_equal(s->slots.rows[slot].sample_index, request->sample);
        assert_int_equal(s->slots.rows[slot].n_prompt, 5);
        assert_int_equal(s->slots.rows[slot].token, s->ids[4]);
    }
}

static void remove_slot(struct simulation *s, uint32_t slot)
{
    s->device.h[slot] = s->device.h[s->slots.n_active - 1];
    rft_slots_remove(&s->slots, slot);
}

/* One step of one row, as advance, rope_kv and attention do it. */
static void step(struct simulation *s, uint32_t slot)
{
    struct rft_row *row = &s->slots.rows[slot];
    uint32_t request = request_of(s, slot);
    if (row->state != RFT_ROW_RUNNING)
        return;
    assert_int_equal(s->device.h[slot], state_of(request, row->n_new));
    s->slots.read.tokens[(size_t)slot * N_NEW_MAX + row->n_new] = token_of(request, row->n_new);
    if (s->slots.read.logprobs != NULL)
        s->slots.read.logprobs[(size_t)slot * N_NEW_MAX + row->n_new] = logprob_of(request, row->n_new);
    row->n_new++;
    row->state = row->n_new == s->lengths[request] ? RFT_ROW_STOP
                 : row->n_new == N_NEW_MAX         ? RFT_ROW_LENGTH
                                                   : RFT_ROW_RUNNING;
    if (row->state != RFT_ROW_RUNNING)
        return;
    for (uint32_t i = 0; i < row->n_new; i++) {
        uint32_t entry = row->own_table + i / RFT_PAGE_TOKENS;
        uint32_t page = s->device.tables[entry];
        assert_true(i / RFT_PAGE_TOKENS < s->slots.slots[slot].n_pages);
        if (i + 1 == row->n_new) {
            s->device.keys[page][i % RFT_PAGE_TOKENS].request = request;
            s->device.keys[page][i % RFT_PAGE_TOKENS].index = i;
        }
        assert_int_equal(s->device.keys[page][i % RFT_PAGE_TOKENS].request, request);
        assert_int_equal(s->device.keys[page][i % RFT_PAGE_TOKENS].index, i);
    }
    s->device.h[slot] = state_of(request, row->n_new);
}

static void collect(struct simulation *s)
{
    /* what a burst did not write is not to be relied on */
    rft_slots_take_tokens(&s->slots);
    for (uint32_t slot = s->slots.n_active; slot-- > 0;) {
        const struct rft_row *row = &s->slots.rows[slot];
        uint32_t request = request_of(s, slot);
        const struct rft_slot_tokens tokens = rft_slots_tokens(&s->slots, slot);
        for (uint32_t i = 0; i < row->n_new; i++) {
            assert_int_equal(tokens.tokens[i], token_of(request, i));
            assert_true(tokens.logprobs == NULL || tokens.logprobs[i] == logprob_of(request, i));
        }
        rft_slots_hand_on(&s->slots, slot, row->n_new - s->slots.slots[slot].n_collected);
        if (row->state == RFT_ROW_RUNNING)
            continue;
        assert_int_equal(row->n_new, s->lengths[request] < N_NEW_MAX ? s->lengths[request] : N_NEW_MAX);
        assert_false(s->requests[request].is_done);
        s->requests[request].is_done = true;
        s->n_ended++;
        remove_slot(s, slot);
    }
    if (s->slots.read.logprobs != NULL)
        memset(s->slots.read.logprobs, 0xee, (size_t)s->slots.n_max * N_NEW_MAX * sizeof *s->slots.read.logprobs);
    memset(s->slots.read.tokens, 0xee, (size_t)s->slots.n_max * N_NEW_MAX * sizeof *s->slots.read.tokens);
}

static void hand_out(struct simulation *s, uint32_t n_steps)
{
    uint32_t victim;
    while (!rft_slots_give_pages(&s->slots, n_steps, &victim)) {
        assert_true(s->slots.n_active > 1);
        for (uint32_t i = 0; i < s->slots.n_active; i++)
            assert_true(s->slots.slots[i].age <= s->slots.slots[victim].age);
        rft_slots_requeue(&s->slots, victim);
        remove_slot(s, victim);
        s->n_evicted++;
        check_pages(s);
    }
}

static void simulate(struct simulation *s, const struct rft_plan *plan, uint32_t n_requests, uint32_t burst)
{
    memset(&s->device, 0xff, sizeof s->device);
    for (uint32_t i = 0; i < 5; i++)
        s->ids[i] = i + 10;
    s->flight = (struct rft_flight){.ids = {.ids = s->ids, .n = 5}};
    s->n_pages = plan->step.n_own_pages;
    assert_int_equal(rft_slots_init(&s->slots, plan, s->requests, n_requests), RFT_OK);
    for (uint32_t round = 0;; round++) {
        uint32_t n_steps;
        assert_true(round < 100000);
        start_all(s);
        if (s->slots.n_active == 0)
            break;
        n_steps = rft_slots_burst(&s->slots, burst);
        assert_true(n_steps >= 1 && n_steps <= burst && n_steps <= N_NEW_MAX);
        hand_out(s, n_steps);
        check_pages(s);
        memset(s->device.tables, 0xff, sizeof s->device.tables);
        rft_slots_tables(&s->slots, s->device.tables);
        for (uint32_t i = 0; i < N_PROMPT_PAGES; i++)
            assert_int_equal(s->device.tables[i], UINT32_MAX); /* not the slots' */
        for (uint32_t i = 0; i < n_steps; i++)
            for (uint32_t slot = 0; slot < s->slots.n_active; slot++)
                step(s, slot);
        collect(s);
        check_pages(s);
    }
    assert_int_equal(s->slots.n_free, s->n_pages);
    rft_slots_finish(&s->slots);
}

static struct rft_plan plan_of(uint32_t n_slots, uint32_t n_own_pages)
{
    return (struct rft_plan){.step = {.n_rows = n_slots, .n_own_pages = n_own_pages, .n_new_max = N_NEW_MAX},
                             .n_own_pages_slot = rft_pages_for(N_NEW_MAX - 1),
                             .n_prompt_pages = N_PROMPT_PAGES};
}

static void test_random(void **state)
{
    struct simulation *s = malloc(sizeof *s);
    uint32_t n_evicted = 0;
    (void)state;
    assert_non_null(s);
    srand(7);
    for (int round = 0; round < 400; round++) {
        uint32_t n_requests = 1 + (uint32_t)rand() % N_REQUESTS_MAX, n_slots = 1 + (uint32_t)rand() % N_SLOTS_MAX;
        uint32_t slot_pages = rft_pages_for(N_NEW_MAX - 1), n_to_do = 0;
        uint32_t n_pages = slot_pages + (uint32_t)rand() % (slot_pages * (n_slots - 1) + 1);
        struct rft_plan plan = plan_of(n_slots, n_pages);
        plan.step.is_scored = round % 2 != 0;
        memset(s, 0, sizeof *s);
        for (uint32_t i = 0; i < n_requests; i++) {
            s->requests[i] =
                (struct rft_request){.sample = i, .is_done = rand() % 8 == 0}; /* done before: never started */
            s->lengths[i] = 1 + (uint32_t)rand() % (N_NEW_MAX + 10);
            n_to_do += s->requests[i].is_done ? 0 : 1;
        }
        simulate(s, &plan, n_requests, 1 + (uint32_t)rand() % 20);
        assert_int_equal(s->n_ended, n_to_do);
        for (uint32_t i = 0; i < n_requests; i++)
            assert_true(s->requests[i].is_done);
        n_evicted += s->n_evicted;
    }
    free(s);
    assert_true(n_evicted > 1000); /* otherwise the test has seen no shortage */
}

static void test_enough_pages(void **state)
{
    struct simulation *s = calloc(1, sizeof *s);
    struct rft_plan plan = plan_of(4, 4 * rft_pages_for(N_NEW_MAX - 1));
    (void)state;
    assert_non_null(s);
    for (uint32_t i = 0; i < 20; i++) {
        s->requests[i] = (struct rft_request){.sample = i};
        s->lengths[i] = N_NEW_MAX + 1;
    }
    simulate(s, &plan, 20, 8);
    assert_int_equal(s->n_ended, 20);
    assert_int_equal(s->n_evicted, 0);
    free(s);
}

/* The one that gives way comes back first, before requests that never ran. */
static void test_requeue_order(void **state)
{
    const struct rft_plan plan = plan_of(2, 5);
    struct rft_request requests[3] = {{.sample = 0}, {.sample = 1}, {.sample = 2}};
    uint32_t id = 1, victim;
    struct rft_flight flight = {.ids = {.ids = &id, .n = 1}};
    struct rft_slots s;
    (void)state;
    assert_int_equal(rft_slots_init(&s, &plan, requests, 3), RFT_OK);
    for (uint32_t i = 0; i < 2; i++)
        rft_slots_start(&s, rft_slots_next(&s), &flight);
    assert_null(rft_slots_next(&s));
    assert_false(rft_slots_give_pages(&s, 48, &victim));
    assert_int_equal(victim, 1);
    rft_slots_requeue(&s, victim);
    rft_slots_remove(&s, victim);
    assert_true(rft_slots_give_pages(&s, 48, &victim));
    assert_ptr_equal(rft_slots_next(&s), &requests[1]);
    rft_slots_finish(&s);
}

static enum rft_status init_only(void *user)
{
    const struct rft_plan plan = plan_of(2, 6);
    struct rft_request request = {0};
    struct rft_slots s;
    enum rft_status status = rft_slots_init(&s, &plan, &request, 1);
    (void)user;
    rft_slots_finish(&s);
    return status;
}

static void test_alloc_faults(void **state)
{
    (void)state;
    assert_int_equal(rft_test_alloc_faults(init_only, NULL), 7);
}

/* A burst lasts two seconds at most, or one step. */
static void test_slow_bursts(void **state)
{
    (void)state;
    static const struct {
        uint32_t n_max, n_steps;
        double seconds;
        uint32_t wanted;
    } cases[] = {
        {8, 8, 0, 8},   {8, 8, 1.9, 8}, {8, 8, 4, 4},  {8, 4, 2, 4},     {8, 1, 0.1, 8},
        {8, 1, 0.5, 4}, {8, 8, 80, 1},  {8, 1, 30, 1}, {1, 1, 0.001, 1}, {64, 64, 1e-9, 64},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(rft_slots_burst_max(cases[i].n_max, cases[i].n_steps, cases[i].seconds), cases[i].wanted);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_slow_bursts), cmocka_unit_test(test_random),
                                       cmocka_unit_test(test_enough_pages), cmocka_unit_test(test_requeue_order),
                                       cmocka_unit_test(test_alloc_faults)};
    return RFT_TEST_RUN(tests, NULL, NULL);
}
