/* SPDX-License-Identifier: MIT */
/* The plan: never above its budget, as large as it may be, and a message that can be acted on when nothing fits. */
#include "support.h"

#include "budget.h"
#include "units.h"
#include "buffers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct rft_sizes base_sizes(void)
{
    return (struct rft_sizes){
        .config = {.n_layers = 3,
                   .dim = 64,
                   .n_heads = 4,
                   .n_kv_heads = 2,
                   .head_dim = 16,
                   .ffn_dim = 160,
                   .vocab_size = 304,
                   .n_positions = 512,
                   .norm_eps = 1e-5f,
                   .tied = true,
                   .n_rotated = 16},
        .caps = {.block_bytes_max = UINT64_MAX,
                 .align_bytes = 64,
                 .n_scratch = 2,
                 .prefill_rows = 128,
                 .slots_wanted = 64,
                 .burst_steps = 8},
        .n_questions = 100,
        .n_samples = 10,
        .chunk = 5,
        .questions_in_flight = 4,
        .n_prompt_max = 40,
        .n_new_max = 100,
        .n_eos = 2,
        .budget_bytes = UINT64_MAX,
    };
}

static struct rft_plan plan_of(const struct rft_sizes *sizes)
{
    struct rft_plan plan;
    if (rft_plan_make(sizes, &plan) != RFT_OK)
        fail_msg("no plan for %" PRIu64 " bytes", sizes->budget_bytes);
    return plan;
}

/* The least budget there is a plan for, by bisection. */
static uint64_t smallest_budget(struct rft_sizes sizes)
{
    uint64_t low = 0, high = plan_of(&sizes).peak_bytes;
    rft_test_log_capture();
    while (high - low > 1) {
        struct rft_plan plan;
        sizes.budget_bytes = low + (high - low) / 2;
        if (rft_plan_make(&sizes, &plan) == RFT_OK)
            high = sizes.budget_bytes;
        else
            low = sizes.budget_bytes;
    }
    rft_test_log_release();
    return high;
}

static void check_plan(const struct rft_sizes *sizes, const struct rft_plan *plan)
{
    uint64_t larger = plan->prefill_bytes > plan->chunk_bytes ? plan->prefill_bytes : plan->chunk_bytes;
    assert_true(plan->peak_bytes <= sizes->budget_bytes);
    assert_int_equal(plan->peak_bytes, plan->weights_bytes + plan->prompt_bytes + larger);
    assert_true(plan->n_questions >= 1 && plan->step.n_rows >= 1 && plan->prefill.n_rows >= 1 && plan->chunk >= 1);
    assert_true(plan->chunk <= sizes->n_samples);
    assert_true(plan->step.n_rows <= plan->n_questions * plan->chunk && plan->step.n_rows <= sizes->caps.slots_wanted);
    assert_true(plan->n_prompt_pages >= plan->n_questions * rft_pages_for(sizes->n_prompt_max));
    assert_true(plan->step.n_own_pages >= plan->n_own_pages_slot); /* one sample can always run to its end */
    assert_true(plan->step.n_own_pages <= plan->step.n_rows * plan->n_own_pages_slot);
    assert_true(plan->n_own_pages_slot * RFT_PAGE_TOKENS + 1 >= sizes->n_new_max);
    assert_int_equal(plan->step.n_keys_max, sizes->n_prompt_max + sizes->n_new_max);
    assert_int_equal(plan->budget_bytes, sizes->budget_bytes);
}

