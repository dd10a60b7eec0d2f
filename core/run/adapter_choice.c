/* SPDX-License-Identifier: MIT */
#include "adapter_choice.h"

#include "adapter.h"
#include "alloc.h"
#include "file.h"
#include "json.h"
#include "log.h"
#include "os.h"

#define TOKENIZER_BYTES_MAX ((uint64_t)256 << 20)

static const char tokenizer_name[] = "tokenizer.json";

enum rft_status rft_adapters_open(const struct rft_config *config, struct rft_checkpoint *checkpoint)
{
    const struct rft_reals *scales = &config->model_adapter_scale;
    for (size_t i = 0; i < config->model_adapter.n; i++)
        RFT_TRY(rft_adapter_open(checkpoint, config->model_adapter.items[i], scales->items[scales->n == 1 ? 0 : i]));
    return RFT_OK;
}

/* ---- tokenizer ---- */

static enum rft_status read_tokenizer(const char *dir, struct rft_str *text)
{
    char *path = rft_path_join(dir, tokenizer_name);
    enum rft_status status =
        path != NULL ? rft_file_read_optional(path, TOKENIZER_BYTES_MAX, text) : RFT_ERR_HOST_MEMORY;
    rft_free(path);
    return status;
}

/* One adapter's tokenizer beside that of the adapters before it. */
static enum rft_status take_tokenizer(const char *dir, struct rft_str *last, const char **last_dir)
{
    struct rft_str text = {0};
    RFT_TRY(read_tokenizer(dir, &text));
    if (text.data == NULL)
        return RFT_OK;
    if (*last_dir != NULL &&
        !rft_bytes_equal((struct rft_bytes){text.data, text.len}, (struct rft_bytes){last->data, last->len}))
        rft_log_warn("adapters %s and %s have two tokenizers; the one of %s is used", *last_dir, dir, dir);
    rft_str_finish(last);
    *last = text;
    *last_dir = dir;
    return RFT_OK;
}

enum rft_status rft_adapters_tokenizer(const struct rft_config *config, const char **dir)
{
    struct rft_str last = {0};
    enum rft_status status = RFT_OK;
    *dir = NULL;
    for (size_t i = 0; i < config->model_adapter.n && status == RFT_OK; i++)
        status = take_tokenizer(config->model_adapter.items[i], &last, dir);
    rft_str_finish(&last);
    if (status == RFT_OK && *dir != NULL)
        rft_log_info("adapter %s: its tokenizer is used", *dir);
    return status;
}

/* ---- chat template ---- */

/* The tokens of an adapter's tokenizer in the place of the model's. */
static enum rft_status take_tokens(struct rft_chat_source *source, const struct rft_chat_source *from)
{
    return json_object_update(source->tokens, from->tokens) == 0 ? RFT_OK : RFT_ERR_HOST_MEMORY;
}

static enum rft_status take_template(struct rft_chat_source *source, struct rft_chat_source *from, const char *dir)
{
    struct rft_str template = source->template, place = source->from;
    bool is_other =
        template.data != NULL && !rft_bytes_equal((struct rft_bytes){template.data, template.len},
                                                  (struct rft_bytes){from->template.data, from->template.len});
    if (template.data == NULL || is_other)
        rft_log_info("adapter %s: its chat template is used%s%s", dir, is_other ? ", not that of " : "",
                     is_other ? place.data : "");
    source->template = from->template;
    source->from = from->from;
    from->template = template;
    from->from = place;
    return RFT_OK;
}

/* An adapter's source, if it has a template, by the name that the configuration asks for. */
static enum rft_status open_source(const struct rft_config *config, const char *dir, struct rft_chat_source *source)
{
    RFT_TRY(rft_chat_source_open(dir, NULL, "", source));
    if (source->template.data == NULL || *config->prompt_template_name == '\0')
        return RFT_OK;
    rft_chat_source_close(source);
    return rft_chat_source_open(dir, NULL, config->prompt_template_name, source);
}

static enum rft_status overlay(const struct rft_config *config, const char *dir, struct rft_chat_source *source)
{
    struct rft_chat_source own;
    RFT_TRY(open_source(config, dir, &own));
    enum rft_status status = take_tokens(source, &own);
    if (status == RFT_OK && own.template.data != NULL)
        status = take_template(source, &own, dir);
    rft_chat_source_close(&own);
    return status;
}

/* Whether any adapter has a chat template. */
static enum rft_status have_template(const struct rft_config *config, bool *have)
{
    *have = false;
    for (size_t i = 0; i < config->model_adapter.n && !*have; i++) {
        struct rft_chat_source own;
        RFT_TRY(rft_chat_source_open(config->model_adapter.items[i], NULL, "", &own));
        *have = own.template.data != NULL;
        rft_chat_source_close(&own);
    }
    return RFT_OK;
}

enum rft_status rft_adapters_chat_source(const struct rft_config *config, const struct rft_gguf *gguf,
                                         struct rft_chat_source *source)
{
    bool is_replaced; /* then the name that is asked for need not be the model's */
    enum rft_status status = RFT_OK;
    RFT_TRY(have_template(config, &is_replaced));
    RFT_TRY(rft_chat_source_open(config->model_path, gguf, is_replaced ? "" : config->prompt_template_name, source));
    for (size_t i = 0; i < config->model_adapter.n && status == RFT_OK; i++)
        status = overlay(config, config->model_adapter.items[i], source);
    if (status != RFT_OK)
        rft_chat_source_close(source);
    return status;
}
