/* SPDX-License-Identifier: MIT */
/* Of a questions file nothing stays in memory but what is needed. */
#include "support.h"

#include "dataset.h"

#include <string.h>

#define MANY "\"other\": [\"long\", {\"text\": \"that nobody reads\"}]"

static void what_stays(void **state)
{
    (void)state;
    static const struct {
        const char *source, *id_field, *answer_field, *answer_after, *filter;
        uint64_t limit;
        const char *kept; /* the whole arena */
        const char *last; /* the last question as text|id|gold|choices, each in brackets */
    } cases[] = {
        {.source = "[[\"one\", 1], [\"two\", 22, \"more\"]]", .kept = "one1two22", .last = "[two][two][22]"},
        {.source = "{" MANY ", \"answer\": 7, \"question\": \"q\\u0041\"}\n", .kept = "7qA", .last = "[qA][qA][7]"},
        {.source = "{\"question\": \"q\", \"answer\": \"so it is #### 42 \"}",
         .answer_after = "####",
         .kept = "q42",
         .last = "[q][q][42]"},
        {.source = "{\"question\": \"what #### 42\", \"answer\": 1}", /* the answer is within the question */
         .answer_field = "question",
         .answer_after = "####",
         .kept = "what #### 42",
         .last = "[what #### 42][what #### 42][42]"},
        {.source = "{\"id\": 9, " MANY ", \"question\": \"q\", \"answer\": [\"a\", \"bb\"], \"choices\": [\"c\", 5]}",
         .id_field = "id",
         .kept = "9qabbc5",
         .last = "[q][9][a][c][5]"},
        {.source = "{\"question\": \"a\", \"answer\": 1, \"k\": 0}\n{\"question\": \"b\", \"answer\": 2, \"k\": 1}\n",
         .filter = "k=1",
         .kept = "b2",
         .last = "[b][b][2]"},
        {.source = "[[\"a\", 1], [\"b\", 2], [\"c\", 3]]", .limit = 1, .kept = "a1", .last = "[a][a][1]"},
        {.source = "[\"a\", \"\"]\n[\"bad\"]\nnot JSON\n[\"c\", \"\"]\n", .kept = "abadc", .last = "[c][c][]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct rft_dataset_options options = {
            .path = "q.json",
            .question_field = "question",
            .answer_field = cases[i].answer_field != NULL ? cases[i].answer_field : "answer",
            .answer_after = cases[i].answer_after != NULL ? cases[i].answer_after : "",
            .id_field = cases[i].id_field != NULL ? cases[i].id_field : "",
            .choices_field = strstr(cases[i].source, "choices") != NULL ? "choices" : NULL,
            .filter = &cases[i].filter,
            .n_filter = cases[i].filter != NULL,
            .limit = cases[i].limit,
            .skip_bad_rows = true};
        struct rft_dataset dataset;
        struct rft_str text = {0}, shown = {0};
        rft_test_log_capture();
        assert_int_equal(rft_str_append_z(&text, cases[i].source), RFT_OK);
        assert_int_equal(rft_dataset_parse(&options, &text, &dataset), RFT_OK);
        rft_test_log_release();
        assert_string_equal(dataset.arena.data, cases[i].kept);
        assert_int_equal(dataset.arena.len, strlen(cases[i].kept));
        assert_int_equal(dataset.arena.cap, dataset.arena.len + 1);
        const struct rft_question *q = &dataset.questions[dataset.n - 1];
        const struct rft_bytes parts[] = {q->text, q->id, q->gold};
        for (size_t k = 0; k < 3 + q->n_choices; k++) {
            struct rft_bytes part = k < 3 ? parts[k] : q->choices[k - 3];
            assert_int_equal(rft_str_printf(&shown, "[%.*s]", (int)part.len, part.data), RFT_OK);
        }
        assert_string_equal(shown.data, cases[i].last);
        rft_str_finish(&shown);
        rft_dataset_finish(&dataset);
    }
}

int main(int argc, char **argv)
{
    rft_alloc_hook_json();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_stays),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