static void test_wishes(void **state)
{
    static const struct {
        uint32_t chunk, in_flight, slots_wanted, n_samples;
        uint64_t n_questions;
        uint32_t want_chunk, want_questions, want_slots;
    } cases[] = {
        {5, 1, 64, 10, 100, 5, 1, 5},   {0, 1, 64, 10, 100, 10, 1, 10}, {20, 1, 64, 10, 100, 10, 1, 10},
        {5, 0, 64, 10, 100, 5, 13, 64}, {0, 0, 64, 10, 3, 10, 3, 30},   {1, 0, 64, 1, 100, 1, 64, 64},
        {5, 0, 1, 10, 100, 5, 1, 1},    {5, 7, 64, 10, 2, 5, 2, 10},    {3, 4, 8, 10, 100, 3, 4, 8},
        {5, 1, 64, 10, 0, 5, 1, 5},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_sizes sizes = base_sizes();
        sizes.chunk = cases[i].chunk;
        sizes.questions_in_flight = cases[i].in_flight;
        sizes.caps.slots_wanted = cases[i].slots_wanted;
        sizes.n_samples = cases[i].n_samples;
        sizes.n_questions = cases[i].n_questions;
        struct rft_plan plan = plan_of(&sizes);
        check_plan(&sizes, &plan);
        if (plan.chunk != cases[i].want_chunk || plan.n_questions != cases[i].want_questions ||
            plan.step.n_rows != cases[i].want_slots)
            fail_msg("case %zu: chunk %u, %u questions, %u slots", i, plan.chunk, plan.n_questions, plan.step.n_rows);
        assert_int_equal(plan.step.n_own_pages, plan.step.n_rows * plan.n_own_pages_slot);
    }
}

/* More memory never gives a smaller plan; the plan at every budget keeps to it. */
static void test_every_budget(void **state)
{
    struct rft_sizes sizes = base_sizes();
    uint64_t most = plan_of(&sizes).peak_bytes, least = smallest_budget(sizes);
    struct rft_plan before = {0};
    (void)state;
    assert_true(least < most / 2);
    for (uint64_t i = 0; i <= 400; i++) {
        sizes.budget_bytes = least + (most - least) * i / 400;
        struct rft_plan plan = plan_of(&sizes);
        check_plan(&sizes, &plan);
        assert_true(plan.n_questions >= before.n_questions);
        assert_true(plan.step.n_rows >= before.step.n_rows);
        assert_true(plan.peak_bytes >= before.peak_bytes || plan.step.n_rows > before.step.n_rows);
        before = plan;
    }
    assert_int_equal(before.peak_bytes, most);
}

/* The smallest plan is one sample at a time, and the message names the bytes that make the difference. */
static void test_missing_bytes(void **state)
{
    struct rft_sizes sizes = base_sizes();
    uint64_t least = smallest_budget(sizes);
    struct rft_plan plan;
    char start[200];
    (void)state;
    sizes.budget_bytes = least;
    plan = plan_of(&sizes);
    assert_int_equal(plan.peak_bytes, least);
    assert_int_equal(plan.step.n_rows, 1);
    assert_int_equal(plan.n_questions, 1);
    static const uint64_t short_by[] = {1, 4096, 100000};
    for (size_t i = 0; i < 3; i++) {
        rft_test_log_capture();
        sizes.budget_bytes = least - short_by[i];
        assert_int_equal(rft_plan_make(&sizes, &plan), RFT_ERR_BUDGET);
        snprintf(start, sizeof start,
                 "error: [memory] budget: %" PRIu64 " bytes are missing: the smallest plan needs %s (weights ",
                 short_by[i], rft_size_text(least).text);
        assert_memory_equal(rft_test_log_text(), start, strlen(start));
        assert_int_equal(plan.step.n_rows, 0);
        rft_test_log_release();
    }
}

/* A plan that was allowed but did not fit the device gets smaller every time, down to the smallest, and then there is
 * none. */
static void test_shrinks(void **state)
{
    struct rft_sizes sizes = base_sizes();
    uint64_t least = smallest_budget(sizes);
    struct rft_plan before = plan_of(&sizes);
    enum rft_status status = RFT_OK;
    (void)state;
    rft_test_log_capture();
    for (sizes.n_shrinks = 1; status == RFT_OK; sizes.n_shrinks++) {
        struct rft_plan plan, shrunk = before;
        assert_true(sizes.n_shrinks < 100);
        status = rft_plan_make(&sizes, &plan);
        assert_int_equal(rft_plan_shrink(&shrunk), status);
        if (status != RFT_OK)
            break;
        check_plan(&sizes, &plan);
        assert_memory_equal(&shrunk.step, &plan.step, sizeof plan.step);
        assert_int_equal(shrunk.peak_bytes, plan.peak_bytes);
        assert_true(plan.peak_bytes <= before.peak_bytes);
        before = plan;
    }
    assert_int_equal(status, RFT_ERR_DEVICE_MEMORY);
    assert_int_equal(before.peak_bytes, least);
    assert_true(sizes.n_shrinks > 4);
    assert_non_null(strstr(rft_test_log_text(), "error: the device has no memory for the smallest plan"));
    rft_test_log_release();
}

