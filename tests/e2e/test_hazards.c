/* SPDX-License-Identifier: MIT */
/* Node by node: what a node reads and writes is what it says, the order between two barriers is free, every barrier is
 * needed, and the comparison that all this rests on notices a bit, a page and an ulp. */
#include "support.h"
#include "command.h"
#include "job.h"
#include "wrap_backend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define N_NODES_MAX 128u
#define N_TRACED 4u /* replays of a program that are looked at closely; later ones do the same */

#define JOB_SETS                                                                                                       \
    "data.limit=2", "generate.samples=3", "generate.max_new_tokens=20", "generate.questions_in_flight=2",              \
        "device.threads=1"

static const struct rft_test_job plain_job = {"plain", {JOB_SETS, "device.device=plain"}, false};
static const struct rft_test_job fast_job = {"fast", {JOB_SETS}, false};
static const struct rft_test_job filtered_job = {
    "filtered", {JOB_SETS, "generate.top_k=50", "generate.top_p=0.9", "generate.min_p=0.05"}, false};

enum sabotage { NONE, ULP_IN_RESIDUAL, SWAPPED_PAGES, UNDECLARED_READ, UNDECLARED_WRITE };

/* What a watched run is to do, and what it saw. */
struct watch {
    struct rft_wrap *wrap;
    enum { IN_ORDER, SHUFFLED, SWAPPED, ISOLATED } order;
    uint32_t swapped; /* SWAPPED: this node goes before the one ahead of it, in the step */
    enum sabotage sabotage;
    uint32_t n_replays;
    uint32_t n_moved; /* nodes that did not run at their place */
    uint32_t n_steps, n_prefills;
    char breach[200];
    uint8_t *saved[RFT_WRAP_BLOCKS_MAX], *normal[RFT_WRAP_BLOCKS_MAX];
    /* hash of what each node of the first steps wrote */
    uint64_t trace[N_TRACED][N_NODES_MAX];
    uint32_t n_nodes;
    bool barriers[N_NODES_MAX];
    const char *op_names[N_NODES_MAX];
};

static uint8_t *bytes_at(uint64_t address)
{
    return (uint8_t *)(uintptr_t)address;
}

static bool is_step(const struct rft_wrap_replay *replay)
{
    return strcmp(replay->program, "step") == 0;
}

static uint64_t hash_of_writes(const struct rft_node *node)
{
    uint64_t hash = 0;
    for (uint32_t i = 0; i < node->n_writes; i++)
        hash = XXH64(bytes_at(node->writes[i].address), (size_t)node->writes[i].bytes, hash);
    return hash;
}

/* Exchanges the last page of the first row's prompt and its first own one while attention looks, and puts them back. */
static enum rft_status run_with_swapped_pages(const struct rft_wrap_replay *replay, uint32_t node)
{
    struct rft_args_attention args;
    memcpy(&args, replay->nodes[node].args.bytes, sizeof args);
    const struct rft_row *row = (const void *)bytes_at(args.rows);
    uint32_t *tables = (uint32_t *)(void *)bytes_at(args.tables);
    uint32_t *prompt = tables + row->prompt_table + (row->n_prompt - 1) / RFT_PAGE_TOKENS,
             *own = tables + row->own_table;
    const uint32_t prompt_page = *prompt, own_page = *own;
    enum rft_status status;
    *prompt = own_page;
    *own = prompt_page;
    status = rft_wrap_run_node(replay, node);
    *prompt = prompt_page;
    *own = own_page;
    return status;
}

static enum rft_status run_node(struct watch *w, const struct rft_wrap_replay *replay, uint32_t node)
{
    enum rft_op op = replay->nodes[node].op;
    bool here = is_step(replay) && w->n_steps == 2;
    if (w->sabotage == SWAPPED_PAGES && here && op == RFT_OP_attention)
        return run_with_swapped_pages(replay, node);
    RFT_TRY(rft_wrap_run_node(replay, node));
    if (w->sabotage == ULP_IN_RESIDUAL && here && op == RFT_OP_residual) {
        struct rft_args_residual args;
        uint32_t bits;
        memcpy(&args, replay->nodes[node].args.bytes, sizeof args);
        memcpy(&bits, bytes_at(args.x), sizeof bits);
        bits++;
        memcpy(bytes_at(args.x), &bits, sizeof bits);
    }
    return RFT_OK;
}

