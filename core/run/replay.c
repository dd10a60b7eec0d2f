/* SPDX-License-Identifier: MIT */
#include "replay.h"

#include "alloc.h"
#include "arith.h"
#include "completions.h"
#include "drawing.h"
#include "log.h"
#include "os.h"
#include "progress.h"
#include "question_choice.h"
#include "replay_choice.h"
#include "replay_compare.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A record that is to be drawn again. */
struct item {
    const struct rft_completion *record;
    size_t question;  /* index among those that are drawn */
    bool is_done;     /* drawn, or known to be different without that */
    char *difference; /* NULL: it is the same, once it is done */
};

struct replay {
    const char *path;
    bool are_ids_texts; /* data.id_field is empty */
    struct rft_replay_choice choice;
    struct rft_completions records;
    struct rft_dataset questions; /* those that are drawn; on the way from `records` to `setup` */
    struct rft_setup setup;
    struct item *items; /* [n] by question, then sample number */
    size_t n;
    size_t *first; /* [n_questions + 1] where a question's items begin */
    size_t n_passed_over, n_unknown;
    struct rft_progress progress;
    struct rft_progress_state state;
};

/* ---- which records ---- */

static int by_question(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    const struct rft_completion *p = x->record, *q = y->record;
    if (p->question != q->question)
        return p->question < q->question ? -1 : 1;
    if (p->sample != q->sample)
        return p->sample < q->sample ? -1 : 1;
    return p->line < q->line ? -1 : p->line > q->line;
}

static int by_line(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    return x->record->line < y->record->line ? -1 : x->record->line > y->record->line;
}

static enum rft_status refuse_foreign(const struct replay *r, const struct rft_completion *record)
{
    rft_log_error("%s:%" PRIu64 ": does not say which sample of its question it is; give records (output.records), or "
                  "rows in the form jsonl",
                  r->path, record->line);
    return RFT_ERR_INPUT;
}

/* Whoever asks for a line that is not there takes less for checked than it is. */
static void warn_of_lines_beyond(const struct replay *r, uint64_t last_line)
{
    for (size_t i = 0; i < r->choice.n_lines; i++)
        if (r->choice.lines[i].first > last_line) {
            rft_log_warn("--rows: line %" PRIu64 " is asked for, and the last one of %s is %" PRIu64,
                         r->choice.lines[i].first, r->path, last_line);
            return;
        }
}

/* A share is never nothing: at least the record whose place is first. */
static enum rft_status choose(struct replay *r)
{
    const struct rft_completions *records = &r->records;
    const struct rft_completion *first = NULL;
    double first_place = 1;
    uint64_t last_line = 0;
    r->items = rft_alloc(records->n, sizeof *r->items);
    if (r->items == NULL)
        return RFT_ERR_HOST_MEMORY;
    for (size_t i = 0; i < records->dataset.n_skipped; i++) {
        const uint64_t line = records->dataset.skipped[i].line;
        last_line = line > last_line ? line : last_line;
        r->n_passed_over += rft_replay_has_line(&r->choice, line);
    }
    for (size_t i = 0; i < records->n; i++) {
        const struct rft_completion *record = &records->items[i];
        const double place = rft_replay_place(&records->dataset.questions[record->question], record->sample);
        last_line = record->line > last_line ? record->line : last_line;
        if (!rft_replay_has_line(&r->choice, record->line))
            continue;
        r->n_passed_over += record->is_not_drawn;
        if (record->is_not_drawn)
            continue;
        if (record->origin.prompt.data == NULL)
            return refuse_foreign(r, record);
        if (r->choice.fraction == 0 || place < r->choice.fraction)
            r->items[r->n++] = (struct item){.record = record};
        first = place < first_place ? record : first;
        first_place = place < first_place ? place : first_place;
    }
    warn_of_lines_beyond(r, last_line);
    if (r->n == 0 && first != NULL)
        r->items[r->n++] = (struct item){.record = first};
    if (r->n != 0)
        return RFT_OK;
    rft_log_error("%s: %s; give other lines in --rows", r->path,
                  r->choice.n_lines != 0 ? "none of these lines holds a sample that was drawn"
                                         : "holds no sample that was drawn");
    return RFT_ERR_USAGE;
}

/* Sorts the items, and keeps the questions that have any. */
static enum rft_status sort_items(struct replay *r)
{
    struct rft_dataset *all = &r->records.dataset;
    size_t n_questions = 0;
    qsort(r->items, r->n, sizeof *r->items, by_question);
    r->first = rft_alloc(all->n + 1, sizeof *r->first);
    if (r->first == NULL)
        return RFT_ERR_HOST_MEMORY;
    for (size_t i = 0; i < r->n; i++) {
        const size_t question = r->items[i].record->question;
        if (i == 0 || question != r->items[i - 1].record->question) {
            all->questions[n_questions] = all->questions[question]; /* which does not stand before it */
            r->first[n_questions++] = i;
        }
        r->items[i].question = n_questions - 1;
    }
    r->first[n_questions] = r->n;
    all->n = n_questions;
    r->questions = *all; /* with all texts, the records', too */
    *all = (struct rft_dataset){0};
    return RFT_OK;
}

