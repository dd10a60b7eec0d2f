/* SPDX-License-Identifier: MIT */
/* Which tensors of a container a model takes, and what becomes of the others. */
#include "checkpoint_tensors.h"

#include "alloc.h"
#include "log.h"
#include "tensors.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How a container names the tensors of a model. */
struct names {
    bool is_gguf;
    bool is_permuted;    /* rows of q and k lie in llama.cpp's order */
    const char *prefix;  /* what names have in place of "model." */
    const char *head;    /* the head's name */
    bool has_head_alone; /* the embedding is the head's tensor: files of some tied models have it alone */
};

/* Models are saved whole, without their head, or as the text part of a larger one. */
static const char *const prefixes[] = {"model.",
                                       "language_model.model.",
                                       "model.language_model.model.",
                                       "model.language_model.",
                                       "language_model.",
                                       "model.model.",
                                       ""};
static const char *const heads[] = {"lm_head.weight", "language_model.lm_head.weight", "model.lm_head.weight",
                                    "model.language_model.lm_head.weight"};

static bool is_listed(const struct rft_tensor_list *list, const char *prefix, const char *name)
{
    char text[128];
    snprintf(text, sizeof text, "%s%s", prefix, name);
    return rft_tensor_list_find(list, text) != NULL;
}

static struct names find_names(const struct rft_checkpoint *checkpoint, const struct rft_tensor_list *list)
{
    struct names names = {.is_gguf = checkpoint->is_gguf,
                          .is_permuted = checkpoint->is_gguf && checkpoint->arch->is_permuted_in_gguf,
                          .prefix = prefixes[0],
                          .head = heads[0]};
    for (size_t i = sizeof prefixes / sizeof *prefixes; i-- > 0;)
        if (is_listed(list, prefixes[i], "norm.weight"))
            names.prefix = prefixes[i];
    for (size_t i = sizeof heads / sizeof *heads; i-- > 0;)
        if (is_listed(list, "", heads[i]))
            names.head = heads[i];
    return names;
}

static void file_name(const struct names *names, const struct rft_needed_tensor *needed,
                      char name[RFT_TENSOR_NAME_BYTES + 64])
{
    static const char standard[] = "model.";
    const bool is_head = needed->role == RFT_ROLE_HEAD || (needed->role == RFT_ROLE_EMBEDDING && names->has_head_alone);
    if (names->is_gguf)
        snprintf(name, RFT_TENSOR_NAME_BYTES + 64, "%s", needed->gguf_name);
    else if (is_head)
        snprintf(name, RFT_TENSOR_NAME_BYTES + 64, "%s", names->head);
    else
        snprintf(name, RFT_TENSOR_NAME_BYTES + 64, "%s%s", names->prefix, needed->name + sizeof standard - 1);
}

/* A tensor that is missing may be there under a longer or a shorter name: says from what such files come. */
static enum rft_status refuse_missing(const struct rft_checkpoint *checkpoint, const char *name,
                                      const struct rft_tensor_list *list)
{
    static const struct {
        const char *prefix, *what;
    } known[] = {
        {"_orig_mod.",
         "they were saved from a compiled module; save the module inside it (model._orig_mod.save_pretrained)"},
        {"module.",
         "they were saved from a wrapper of several GPUs; save the module inside it (model.module.save_pretrained)"},
        {"base_model.model.",
         "they were saved from a model with an adapter; merge it first (merge_and_unload, save_pretrained)"},
        {"transformer.", "they are another architecture's"},
    };
    size_t n = strlen(name);
    const char *what = "rename them";
    for (size_t i = 0; i < list->n; i++) {
        const char *other = list->items[i].name;
        size_t n_other = strlen(other), n_more = n_other > n ? n_other - n : 0;
        if (n_more == 0 || other[n_more - 1] != '.' || strcmp(other + n_more, name) != 0)
            continue;
        for (size_t k = 0; k < sizeof known / sizeof *known; k++)
            if (strlen(known[k].prefix) == n_more && strncmp(other, known[k].prefix, n_more) == 0)
                what = known[k].what;
        rft_log_error("%s: tensor %s is missing; all names begin with \"%.*s\" instead: %s", checkpoint->path, name,
                      (int)(n_more < 60 ? n_more : 60), other, what);
        return RFT_ERR_INPUT;
    }
    rft_log_error("%s: tensor %s is missing", checkpoint->path, name);
    return RFT_ERR_INPUT;
}

