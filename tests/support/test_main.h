/* SPDX-License-Identifier: MIT */
/* The main function of every cmocka test:
 *
 *     unit_answer                   all of its tests
 *     unit_answer units fraction    those of these names, or else whose names contain a word
 *     conformance_kernels qkv       or, where a test walks a table of cases, the cases of that name
 *     unit_answer --list            the names
 *     unit_answer --required        all that need nothing beside the repository: what ctest runs
 *
 * A test that needs more (a published model, test data) is listed with RFT_OPTIONAL; ctest runs it as an entry of its
 * own, which says what it needs, so that a skipped test is a skipped test in the summary. Exit code 77: everything was
 * skipped; 2: no such test. */
#ifndef RFT_TEST_MAIN_H
#define RFT_TEST_MAIN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

extern char rft_test_optional; /* the state of optional tests is its address */
extern unsigned rft_test_n_skipped;

/* In the list of tests. `needs` is read by CMake (tests/CMakeLists.txt): plain words. */
#define RFT_OPTIONAL(test, needs) cmocka_unit_test_prestate(test, &rft_test_optional)

#define RFT_SKIP(reason)                                                                                               \
    do {                                                                                                               \
        print_message("SKIPPED: %s\n", reason);                                                                        \
        rft_test_n_skipped++;                                                                                          \
        skip();                                                                                                        \
    } while (0)

/* Names of cases that words of the command line may choose; before rft_test_run. */
void rft_test_name_cases(const char *const *names, size_t n);
/* Whether cases of this name are to be run. */
bool rft_test_wants(const char *name);

/* Runs what the command line asks for; the program's exit code. */
int rft_test_run(int argc, char **argv, const struct CMUnitTest *tests, size_t n, CMFixtureFunction set_up,
                 CMFixtureFunction tear_down);
#define RFT_TEST_RUN(tests, set_up, tear_down)                                                                         \
    rft_test_run(argc, argv, tests, sizeof(tests) / sizeof *(tests), set_up, tear_down)

#endif
