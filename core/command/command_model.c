/* SPDX-License-Identifier: MIT */
/* What is understood of a model, from headers alone. */
#include "command.h"

#include "adapter_choice.h"
#include "chat_source.h"
#include "checkpoint.h"
#include "decode.h"
#include "formats_choice.h"
#include "generation.h"
#include "log.h"
#include "op_args.h"
#include "os.h"
#include "rope.h"
#include "tokenizer_gguf.h"
#include "tokenizer_json.h"
#include "units.h"
#include "weights.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What reading the files had to say: an error stands in the answer, not beside it. */
struct notes {
    struct rft_str lines; /* warnings and notes, a line each */
    char error[1024];     /* the last one; "" if there was none */
};

static void take_note(void *user, enum rft_log_level level, const char *line)
{
    static const char error_mark[] = "error: ";
    struct notes *notes = user;
    if (level == RFT_LOG_ERROR)
        snprintf(notes->error, sizeof notes->error, "%s", line + (strncmp(line, error_mark, 7) == 0 ? 7 : 0));
    else if (level != RFT_LOG_DEBUG)
        (void)rft_str_printf(&notes->lines, "note                %s\n", line); /* a note less when memory is short */
}

static void print_shape(const struct rft_checkpoint *checkpoint)
{
    static const char *const acts[] = {"silu", "gelu (tanh)", "gelu (erf)"};
    const struct rft_model_config *c = &checkpoint->config;
    uint32_t n_windowed = 0, n_unrotated = 0;
    for (uint32_t i = 0; i < c->n_layers; i++) {
        n_windowed += c->is_windowed[i];
        n_unrotated += c->rope_set[i] == RFT_ROPE_NONE;
    }
    printf("architecture        %s\n", checkpoint->is_gguf ? checkpoint->arch->gguf : checkpoint->arch->model_type);
    printf("container           %s\n", checkpoint->is_gguf ? "GGUF" : "Hugging Face directory");
    printf("layers              %" PRIu32 "\n", c->n_layers);
    printf("hidden size         %" PRIu32 ", in the MLP %" PRIu32 " (%s)\n", c->dim, c->ffn_dim, acts[c->act]);
    printf("heads               %" PRIu32 " of %" PRIu32 ", %" PRIu32 " for keys and values\n", c->n_heads, c->head_dim,
           c->n_kv_heads);
    printf("vocabulary          %" PRIu32 "%s\n", c->vocab_size, c->tied ? ", tied" : "");
    printf("context             %" PRIu32 " tokens\n", c->n_positions);
    if (c->has_long_rope)
        printf("                    samples that may become longer than %" PRIu32 " have factors of their own\n",
               c->rope_original);
    if (n_windowed != 0)
        printf("window              %" PRIu32 " tokens in %" PRIu32 " layers\n", c->window, n_windowed);
    if (n_unrotated != 0)
        printf("without RoPE        %" PRIu32 " layers\n", n_unrotated);
}

/* How many matrices are stored in which type: what model.compute decides about. */
static void print_types(const struct rft_checkpoint *checkpoint)
{
    uint64_t n[RFT_DTYPE_COUNT] = {0};
    const char *before = "";
    for (size_t i = 0; i < checkpoint->n_tensors; i++)
        n[checkpoint->tensors[i].dtype] += checkpoint->tensors[i].n_dims == 2;
    printf("matrices            ");
    for (int dtype = 0; dtype < RFT_DTYPE_COUNT; dtype++) {
        if (n[dtype] == 0)
            continue;
        printf("%s%" PRIu64 " of %s", before, n[dtype], rft_dtype_name((enum rft_dtype)dtype));
        before = ", ";
    }
    printf("\n");
}

static enum rft_status weights_bytes(const struct rft_model_config *config, const struct rft_formats *formats,
                                     uint64_t *bytes)
{
    struct rft_weights weights;
    *bytes = 0;
    RFT_TRY(rft_weights_init(&weights, config, formats, 1));
    for (size_t i = 0; i < weights.n; i++)
        *bytes += weights.weights[i].bytes;
    rft_weights_finish(&weights);
    return RFT_OK;
}

/* Parameters of the files, and their bytes as they will lie in memory. */
static enum rft_status print_sizes(struct rft_checkpoint *checkpoint)
{
    const struct rft_model_config *c = &checkpoint->config;
    uint64_t n_parameters = 0, bytes = 0, bf16_bytes,
             kv_bytes = rft_kv_page_bytes(c) * c->n_layers / RFT_PAGE_TOKENS * 1000;
    for (size_t i = 0; i < checkpoint->n_tensors; i++) {
        const struct rft_tensor *t = &checkpoint->tensors[i];
        n_parameters += t->dims[0] * (t->n_dims == 1 ? 1 : t->dims[1]);
    }
    rft_formats_choose(checkpoint, RFT_COMPUTE_AUTO);
    RFT_TRY(weights_bytes(c, &checkpoint->formats, &bytes));
    RFT_TRY(weights_bytes(c, NULL, &bf16_bytes));
    printf("parameters          %.1f million (%" PRIu64 ")\n", (double)n_parameters / 1e6, n_parameters);
    print_types(checkpoint);
    printf("weights in memory   %s (%" PRIu64 " bytes)\n", rft_size_text(bytes).text, bytes);
    if (bytes != bf16_bytes)
        printf("                    with model.compute = bf16 %s (%" PRIu64 " bytes)\n", rft_size_text(bf16_bytes).text,
               bf16_bytes);
    printf("1,000 tokens        %s of keys and values (%" PRIu64 " bytes)\n", rft_size_text(kv_bytes).text, kv_bytes);
    return RFT_OK;
}

