/* SPDX-License-Identifier: MIT */
#include "question.h"

#define XXH_STATIC_LINKING_ONLY /* the streaming state on the stack: its layout has been fixed since 0.7 */
#include <xxhash.h>

struct rft_texts rft_question_golds(const struct rft_question *question)
{
    if (question->golds != NULL)
        return (struct rft_texts){question->golds, question->n_golds};
    return (struct rft_texts){&question->gold, question->gold.data != NULL ? 1 : 0};
}

struct rft_texts rft_question_choices(const struct rft_question *question)
{
    return (struct rft_texts){question->choices, question->n_choices};
}

/* JSON text in one line: without the white space between its parts. */
static enum rft_status put_compact(struct rft_bytes json, struct rft_str *out)
{
    const char *end = json.data + json.len, *from = json.data;
    bool is_in_string = false;
    for (const char *p = json.data; p < end; p++) {
        if (*p == '"')
            is_in_string = !is_in_string;
        else if (*p == '\\' && is_in_string)
            p++; /* and what it stands before */
        else if (!is_in_string && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')) {
            RFT_TRY(rft_str_append(out, from, (size_t)(p - from)));
            from = p + 1;
        }
    }
    return rft_str_append(out, from, (size_t)(end - from));
}

static enum rft_status put_list(struct rft_texts texts, struct rft_str *out)
{
    RFT_TRY(rft_str_append_z(out, "["));
    for (size_t i = 0; i < texts.n; i++) {
        RFT_TRY(rft_str_append_z(out, i != 0 ? ", " : ""));
        RFT_TRY(rft_str_append_json(out, texts.items[i].data, texts.items[i].len));
    }
    return rft_str_append_z(out, "]");
}

enum rft_status rft_question_put_choices(const struct rft_question *question, struct rft_str *out)
{
    return put_list(rft_question_choices(question), out);
}

enum rft_status rft_question_put_gold(const struct rft_question *question, struct rft_str *out)
{
    if (question->golds != NULL)
        return put_list(rft_question_golds(question), out);
    if (question->gold.data == NULL)
        return rft_str_append_z(out, "null");
    if (question->gold_is_json)
        return put_compact(question->gold, out);
    return rft_str_append_json(out, question->gold.data, question->gold.len);
}

static void put_u32(unsigned char out[4], uint32_t x)
{
    for (int i = 0; i < 4; i++)
        out[i] = (unsigned char)(x >> (8 * i));
}

uint64_t rft_question_key(const struct rft_question *question, uint64_t seed)
{
    XXH64_state_t state;
    unsigned char repeat[4];
    put_u32(repeat, question->repeat);
    XXH64_reset(&state, seed);
    XXH64_update(&state, question->id.data, question->id.len);
    XXH64_update(&state, repeat, sizeof repeat);
    return XXH64_digest(&state);
}

uint64_t rft_question_identity(const struct rft_question *question)
{
    return XXH64(question->text.data, question->text.len, rft_question_key(question, 0));
}

/* Each hash seeds the next, so that no text can pass for the end of the one before it. */
static uint64_t hash_texts(struct rft_texts texts, uint64_t hash)
{
    hash = XXH64(&(unsigned char){'['}, 1, hash ^ texts.n);
    for (size_t i = 0; i < texts.n; i++)
        hash = XXH64(texts.items[i].data, texts.items[i].len, hash);
    return hash;
}

uint64_t rft_question_hash(const struct rft_question *question, uint64_t seed)
{
    unsigned char repeat[4];
    put_u32(repeat, question->repeat);
    uint64_t hash = XXH64(question->text.data, question->text.len, seed);
    hash = XXH64(question->gold.data, question->gold.len, hash);
    if (question->golds != NULL)
        hash = hash_texts(rft_question_golds(question), hash);
    if (question->n_choices != 0)
        hash = hash_texts(rft_question_choices(question), ~hash);
    hash = XXH64(question->id.data, question->id.len, hash);
    return XXH64(repeat, sizeof repeat, hash);
}
