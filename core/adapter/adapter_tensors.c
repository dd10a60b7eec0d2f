/* SPDX-License-Identifier: MIT */
#include "adapter_tensors.h"

#include "alloc.h"
#include "log.h"
#include "safetensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_BYTES_MAX 512

/* What every name begins with: PeftModel.base_model (a LoraModel).model. */
static const char peft_prefix[] = "base_model.model.";
static const char inner[] = "model.";

/* Ends of names. The name "default" of the adapter is in them where a training loop wrote them by itself. The first
 * that fits counts. */
static const struct {
    const char *end;
    enum rft_adapter_part part;
} ends[] = {
    {".lora_A.weight", RFT_ADAPTER_A},
    {".lora_A.default.weight", RFT_ADAPTER_A},
    {".lora_B.weight", RFT_ADAPTER_B},
    {".lora_B.default.weight", RFT_ADAPTER_B},
    {".lora_embedding_A", RFT_ADAPTER_EMBEDDING_A},
    {".lora_embedding_A.default", RFT_ADAPTER_EMBEDDING_A},
    {".lora_embedding_B", RFT_ADAPTER_EMBEDDING_B},
    {".lora_embedding_B.default", RFT_ADAPTER_EMBEDDING_B},
    {".modules_to_save.weight", RFT_ADAPTER_WEIGHT},
    {".modules_to_save.default.weight", RFT_ADAPTER_WEIGHT},
    {".base_layer.weight", RFT_ADAPTER_BASE},
    {".base_layer.bias", RFT_ADAPTER_BIAS},
    {".lora_B.bias", RFT_ADAPTER_PART_COUNT}, /* known, and refused */
    {".lora_B.default.bias", RFT_ADAPTER_PART_COUNT},
    {".lora_magnitude_vector", RFT_ADAPTER_PART_COUNT},
    {".lora_magnitude_vector.default", RFT_ADAPTER_PART_COUNT},
    {".lora_magnitude_vector.default.weight", RFT_ADAPTER_PART_COUNT},
    {".original_module.weight", RFT_ADAPTER_PART_COUNT},
    {".bias", RFT_ADAPTER_BIAS},
    {".weight", RFT_ADAPTER_WEIGHT},
};

static enum rft_status refuse(const struct rft_listed_tensor *tensor, const char *why)
{
    rft_log_error("%s: tensor %s: %s", tensor->file, tensor->name, why);
    return RFT_ERR_UNSUPPORTED;
}

struct rft_tensor *rft_adapter_find_tensor(const struct rft_checkpoint *checkpoint, const char *module,
                                           const char *what)
{
    char name[NAME_BYTES_MAX];
    int n = snprintf(name, sizeof name, "%s.%s", module, what);
    const struct rft_tensor *found = n > 0 && (size_t)n < sizeof name ? rft_checkpoint_find(checkpoint, name) : NULL;
    return found != NULL ? &checkpoint->tensors[found - checkpoint->tensors] : NULL;
}

/* A tied model's head is a module, too, though it has no tensor of its own. */
static bool is_module(const struct rft_checkpoint *checkpoint, const char *name)
{
    return rft_adapter_find_tensor(checkpoint, name, "weight") != NULL || strcmp(name, "lm_head") == 0;
}

/* Passes over "model.", "language_model.", "text_model.": what a language model is wrapped in. */
static const char *unwrap(const char *key)
{
    static const char *const words[] = {"model.", "language_model.", "text_model."};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strncmp(key, words[i], strlen(words[i])) == 0)
            return unwrap(key + strlen(words[i]));
    return key;
}

/* The model's own name of a module; false if it has none of this name. */
static bool find_module(const struct rft_checkpoint *checkpoint, struct rft_adapter_tensors *tensors,
                        const struct rft_listed_tensor *tensor, const char *key, char name[NAME_BYTES_MAX],
                        enum rft_status *status)
{
    const char *rest = unwrap(key);
    size_t n_prefix = (size_t)(rest - key);
    bool is_outer = strcmp(rest, "lm_head") == 0;
    int n = snprintf(name, NAME_BYTES_MAX, "%s%s", is_outer ? "" : inner, rest);
    *status = RFT_OK;
    if (n <= 0 || n >= NAME_BYTES_MAX || !is_module(checkpoint, name))
        return false;
    if (is_outer)
        return true;
    if (tensors->prefix.data == NULL)
        *status = rft_str_append(&tensors->prefix, key, n_prefix);
    else if (tensors->prefix.len != n_prefix || memcmp(tensors->prefix.data, key, n_prefix) != 0)
        *status = refuse(tensor, "its name does not begin as the others do");
    return true;
}

static struct rft_adapter_module *module_of(struct rft_adapter_tensors *tensors, const char *name)
{
    void *modules = tensors->modules;
    for (size_t i = tensors->n; i-- > 0;) /* neighbours in a sorted list: the last one, most of the time */
        if (strcmp(tensors->modules[i].name, name) == 0)
            return &tensors->modules[i];
    if (rft_grow(&modules, &tensors->cap, tensors->n + 1, sizeof *tensors->modules) != 0)
        return NULL;
    tensors->modules = modules;
    char *copy = rft_strdup(name);
    if (copy == NULL)
        return NULL;
    tensors->modules[tensors->n] = (struct rft_adapter_module){.name = copy};
    return &tensors->modules[tensors->n++];
}