static void note(struct watch *w, const char *what, const struct rft_wrap_replay *replay, uint32_t node)
{
    if (w->breach[0] == '\0')
        snprintf(w->breach, sizeof w->breach, "%s, node %u (%s, %s): %s", replay->program, node,
                 rft_op_name(replay->nodes[node].op), replay->nodes[node].label, what);
}

static bool is_in(const struct rft_range *ranges, uint32_t n, uint64_t address)
{
    for (uint32_t i = 0; i < n; i++)
        if (address >= ranges[i].address && address < ranges[i].address + ranges[i].bytes)
            return true;
    return false;
}

static void copy_blocks(const struct rft_wrap *wrap, uint8_t *const *to)
{
    for (uint32_t b = 0; b < wrap->n_blocks; b++)
        memcpy(to[b], bytes_at(wrap->blocks[b].address), (size_t)wrap->blocks[b].bytes);
}

/* Runs a node twice from the same memory: as it is, and with garbage in everything that it does not declare to read.
 * The bytes it writes must be the same, and no others may change. */
static enum rft_status run_isolated(struct watch *w, const struct rft_wrap_replay *replay, uint32_t index)
{
    const struct rft_node *node = &replay->nodes[index];
    const uint8_t garbage = 0xbe; /* as bf16 and f32 a number, so that arithmetic goes on */
    uint32_t n_reads = node->n_reads - (w->sabotage == UNDECLARED_READ ? 1 : 0);
    uint32_t n_writes = node->n_writes - (w->sabotage == UNDECLARED_WRITE ? 1 : 0);
    copy_blocks(w->wrap, w->saved);
    RFT_TRY(rft_wrap_run_node(replay, index));
    copy_blocks(w->wrap, w->normal);
    for (uint32_t b = 0; b < w->wrap->n_blocks; b++) {
        uint64_t base = w->wrap->blocks[b].address;
        for (uint64_t i = 0; i < w->wrap->blocks[b].bytes; i++)
            bytes_at(base)[i] = is_in(node->reads, n_reads, base + i) ? w->saved[b][i] : garbage;
    }
    RFT_TRY(rft_wrap_run_node(replay, index));
    for (uint32_t b = 0; b < w->wrap->n_blocks; b++) {
        uint64_t base = w->wrap->blocks[b].address;
        for (uint64_t i = 0; i < w->wrap->blocks[b].bytes; i++) {
            uint8_t now = bytes_at(base)[i], saved = w->saved[b][i], normal = w->normal[b][i];
            uint8_t before = is_in(node->reads, n_reads, base + i) ? saved : garbage;
            if (!is_in(node->writes, n_writes, base + i) && (now != before || normal != saved))
                note(w, "writes what it does not declare", replay, index);
            else if (now != normal && !(now == before && normal == saved))
                note(w, "reads what it does not declare", replay, index);
        }
        memcpy(bytes_at(base), w->normal[b], (size_t)w->wrap->blocks[b].bytes);
    }
    return RFT_OK;
}

/* The order of a replay: nodes between two barriers in any order, or one barrier passed over. */
static void make_order(struct watch *w, const struct rft_wrap_replay *replay, uint32_t order[N_NODES_MAX])
{
    uint32_t first = 0;
    for (uint32_t i = 0; i < replay->n_nodes; i++)
        order[i] = i;
    if (w->order == SWAPPED && is_step(replay)) {
        order[w->swapped] = w->swapped - 1;
        order[w->swapped - 1] = w->swapped;
    }
    for (uint32_t i = 1; w->order == SHUFFLED && i <= replay->n_nodes; i++) {
        if (i < replay->n_nodes && !replay->nodes[i].barrier)
            continue;
        for (uint32_t k = i - 1; k > first; k--) {
            uint32_t other = first + (uint32_t)rand() % (k - first + 1), swap = order[k];
            order[k] = order[other];
            order[other] = swap;
        }
        first = i;
    }
}