/* ---- what the records say ---- */

/* why: how the sample differs; empty: not at all. */
static enum rft_status note(struct replay *r, struct item *item, const struct rft_str *why)
{
    if (why->len != 0) {
        item->difference = rft_strndup(why->data, why->len);
        if (item->difference == NULL)
            return RFT_ERR_HOST_MEMORY;
    }
    item->is_done = true;
    r->state.samples_done++;
    r->state.accepted += item->difference == NULL;
    return RFT_OK;
}

static bool is_text(struct rft_bytes json, const char *text)
{
    return json.data != NULL && rft_bytes_equal(json, rft_bytes_z(text));
}

/* The key is what question, repeat and seed make of it: a record whose id was edited has another. */
static enum rft_status compare_key(const struct rft_question *question, const struct rft_origin *origin, uint64_t seed,
                                   struct rft_str *why)
{
    char key[24];
    snprintf(key, sizeof key, "\"%016" PRIx64 "\"", rft_question_key(question, seed));
    if (!rft_is_known(origin->key) || is_text(origin->key, key))
        return RFT_OK;
    return rft_str_append_z(why, "another key: the record's is not that of its id, its repeat and the seed");
}

/* An edit of the question alone need not show in the text that it gives. */
static enum rft_status compare_question(const struct rft_question *question, struct rft_str *why)
{
    if (rft_bytes_equal(question->id, question->text))
        return RFT_OK;
    return rft_str_append_z(why, "another question: the record's is not its id, as it is where data.id_field is empty");
}

static enum rft_status check_origin(struct replay *r, struct item *item)
{
    const struct rft_inputs *inputs = &r->setup.inputs;
    const uint32_t sample = item->record->sample;
    struct rft_provenance provenance = inputs->provenance;
    struct rft_origin origin = item->record->origin;
    struct rft_bytes *arithmetic = &origin.facts[RFT_DRAWN_ARITHMETIC];
    struct rft_str why = {0};
    bool is_known;
    provenance.arithmetic_version = rft_inputs_arithmetic(inputs); /* what is computed, be it checked or not */
    if (is_text(*arithmetic, "\"unchecked\""))
        *arithmetic = (struct rft_bytes){NULL, 0};
    enum rft_status status = rft_provenance_compare(&provenance, &origin, sample, &is_known, &why);
    r->n_unknown += !is_known || !item->record->has_finish || !item->record->has_tokens || !rft_is_known(origin.key);
    if (status == RFT_OK && why.len == 0)
        status = compare_key(&inputs->dataset.questions[item->question], &origin,
                             rft_draw_of(&inputs->drawn, sample).seed, &why);
    if (status == RFT_OK && why.len == 0 && r->are_ids_texts)
        status = compare_question(&inputs->dataset.questions[item->question], &why);
    if (status == RFT_OK && why.len != 0)
        status = note(r, item, &why);
    rft_str_finish(&why);
    return status;
}

/* ---- drawing ---- */

static enum rft_status next(void *user, uint64_t question, struct rft_request *request, bool *found)
{
    const struct replay *r = user;
    const struct rft_inputs *inputs = &r->setup.inputs;
    size_t i = r->first[question];
    while (i < r->first[question + 1] && (r->items[i].is_done || r->items[i].record->sample < request->sample))
        i++;
    *found = i < r->first[question + 1];
    if (!*found)
        return RFT_OK;
    const uint32_t sample = r->items[i].record->sample;
    const struct rft_draw draw = rft_draw_of(&inputs->drawn, sample);
    request->sample = sample;
    request->key = rft_question_key(&inputs->dataset.questions[question], draw.seed);
    request->temperature = (float)draw.temperature;
    return RFT_OK;
}

static bool is_question_done(const struct replay *r, size_t question)
{
    bool is_done = true;
    for (size_t i = r->first[question]; i < r->first[question + 1]; i++)
        is_done = is_done && r->items[i].is_done;
    return is_done;
}

/* A file may hold a sample twice. */
static enum rft_status ended(void *user, const struct rft_drawn *drawn, struct rft_bytes text)
{
    struct replay *r = user;
    const uint64_t question = drawn->flight->question;
    enum rft_status status = RFT_OK;
    for (size_t i = r->first[question]; i < r->first[question + 1] && status == RFT_OK; i++) {
        struct item *item = &r->items[i];
        struct rft_str why = {0};
        if (item->record->sample != drawn->sample || item->is_done)
            continue;
        status = rft_replay_compare(r->setup.inputs.tokenizer, item->record, drawn, text, &why);
        if (status == RFT_OK)
            status = note(r, item, &why);
        rft_str_finish(&why);
    }
    r->state.questions_done += is_question_done(r, question);
    return status;
}

