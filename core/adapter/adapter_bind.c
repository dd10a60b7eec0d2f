/* SPDX-License-Identifier: MIT */
#include "adapter_bind.h"

#include "adapter_match.h"
#include "alloc.h"
#include "arch.h"
#include "arith.h"
#include "log.h"
#include "os.h"

#include <inttypes.h>
#include <string.h>

#define SCAN_VALUES 4096

static const char embedding_name[] = "model.embed_tokens", head_name[] = "lm_head";

/* While one adapter is bound. */
struct binding {
    struct rft_checkpoint *checkpoint;
    const struct rft_adapter_config *config;
    const struct rft_adapter_tensors *tensors;
    double user_scale;
    struct rft_str key; /* the adapter's name of the module at hand */
    struct rft_adapter_counts *counts;
};

static enum rft_status refuse(const struct rft_listed_tensor *tensor, const char *why)
{
    rft_log_error("%s: tensor %s: %s", tensor->file, tensor->name, why);
    return RFT_ERR_UNSUPPORTED;
}

static bool is_embedding(const char *module)
{
    return strcmp(module, embedding_name) == 0;
}

static bool is_head(const char *module)
{
    return strcmp(module, head_name) == 0;
}

/* The tensor that a module multiplies by: of a tied head the embedding's. */
static struct rft_tensor *weight_of(const struct rft_checkpoint *checkpoint, const char *module)
{
    bool is_tied = is_head(module) && checkpoint->config.tied;
    return rft_adapter_find_tensor(checkpoint, is_tied ? embedding_name : module, "weight");
}

/* ---- what a tensor holds ---- */

static enum rft_status check_shape(const struct rft_listed_tensor *tensor, uint32_t n_dims, uint64_t rows,
                                   uint64_t columns)
{
    const uint64_t dims[2] = {rows, columns};
    char has[RFT_DIMS_TEXT_BYTES], wants[RFT_DIMS_TEXT_BYTES];
    if (tensor->n_dims == n_dims && memcmp(tensor->dims, dims, n_dims * sizeof *dims) == 0)
        return RFT_OK;
    rft_dims_text(tensor->n_dims, tensor->dims, has);
    rft_dims_text(n_dims, dims, wants);
    rft_log_error("%s: tensor %s: %s of shape %s, but the model and the adapter's configuration ask for %s",
                  tensor->file, tensor->name, tensor->type, has, wants);
    return RFT_ERR_INPUT;
}

static enum rft_status check_values(const struct rft_listed_tensor *tensor)
{
    float values[SCAN_VALUES];
    uint64_t bytes = rft_dtype_block_bytes(tensor->dtype), n = tensor->bytes / bytes;
    uint32_t n_bad = 0;
    for (uint64_t at = 0; at < n && n_bad == 0; at += SCAN_VALUES) {
        uint64_t n_now = n - at < SCAN_VALUES ? n - at : SCAN_VALUES;
        rft_dtype_to_f32(tensor->dtype, tensor->data + at * bytes, n_now, values);
        for (uint64_t i = 0; i < n_now; i++)
            n_bad += rft_is_bad(values[i]);
    }
    if (rft_os_interrupted())
        return RFT_ERR_INTERRUPTED;
    if (n_bad == 0)
        return RFT_OK;
    rft_log_error(
        "%s: tensor %s holds a value that is not finite or at least 2^60 in magnitude; the adapter is damaged",
        tensor->file, tensor->name);
    return RFT_ERR_INPUT;
}

/* ---- in the place of the model's own ---- */

/* The adapter's tensor replaces the model's. That one must be as the model has it: of two adapters only one can replace
 * it, unless both bring the same. */
static enum rft_status replace(struct binding *b, struct rft_tensor *tensor, const struct rft_listed_tensor *by)
{
    bool is_same = tensor->dtype == by->dtype && tensor->bytes == by->bytes &&
                   memcmp(tensor->data, by->data, (size_t)by->bytes) == 0;
    RFT_TRY(check_shape(by, tensor->n_dims, tensor->dims[0], tensor->dims[1]));
    RFT_TRY(check_values(by));
    if (is_same && tensor->rope_heads == 0)
        return RFT_OK;
    if (tensor->is_adapted)
        return refuse(by, "an adapter before this one has changed what it would replace; only one of them can");
    tensor->dtype = by->dtype;
    tensor->data = by->data;
    tensor->bytes = by->bytes;
    tensor->rope_heads = 0;
    tensor->is_adapted = true;
    b->counts->n_replaced++;
    return RFT_OK;
}

/* Gives a tied model a head of its own, which so far is the embedding. PEFT runs an adapter of one of the two in this
 * way: the other stays as it is. */
