/* SPDX-License-Identifier: MIT */
/* Ranges in, barriers out. */
#include "support.h"

#include "program.h"

#include <string.h>

static void test_overlap(void **state)
{
    static const struct {
        struct rft_range a, b;
        bool overlap;
    } cases[] = {
        {{0, 10}, {10, 10}, false}, {{0, 11}, {10, 10}, true}, {{5, 1}, {0, 10}, true}, {{0, 0}, {0, 10}, false},
        {{3, 0}, {0, 10}, false},   {{0, 10}, {0, 10}, true},  {{9, 1}, {0, 10}, true}, {{20, 5}, {0, 10}, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(rft_ranges_overlap(cases[i].a, cases[i].b), cases[i].overlap);
        assert_int_equal(rft_ranges_overlap(cases[i].b, cases[i].a), cases[i].overlap);
    }
}

/* A program as text: per node its reads, ">", its writes; a letter is a buffer. */
static void add_nodes(struct rft_program *program, const char *text)
{
    while (*text != '\0') {
        struct rft_node node = {.op = RFT_OP_embed};
        bool writes = false;
        for (; *text != '\0' && *text != ' '; text++) {
            struct rft_range range = {(uint64_t)*text * 100, 100};
            if (*text == '>')
                writes = true;
            else if (writes)
                node.writes[node.n_writes++] = range;
            else
                node.reads[node.n_reads++] = range;
        }
        text += *text == ' ';
        assert_int_equal(rft_program_add(program, &node), RFT_OK);
    }
}

static void test_barriers(void **state)
{
    static const struct {
        const char *name, *nodes, *barriers; /* | = barrier */
    } cases[] = {
        {"the first node waits for nothing", "a>b", "."},
        {"read after write", "a>b b>c", ".|"},
        {"write after read", "a>b c>a", ".|"},
        {"write after write", "a>b c>b", ".|"},
        {"read after read", "a>b a>c a>d", "..."},
        {"strangers", "a>b c>d e>f", "..."},
        {"a barrier fences all before it", "a>b c>d b>e d>f", "..|."},
        {"one behind the barrier counts again", "a>b b>c c>d", ".||"},
        {"a node may read what it writes", "a>a b>b", ".."},
        {"in place, twice", "a>a a>a", ".|"},
        {"not the neighbour but the one before", "a>b c>d b>e", "..|"},
        {"second read", "a>b xb>c", ".|"},
        {"second write", "a>bc d>xc", ".|"},
        {"old writes are fenced off", "a>b b>c a>d d>b", ".|.|"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_program program = {.name = "test"};
        add_nodes(&program, cases[i].nodes);
        assert_int_equal(program.n_nodes, strlen(cases[i].barriers));
        for (size_t n = 0; n < program.n_nodes; n++)
            if (program.nodes[n].barrier != (cases[i].barriers[n] == '|'))
                fail_msg("%s: node %zu", cases[i].name, n);
        rft_program_finish(&program);
    }
}

/* The definition, against every pair: nodes that touch each other's bytes have a barrier between them, and each barrier
 * is there because of a node since the one before. */
static void test_barriers_random(void **state)
{
    uint32_t seed = 1;
    (void)state;
    for (int round = 0; round < 300; round++) {
        struct rft_program program = {.name = "test"};
        char text[160];
        size_t n = 0;
        for (int node = 0; node < 20; node++) {
            seed = seed * 1664525u + 1013904223u;
            text[n++] = (char)('a' + seed / 7919 % 9);
            text[n++] = (char)('a' + seed / 104729 % 9);
            text[n++] = '>';
            text[n++] = (char)('a' + seed / 1299709 % 9);
            text[n++] = ' ';
        }
        text[n - 1] = '\0';
        add_nodes(&program, text);
        size_t first = 0;
        for (size_t b = 0; b < program.n_nodes; b++) {
            bool needed = false;
            for (size_t a = first; a < b; a++) {
                const char *at_a = text + a * 5, *at_b = text + b * 5;
                needed = needed || at_a[3] == at_b[0] || at_a[3] == at_b[1] || at_a[3] == at_b[3] ||
                         at_a[0] == at_b[3] || at_a[1] == at_b[3];
            }
            if (program.nodes[b].barrier != needed)
                fail_msg("%s: node %zu", text, b);
            first = needed ? b : first;
        }
        rft_program_finish(&program);
    }
}

static void test_dump(void **state)
{
    const struct rft_range_name names[] = {{{1000, 100}, "weights"}, {{2000, 64}, "x"}};
    struct rft_program program = {.name = "step"};
    struct rft_node node = {.op = RFT_OP_project, .label = "layer 3", .n_reads = 2, .n_writes = 1};
    struct rft_str text = {0};
    (void)state;
    node.reads[0] = names[0].range;
    node.reads[1] = (struct rft_range){2016, 8};
    node.writes[0] = (struct rft_range){5000, 4};
    assert_int_equal(rft_program_add(&program, &node), RFT_OK);
    node = (struct rft_node){.op = RFT_OP_advance, .n_writes = 1};
    node.writes[0] = (struct rft_range){5000, 4};
    assert_int_equal(rft_program_add(&program, &node), RFT_OK);
    assert_int_equal(rft_program_dump(&program, names, 2, &text), RFT_OK);
    assert_string_equal(text.data,
                        "program step: 2 nodes\n"
                        "   0   logits     layer 3              reads weights[100] x+16[8] writes ?+5000[4]\n"
                        "   1 | advance                         writes ?+5000[4]\n");
    rft_str_finish(&text);
    rft_program_finish(&program);
}

static enum rft_status add_and_dump(void *user)
{
    struct rft_program program = {.name = "test"};
    struct rft_str text = {0};
    const struct rft_node node = {.op = RFT_OP_embed, .n_writes = 1, .writes = {{1, 1}}};
    enum rft_status status = RFT_OK;
    (void)user;
    for (int i = 0; i < 40 && status == RFT_OK; i++)
        status = rft_program_add(&program, &node);
    if (status == RFT_OK)
        status = rft_program_dump(&program, NULL, 0, &text);
    rft_str_finish(&text);
    rft_program_finish(&program);
    return status;
}

static void test_alloc_faults(void **state)
{
    (void)state;
    assert_true(rft_test_alloc_faults(add_and_dump, NULL) > 3);
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(rft_op_name(RFT_OP_embed), "embed");
    assert_string_equal(rft_op_name(RFT_OP_advance), "advance");
    assert_string_equal(rft_op_name(RFT_OP_COUNT), "?");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_overlap), cmocka_unit_test(test_barriers),     cmocka_unit_test(test_barriers_random),
        cmocka_unit_test(test_dump),    cmocka_unit_test(test_alloc_faults), cmocka_unit_test(test_names),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