static enum rft_status on_replay(void *user, const struct rft_wrap_replay *replay)
{
    struct watch *w = user;
    uint32_t order[N_NODES_MAX], *n = is_step(replay) ? &w->n_steps : &w->n_prefills;
    bool is_traced = is_step(replay) && *n < N_TRACED;
    assert_true(replay->n_nodes <= N_NODES_MAX);
    make_order(w, replay, order);
    for (uint32_t i = 0; i < replay->n_nodes; i++) {
        uint32_t node = order[i];
        w->n_moved += node != i;
        RFT_TRY(w->order == ISOLATED && *n < 2 ? run_isolated(w, replay, node) : run_node(w, replay, node));
        if (is_traced) {
            w->trace[*n][node] = hash_of_writes(&replay->nodes[node]);
            w->barriers[node] = replay->nodes[node].barrier;
            w->op_names[node] = rft_op_name(replay->nodes[node].op);
            w->n_nodes = replay->n_nodes;
        }
    }
    (*n)++;
    return RFT_OK;
}

/* Runs the job under a watch; appends its bytes. */
static void run_watched(const struct rft_test_job *job, struct watch *w, struct rft_str *bytes)
{
    w->wrap = rft_wrap_begin();
    w->wrap->on_replay = on_replay;
    w->wrap->user = w;
    rft_test_job_once(job, bytes);
    rft_wrap_end();
    assert_true(w->n_steps > 10 && w->n_prefills > 0);
}

static struct watch *new_watch(void)
{
    struct watch *w = calloc(1, sizeof *w);
    assert_non_null(w);
    return w;
}

/* The first step and node whose writes differ: the debugger of the project. */
static bool first_difference(const struct watch *a, const struct watch *b, uint32_t *step, uint32_t *node)
{
    for (*step = 0; *step < N_TRACED; (*step)++)
        for (*node = 0; *node < a->n_nodes; (*node)++)
            if (a->trace[*step][*node] != b->trace[*step][*node])
                return true;
    return false;
}

static bool same_text(const struct rft_str *a, const struct rft_str *b)
{
    return rft_bytes_equal((struct rft_bytes){a->data, a->len}, (struct rft_bytes){b->data, b->len});
}

static void test_same_order_same_bytes(void **state)
{
    static const struct rft_test_job *const jobs[] = {&plain_job, &fast_job, &filtered_job};
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct watch *a = new_watch(), *b = new_watch();
        struct rft_str wanted = {0}, watched = {0}, again = {0};
        uint32_t step, node;
        rft_test_job_once(jobs[i], &wanted);
        run_watched(jobs[i], a, &watched);
        run_watched(jobs[i], b, &again);
        rft_test_same_bytes(&watched, &wanted, "node by node");
        rft_test_same_bytes(&again, &wanted, "node by node, again");
        if (first_difference(a, b, &step, &node))
            fail_msg("step %u, node %u (%s) differs from one run to the next", step, node, a->op_names[node]);
        rft_str_finish(&wanted);
        rft_str_finish(&watched);
        rft_str_finish(&again);
        free(a);
        free(b);
    }
}

static void test_any_order_between_barriers(void **state)
{
    (void)state;
    srand(3);
    for (int round = 0; round < 5; round++) {
        struct watch *w = new_watch();
        struct rft_str wanted = {0}, shuffled = {0};
        rft_test_job_once(&filtered_job, &wanted);
        w->order = SHUFFLED;
        run_watched(&filtered_job, w, &shuffled);
        rft_test_same_bytes(&shuffled, &wanted, "another order between barriers");
        rft_str_finish(&wanted);
        rft_str_finish(&shuffled);
        free(w);
    }
}