static enum rft_status end_chunk(void *user, enum rft_status status)
{
    (void)user;
    return status;
}

static enum rft_status go_on(void *user, uint32_t n_tokens)
{
    struct replay *r = user;
    r->state.tokens += n_tokens;
    r->state.memory_bytes = r->setup.engine.dev.live_bytes;
    rft_progress_update(&r->progress, &r->state);
    return RFT_OK;
}

static enum rft_status draw(struct replay *r, bool is_quiet)
{
    const struct rft_draw_job job = {r, next, NULL, ended, end_chunk, go_on};
    const size_t n_questions = r->setup.inputs.dataset.n;
    struct rft_draw_totals totals;
    if (r->state.samples_done == r->n)
        return RFT_OK;
    for (size_t q = 0; q < n_questions; q++)
        r->state.questions_done += is_question_done(r, q);
    r->state.budget_bytes = r->setup.plan.budget_bytes;
    r->state.word = "the same";
    RFT_TRY(rft_setup_load(&r->setup));
    rft_progress_start(&r->progress, n_questions, r->n, r->state.samples_done, is_quiet);
    enum rft_status status = rft_draw(&r->setup, &job, &totals);
    rft_progress_finish(&r->progress);
    return status;
}

/* ---- what came of it ---- */

/* Lines of the same difference are told as one. */
static void print_differences(const struct replay *r)
{
    for (size_t i = 0; i < r->n;) {
        const struct item *item = &r->items[i];
        size_t n = 1;
        while (item->difference != NULL && i + n < r->n && r->items[i + n].difference != NULL &&
               strcmp(item->difference, r->items[i + n].difference) == 0)
            n++;
        if (item->difference != NULL && n == 1)
            printf("line %" PRIu64 ": sample %" PRIu32 ": %s\n", item->record->line, item->record->sample,
                   item->difference);
        else if (item->difference != NULL)
            printf("lines %" PRIu64 " to %" PRIu64 ": %zu samples: %s\n", item->record->line,
                   r->items[i + n - 1].record->line, n, item->difference);
        i += n;
    }
}

static enum rft_status report(struct replay *r, enum rft_status status)
{
    const uint64_t n_done = r->state.samples_done, n_same = r->state.accepted;
    qsort(r->items, r->n, sizeof *r->items, by_line);
    print_differences(r);
    printf("%" PRIu64 " of %" PRIu64 " samples are the same", n_same, n_done);
    if (n_done != r->n)
        printf("; %" PRIu64 " were not drawn again", r->n - n_done);
    if (r->n_passed_over != 0)
        printf("; %zu lines hold none: not drawn, or left out", r->n_passed_over);
    printf("\n");
    RFT_TRY(rft_os_flush_stdout());
    if (status != RFT_OK)
        return status;
    return n_same == r->n ? RFT_OK : RFT_ERR_DIFFERENT;
}

/* Samples drawn before a quantised file was multiplied as it is were drawn in bf16, and so they are drawn again. */
static bool are_drawn_in_bf16(const struct replay *r)
{
    for (size_t i = 0; i < r->n; i++)
        if (!is_text(r->items[i].record->origin.facts[RFT_DRAWN_ARITHMETIC], "1"))
            return false;
    return true;
}

static enum rft_status open_all(const struct rft_config *config, struct replay *r)
{
    struct rft_config own = *config;
    own.data_too_long = RFT_ROWS_REFUSE; /* what was drawn had room */
    RFT_TRY(rft_records_read(r->path, &r->records));
    RFT_TRY(choose(r));
    if (own.model_compute == RFT_COMPUTE_AUTO && are_drawn_in_bf16(r))
        own.model_compute = RFT_COMPUTE_BF16;
    RFT_TRY(sort_items(r));
    RFT_TRY(rft_setup_open_with(&own, &r->questions, &r->setup));
    for (size_t i = 0; i < r->n; i++)
        RFT_TRY(check_origin(r, &r->items[i]));
    if (r->n_unknown != 0)
        rft_log_warn("%s: %zu of %zu records do not say all of what they were drawn with, or how they ended; what they "
                     "do not say is not compared",
                     r->path, r->n_unknown, r->n);
    return RFT_OK;
}

enum rft_status rft_replay(const struct rft_config *config, const char *lines, const char *fraction, bool is_quiet)
{
    struct replay r = {.path = config->data_questions, .are_ids_texts = *config->data_id_field == '\0'};
    enum rft_status status = rft_replay_choice_read(lines, fraction, &r.choice);
    if (status == RFT_OK)
        status = open_all(config, &r);
    if (status == RFT_OK) {
        status = draw(&r, is_quiet);
        status = report(&r, status);
    }
    for (size_t i = 0; i < r.n; i++)
        rft_free(r.items[i].difference);
    rft_free(r.items);
    rft_free(r.first);
    rft_setup_close(&r.setup);
    rft_dataset_finish(&r.questions);
    rft_completions_finish(&r.records);
    rft_replay_choice_finish(&r.choice);
    return status;
}
