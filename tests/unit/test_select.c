/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "select.h"

#include <string.h>

static void test_select(void **state)
{
    (void)state;
    static const struct {
        const char *accepted; /* x = accepted */
        uint32_t keep;
        const char *kept;
    } cases[] = {
        {"", 1, ""},         {"....", 1, "...."}, {".x.x", 1, ".x.."}, {".x.x", 2, ".x.x"},
        {".x.x", 3, ".x.x"}, {"xxxx", 2, "xx.."}, {"xxxx", 0, "...."}, {"x.xx", RFT_KEEP_ALL, "x.xx"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool accepted[8], kept[8];
        uint32_t n = (uint32_t)strlen(cases[i].accepted), n_kept = 0;
        for (uint32_t s = 0; s < n; s++) {
            accepted[s] = cases[i].accepted[s] == 'x';
            kept[s] = !accepted[s];
        }
        uint32_t returned = rft_select(accepted, n, cases[i].keep, kept);
        for (uint32_t s = 0; s < n; s++) {
            if (kept[s] != (cases[i].kept[s] == 'x'))
                fail_msg("case %zu, sample %u", i, s);
            n_kept += kept[s];
        }
        assert_int_equal(returned, n_kept);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_select)};
    return RFT_TEST_RUN(tests, NULL, NULL);
}
