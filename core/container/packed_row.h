/* SPDX-License-Identifier: MIT */
/* Rows of quantised matrices as they lie on a device (op_args.h, RFT_FORMAT_*): from the blocks that a file has, whose
 * integers and scales stay what they are, and from f32. */
#ifndef RFT_PACKED_ROW_H
#define RFT_PACKED_ROW_H

#include "dtype.h"
#include "op_args.h"

#include <stdbool.h>

#define RFT_FORMAT_OF(name, format) RFT_FORMAT_##name = (format),
enum rft_format { RFT_FORMAT_LIST(RFT_FORMAT_OF) };
#undef RFT_FORMAT_OF

/* The format that holds a type's blocks as they are; RFT_FORMAT_BF16 if there is none. */
uint32_t rft_dtype_format(enum rft_dtype dtype);

/* Packs a row of k elements, a multiple of the type's block, as row `row` (0 to 15) of a zeroed tile of the type's
 * format. False if a scale or a minimum is infinite or NaN; the tile is unfinished then. */
bool rft_pack_row(enum rft_dtype dtype, const uint8_t *src, uint32_t k, uint32_t *tile, uint32_t row);

/* The same from f32, as RFT_FORMAT_Q8: to integers of -127 to 127 under an f16 for each 32 (docs/arithmetic.md). False
 * if a value is infinite, NaN or too large for that. Values that are too small for it, with all 32 of their block, and
 * became 0 are added to *n_zeroed. */
bool rft_pack_row_f32(const float *values, uint32_t k, uint32_t *tile, uint32_t row, uint64_t *n_zeroed);

#endif
