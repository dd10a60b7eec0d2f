/* SPDX-License-Identifier: MIT */
/* Which format each matrix of a checkpoint is packed in. */
#ifndef RFT_FORMATS_CHOICE_H
#define RFT_FORMATS_CHOICE_H

#include "checkpoint.h"
#include "compute.h"

/* Fills in checkpoint->formats; what adapters change must have been added before. A checkpoint that this is not called
 * for is computed in bf16. */
void rft_formats_choose(struct rft_checkpoint *checkpoint, enum rft_compute compute);

#endif