/* The plan's bytes are those of the buffers that are taken, whatever the sizes. */
static void test_odd_shapes(void **state)
{
    static const struct {
        uint32_t n_prompt_max, n_new_max, n_samples, prefill_rows;
        bool tied;
    } cases[] = {{1, 1, 1, 1, true},
                 {1, 2, 3, 7, false},
                 {17, 16, 64, 128, true},
                 {300, 17, 2, 128, false},
                 {16, 18, 5, 4, true}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_sizes sizes = base_sizes();
        sizes.n_prompt_max = cases[i].n_prompt_max;
        sizes.n_new_max = cases[i].n_new_max;
        sizes.n_samples = cases[i].n_samples;
        sizes.caps.prefill_rows = cases[i].prefill_rows;
        sizes.config.tied = cases[i].tied;
        sizes.caps.n_scratch = cases[i].tied ? 2 : 0;
        struct rft_plan plan = plan_of(&sizes);
        check_plan(&sizes, &plan);
        sizes.budget_bytes = smallest_budget(sizes);
        plan = plan_of(&sizes);
        check_plan(&sizes, &plan);
    }
}

static void check_refusal(const struct rft_sizes *sizes, enum rft_status status, const char *message)
{
    struct rft_plan plan;
    rft_test_log_capture();
    assert_int_equal(rft_plan_make(sizes, &plan), status);
    if (strstr(rft_test_log_text(), message) == NULL)
        fail_msg("expected \"%s\" in: %s", message, rft_test_log_text());
    assert_int_equal(plan.step.n_rows, 0);
    rft_test_log_release();
}

/* A plan whose buffers are larger than the device's blocks gets smaller; what cannot get smaller is refused by the
 * plan, before anything is allocated. */
static void test_small_blocks(void **state)
{
    struct rft_sizes sizes = base_sizes();
    struct rft_plan plan;
    (void)state;
    sizes.caps.block_bytes_max = 1 << 20;
    plan = plan_of(&sizes);
    check_plan(&sizes, &plan);
    assert_int_equal(plan.step.n_rows, 20);
    sizes.caps.block_bytes_max = 1 << 16;
    sizes.config.vocab_size = 2000; /* logits of a row: 8000 bytes */
    sizes.is_filtered = true;
    plan = plan_of(&sizes);
    check_plan(&sizes, &plan);
    assert_int_equal(plan.step.n_rows, 5); /* halved with the questions: 20, 10, 5 */
    sizes.questions_in_flight = 1;
    sizes.chunk = 10;
    sizes.caps.prefill_rows = 1 << 20;
    plan = plan_of(&sizes);
    check_plan(&sizes, &plan);
    assert_int_equal(plan.step.n_rows, 5);
    assert_true(plan.prefill.n_rows < 40 * 128);

    sizes.n_prompt_max = 300; /* pages of a layer and a prompt: 38912 bytes */
    plan = plan_of(&sizes);
    check_plan(&sizes, &plan);
    sizes.n_prompt_max = 600;
    check_refusal(&sizes, RFT_ERR_UNSUPPORTED,
                  "error: prompts: a buffer of 77824 bytes does not fit into this device's blocks of 65536");
    sizes.n_prompt_max = 40;
    sizes.caps.block_bytes_max = 40959;
    check_refusal(
        &sizes, RFT_ERR_UNSUPPORTED,
        "error: tensor model.layers.0.mlp.gate_proj.weight (with those beside it) takes 40960 bytes, this device's "
        "blocks hold 40959 at most");
    sizes.caps.block_bytes_max = 1 << 16;
    sizes.config.vocab_size = 8192;
    plan = plan_of(&sizes);
    check_plan(&sizes, &plan);
    sizes.config.vocab_size = 8193;
    check_refusal(&sizes, RFT_ERR_UNSUPPORTED, "error: tensor model.embed_tokens.weight takes 1050624 bytes");
}