static const char *run_isolated_job(const struct rft_test_job *job, enum sabotage sabotage)
{
    static char breach[200];
    struct watch *w = new_watch();
    struct rft_str bytes = {0};
    for (uint32_t b = 0; b < RFT_WRAP_BLOCKS_MAX; b++) {
        w->saved[b] = b < 4 ? malloc(4 << 20) : NULL; /* weights, prompts, prefill or chunk: never more than a few */
        w->normal[b] = b < 4 ? malloc(4 << 20) : NULL;
    }
    w->order = ISOLATED;
    w->sabotage = sabotage;
    run_watched(job, w, &bytes);
    memcpy(breach, w->breach, sizeof breach);
    for (uint32_t b = 0; b < 4; b++) {
        free(w->saved[b]);
        free(w->normal[b]);
    }
    rft_str_finish(&bytes);
    free(w);
    return breach;
}

static void test_declared_ranges(void **state)
{
    static const struct rft_test_job *const jobs[] = {&plain_job, &fast_job, &filtered_job};
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_string_equal(run_isolated_job(jobs[i], NONE), "");
}

static void test_declared_ranges_notice(void **state)
{
    (void)state;
    assert_non_null(strstr(run_isolated_job(&filtered_job, UNDECLARED_READ), "reads what it does not declare"));
    assert_non_null(strstr(run_isolated_job(&filtered_job, UNDECLARED_WRITE), "writes what it does not declare"));
}

/* Two neighbours change places across a barrier: each time something must come out otherwise. Returns how many
 * barriers. */
static uint32_t check_barriers(const struct rft_test_job *job)
{
    struct watch *wanted = new_watch();
    struct rft_str bytes = {0};
    uint32_t n_barriers = 0;
    run_watched(job, wanted, &bytes);
    rft_str_finish(&bytes);
    for (uint32_t node = 1; node < wanted->n_nodes; node++) {
        struct watch *w = new_watch();
        uint32_t step, at;
        if (!wanted->barriers[node]) {
            free(w);
            continue;
        }
        w->order = SWAPPED;
        w->swapped = node;
        run_watched(job, w, &bytes);
        if (!first_difference(wanted, w, &step, &at))
            fail_msg("nothing shows that node %u (%s) went before its barrier", node, wanted->op_names[node]);
        n_barriers++;
        rft_str_finish(&bytes);
        free(w);
    }
    print_message("%u nodes, %u barriers\n", wanted->n_nodes, n_barriers);
    free(wanted);
    return n_barriers;
}

static void test_every_barrier_is_needed(void **state)
{
    (void)state;
    assert_true(check_barriers(&filtered_job) >= 19);
    assert_true(check_barriers(&plain_job) >= 17);
}

static void flip_bit(void *user, struct rft_slice to, uint64_t n_writes)
{
    (void)user;
    if (n_writes == 5) /* a weight of the first layer: any bit of any weight must show */
        ((uint8_t *)to.block->handle)[to.offset + to.bytes / 2] ^= 1;
}

static void test_sabotage_shows(void **state)
{
    static const struct {
        const char *what;
        enum sabotage sabotage;
        bool flips;
        uint32_t step;
        const char *op; /* of the first node that differs */
    } cases[] = {
        {"one ulp in the residual stream", ULP_IN_RESIDUAL, false, 2, "residual"},
        {"two pages exchanged", SWAPPED_PAGES, false, 2, "attention"},
        {"one bit of a weight", NONE, true, 0, NULL},
    };
    struct watch *wanted = new_watch();
    struct rft_str bytes = {0};
    (void)state;
    run_watched(&plain_job, wanted, &bytes);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct watch *w = new_watch();
        struct rft_str other = {0};
        uint32_t step, node;
        w->sabotage = cases[i].sabotage;
        w->wrap = rft_wrap_begin();
        w->wrap->on_replay = on_replay;
        w->wrap->user = w;
        w->wrap->on_write = cases[i].flips ? flip_bit : NULL;
        rft_test_job_once(&plain_job, &other);
        rft_wrap_end();
        if (!first_difference(wanted, w, &step, &node))
            fail_msg("%s does not show", cases[i].what);
        print_message("%s: step %u, node %u (%s); the text %s\n", cases[i].what, step, node, w->op_names[node],
                      same_text(&bytes, &other) ? "is the same" : "differs");
        assert_int_equal(step, cases[i].step);
        if (cases[i].op != NULL)
            assert_string_equal(w->op_names[node], cases[i].op);
        rft_str_finish(&other);
        free(w);
    }
    rft_str_finish(&bytes);
    free(wanted);
}

