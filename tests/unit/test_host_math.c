/* SPDX-License-Identifier: MIT */
/* The host's functions against the long double ones of libm, over the domains that their header gives. */
#include "host_math.h"
#include "support.h"

#include <math.h>

#define N_INPUTS (1u << 18)

/* Fractions in [0, 1) that leave no gap larger than a few of 1 / N_INPUTS. */
static double fraction(uint32_t i)
{
    return (double)(i * 2654435761u) * 0x1p-32;
}

static double relative(double got, long double truth)
{
    return truth == 0.0L ? fabs(got) : (double)fabsl(((long double)got - truth) / truth);
}

static void report(const char *what, double worst, double bound)
{
    print_message("%s: error 2^%.2f\n", what, log2(worst));
    if (!(worst < bound))
        fail_msg("%s: more than 2^%.0f", what, log2(bound));
}

static void test_log(void **state)
{
    double worst = 0.0, worst_below = 0.0;
    (void)state;
    for (uint32_t i = 0; i < N_INPUTS; i++) {
        const double wide = exp2(1020.0 * fraction(i)), near = 1.0 + exp2(-50.0 * fraction(i));
        worst = fmax(worst, relative(rft_host_log(wide), logl((long double)wide)));
        worst = fmax(worst, relative(rft_host_log(near), logl((long double)near)));
        const double below[] = {1.0 / wide, 1.0 - exp2(-1.0 - 49.0 * fraction(i))};
        for (uint32_t k = 0; k < 2; k++) {
            const long double truth = logl((long double)below[k]);
            const double error = (double)fabsl((long double)rft_host_log(below[k]) - truth);
            worst_below = fmax(worst_below, error / fmax(1.0, (double)fabsl(truth)));
        }
    }
    assert_true(rft_host_log(1.0) == 0.0);
    report("log", worst, 0x1p-45);
    report("log below 1, of 1 at least", worst_below, 0x1p-50);
}

static void test_exp(void **state)
{
    double worst = 0.0;
    (void)state;
    for (uint32_t i = 0; i < N_INPUTS; i++) {
        const double x = -100.0 * fraction(i), small = -exp2(-60.0 * fraction(i));
        worst = fmax(worst, relative(rft_host_exp(x), expl((long double)x)));
        worst = fmax(worst, relative(rft_host_exp(small), expl((long double)small)));
    }
    assert_true(rft_host_exp(0.0) == 1.0);
    report("exp", worst, 0x1p-45);
}

/* Near a zero of either the error is one of the angle: absolute. */
static void test_cos_sin(void **state)
{
    double worst = 0.0;
    (void)state;
    for (uint32_t i = 0; i < N_INPUTS; i++) {
        const double angles[] = {1048576.0 * fraction(i), exp2(49.0 * fraction(i) - 30.0),
                                 1.5707963267948966 * (double)i};
        for (uint32_t k = 0; k < 3; k++) {
            double c, s;
            rft_host_cos_sin(angles[k], &c, &s);
            worst = fmax(worst, (double)fabsl((long double)c - cosl((long double)angles[k])));
            worst = fmax(worst, (double)fabsl((long double)s - sinl((long double)angles[k])));
        }
    }
    report("cos and sin, absolute", worst, 0x1p-45);
}

static void test_inverse_sqrt(void **state)
{
    double worst = 0.0;
    (void)state;
    for (uint32_t i = 0; i < N_INPUTS; i++) {
        const double x = exp2(180.0 * fraction(i) - 60.0);
        worst = fmax(worst, relative(rft_host_inverse_sqrt(x), 1.0L / sqrtl((long double)x)));
    }
    report("inverse square root", worst, 0x1p-45);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log),
        cmocka_unit_test(test_exp),
        cmocka_unit_test(test_cos_sin),
        cmocka_unit_test(test_inverse_sqrt),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
