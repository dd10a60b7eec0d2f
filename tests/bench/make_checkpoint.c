/* SPDX-License-Identifier: MIT */
/* A checkpoint of a known shape with random weights and a byte-level tokenizer, for machines that have no real one:
 *   make_checkpoint DIRECTORY SHAPE */
#include "bench.h"
#include "checkpoint_builder.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    struct rft_model_config config;
    if (argc != 3 || !bench_shape(argv[2], &config)) {
        fprintf(stderr, "usage: make_checkpoint DIRECTORY SHAPE; shapes: %s\n", bench_shape_names());
        return 2;
    }
    rft_test_checkpoint_write(argv[1], &config, RFT_DTYPE_BF16, 7, 1);
    rft_test_tokenizer_write(argv[1]);
    return 0;
}
