/* SPDX-License-Identifier: MIT */
/* What a user may say about the numbers that matrices are multiplied in (model.compute). */
#ifndef RFT_COMPUTE_H
#define RFT_COMPUTE_H

enum rft_compute {
    RFT_COMPUTE_AUTO, /* quantised formats as they are, the rest bf16 */
    RFT_COMPUTE_BF16, /* everything rounded to bf16 */
    RFT_COMPUTE_INT8, /* quantised formats as they are, the rest rounded to integers of 8 bits */
};

#endif