/* Takes one tensor that the model needs from the list. */
static enum rft_status take_tensor(const struct rft_checkpoint *checkpoint, const struct names *names,
                                   const struct rft_needed_tensor *needed, struct rft_tensor_list *list,
                                   struct rft_tensor *tensor)
{
    char name[RFT_TENSOR_NAME_BYTES + 64];
    file_name(names, needed, name);
    struct rft_listed_tensor *found = rft_tensor_list_find(list, name);
    if (found == NULL)
        return refuse_missing(checkpoint, name, list);
    if (found->dtype == RFT_DTYPE_COUNT) {
#define NAME(name, ...) ", " #name
        rft_log_error("%s: tensor %s: type %s is not supported; supported are F32, F16, BF16 and, in GGUF "
                      "files" RFT_QUANT_LIST(NAME) "%s",
                      found->file, name, found->type,
                      checkpoint->is_gguf ? "; tools/gguf_to_bf16.py writes a file again without others" : "");
#undef NAME
        return RFT_ERR_UNSUPPORTED;
    }
    if (found->n_dims != needed->n_dims ||
        memcmp(found->dims, needed->dims, needed->n_dims * sizeof needed->dims[0]) != 0) {
        char has[RFT_DIMS_TEXT_BYTES], wants[RFT_DIMS_TEXT_BYTES];
        rft_dims_text(found->n_dims, found->dims, has);
        rft_dims_text(needed->n_dims, needed->dims, wants);
        rft_log_error("%s: tensor %s: %s of shape %s, but the configuration asks for %s", found->file, name,
                      found->type, has, wants);
        return RFT_ERR_INPUT;
    }
    found->is_needed = true;
    *tensor = (struct rft_tensor){.name = rft_strdup(needed->name),
                                  .dtype = found->dtype,
                                  .n_dims = needed->n_dims,
                                  .dims = {needed->dims[0], needed->dims[1]},
                                  .data = found->data,
                                  .bytes = found->bytes,
                                  .rope_heads = names->is_permuted ? needed->rope_heads : 0};
    return tensor->name != NULL ? RFT_OK : RFT_ERR_HOST_MEMORY;
}

/* Whether the file's head is the embedding over again; with headers_only nobody looks, and the flag is believed. */
static bool is_same_tensor(const struct rft_listed_tensor *a, const struct rft_listed_tensor *b, bool headers_only)
{
    return a->dtype == b->dtype && a->bytes == b->bytes &&
           (headers_only || memcmp(a->data, b->data, (size_t)a->bytes) == 0);
}

/* A flag that says the head is the embedding, and a file that has one, or only one, of the two: as transformers 5
 * decides, a head that differs is the model's own, and a head alone is the embedding, too. */
static void decide_head(struct rft_checkpoint *checkpoint, const struct rft_model_options *options,
                        struct rft_tensor_list *list, struct names *names)
{
    static const char embedding_name[] = "embed_tokens.weight";
    char text[128];
    struct rft_listed_tensor *head = rft_tensor_list_find(list, names->head), *embedding;
    snprintf(text, sizeof text, "%s%s", names->prefix, embedding_name);
    embedding = rft_tensor_list_find(list, text);
    if (checkpoint->is_gguf || !checkpoint->config.tied || head == NULL)
        return;
    names->has_head_alone = embedding == NULL;
    if (embedding == NULL)
        return;
    if (is_same_tensor(head, embedding, options != NULL && options->headers_only)) {
        head->is_needed = true;
        return;
    }
    rft_log_warn("%s: tie_word_embeddings is true, but %s differs from %s: the model has a head of its own",
                 checkpoint->path, names->head, text);
    checkpoint->config.tied = false;
}

/* What a Hugging Face directory may hold beside the model; the log says how many there were. */
static const struct {
    const char *part, *what;
} beside[] = {
    {"rotary_emb.inv_freq", "buffers of RoPE"},
    {"_inv_freq", "buffers of RoPE"},
    {"vision_tower.", "tensors of the part that sees images"},
    {"vision_model.", "tensors of the part that sees images"},
    {"multi_modal_projector.", "tensors of the part that sees images"},
    {"visual.", "tensors of the part that sees images"},
};
#define N_BESIDE (sizeof beside / sizeof *beside)

static size_t beside_of(const char *name)
{
    for (size_t i = 0; i < N_BESIDE; i++)
        if (strstr(name, beside[i].part) != NULL)
            return i;
    return N_BESIDE;
}

/* Every tensor is used, passed over for a reason, or refused by name: it may be all there is to tell that the model is
 * another. */