/* Logits take room where a filter looks at them; without, a candidate for each tile of the vocabulary does. */
static void test_filtered(void **state)
{
    struct rft_sizes sizes = base_sizes();
    struct rft_plan plan, filtered;
    uint64_t least = smallest_budget(sizes);
    const uint32_t vocab = sizes.config.vocab_size;
    (void)state;
    plan = plan_of(&sizes);
    sizes.is_filtered = true;
    filtered = plan_of(&sizes);
    check_plan(&sizes, &filtered);
    assert_int_equal(filtered.step.n_rows, 20);
    assert_int_equal(filtered.weights_bytes, plan.weights_bytes);
    /* a row: logits, a cutoff and one candidate instead of 19 candidates; buffers begin at multiples of 64 */
    assert_in_range(filtered.chunk_bytes - plan.chunk_bytes, 20 * (vocab * 4 + 16 + 8 - vocab / 16 * 8) - 256,
                    20 * (vocab * 4 + 16 + 8 - vocab / 16 * 8) + 256);
    assert_true(smallest_budget(sizes) > least);
    sizes.caps.block_bytes_max = 1 << 20;
    sizes.config.vocab_size = 16000; /* logits of a row: 64,000 bytes; 16 of them fit into a block */
    assert_int_equal(plan_of(&sizes).step.n_rows, 10);
    sizes.is_filtered = false;
    assert_int_equal(plan_of(&sizes).step.n_rows, 20);
}

/* So they do where tokens are scored, and scores and log-probabilities beside them, on the host, too. */
static void test_scored(void **state)
{
    struct rft_sizes sizes = base_sizes();
    struct rft_plan filtered, plan;
    (void)state;
    sizes.is_filtered = true;
    filtered = plan_of(&sizes);
    sizes.is_scored = true;
    plan = plan_of(&sizes);
    check_plan(&sizes, &plan);
    assert_int_equal(plan.step.n_rows, 20);
    assert_in_range(plan.chunk_bytes - filtered.chunk_bytes, 20 * (8 + sizes.n_new_max * 4) - 128,
                    20 * (8 + sizes.n_new_max * 4) + 128);
    assert_int_equal(plan.slots_bytes - filtered.slots_bytes, 20 * sizes.n_new_max * 8);
    sizes.is_filtered = false;
    const uint64_t unfiltered = plan_of(&sizes).chunk_bytes;
    assert_true(unfiltered < plan.chunk_bytes && unfiltered + 20 * sizeof(struct rft_cutoff) + 64 >= plan.chunk_bytes);
}

static struct rft_weights measured_weights(const struct rft_sizes *sizes, uint32_t n_host_layers, struct rft_pool *pool,
                                           struct rft_pool *host)
{
    struct rft_weights weights;
    assert_int_equal(rft_weights_init(&weights, &sizes->config, NULL, 64), RFT_OK);
    rft_pool_begin(pool, "weights", &sizes->caps);
    rft_pool_begin(host, "host", &sizes->caps);
    assert_int_equal(rft_weights_take(pool, host, n_host_layers, &weights), RFT_OK);
    return weights;
}

/* The matrices over the vocabulary lie in as few parts as the blocks allow, cut between tiles. */
static void test_parts(void **state)
{
    static const struct {
        uint32_t vocab;
        uint64_t block_bytes_max;
        uint32_t n_parts, part_rows;
    } cases[] = {
        {304, UINT64_MAX, 1, 304}, {512, 1 << 16, 1, 512},   {513, 1 << 16, 2, 272},
        {2000, 1 << 16, 4, 512},   {8192, 1 << 16, 16, 512}, {1030, (1 << 16) + 2047, 3, 352},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_sizes sizes = base_sizes();
        struct rft_pool pool, host;
        sizes.config.vocab_size = cases[i].vocab;
        sizes.config.tied = false;
        sizes.caps.block_bytes_max = cases[i].block_bytes_max;
        struct rft_weights weights = measured_weights(&sizes, 0, &pool, &host);
        const struct rft_weight *both[] = {rft_weights_embedding(&weights), rft_weights_head(&weights)};
        assert_true(rft_pool_fits(&pool));
        assert_int_equal(rft_pool_bytes(&host), 0);
        for (int m = 0; m < 2; m++) {
            uint64_t bytes = 0;
            assert_int_equal(both[m]->matrix.n_parts, cases[i].n_parts);
            assert_int_equal(both[m]->matrix.part_rows, cases[i].part_rows);
            for (uint32_t part = 0; part < cases[i].n_parts; part++) {
                assert_true(both[m]->matrix.parts[part].bytes != 0);
                assert_true(both[m]->matrix.parts[part].bytes <= cases[i].block_bytes_max);
                bytes += both[m]->matrix.parts[part].bytes;
            }
            assert_int_equal(bytes, both[m]->bytes);
        }
        rft_weights_finish(&weights);
    }
}