static enum rft_status untie(struct binding *b)
{
    struct rft_checkpoint *c = b->checkpoint;
    struct rft_tensor *tensors, head;
    size_t at = 0;
    if (!c->config.tied)
        return RFT_OK;
    tensors = rft_realloc(c->tensors, c->n_tensors + 1, sizeof *c->tensors);
    if (tensors == NULL)
        return RFT_ERR_HOST_MEMORY;
    c->tensors = tensors;
    head = *weight_of(c, head_name);
    head.is_adapted = false;
    head.name = rft_strdup("lm_head.weight");
    if (head.name == NULL)
        return RFT_ERR_HOST_MEMORY;
    while (at < c->n_tensors && strcmp(tensors[at].name, head.name) < 0)
        at++;
    memmove(tensors + at + 1, tensors + at, (c->n_tensors - at) * sizeof *tensors);
    tensors[at] = head;
    c->n_tensors++;
    c->config.tied = false;
    rft_log_info("%s: the model's head and its embedding share their weights; with this adapter they are two",
                 b->config->file);
    return RFT_OK;
}

static bool has_delta(const struct rft_adapter_module *module)
{
    bool has = false;
    for (int part = RFT_ADAPTER_A; module != NULL && part <= RFT_ADAPTER_EMBEDDING_B; part++)
        has |= module->parts[part] != NULL;
    return has;
}

/* Weights of the embedding and the head that the file has though modules_to_save does not name them: PEFT saves them
 * so beside their deltas, or when the vocabulary was changed. They are the base's, of both if it is tied. */
static enum rft_status replace_base(struct binding *b, const struct rft_adapter_module *module)
{
    const struct rft_listed_tensor *base = module->parts[RFT_ADAPTER_BASE], *weight = module->parts[RFT_ADAPTER_WEIGHT];
    bool is_outer = is_embedding(module->name) || is_head(module->name);
    if (weight != NULL && rft_adapter_saves(b->config, b->key.data))
        weight = NULL; /* replace_saved's */
    if (base != NULL && weight != NULL)
        return refuse(base, "the file has this weight under two names");
    base = base != NULL ? base : weight;
    if (base == NULL)
        return RFT_OK;
    if (!is_outer)
        return refuse(base,
                      "a weight of the model itself; of those only the embedding's and the head's, and norms that "
                      "modules_to_save names, are taken from an adapter");
    struct rft_tensor *own = weight_of(b->checkpoint, module->name);
    struct rft_tensor *other = weight_of(b->checkpoint, is_head(module->name) ? embedding_name : head_name);
    bool is_shared = other != own && other->data == own->data; /* an adapter before this one untied them */
    RFT_TRY(replace(b, own, base));
    return is_shared ? replace(b, other, base) : RFT_OK;
}

/* Whether norms are w in an adapter and 1 + w in the model's file, as llama.cpp's converter writes Gemma's. */
static bool holds_other_norms(const struct rft_checkpoint *c)
{
    return c->arch != NULL && (c->arch->parts & RFT_PART_NORM_PLUS_ONE) != 0 &&
           !rft_model_has(&c->config, RFT_PART_NORM_PLUS_ONE);
}

static enum rft_status replace_saved(struct binding *b, const struct rft_adapter_module *module)
{
    const struct rft_listed_tensor *weight = module->parts[RFT_ADAPTER_WEIGHT], *bias = module->parts[RFT_ADAPTER_BIAS];
    bool is_saved = rft_adapter_saves(b->config, b->key.data);
    if (weight != NULL && is_saved) {
        struct rft_tensor *tensor = weight_of(b->checkpoint, module->name);
        if (tensor->n_dims != 1 && !is_embedding(module->name) && !is_head(module->name))
            return refuse(weight, "modules_to_save is supported for embed_tokens, lm_head and norms; merge the adapter "
                                  "with PEFT (merge_and_unload)");
        if (tensor->n_dims == 1 && holds_other_norms(b->checkpoint))
            return refuse(weight,
                          "GGUF files of this architecture hold their norms with 1 added, adapters without; take "
                          "the model as a directory");
        if (tensor->n_dims != 1)
            RFT_TRY(untie(b));
        RFT_TRY(replace(b, weight_of(b->checkpoint, module->name), weight));
    }
    if (bias == NULL)
        return RFT_OK;
    struct rft_tensor *own = rft_adapter_find_tensor(b->checkpoint, module->name, "bias");
    if (own == NULL)
        return refuse(bias, "the model has no such bias");
    if (b->config->bias == RFT_ADAPTER_BIAS_NONE && !is_saved)
        return refuse(bias, "the adapter's configuration says bias = none");
    return replace(b, own, bias);
}

/* ---- deltas ---- */

