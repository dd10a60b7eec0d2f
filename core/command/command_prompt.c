/* SPDX-License-Identifier: MIT */
/* A question's prompt, without a device and without weights. */
#include "command.h"

#include "adapter_choice.h"
#include "chat_source.h"
#include "dataset.h"
#include "file.h"
#include "gguf.h"
#include "log.h"
#include "marks.h"
#include "os.h"
#include "prompt_choice.h"
#include "question_choice.h"
#include "tokenizer_gguf.h"
#include "tokenizer_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct showing {
    struct rft_dataset dataset;
    struct rft_map map; /* of a GGUF file */
    struct rft_gguf *gguf;
    struct rft_tokenizer *tokenizer; /* NULL if there is none */
    struct rft_prompt prompt;
    struct rft_rendered rendered;
    struct rft_ids ids;
};

/* Whether a directory has a tokenizer at all: for --raw none is needed. */
static bool has_tokenizer(const char *dir)
{
    struct rft_str path = {0};
    bool found = rft_str_printf(&path, "%s/tokenizer.json", dir) == RFT_OK && rft_file_exists(path.data);
    rft_str_finish(&path);
    return found;
}

static enum rft_status open_model(const struct rft_config *config, bool needs_tokenizer, struct showing *s)
{
    const char *path = config->model_path, *tokenizer_dir;
    RFT_TRY(rft_adapters_tokenizer(config, &tokenizer_dir));
    if (!rft_file_is_directory(path)) {
        RFT_TRY(rft_map_open(path, &s->map));
        RFT_TRY(rft_gguf_parse(&s->map, &s->gguf));
    }
    if (tokenizer_dir != NULL)
        return rft_tokenizer_open(tokenizer_dir, &s->tokenizer);
    if (s->gguf != NULL)
        return rft_tokenizer_open_gguf(s->gguf, path, &s->tokenizer);
    return needs_tokenizer || has_tokenizer(path) ? rft_tokenizer_open(path, &s->tokenizer) : RFT_OK;
}

static enum rft_status find_question(const struct rft_command_line *line, const struct rft_config *config,
                                     struct showing *s, struct rft_bytes *question)
{
    uint64_t number = 0;
    if (line->question != NULL)
        (void)rft_parse_u64(line->question, &number); /* which was checked */
    for (size_t i = 0; i < s->dataset.n; i++) {
        if (s->dataset.questions[i].row != number)
            continue;
        *question = s->dataset.questions[i].text;
        return RFT_OK;
    }
    rft_log_error("%s: there is no question %" PRIu64 "; the numbers are the rows', from 0", config->data_questions,
                  number);
    return RFT_ERR_USAGE;
}

/* ---- printing ---- */

/* How special tokens are told from text. */
struct style {
    const char *open, *close;
};

static struct style style_of_stdout(void)
{
    const char *no_color = getenv("NO_COLOR");
    bool has_color = isatty(STDOUT_FILENO) && (no_color == NULL || *no_color == '\0');
    return has_color ? (struct style){"\033[1;36m", "\033[0m"} : (struct style){"[", "]"};
}

static void print_bytes(struct rft_bytes bytes)
{
    fwrite(bytes.data, 1, bytes.len, stdout);
}

/* The text between two tokens of an encoding is what their ids decode to; special ones by their own text. */
static enum rft_status print_marked(struct showing *s)
{
    const struct style style = style_of_stdout();
    struct rft_str text = {0};
    enum rft_status status = RFT_OK;
    for (size_t begin = 0; begin < s->ids.n && status == RFT_OK;) {
        size_t end = begin;
        if (rft_tokenizer_is_special(s->tokenizer, s->ids.ids[begin])) {
            printf("%s", style.open);
            print_bytes(rft_tokenizer_token_text(s->tokenizer, s->ids.ids[begin++]));
            printf("%s", style.close);
            continue;
        }
        while (end < s->ids.n && !rft_tokenizer_is_special(s->tokenizer, s->ids.ids[end]))
            end++;
        rft_str_clear(&text);
        status = rft_tokenizer_decode(s->tokenizer, s->ids.ids + begin, end - begin, &text);
        print_bytes((struct rft_bytes){text.data != NULL ? text.data : "", text.len});
        begin = end;
    }
    printf("\n\n%zu tokens\n", s->ids.n);
    rft_str_finish(&text);
    return status;
}

static enum rft_status print_tokens(struct showing *s)
{
    const struct style style = style_of_stdout();
    struct rft_str text = {0}, quoted = {0};
    enum rft_status status = RFT_OK;
    for (size_t i = 0; i < s->ids.n && status == RFT_OK; i++) {
        bool is_special = rft_tokenizer_is_special(s->tokenizer, s->ids.ids[i]);
        struct rft_bytes own = rft_tokenizer_token_text(s->tokenizer, s->ids.ids[i]);
        rft_str_clear(&text);
        rft_str_clear(&quoted);
        if (!is_special)
            status = rft_tokenizer_decode(s->tokenizer, &s->ids.ids[i], 1, &text);
        if (!is_special && text.len != 0)
            own = (struct rft_bytes){text.data, text.len};
        if (status == RFT_OK)
            status = rft_str_append_json(&quoted, own.data, own.len);
        if (status == RFT_OK)
            printf("%6" PRIu32 "  %s%s%s\n", s->ids.ids[i], is_special ? style.open : "", quoted.data,
                   is_special ? style.close : "");
    }
    printf("\n%zu tokens\n", s->ids.n);
    rft_str_finish(&text);
    rft_str_finish(&quoted);
    return status;
}

static enum rft_status show(const struct rft_command_line *line, const struct rft_config *config, struct showing *s)
{
    struct rft_bytes question;
    RFT_TRY(rft_questions_load(config, &s->dataset));
    RFT_TRY(find_question(line, config, s, &question));
    RFT_TRY(open_model(config, !line->raw, s));
    RFT_TRY(rft_prompt_choose(config, s->gguf, s->tokenizer, &s->prompt));
    RFT_TRY(rft_prompt_render(&s->prompt, question, &s->rendered));
    if (line->raw) {
        print_bytes((struct rft_bytes){s->rendered.text.data, s->rendered.text.len});
        return rft_os_flush_stdout();
    }
    RFT_TRY(rft_prompt_encode(&s->prompt, s->tokenizer, question, &s->ids));
    RFT_TRY(line->tokens ? print_tokens(s) : print_marked(s));
    return rft_os_flush_stdout();
}

enum rft_status rft_command_prompt(const struct rft_command_line *line, const struct rft_config *config)
{
    struct showing s = {0};
    enum rft_status status = show(line, config, &s);
    rft_ids_finish(&s.ids);
    rft_rendered_finish(&s.rendered);
    rft_prompt_close(&s.prompt);
    rft_tokenizer_close(s.tokenizer);
    rft_gguf_destroy(s.gguf);
    rft_map_close(&s.map);
    rft_dataset_finish(&s.dataset);
    return status;
}