/* What the budget cannot hold goes to the host, layer by layer from the last, as few as must. */
static void test_host(void **state)
{
    struct rft_sizes sizes = base_sizes();
    uint64_t least = smallest_budget(sizes), of_a_layer;
    uint32_t n_before = 0;
    struct rft_plan plan;
    (void)state;
    sizes.host_available_bytes = UINT64_MAX;
    plan = plan_of(&sizes);
    assert_int_equal(plan.n_host_layers, 0);
    assert_int_equal(plan.host_bytes, 0);
    assert_int_equal(rft_plan_host_bytes(&sizes, 1, &of_a_layer), RFT_OK);
    for (sizes.budget_bytes = least; sizes.budget_bytes > least - 3 * of_a_layer; sizes.budget_bytes -= 1024) {
        struct rft_sizes without = sizes;
        uint64_t host_bytes;
        plan = plan_of(&sizes);
        check_plan(&sizes, &plan);
        assert_true(plan.n_host_layers >= n_before && plan.n_host_layers <= sizes.config.n_layers);
        assert_int_equal(rft_plan_host_bytes(&sizes, plan.n_host_layers, &host_bytes), RFT_OK);
        assert_int_equal(plan.host_bytes, host_bytes);
        n_before = plan.n_host_layers;
        if (plan.n_host_layers == 0)
            continue;
        without.host_available_bytes = plan.host_bytes - 1;
        check_refusal(&without, RFT_ERR_BUDGET, "layers: these take ");
        without.host_available_bytes = plan.host_bytes;
        plan = plan_of(&without);
        assert_int_equal(plan.n_host_layers, n_before);
    }
    assert_int_equal(n_before, 3);
    sizes.budget_bytes = least - 3 * of_a_layer - 64;
    check_refusal(&sizes, RFT_ERR_BUDGET, " bytes are missing: the smallest plan needs ");
}

/* A device that refused the weights gets a plan with more of them on the host, which gives room for more besides. */
static void test_more_on_host(void **state)
{
    struct rft_sizes sizes = base_sizes();
    uint64_t weights_bytes = plan_of(&sizes).weights_bytes;
    (void)state;
    sizes.host_available_bytes = UINT64_MAX;
    for (sizes.n_host_layers = 0; sizes.n_host_layers <= 3; sizes.n_host_layers++) {
        struct rft_plan plan = plan_of(&sizes), put = plan;
        check_plan(&sizes, &plan);
        assert_int_equal(rft_plan_put_on_host(&put, sizes.n_host_layers), RFT_OK);
        assert_memory_equal(&put.step, &plan.step, sizeof plan.step);
        assert_int_equal(plan.n_host_layers, sizes.n_host_layers);
        assert_int_equal(plan.weights_bytes + plan.host_bytes, weights_bytes);
    }
    struct rft_pool pool, host;
    struct rft_weights weights = measured_weights(&sizes, 3, &pool, &host);
    assert_true(rft_pool_bytes(&pool) >= rft_weights_embedding(&weights)->bytes); /* what is no layer's stays */
    rft_weights_finish(&weights);
}

/* What the host needs counts where its memory is the device's; the prefix is given up first, and nothing else with
 * it. */