static void count_delta(struct rft_adapter_counts *counts, uint32_t rank, float scale)
{
    bool is_first = counts->n_deltas++ == 0;
    counts->rank_min = is_first || rank < counts->rank_min ? rank : counts->rank_min;
    counts->rank_max = rank > counts->rank_max ? rank : counts->rank_max;
    counts->scale_min = is_first || scale < counts->scale_min ? scale : counts->scale_min;
    counts->scale_max = is_first || scale > counts->scale_max ? scale : counts->scale_max;
}

static struct rft_factor factor_of(const struct rft_listed_tensor *tensor)
{
    return (struct rft_factor){.dtype = tensor->dtype, .data = tensor->data, .bytes = tensor->bytes};
}

/* What rank and scale a module's delta has, and its two factors, checked. */
struct product {
    const struct rft_listed_tensor *a, *b;
    bool is_transposed;
    uint32_t rank;
    float scale;
};

static enum rft_status missing_matrix(const struct rft_adapter_module *module)
{
    for (int part = RFT_ADAPTER_A; part <= RFT_ADAPTER_EMBEDDING_B; part++)
        if (module->parts[part] != NULL)
            return refuse(module->parts[part], "its module is no matrix");
    return RFT_OK;
}

static enum rft_status find_product(const struct binding *b, const struct rft_adapter_module *module,
                                    const struct rft_tensor *tensor, struct product *p)
{
    const struct rft_listed_tensor *const *parts = module->parts;
    double scale;
    p->is_transposed = is_embedding(module->name);
    if (tensor->n_dims != 2)
        return missing_matrix(module);
    p->a = parts[p->is_transposed ? RFT_ADAPTER_EMBEDDING_B : RFT_ADAPTER_A];
    p->b = parts[p->is_transposed ? RFT_ADAPTER_EMBEDDING_A : RFT_ADAPTER_B];
    for (int part = RFT_ADAPTER_A; part <= RFT_ADAPTER_EMBEDDING_B; part++)
        if (parts[part] != NULL && parts[part] != p->a && parts[part] != p->b)
            return refuse(parts[part], p->is_transposed ? "the module is an embedding, whose parts are called "
                                                          "lora_embedding_A and lora_embedding_B"
                                                        : "the module is no embedding");
    if (p->a == NULL || p->b == NULL)
        return refuse(p->a != NULL ? p->a : p->b, "the other half of the pair, A and B, is not in the file");
    RFT_TRY(rft_adapter_rank(b->config, b->key.data, &p->rank, &scale));
    p->scale = (float)(scale * b->user_scale);
    if (rft_is_bad(p->scale)) {
        rft_log_error("%s: the scale of %s, %g times model.adapter_scale = %g, is at least 2^60", b->config->file,
                      module->name, scale, b->user_scale);
        return RFT_ERR_INPUT;
    }
    const uint64_t rows = tensor->dims[0], columns = tensor->dims[1];
    RFT_TRY(p->is_transposed ? check_shape(p->a, 2, columns, p->rank) : check_shape(p->a, 2, p->rank, columns));
    RFT_TRY(p->is_transposed ? check_shape(p->b, 2, p->rank, rows) : check_shape(p->b, 2, rows, p->rank));
    RFT_TRY(check_values(p->a));
    return check_values(p->b);
}

static enum rft_status add_delta(struct binding *b, const struct rft_adapter_module *module)
{
    struct rft_tensor *tensor = weight_of(b->checkpoint, module->name);
    struct product p;
    bool ok;
    RFT_TRY(find_product(b, module, tensor, &p));
    struct rft_delta *deltas = rft_realloc(tensor->deltas, tensor->n_deltas + 1, sizeof *deltas);
    if (deltas == NULL)
        return RFT_ERR_HOST_MEMORY;
    tensor->deltas = deltas;
    ok = p.is_transposed ? rft_delta_init_transposed(&deltas[tensor->n_deltas], factor_of(p.a), factor_of(p.b),
                                                     tensor->dims[0], tensor->dims[1], p.rank, p.scale)
                         : rft_delta_init(&deltas[tensor->n_deltas], factor_of(p.a), factor_of(p.b), tensor->dims[0],
                                          tensor->dims[1], p.rank, p.scale);
    if (!ok)
        return RFT_ERR_HOST_MEMORY;
    tensor->n_deltas++;
    tensor->is_adapted = true;
    count_delta(b->counts, p.rank, p.scale);
    return RFT_OK;
}

/* ---- what the configuration names, against what is there ---- */

static enum rft_status missing(const struct binding *b, const char *module, const char *what, const char *key)
{
    rft_log_error("%s: %s names the module %s, but the adapter's file has no %s of it", b->config->file, key, module,
                  what);
    return RFT_ERR_INPUT;
}