static void print_tokenizer(const char *path, const struct rft_checkpoint *checkpoint, struct notes *notes)
{
    struct rft_tokenizer *tokenizer = NULL;
    enum rft_status status = checkpoint->is_gguf ? rft_tokenizer_open_gguf(checkpoint->gguf, path, &tokenizer)
                                                 : rft_tokenizer_open(path, &tokenizer);
    if (status == RFT_OK)
        printf("tokenizer           yes, %" PRIu32 " ids\n", rft_tokenizer_n_ids(tokenizer));
    else
        printf("tokenizer           no: %s\n", notes->error);
    rft_tokenizer_close(tokenizer);
}

static void print_template(const char *path, const struct rft_checkpoint *checkpoint, struct notes *notes)
{
    struct rft_chat_source source = {0};
    if (rft_chat_source_open(path, checkpoint->gguf, "", &source) != RFT_OK)
        printf("chat template       no: %s\n", notes->error);
    else if (source.template.data != NULL)
        printf("chat template       yes, %s\n", source.from.data);
    else
        printf("chat template       no\n");
    rft_chat_source_close(&source);
}

static void print_generation(const char *path, const struct rft_checkpoint *checkpoint, struct notes *notes)
{
    static const char *const names[] = {"temperature", "top_k", "top_p", "min_p"};
    struct rft_generation generation = {0};
    const char *part = "";
    if (rft_generation_open(path, checkpoint->gguf, &generation) != RFT_OK) {
        printf("generation          not usable: %s\n", notes->error);
        return;
    }
    printf("generation          ");
    for (size_t i = 0; i < RFT_GENERATION_COUNT; i++) {
        if (!generation.has[i])
            continue;
        printf("%s%s %g", part, names[i], generation.values[i]);
        part = ", ";
    }
    printf("%s", *part == '\0' ? "says nothing" : "");
    for (size_t i = 0; i < checkpoint->n_eos; i++)
        printf("%s%" PRIu32, i == 0 ? "; ends with " : ", ", checkpoint->eos_ids[i]);
    printf("\n");
    rft_generation_close(&generation);
}

/* Notes of the log go into the answer, and so does the reason why there is none. */
static enum rft_status print_model(const char *path, const struct rft_config *config, struct notes *notes)
{
    const struct rft_model_options options = {.ignore_keys = (const char *const *)config->model_ignore_keys.items,
                                              .n_ignore_keys = config->model_ignore_keys.n,
                                              .headers_only = true};
    struct rft_checkpoint checkpoint;
    enum rft_status status;
    RFT_TRY(rft_checkpoint_open_with(path, &options, &checkpoint));
    status = rft_adapters_open(config, &checkpoint); /* each has a note */
    if (status == RFT_OK) {
        print_shape(&checkpoint);
        status = print_sizes(&checkpoint);
    }
    if (status == RFT_OK) {
        print_tokenizer(path, &checkpoint, notes);
        print_template(path, &checkpoint, notes);
        print_generation(path, &checkpoint, notes);
        printf("passed over         %" PRIu64 " tensors\n", checkpoint.n_passed_over);
        printf("%s", notes->lines.data != NULL ? notes->lines.data : "");
    }
    rft_checkpoint_close(&checkpoint);
    return status;
}

enum rft_status rft_command_model(const struct rft_command_line *line, const struct rft_config *unused)
{
    struct rft_config config = {0};
    struct notes notes = {0};
    enum rft_status status = RFT_OK;
    (void)unused;
    if (line->config_path != NULL)
        RFT_TRY(rft_config_load(line->config_path, line->sets, line->n_sets, RFT_USE_TO_DRAW, &config));
    rft_log_set_sink(take_note, &notes);
    status = print_model(line->operand != NULL ? line->operand : config.model_path, &config, &notes);
    rft_log_set_sink(NULL, NULL);
    if (status == RFT_ERR_UNSUPPORTED)
        printf("not supported: %s\n", notes.error);
    else if (status != RFT_OK && notes.error[0] != '\0')
        rft_log_error("%s", notes.error);
    rft_str_finish(&notes.lines);
    rft_config_finish(&config);
    enum rft_status flushed = rft_os_flush_stdout();
    return status != RFT_OK ? status : flushed;
}