static enum rft_status check_rest(struct rft_checkpoint *checkpoint, const struct rft_tensor_list *list)
{
    uint64_t n[N_BESIDE] = {0};
    for (size_t i = 0; i < list->n; i++) {
        const struct rft_listed_tensor *tensor = &list->items[i];
        size_t kind = checkpoint->is_gguf ? N_BESIDE : beside_of(tensor->name);
        if (tensor->is_needed)
            continue;
        if (kind == N_BESIDE) {
            rft_log_error("%s: tensor %s is none of this architecture's: the configuration describes another model, or "
                          "the model has parts that are not supported",
                          tensor->file, tensor->name);
            return RFT_ERR_UNSUPPORTED;
        }
        n[kind]++;
        checkpoint->n_passed_over++;
    }
    for (size_t i = 0; i < N_BESIDE; i++)
        if (n[i] != 0)
            rft_log_info("%s: %" PRIu64 " %s (%s) are passed over", checkpoint->path, n[i], beside[i].what,
                         beside[i].part);
    return RFT_OK;
}

/* A vector of factors of RoPE's pairs, by its name in a GGUF file: *frequencies [n], divided by them, into *to. */
static enum rft_status take_factors(struct rft_checkpoint *checkpoint, struct rft_tensor_list *list, const char *name,
                                    double least, const double *frequencies, double *to)
{
    const uint32_t n = checkpoint->config.n_rotated / 2;
    struct rft_needed_tensor needed = {.role = RFT_ROLE_FINAL_NORM, .n_dims = 1, .dims = {n}};
    const struct names names = {.is_gguf = true};
    struct rft_tensor tensor;
    float factors[RFT_PAIRS_MAX];
    snprintf(needed.name, sizeof needed.name, "%s", name);
    snprintf(needed.gguf_name, sizeof needed.gguf_name, "%s", name);
    RFT_TRY(take_tensor(checkpoint, &names, &needed, list, &tensor));
    rft_tensor_rows_f32(&tensor, 0, 1, factors);
    rft_free(tensor.name);
    for (uint32_t i = 0; i < n; i++) {
        if (!((double)factors[i] >= least && factors[i] <= 1e6f)) {
            rft_log_error("%s: tensor %s: element %u is %g, not between %g and 1000000", checkpoint->path, name, i,
                          (double)factors[i], least);
            return RFT_ERR_INPUT;
        }
        to[i] = frequencies[i] / (double)factors[i];
    }
    return RFT_OK;
}

/* What a GGUF file has of RoPE's scaling in tensors: Llama 3's, made from the numbers of its configuration, none of
 * which turns faster than the model's own RoPE; and LongRoPE's two sets. */
static enum rft_status take_rope_factors(struct rft_checkpoint *checkpoint, struct rft_tensor_list *list)
{
    static const char llama3[] = "rope_freqs.weight", brief[] = "rope_factors_short.weight",
                      lengthy[] = "rope_factors_long.weight";
    struct rft_model_config *c = &checkpoint->config;
    double *frequencies = rft_model_frequencies(c, RFT_ROPE_MAIN, RFT_ROPE_SHORT);
    if (!checkpoint->is_gguf)
        return RFT_OK;
    if (is_listed(list, "", llama3))
        RFT_TRY(take_factors(checkpoint, list, llama3, 1.0, frequencies, frequencies));
    if (!is_listed(list, "", brief) && !is_listed(list, "", lengthy)) {
        c->rope_original = 0; /* which LongRoPE alone has */
        return RFT_OK;
    }
    c->has_long_rope = true;
    c->rope_scale[RFT_ROPE_LONG] = c->rope_scale[RFT_ROPE_SHORT];
    RFT_TRY(take_factors(checkpoint, list, lengthy, 1e-3, frequencies,
                         rft_model_frequencies(c, RFT_ROPE_MAIN, RFT_ROPE_LONG)));
    return take_factors(checkpoint, list, brief, 1e-3, frequencies, frequencies);
}

static int compare_tensors(const void *a, const void *b)
{
    return strcmp(((const struct rft_tensor *)a)->name, ((const struct rft_tensor *)b)->name);
}

enum rft_status rft_checkpoint_take(struct rft_checkpoint *checkpoint, const struct rft_model_options *options,
                                    struct rft_tensor_list *list)
{
    struct names names = find_names(checkpoint, list);
    decide_head(checkpoint, options, list, &names);
    uint64_t n = rft_model_n_tensors(&checkpoint->config);
    checkpoint->tensors = rft_alloc((size_t)n, sizeof *checkpoint->tensors);
    if (checkpoint->tensors == NULL)
        return RFT_ERR_HOST_MEMORY;
    for (uint64_t i = 0; i < n; i++) {
        struct rft_needed_tensor needed;
        rft_model_tensor(&checkpoint->config, i, &needed);
        RFT_TRY(take_tensor(checkpoint, &names, &needed, list, &checkpoint->tensors[i]));
        checkpoint->n_tensors++;
    }
    RFT_TRY(take_rope_factors(checkpoint, list));
    qsort(checkpoint->tensors, checkpoint->n_tensors, sizeof *checkpoint->tensors, compare_tensors);
    return check_rest(checkpoint, list);
}