/* The part that a name's end stands for; *n_key is the length of what is before it. */
static enum rft_adapter_part part_of(const char *name, size_t *n_key)
{
    size_t i = 0, n = sizeof ends / sizeof *ends;
    while (i < n && !rft_ends_with(name, ends[i].end))
        i++;
    if (i == n)
        return RFT_ADAPTER_PART_COUNT;
    *n_key = strlen(name) - strlen(ends[i].end);
    return ends[i].part;
}

static enum rft_status take(const struct rft_checkpoint *checkpoint, const struct rft_listed_tensor *tensor,
                            struct rft_adapter_tensors *tensors)
{
    char key[NAME_BYTES_MAX], name[NAME_BYTES_MAX];
    size_t n_key = 0, n_peft = sizeof peft_prefix - 1;
    enum rft_adapter_part part = part_of(tensor->name, &n_key);
    enum rft_status status;
    if (strncmp(tensor->name, peft_prefix, n_peft) != 0)
        return refuse(tensor, "an adapter's tensors have names that begin with base_model.model.");
    if (part == RFT_ADAPTER_PART_COUNT)
        return refuse(tensor, "it is no part of a plain LoRA (lora_A, lora_B, lora_embedding_A, lora_embedding_B, a "
                              "weight or a bias)");
    if (tensor->dtype != RFT_DTYPE_F32 && tensor->dtype != RFT_DTYPE_F16 && tensor->dtype != RFT_DTYPE_BF16) {
        rft_log_error("%s: tensor %s: type %s is not supported; F32, F16 and BF16 are", tensor->file, tensor->name,
                      tensor->type);
        return RFT_ERR_UNSUPPORTED;
    }
    if (n_key <= n_peft || n_key - n_peft >= sizeof key)
        return refuse(tensor, "its name names no module");
    snprintf(key, sizeof key, "%.*s", (int)(n_key - n_peft), tensor->name + n_peft);
    if (!find_module(checkpoint, tensors, tensor, key, name, &status))
        return refuse(tensor, "the model has no such module; is the adapter for another one?");
    RFT_TRY(status);
    struct rft_adapter_module *module = module_of(tensors, name);
    if (module == NULL)
        return RFT_ERR_HOST_MEMORY;
    if (module->parts[part] != NULL)
        return refuse(tensor, "the file has it a second time, under another name");
    module->parts[part] = tensor;
    return RFT_OK;
}

static int compare_modules(const void *a, const void *b)
{
    return strcmp(((const struct rft_adapter_module *)a)->name, ((const struct rft_adapter_module *)b)->name);
}

static int compare_name(const void *name, const void *module)
{
    return strcmp(name, ((const struct rft_adapter_module *)module)->name);
}

static enum rft_status read_all(const struct rft_map *map, const struct rft_checkpoint *checkpoint,
                                struct rft_adapter_tensors *tensors)
{
    RFT_TRY(rft_safetensors_list(map, &tensors->list));
    RFT_TRY(rft_tensor_list_sort(&tensors->list));
    for (size_t i = 0; i < tensors->list.n; i++)
        RFT_TRY(take(checkpoint, &tensors->list.items[i], tensors));
    if (tensors->n != 0)
        qsort(tensors->modules, tensors->n, sizeof *tensors->modules, compare_modules);
    return tensors->prefix.data == NULL ? rft_str_append_z(&tensors->prefix, inner) : RFT_OK;
}

enum rft_status rft_adapter_tensors_read(const struct rft_map *map, const struct rft_checkpoint *checkpoint,
                                         struct rft_adapter_tensors *tensors)
{
    *tensors = (struct rft_adapter_tensors){0};
    enum rft_status status = read_all(map, checkpoint, tensors);
    if (status != RFT_OK)
        rft_adapter_tensors_finish(tensors);
    return status;
}

void rft_adapter_tensors_finish(struct rft_adapter_tensors *tensors)
{
    for (size_t i = 0; i < tensors->n; i++)
        rft_free(tensors->modules[i].name);
    rft_free(tensors->modules);
    rft_str_finish(&tensors->prefix);
    rft_tensor_list_finish(&tensors->list);
    *tensors = (struct rft_adapter_tensors){0};
}

const struct rft_adapter_module *rft_adapter_tensors_find(const struct rft_adapter_tensors *tensors, const char *name)
{
    return tensors->n != 0 ? bsearch(name, tensors->modules, tensors->n, sizeof *tensors->modules, compare_name) : NULL;
}

enum rft_status rft_adapter_module_key(const struct rft_adapter_tensors *tensors, const char *name, struct rft_str *out)
{
    static const char wrapped[] = "language_model.";
    rft_str_clear(out);
    if (strncmp(name, inner, sizeof inner - 1) == 0)
        return rft_str_printf(out, "%s%s", tensors->prefix.data, name + sizeof inner - 1);
    bool is_wrapped = strncmp(tensors->prefix.data, wrapped, sizeof wrapped - 1) == 0;
    return rft_str_printf(out, "%s%s", is_wrapped ? wrapped : "", name);
}
