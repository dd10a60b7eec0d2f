/* SPDX-License-Identifier: MIT */
#include "prompt_text.h"

#include "file.h"
#include "os.h"

#include <string.h>

#define PROMPT_BYTES_MAX (64u << 20)

static const char slot_name[] = "{question}";
#define SLOT_LEN (sizeof slot_name - 1)

static const char *find_slot(struct rft_bytes text)
{
    for (const char *p = text.data, *end = p + text.len; (size_t)(end - p) >= SLOT_LEN; p++)
        if (memcmp(p, slot_name, SLOT_LEN) == 0)
            return p;
    return NULL;
}

enum rft_status rft_prompt_text_check(const char *path, struct rft_bytes *text)
{
    unsigned long long line = 1;
    int32_t code_point;
    if (rft_bytes_begin(*text, RFT_UTF16_MARK_LE) || rft_bytes_begin(*text, RFT_UTF16_MARK_BE)) {
        rft_log_error("%s: is UTF-16; save it as UTF-8", path);
        return RFT_ERR_CONFIG;
    }
    if (rft_bytes_begin(*text, RFT_UTF8_MARK)) {
        *text = (struct rft_bytes){text->data + 3, text->len - 3};
        rft_log_info("%s: a byte order mark at its beginning is passed over", path);
    }
    for (const char *p = text->data, *end = p + text->len; p < end;) {
        size_t n = rft_utf8_decode(p, end, &code_point);
        line += *p == '\n';
        if (code_point < 0) {
            rft_log_error("%s:%llu: byte 0x%02x is no UTF-8; save the file as UTF-8", path, line,
                          (unsigned)(unsigned char)*p);
            return RFT_ERR_CONFIG;
        }
        p += n;
    }
    return RFT_OK;
}

enum rft_status rft_prompt_text_parse(const char *path, struct rft_bytes text, struct rft_prompt_text *prompt)
{
    *prompt = (struct rft_prompt_text){0};
    RFT_TRY(rft_prompt_text_check(path, &text));
    const char *slot = find_slot(text), *rest = slot != NULL ? slot + SLOT_LEN : NULL;
    size_t n_rest = slot != NULL ? text.len - (size_t)(rest - text.data) : 0;
    if (slot == NULL || find_slot((struct rft_bytes){rest, n_rest}) != NULL) {
        rft_log_error("%s: a prompt template holds %s exactly once, this one %s", path, slot_name,
                      slot != NULL ? "more than once" : "never");
        return RFT_ERR_CONFIG;
    }
    prompt->slot = (size_t)(slot - text.data);
    if (prompt->slot != 0 && slot[-1] == '{' && n_rest != 0 && *rest == '}')
        rft_log_warn("%s: {{question}} leaves a brace on each side of the question; write {question}", path);
    enum rft_status status = rft_str_append(&prompt->text, text.data, prompt->slot);
    if (status == RFT_OK)
        status = rft_str_append(&prompt->text, rest, n_rest);
    if (status != RFT_OK)
        rft_prompt_text_close(prompt);
    return status;
}

enum rft_status rft_prompt_text_open(const char *path, struct rft_prompt_text *prompt)
{
    struct rft_str text = {0};
    *prompt = (struct rft_prompt_text){0};
    enum rft_status status = rft_file_read(path, PROMPT_BYTES_MAX, &text);
    if (status == RFT_OK)
        status = rft_prompt_text_parse(path, (struct rft_bytes){text.data, text.len}, prompt);
    rft_str_finish(&text);
    return status;
}

void rft_prompt_text_close(struct rft_prompt_text *prompt)
{
    rft_str_finish(&prompt->text);
    prompt->slot = 0;
}

enum rft_status rft_prompt_text_fill(const struct rft_prompt_text *prompt, struct rft_bytes question,
                                     struct rft_str *text)
{
    RFT_TRY(rft_str_append(text, prompt->text.data, prompt->slot));
    RFT_TRY(rft_str_append(text, question.data, question.len));
    if (prompt->slot == prompt->text.len) /* of an empty text there is no address to count from */
        return RFT_OK;
    return rft_str_append(text, prompt->text.data + prompt->slot, prompt->text.len - prompt->slot);
}
