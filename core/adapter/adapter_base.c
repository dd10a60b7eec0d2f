/* SPDX-License-Identifier: MIT */
#include "adapter_base.h"

#include "alloc.h"
#include "gguf_values.h"
#include "json.h"
#include "log.h"
#include "os.h"

#include <string.h>
#include <strings.h>

/* The last name of a path, slashes at its end passed over. */
static struct rft_bytes last_name(struct rft_bytes path)
{
    while (path.len > 0 && path.data[path.len - 1] == '/')
        path.len--;
    for (size_t i = path.len; i > 0; i--)
        if (path.data[i - 1] == '/')
            return (struct rft_bytes){path.data + i, path.len - i};
    return path;
}

/* "Q4_1", "IQ4_XS", "BF16": one or two letters of these and a digit. */
static bool is_quantisation(struct rft_bytes word)
{
    static const char letters[] = "qQfFpPbBiI";
    size_t n = 0;
    while (n < word.len && n < 3 && word.data[n] != '\0' && strchr(letters, word.data[n]) != NULL)
        n++;
    return n >= 1 && n <= 2 && n < word.len && word.data[n] >= '0' && word.data[n] <= '9';
}

/* A name without what is no part of it: ".gguf", and a kind of numbers ("-Q8_0", ".F16"). */
static struct rft_bytes model_name(struct rft_bytes name)
{
    static const char gguf[] = ".gguf";
    const size_t n_gguf = sizeof gguf - 1;
    if (name.len <= n_gguf || strncasecmp(name.data + name.len - n_gguf, gguf, n_gguf) != 0)
        return name;
    name.len -= n_gguf;
    size_t i = name.len;
    while (i > 0 && name.data[i - 1] != '.' && name.data[i - 1] != '-')
        i--;
    if (i > 1 && is_quantisation((struct rft_bytes){name.data + i, name.len - i}))
        name.len = i - 1;
    return name;
}

static bool is_same_name(struct rft_bytes a, struct rft_bytes b)
{
    a = model_name(last_name(a));
    b = model_name(last_name(b));
    return a.len == b.len && a.len != 0 && strncasecmp(a.data, b.data, a.len) == 0;
}

/* ".../models--<org>--<name>/snapshots/<commit>": the hub's cache. */
static bool is_cached(const char *path, const char *base)
{
    const char *name = strrchr(base, '/'), *at = strstr(path, "models--");
    size_t n_org = name != NULL ? (size_t)(name - base) : 0, n_name = name != NULL ? strlen(name + 1) : 0;
    if (at == NULL || name == NULL)
        return false;
    at += strlen("models--");
    return strncmp(at, base, n_org) == 0 && strncmp(at + n_org, "--", 2) == 0 &&
           strncmp(at + n_org + 2, name + 1, n_name) == 0 &&
           (at[n_org + 2 + n_name] == '/' || at[n_org + 2 + n_name] == '\0');
}

/* "_name_or_path" of config.json, which older files have; empty where there is none, or no such file. */
static enum rft_status read_name(const struct rft_checkpoint *checkpoint, struct rft_str *name)
{
    struct rft_str text = {0};
    struct rft_bytes own;
    json_t *root = NULL;
    if (checkpoint->is_gguf)
        return rft_gguf_get_string(checkpoint->gguf, "general.name", &own) ? rft_str_append(name, own.data, own.len)
                                                                           : RFT_OK;
    char *file = rft_path_join(checkpoint->path, "config.json");
    enum rft_status status =
        file != NULL ? rft_file_read_optional(file, RFT_CONFIG_BYTES_MAX, &text) : RFT_ERR_HOST_MEMORY;
    if (status == RFT_OK && text.data != NULL)
        status = rft_json_load(file, (struct rft_bytes){text.data, text.len}, 0, &root);
    const char *value = json_string_value(json_object_get(root, "_name_or_path"));
    if (status == RFT_OK && value != NULL)
        status = rft_str_append_z(name, value);
    json_decref(root);
    rft_str_finish(&text);
    rft_free(file);
    return status;
}

enum rft_status rft_adapter_base_check(const char *adapter, const char *base, const struct rft_checkpoint *checkpoint)
{
    struct rft_str name = {0};
    if (base == NULL || *base == '\0') {
        rft_log_warn("%s: does not say which model it is for (base_model_name_or_path)", adapter);
        return RFT_OK;
    }
    enum rft_status status = read_name(checkpoint, &name);
    const struct rft_bytes wanted = rft_bytes_z(base), own = {name.data, name.len};
    if (status == RFT_OK && !is_same_name(wanted, rft_bytes_z(checkpoint->path)) &&
        !is_cached(checkpoint->path, base) && (own.len == 0 || !is_same_name(wanted, own)))
        rft_log_warn("%s: is for the model %.200s (base_model_name_or_path), and model.path is %.200s%s%.200s%s; only "
                     "you know whether they are the same",
                     adapter, base, checkpoint->path, own.len != 0 ? " (" : "", own.len != 0 ? own.data : "",
                     own.len != 0 ? ")" : "");
    rft_str_finish(&name);
    return status;
}
