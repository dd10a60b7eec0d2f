/* SPDX-License-Identifier: MIT */
#include "test_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char rft_test_optional;
unsigned rft_test_n_skipped;

static const char *const *case_names;
static size_t n_case_names;
static const char **words; /* [n_words] */
static int n_words;

void rft_test_name_cases(const char *const *names, size_t n)
{
    case_names = names;
    n_case_names = n;
}

static bool is_case(const char *name)
{
    for (size_t i = 0; i < n_case_names; i++)
        if (strcmp(case_names[i], name) == 0)
            return true;
    return false;
}

bool rft_test_wants(const char *name)
{
    bool has_case = false;
    for (int i = 0; i < n_words; i++) {
        has_case |= is_case(words[i]);
        if (strcmp(words[i], name) == 0)
            return true;
    }
    return !has_case;
}

/* A word chooses the test of that name, else those whose names contain it. */
static bool is_meant(const char *word, const char *name, const struct CMUnitTest *tests, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(tests[i].name, word) == 0)
            return strcmp(name, word) == 0;
    return strstr(name, word) != NULL;
}

/* A case's name alone chooses all tests, for its cases. */
static bool is_chosen(const struct CMUnitTest *test, const struct CMUnitTest *tests, size_t n)
{
    bool has_test_word = false;
    for (int i = 0; i < n_words; i++) {
        if (is_case(words[i]))
            continue;
        has_test_word = true;
        if (is_meant(words[i], test->name, tests, n))
            return true;
    }
    return !has_test_word;
}

/* The first word that means no test and no case; NULL if all mean something. */
static const char *find_lost_word(const struct CMUnitTest *tests, size_t n)
{
    for (int w = 0; w < n_words; w++) {
        bool means = is_case(words[w]);
        for (size_t i = 0; i < n && !means; i++)
            means = is_meant(words[w], tests[i].name, tests, n);
        if (!means)
            return words[w];
    }
    return NULL;
}

static int list(const struct CMUnitTest *tests, size_t n)
{
    for (size_t i = 0; i < n; i++)
        printf("%s%s\n", tests[i].name, tests[i].initial_state == &rft_test_optional ? " (optional)" : "");
    for (size_t i = 0; i < n_case_names; i++)
        printf("%s (cases)\n", case_names[i]);
    return 0;
}

int rft_test_run(int argc, char **argv, const struct CMUnitTest *tests, size_t n, CMFixtureFunction set_up,
                 CMFixtureFunction tear_down)
{
    struct CMUnitTest *chosen;
    size_t n_chosen = 0;
    bool is_required = argc > 1 && strcmp(argv[1], "--required") == 0;
    int result;
    if (argc > 1 && strcmp(argv[1], "--list") == 0)
        return list(tests, n);
    words = (const char **)argv + (is_required ? 2 : 1);
    n_words = argc - (is_required ? 2 : 1);
    chosen = calloc(n, sizeof *chosen);
    if (chosen == NULL)
        return 1;
    for (size_t i = 0; i < n; i++)
        if (is_chosen(&tests[i], tests, n) && !(is_required && tests[i].initial_state == &rft_test_optional))
            chosen[n_chosen++] = tests[i];
    const char *lost = find_lost_word(tests, n);
    if (n_chosen == 0 || lost != NULL) {
        fprintf(stderr, "no test is called %s; there are:\n", lost != NULL ? lost : "so");
        list(tests, n);
        free(chosen);
        return 2;
    }
    result = _cmocka_run_group_tests("tests", chosen, n_chosen, set_up, tear_down);
    free(chosen);
    return result == 0 && rft_test_n_skipped == n_chosen ? 77 : result;
}
