/* SPDX-License-Identifier: MIT */
#include "formats_choice.h"

#include "log.h"
#include "packed_row.h"
#include "tensors.h"

#include <inttypes.h>
#include <string.h>

/* Of one tensor: what an adapter changed is no longer what the file's blocks say. */
static uint32_t format_of(const struct rft_checkpoint *checkpoint, enum rft_compute compute, uint32_t layer,
                          enum rft_role role)
{
    char name[RFT_TENSOR_NAME_BYTES];
    rft_role_name(checkpoint->config.parts, role, layer, name);
    const struct rft_tensor *tensor = rft_checkpoint_find(checkpoint, name);
    if (compute == RFT_COMPUTE_BF16 || tensor == NULL)
        return RFT_FORMAT_BF16;
    const uint32_t stored = tensor->n_deltas == 0 ? rft_dtype_format(tensor->dtype) : RFT_FORMAT_BF16;
    return stored != RFT_FORMAT_BF16 ? stored : compute == RFT_COMPUTE_INT8 ? RFT_FORMAT_Q8 : RFT_FORMAT_BF16;
}

/* What holds any tensor. */
static uint32_t common_format(enum rft_compute compute)
{
    return compute == RFT_COMPUTE_INT8 ? RFT_FORMAT_Q8 : RFT_FORMAT_BF16;
}

/* Rows of q, k and v become matrices of their own only where whole tiles begin. */
static void choose_qkv(const struct rft_checkpoint *checkpoint, enum rft_compute compute, uint32_t layer,
                       struct rft_layer_formats *f)
{
    const struct rft_model_config *c = &checkpoint->config;
    const bool is_fused = rft_model_has(c, RFT_PART_FUSED_QKV);
    f->q = format_of(checkpoint, compute, layer, is_fused ? RFT_ROLE_QKV : RFT_ROLE_Q);
    f->k = is_fused ? f->q : format_of(checkpoint, compute, layer, RFT_ROLE_K);
    f->v = is_fused ? f->q : format_of(checkpoint, compute, layer, RFT_ROLE_V);
    const bool q_is_whole = c->n_heads * c->head_dim % RFT_TILE == 0;
    const bool k_is_whole = (c->n_heads + c->n_kv_heads) * c->head_dim % RFT_TILE == 0;
    if ((f->q != f->k && !q_is_whole) || (f->k != f->v && !k_is_whole))
        f->q = f->k = f->v = common_format(compute);
}

static void choose_layer(const struct rft_checkpoint *checkpoint, enum rft_compute compute, uint32_t layer,
                         struct rft_layer_formats *f)
{
    choose_qkv(checkpoint, compute, layer, f);
    f->o = format_of(checkpoint, compute, layer, RFT_ROLE_O);
    f->down = format_of(checkpoint, compute, layer, RFT_ROLE_DOWN);
    if (rft_model_has(&checkpoint->config, RFT_PART_FUSED_GATE_UP)) {
        f->gate_up = format_of(checkpoint, compute, layer, RFT_ROLE_GATE_UP);
        return;
    }
    f->gate_up = format_of(checkpoint, compute, layer, RFT_ROLE_GATE);
    if (f->gate_up != format_of(checkpoint, compute, layer, RFT_ROLE_UP))
        f->gate_up = common_format(compute);
}

/* What cannot be seen in the file's name: where some matrices take more memory than they are stored in. */
static void warn_of_unlike(const struct rft_checkpoint *checkpoint, enum rft_compute compute)
{
    uint32_t n = 0;
    if (rft_model_has(&checkpoint->config, RFT_PART_FUSED_GATE_UP))
        return;
    for (uint32_t layer = 0; layer < checkpoint->config.n_layers; layer++)
        n += format_of(checkpoint, compute, layer, RFT_ROLE_GATE) != format_of(checkpoint, compute, layer, RFT_ROLE_UP);
    if (n != 0)
        rft_log_warn("%s: gate and up are not of one type in %" PRIu32 " of %" PRIu32 " layers: there both are %s",
                     checkpoint->path, n, checkpoint->config.n_layers,
                     compute == RFT_COMPUTE_INT8 ? "integers of 8 bits" : "bf16");
}

void rft_formats_choose(struct rft_checkpoint *checkpoint, enum rft_compute compute)
{
    struct rft_formats *formats = &checkpoint->formats;
    memset(formats, 0, sizeof *formats);
    formats->embedding = format_of(checkpoint, compute, 0, RFT_ROLE_EMBEDDING);
    formats->head = checkpoint->config.tied ? formats->embedding : format_of(checkpoint, compute, 0, RFT_ROLE_HEAD);
    for (uint32_t layer = 0; layer < checkpoint->config.n_layers; layer++)
        choose_layer(checkpoint, compute, layer, &formats->layers[layer]);
    warn_of_unlike(checkpoint, compute);
}