/* One module of the model: whether it is adapted, saved, both or neither, as the configuration says. */
static enum rft_status check_module(struct binding *b, const char *name, const struct rft_tensor *weight)
{
    const struct rft_adapter_module *module = rft_adapter_tensors_find(b->tensors, name);
    bool is_matrix = weight->n_dims == 2, is_outer = is_embedding(name) || is_head(name), is_target = false;
    RFT_TRY(rft_adapter_module_key(b->tensors, name, &b->key));
    bool is_saved = rft_adapter_saves(b->config, b->key.data);
    if (is_matrix)
        RFT_TRY(rft_adapter_targets(b->config, b->key.data, !is_outer, &is_target));
    if (is_target && !has_delta(module))
        return missing(b, name, "lora_A and lora_B", "target_modules");
    for (int part = RFT_ADAPTER_A; module != NULL && !is_target && part <= RFT_ADAPTER_EMBEDDING_B; part++)
        if (module->parts[part] != NULL)
            return refuse(module->parts[part],
                          "target_modules, exclude_modules and layers_to_transform do not name its "
                          "module");
    if (is_saved && (!is_matrix || is_outer) && (module == NULL || module->parts[RFT_ADAPTER_WEIGHT] == NULL))
        return missing(b, name, "weight", "modules_to_save");
    bool wants_bias =
        b->config->bias == RFT_ADAPTER_BIAS_ALL || (b->config->bias == RFT_ADAPTER_BIAS_LORA_ONLY && has_delta(module));
    if (wants_bias && rft_adapter_find_tensor(b->checkpoint, name, "bias") != NULL &&
        (module == NULL || module->parts[RFT_ADAPTER_BIAS] == NULL))
        return missing(b, name, "bias", "bias");
    if (b->config->ties_weights && b->checkpoint->config.tied && is_outer && (is_target || is_saved)) {
        rft_log_error("%s: ensure_weight_tying = true is not supported for the embedding and the head of a tied model; "
                      "merge the adapter with PEFT (merge_and_unload)",
                      b->config->file);
        return RFT_ERR_UNSUPPORTED;
    }
    return RFT_OK;
}

static enum rft_status check_modules(struct binding *b)
{
    static const char end[] = ".weight";
    const struct rft_checkpoint *c = b->checkpoint;
    struct rft_str name = {0};
    enum rft_status status = RFT_OK;
    for (size_t i = 0; i < c->n_tensors && status == RFT_OK; i++) {
        const struct rft_tensor *tensor = &c->tensors[i];
        if (!rft_ends_with(tensor->name, end) || tensor->n_dims > 2)
            continue;
        rft_str_clear(&name);
        status = rft_str_append(&name, tensor->name, strlen(tensor->name) - (sizeof end - 1));
        if (status == RFT_OK)
            status = check_module(b, name.data, tensor);
    }
    rft_str_finish(&name);
    if (status == RFT_OK && c->config.tied)
        status = check_module(b, head_name, weight_of(c, head_name));
    return status;
}

typedef enum rft_status step(struct binding *b, const struct rft_adapter_module *module);

/* Every module of the file, with its name as the adapter has it in b->key. */
static enum rft_status each(struct binding *b, step *do_step)
{
    for (size_t i = 0; i < b->tensors->n; i++) {
        RFT_TRY(rft_adapter_module_key(b->tensors, b->tensors->modules[i].name, &b->key));
        RFT_TRY(do_step(b, &b->tensors->modules[i]));
    }
    return RFT_OK;
}

static enum rft_status bind_delta(struct binding *b, const struct rft_adapter_module *module)
{
    return has_delta(module) ? add_delta(b, module) : RFT_OK;
}

static enum rft_status untie_adapted(struct binding *b, const struct rft_adapter_module *module)
{
    bool is_outer = is_embedding(module->name) || is_head(module->name);
    return is_outer && has_delta(module) ? untie(b) : RFT_OK;
}

enum rft_status rft_adapter_bind(struct rft_checkpoint *checkpoint, const struct rft_adapter_config *config,
                                 const struct rft_adapter_tensors *tensors, double user_scale,
                                 struct rft_adapter_counts *counts)
{
    step *const steps[] = {replace_base, untie_adapted, replace_saved, bind_delta};
    struct binding b = {
        .checkpoint = checkpoint, .config = config, .tensors = tensors, .user_scale = user_scale, .counts = counts};
    *counts = (struct rft_adapter_counts){0};
    enum rft_status status = check_modules(&b);
    for (size_t i = 0; i < sizeof steps / sizeof *steps && status == RFT_OK; i++)
        status = each(&b, steps[i]);
    rft_str_finish(&b.key);
    return status;
}
