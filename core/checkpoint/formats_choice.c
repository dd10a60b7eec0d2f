/* SPDX-License-Identifier: MIT */
#include "formats_choice.h"

#include "log.h"
#include "packed_row.h"
#include "tensors.h"

#include <inttypes.h>
#include <string.h>

/* What holds any tensor. */
static uint32_t common_format(enum rft_compute compute)
{
    return compute == RFT_COMPUTE_INT8 ? RFT_FORMAT_Q8 : RFT_FORMAT_BF16;
}

/* Of one tensor. */
static uint32_t format_of(const struct rft_checkpoint *checkpoint, enum rft_compute compute, uint32_t layer,
                          enum rft_role role)
{
    char name[RFT_TENSOR_NAME_BYTES];
    rft_role_name(checkpoint->config.parts, role, layer, name);
    const struct rft_tensor *tensor = rft_checkpoint_find(checkpoint, name);
    if (compute == RFT_COMPUTE_BF16 || tensor == NULL)
        return RFT_FORMAT_BF16;
    const uint32_t stored = rft_tensor_format(tensor);
    return stored != RFT_FORMAT_BF16 ? stored : common_format(compute);
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

/* Whether gate and up, which share a matrix, are stored alike. */
static bool choose_layer(const struct rft_checkpoint *checkpoint, enum rft_compute compute, uint32_t layer,
                         struct rft_layer_formats *f)
{
    choose_qkv(checkpoint, compute, layer, f);
    f->o = format_of(checkpoint, compute, layer, RFT_ROLE_O);
    f->down = format_of(checkpoint, compute, layer, RFT_ROLE_DOWN);
    if (rft_model_has(&checkpoint->config, RFT_PART_FUSED_GATE_UP)) {
        f->gate_up = format_of(checkpoint, compute, layer, RFT_ROLE_GATE_UP);
        return true;
    }
    const uint32_t gate = format_of(checkpoint, compute, layer, RFT_ROLE_GATE);
    const bool is_alike = gate == format_of(checkpoint, compute, layer, RFT_ROLE_UP);
    f->gate_up = is_alike ? gate : common_format(compute);
    return is_alike;
}

void rft_formats_choose(struct rft_checkpoint *checkpoint, enum rft_compute compute)
{
    struct rft_formats *formats = &checkpoint->formats;
    const uint32_t n_layers = checkpoint->config.n_layers;
    uint32_t n_unlike = 0;
    memset(formats, 0, sizeof *formats);
    formats->embedding = format_of(checkpoint, compute, 0, RFT_ROLE_EMBEDDING);
    formats->head = checkpoint->config.tied ? formats->embedding : format_of(checkpoint, compute, 0, RFT_ROLE_HEAD);
    for (uint32_t layer = 0; layer < n_layers; layer++)
        n_unlike += !choose_layer(checkpoint, compute, layer, &formats->layers[layer]);
    if (n_unlike != 0) /* it cannot be seen in the file's name that these take more memory than they are stored in */
        rft_log_warn("%s: gate and up are not of one type in %" PRIu32 " of %" PRIu32 " layers: there both are %s",
                     checkpoint->path, n_unlike, n_layers, compute == RFT_COMPUTE_INT8 ? "integers of 8 bits" : "bf16");
}
