/* SPDX-License-Identifier: MIT */
/* oracle_logits_of MODEL COMPUTE DEVICE <IDS >LOGITS: the logits of texts, for tests/oracle/quantised_quality.py. IDS:
 * for each text a u32 with its number of ids, and those; LOGITS: [ids][vocabulary] f32 of each. COMPUTE: 0 auto, 1
 * bf16, 2 int8. */
#include "formats_choice.h"
#include "forward.h"

#include "alloc.h"

#include <stdio.h>
#include <stdlib.h>

#define IDS_MAX 8192u

static enum rft_status write_logits(const struct rft_checkpoint *checkpoint, const char *device, const uint32_t *ids,
                                    uint32_t n)
{
    const size_t n_logits = (size_t)n * checkpoint->config.vocab_size;
    float *logits = rft_alloc(n_logits, sizeof *logits);
    enum rft_status status =
        logits != NULL ? rft_test_forward(checkpoint, device, ids, n, logits) : RFT_ERR_HOST_MEMORY;
    if (status == RFT_OK && fwrite(logits, sizeof *logits, n_logits, stdout) != n_logits)
        status = RFT_ERR_IO;
    rft_free(logits);
    return status;
}

int main(int argc, char **argv)
{
    static uint32_t ids[IDS_MAX];
    struct rft_checkpoint checkpoint;
    enum rft_status status;
    uint32_t n;
    if (argc != 4) {
        fprintf(stderr, "%s MODEL COMPUTE DEVICE <IDS >LOGITS\n", argv[0]);
        return 2;
    }
    status = rft_checkpoint_open(argv[1], &checkpoint);
    if (status != RFT_OK)
        return 1;
    rft_formats_choose(&checkpoint, (enum rft_compute)atoi(argv[2]));
    while (status == RFT_OK && fread(&n, sizeof n, 1, stdin) == 1) {
        if (n == 0 || n > IDS_MAX || fread(ids, sizeof *ids, n, stdin) != n)
            status = RFT_ERR_INPUT;
        else
            status = write_logits(&checkpoint, argv[3], ids, n);
    }
    rft_checkpoint_close(&checkpoint);
    return status == RFT_OK ? 0 : 1;
}
