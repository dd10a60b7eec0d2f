/* SPDX-License-Identifier: MIT */
/* A device whose compiler reorders, fuses or flushes where the contract does not allow it is found out here, before it
 * makes a dataset that differs. */
#include "self_test.h"

#include "alloc.h"
#include "cpu_reference.h"
#include "kernel_cases.h"
#include "log.h"

#include <assert.h>

/* One case: what the device makes of it, and what it should. */
struct comparison {
    struct rft_call_image image;
    struct rft_call_image expected;
    struct rft_block block;
    uint8_t *after;
};

/* Beside a plan that fills the device the test takes the host's memory, if that is another: what it needs is not in the
 * plan. */
static enum rft_status take_block(const struct rft_self_test *calls, struct rft_device *device, uint64_t bytes,
                                  struct rft_block *block)
{
    enum rft_status status = calls->block_create(device, bytes, RFT_PLACE_DEVICE, block);
    return status == RFT_ERR_DEVICE_MEMORY ? calls->block_create(device, bytes, RFT_PLACE_HOST, block) : status;
}

static enum rft_status compare(const struct rft_self_test *calls, struct rft_device *device, const void *kernel,
                               const struct rft_tested_kernel *tested, const struct rft_kernel_case *c,
                               struct comparison *x)
{
    char case_name[RFT_CALL_TEXT_MAX], difference[RFT_CALL_TEXT_MAX];
    struct rft_slice all;
    RFT_TRY(kernel_case_build(&x->expected, c, 0));
    cpu_reference_run(&x->expected.node);
    RFT_TRY(take_block(calls, device, kernel_case_bytes(c, 0, x->image.align_bytes), &x->block));
    RFT_TRY(kernel_case_build(&x->image, c, x->block.address));
    x->after = rft_alloc((size_t)x->image.used, 1);
    if (x->after == NULL)
        return RFT_ERR_HOST_MEMORY;
    all = (struct rft_slice){&x->block, 0, x->image.used};
    RFT_TRY(calls->write(device, all, x->image.bytes));
    RFT_TRY(calls->run(device, kernel, &x->image.node));
    RFT_TRY(calls->read(device, all, x->after));
    if (rft_call_is_right(&x->image, x->after, &x->expected, difference))
        return RFT_OK;
    kernel_case_name(c, case_name);
    rft_log_error("%s: kernel %s does not give the bits of the arithmetic contract: %s: %s; take another device or "
                  "driver, or [device] arithmetic = unchecked",
                  tested->device, tested->name, case_name, difference);
    return RFT_ERR_UNSUPPORTED;
}

static bool is_wanted(const struct rft_tested_kernel *tested, const struct rft_kernel_case *c)
{
    const bool is_bf16 = c->format == RFT_FORMAT_BF16;
    return c->op == tested->op && (c->is_quick || tested->all) &&
           (tested->formats == RFT_TESTED_ALL_FORMATS || is_bf16 == (tested->formats == RFT_TESTED_BF16));
}

enum rft_status rft_self_test_kernel(const struct rft_self_test *calls, struct rft_device *device, const void *kernel,
                                     const struct rft_tested_kernel *tested)
{
    enum rft_status status = RFT_OK;
    uint32_t n_compared = 0;
    for (uint32_t i = 0; i < n_kernel_cases && status == RFT_OK; i++) {
        struct comparison x = {.image = {.align_bytes = calls->align_bytes},
                               .expected = {.align_bytes = calls->align_bytes}};
        if (!is_wanted(tested, &kernel_cases[i]))
            continue;
        n_compared++;
        status = compare(calls, device, kernel, tested, &kernel_cases[i], &x);
        calls->block_destroy(device, &x.block);
        rft_call_finish(&x.image);
        rft_call_finish(&x.expected);
        rft_free(x.after);
    }
    assert(n_compared != 0 || status != RFT_OK);
    (void)n_compared;
    return status;
}