static void test_heap(void **state)
{
    struct rft_sizes sizes = base_sizes();
    const uint64_t prefix = 2 * 16 * (2 * 2 * 16 * 2) * 3; /* pages, tokens, K and V of the heads, layers */
    struct rft_plan all, plan;
    (void)state;
    sizes.n_prompt_shared = 39; /* two whole pages */
    sizes.input_bytes = 12345;
    all = plan_of(&sizes);
    assert_int_equal(all.prefix_bytes, prefix);
    assert_int_equal(rft_plan_heap_bytes(&all), 12345 + all.slots_bytes + prefix);
    assert_true(all.slots_bytes > 64 * 100);
    sizes.budget_bytes = all.peak_bytes; /* elsewhere the heap is not the budget's */
    plan = plan_of(&sizes);
    assert_memory_equal(&plan.prefix_bytes, &all.prefix_bytes, sizeof plan.prefix_bytes);
    sizes.is_host_device = true;
    sizes.budget_bytes = all.peak_bytes + rft_plan_heap_bytes(&all);
    plan = plan_of(&sizes);
    assert_int_equal(plan.prefix_bytes, prefix);
    for (uint64_t less = 1; less <= prefix; less += prefix - 1) {
        sizes.budget_bytes = all.peak_bytes + rft_plan_heap_bytes(&all) - less;
        plan = plan_of(&sizes);
        assert_int_equal(plan.prefix_bytes, 0);
        assert_int_equal(plan.peak_bytes, all.peak_bytes);
    }
    sizes.budget_bytes -= 1;
    plan = plan_of(&sizes);
    assert_true(plan.peak_bytes < all.peak_bytes);
    uint64_t least = smallest_budget(sizes);
    sizes.budget_bytes = least;
    plan = plan_of(&sizes);
    assert_int_equal(plan.peak_bytes + rft_plan_heap_bytes(&plan), least);
    sizes.budget_bytes = least - 7;
    check_refusal(&sizes, RFT_ERR_BUDGET, "budget: 7 bytes are missing");
    check_refusal(&sizes, RFT_ERR_BUDGET, ", questions and tables ");
    /* A host of its own: no room for it beside the weights that must go there. */
    sizes.is_host_device = false;
    sizes.budget_bytes = UINT64_MAX;
    sizes.host_available_bytes = prefix;
    assert_int_equal(plan_of(&sizes).prefix_bytes, prefix);
    sizes.host_available_bytes = prefix - 1;
    assert_int_equal(plan_of(&sizes).prefix_bytes, 0);
}

/* The peak of a run lies between that of the longest and that of the shortest prompts. */
static void test_peak_min(void **state)
{
    struct rft_sizes sizes = base_sizes();
    struct rft_plan plan;
    uint64_t most;
    (void)state;
    sizes.n_prompt_min = sizes.n_prompt_max;
    plan = plan_of(&sizes);
    assert_int_equal(plan.peak_bytes_min, plan.peak_bytes);
    most = plan.peak_bytes;
    sizes.n_prompt_min = 1;
    plan = plan_of(&sizes);
    assert_int_equal(plan.peak_bytes, most);
    assert_true(plan.peak_bytes_min < most);
    sizes.n_prompt_max = 1;
    sizes.n_new_max += 39;
    assert_int_equal(plan_of(&sizes).prompt_bytes, plan.prompt_bytes - (most - plan.peak_bytes_min));
}

static enum rft_status make_only(void *user)
{
    struct rft_plan plan;
    return rft_plan_make(user, &plan);
}

static void test_alloc_faults(void **state)
{
    struct rft_sizes sizes = base_sizes();
    (void)state;
    assert_true(rft_test_alloc_faults(make_only, &sizes) >= 1);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wishes),   cmocka_unit_test(test_every_budget), cmocka_unit_test(test_missing_bytes),
        cmocka_unit_test(test_shrinks),  cmocka_unit_test(test_odd_shapes),   cmocka_unit_test(test_small_blocks),
        cmocka_unit_test(test_filtered), cmocka_unit_test(test_scored),       cmocka_unit_test(test_parts),
        cmocka_unit_test(test_host),     cmocka_unit_test(test_more_on_host), cmocka_unit_test(test_heap),
        cmocka_unit_test(test_peak_min), cmocka_unit_test(test_alloc_faults),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