static enum rft_status run_trace(void *user)
{
    const char *const *sets = user;
    struct rft_config config;
    enum rft_status status;
    RFT_TRY(rft_config_load(rft_test_path("tests/e2e/tiny.ini"), sets, 3, RFT_USE_TO_DRAW, &config));
    status = rft_command_trace(NULL, &config);
    rft_config_finish(&config);
    return status;
}

/* `rftgen trace` prints a line for each node, the same on every device, and a bit of a weight shows in it. */
static void test_trace_command(void **state)
{
    static const char *plain[] = {"device.device=plain", "generate.top_k=50", "device.threads=1"};
    static const char *fast[] = {"device.device=", "generate.top_k=50", "device.threads=2"};
    struct rft_str a = {0}, b = {0}, c = {0};
    struct rft_wrap *wrap;
    uint64_t live = rft_alloc_n_live(), n_lines = 0;
    (void)state;
    assert_int_equal(rft_test_stdout_of(run_trace, plain, &a), RFT_OK);
    assert_int_equal(rft_test_stdout_of(run_trace, fast, &b), RFT_OK);
    rft_test_same_bytes(&a, &b, "the traces of two devices");
    for (size_t i = 0; i < a.len; i++)
        n_lines += a.data[i] == '\n';
    assert_int_equal(n_lines, 2 * 16 + 4 * 20); /* two passes of a prefill, four steps, of 3 layers */
    assert_non_null(strstr(a.data, "step    3   19 residual  layer 2    "));
    wrap = rft_wrap_begin();
    wrap->on_write = flip_bit;
    assert_int_equal(rft_test_stdout_of(run_trace, plain, &c), RFT_OK);
    rft_wrap_end();
    assert_false(same_text(&a, &c));
    rft_str_finish(&a);
    rft_str_finish(&b);
    rft_str_finish(&c);
    assert_int_equal(rft_alloc_n_live(), live);
}

/* Each backend call of a trace fails once: no leak, and the failure's own status. */
static void test_trace_faults(void **state)
{
    static const enum rft_wrap_call calls[] = {RFT_WRAP_BLOCK_CREATE, RFT_WRAP_EXEC_CREATE, RFT_WRAP_RUN,
                                               RFT_WRAP_READ};
    static const char *plain[] = {"device.device=plain", "generate.samples=1", "device.threads=1"};
    (void)state;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        for (uint64_t n = 1; n < 200; n += 13) {
            struct rft_wrap *wrap = rft_wrap_begin();
            struct rft_str text = {0};
            uint64_t live = rft_alloc_n_live();
            enum rft_status status;
            wrap->fail_call = calls[i];
            wrap->fail_status = RFT_ERR_DEVICE;
            wrap->fail_at = n;
            rft_test_log_capture();
            status = rft_test_stdout_of(run_trace, plain, &text);
            rft_test_log_release();
            assert_int_equal(status, wrap->n_failed != 0 ? RFT_ERR_DEVICE : RFT_OK);
            rft_str_finish(&text);
            assert_int_equal(rft_alloc_n_live(), live);
            rft_wrap_end();
        }
    }
}

static int set_up(void **state)
{
    (void)state;
    rft_alloc_hook_json();
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_order_same_bytes),   cmocka_unit_test(test_any_order_between_barriers),
        cmocka_unit_test(test_declared_ranges),         cmocka_unit_test(test_declared_ranges_notice),
        cmocka_unit_test(test_every_barrier_is_needed), cmocka_unit_test(test_sabotage_shows),
        cmocka_unit_test(test_trace_command),           cmocka_unit_test(test_trace_faults),
    };
    return RFT_TEST_RUN(tests, set_up, NULL);
}
