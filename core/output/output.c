/* SPDX-License-Identifier: MIT */
#include "output.h"

#include "alloc.h"
#include "os.h"
#include "path.h"

/* The walk over questions and their samples. */
struct writer {
    const struct rft_output_options *options;
    const struct rft_dataset *dataset;
    struct rft_output_counts *counts;
    struct rft_records records;
    struct rft_unsolved unsolved;
    struct rft_rows rows;
    struct rft_pairs pairs;
    struct rft_str text;     /* of the sample at hand */
    struct rft_str rejected; /* of the one that it is paired with */
    struct rft_str clean;    /* pairs: the text as it is written */
    struct rft_selector *selector;
    const uint32_t *kept; /* [n_kept] of the question at hand, ascending: samples that become rows */
    uint32_t n_kept;
    bool *wrong;                 /* [samples.n_max] that a pair may reject */
    struct rft_pair_text *texts; /* [samples.n_max] of pairs */
    size_t n_skipped;            /* rows left out that are written */
    bool has_records, has_unsolved, has_pairs;
    bool can_stop; /* samples behind the first select.keep accepted ones change no row */
};

/* The rows left out that stand before row `before` of the file. */
static enum rft_status write_skipped_until(struct writer *w, uint64_t before)
{
    const struct rft_dataset *d = w->dataset;
    if (!w->has_records)
        return RFT_OK;
    for (; w->n_skipped < d->n_skipped && d->skipped[w->n_skipped].row < before; w->n_skipped++)
        RFT_TRY(rft_records_write_skipped(&w->records, &d->skipped[w->n_skipped]));
    return RFT_OK;
}

static enum rft_status read_sample(struct writer *w, uint64_t index, uint32_t i, struct rft_str *text,
                                   struct rft_sample *sample)
{
    return w->options->samples.read(w->options->samples.user, index, i, text, sample);
}

static void count_sample(struct rft_output_counts *counts, const struct rft_sample *sample,
                         const struct rft_verdict *verdict)
{
    counts->n_not_drawn += sample->is_not_drawn;
    if (sample->is_not_drawn)
        return;
    counts->n_samples++;
    counts->n_accepted += verdict->reason == RFT_REASON_ACCEPTED;
    counts->n_tokens += sample->n_tokens;
    counts->n_by_reason[verdict->reason]++;
    counts->n_by_decision[rft_reason_decision(verdict->reason)]++;
    counts->n_by_finish[sample->finish]++;
}

/* What the outputs but the records will want to know of a sample. */
static enum rft_status note_sample(struct writer *w, uint32_t i, const struct rft_sample *sample,
                                   const struct rft_verdict *verdict)
{
    bool is_whole =
        sample->finish == RFT_FINISH_STOP || (sample->finish == RFT_FINISH_LENGTH && w->options->pairs_cut_off);
    const enum rft_decision decision = sample->is_not_drawn ? RFT_UNDECIDED : rft_reason_decision(verdict->reason);
    const struct rft_judged_text candidate = {
        .text = sample->text, .is_right = decision == RFT_RIGHT, .is_wrong = decision == RFT_WRONG};
    w->wrong[i] = is_whole && decision == RFT_WRONG;
    RFT_TRY(rft_selector_add(w->selector, &candidate));
    if (w->has_pairs) {
        rft_str_clear(&w->clean);
        RFT_TRY(rft_text_put_clean(sample->text, &w->clean));
        w->texts[i] = rft_pair_text_of(i, (struct rft_bytes){w->clean.data, w->clean.len});
    }
    return w->has_unsolved && !sample->is_not_drawn ? rft_unsolved_add(&w->unsolved, verdict->answer) : RFT_OK;
}

static enum rft_status judge_sample(struct writer *w, uint64_t index, uint32_t i)
{
    const struct rft_question *question = &w->dataset->questions[index];
    const struct rft_output_judge *judge = &w->options->judge;
    struct rft_sample sample;
    struct rft_verdict verdict = {0};
    RFT_TRY(read_sample(w, index, i, &w->text, &sample));
    if (!sample.is_not_drawn)
        RFT_TRY(judge->judge(judge->user, question, &sample, &verdict));
    count_sample(w->counts, &sample, &verdict);
    RFT_TRY(note_sample(w, i, &sample, &verdict));
    return w->has_records ? rft_records_write(&w->records, question, &sample, &verdict) : RFT_OK;
}

static enum rft_status select_rows(struct writer *w, const struct rft_question *question, bool is_all_drawn)
{
    const uint64_t *n_duplicates = &w->counts->n_left_out[RFT_LEFT_OUT_DUPLICATE], n_before = *n_duplicates;
    RFT_TRY(rft_selector_choose(w->selector, question->text, &w->kept, &w->n_kept));
    const bool has_enough = w->can_stop && w->n_kept + (*n_duplicates - n_before) >= w->options->select.keep;
    w->counts->n_questions_short += !is_all_drawn && !has_enough;
    return RFT_OK;
}

static enum rft_status write_rows(struct writer *w, uint64_t index)
{
    struct rft_sample sample;
    const struct rft_output_row row = {.question = &w->dataset->questions[index], .sample = &sample};
    for (uint32_t i = 0; i < w->n_kept; i++) {
        RFT_TRY(read_sample(w, index, w->kept[i], &w->text, &sample));
        RFT_TRY(rft_rows_write(&w->rows, &row));
    }
    return RFT_OK;
}

/* The samples that would be rows, against wrong ones. */
static enum rft_status write_pairs(struct writer *w, uint64_t index, uint32_t n)
{
    struct rft_pairs *pairs = &w->pairs;
    struct rft_sample chosen, rejected;
    const struct rft_output_row row = {&w->dataset->questions[index], &chosen, &rejected};
    rft_pairs_clear(pairs);
    for (uint32_t i = 0; i < w->n_kept; i++)
        RFT_TRY(rft_pairs_add_chosen(pairs, w->texts[w->kept[i]]));
    for (uint32_t i = 0; i < n; i++)
        if (w->wrong[i])
            RFT_TRY(rft_pairs_add_rejected(pairs, w->texts[i]));
    RFT_TRY(rft_pairs_make(pairs, w->options->pair_by, w->options->n_pairs));
    w->counts->n_unpaired += pairs->n_chosen != 0 && pairs->n == 0;
    for (size_t i = 0; i < pairs->n; i++) {
        RFT_TRY(read_sample(w, index, pairs->pairs[i].chosen, &w->text, &chosen));
        RFT_TRY(read_sample(w, index, pairs->pairs[i].rejected, &w->rejected, &rejected));
        RFT_TRY(rft_rows_write(&w->rows, &row));
    }
    return RFT_OK;
}

static enum rft_status write_question(struct writer *w, uint64_t index)
{
    const struct rft_samples *samples = &w->options->samples;
    const struct rft_question *question = &w->dataset->questions[index];
    uint64_t n_accepted_before = w->counts->n_accepted, n_not_drawn_before = w->counts->n_not_drawn;
    uint32_t n = samples->n_of(samples->user, index);
    RFT_TRY(write_skipped_until(w, question->row));
    rft_unsolved_clear(&w->unsolved);
    for (uint32_t i = 0; i < n; i++)
        RFT_TRY(judge_sample(w, index, i));
    const uint32_t n_not_drawn = (uint32_t)(w->counts->n_not_drawn - n_not_drawn_before);
    bool is_solved = w->counts->n_accepted > n_accepted_before;
    w->counts->n_questions++;
    w->counts->n_questions_solved += is_solved;
    if (!is_solved && w->has_unsolved)
        RFT_TRY(rft_unsolved_write(&w->unsolved, question, n - n_not_drawn));
    RFT_TRY(select_rows(w, question, n_not_drawn == 0));
    return w->has_pairs ? write_pairs(w, index, n) : write_rows(w, index);
}

/* ---- all of it ---- */

static enum rft_status write_questions(struct writer *w)
{
    for (uint64_t i = 0; i < w->dataset->n; i++) {
        if (rft_os_interrupted())
            return RFT_ERR_INTERRUPTED; /* the samples are kept elsewhere */
        RFT_TRY(write_question(w, i));
    }
    return write_skipped_until(w, UINT64_MAX);
}

static enum rft_status write_all(struct writer *w)
{
    const struct rft_output_options *o = w->options;
    RFT_TRY(rft_out_begin(o->records));
    RFT_TRY(rft_out_begin(o->unsolved));
    RFT_TRY(rft_out_begin(o->rows));
    RFT_TRY(rft_rows_begin(&w->rows));
    RFT_TRY(write_questions(w));
    RFT_TRY(rft_rows_end(&w->rows));
    w->counts->n_rows = w->rows.n;
    /* The dataset comes last: where it stands, the others are complete too. */
    RFT_TRY(rft_out_commit(o->records));
    RFT_TRY(rft_out_commit(o->unsolved));
    return rft_out_commit(o->rows);
}

static enum rft_status open_writer(const struct rft_output_options *o, struct writer *w)
{
    const size_t n = o->samples.n_max;
    w->records = (struct rft_records){
        .out = o->records, .prompt_id = o->prompt.id, .provenance = o->provenance, .logprobs = o->logprobs};
    w->unsolved.out = o->unsolved;
    w->rows = (struct rft_rows){
        .out = o->rows, .format = o->format, .prompt = &o->prompt, .has_logprobs = o->logprobs != RFT_LOGPROBS_NONE};
    w->has_records = o->records->target.kind != RFT_TARGET_NONE;
    w->has_unsolved = o->unsolved->target.kind != RFT_TARGET_NONE;
    w->has_pairs = rft_rows_are_pairs(o->format);
    const char *why;
    w->can_stop = !w->has_pairs && rft_select_can_stop(&o->select, o->select.keep, &why);
    w->wrong = rft_alloc(n, sizeof *w->wrong);
    w->texts = rft_alloc(w->has_pairs ? n : 0, sizeof *w->texts);
    if (w->wrong == NULL || w->texts == NULL)
        return RFT_ERR_HOST_MEMORY;
    return rft_selector_create(&o->select, w->counts->n_left_out, &w->selector);
}

static void close_writer(struct writer *w)
{
    rft_out_abandon(w->options->rows);
    rft_out_abandon(w->options->unsolved);
    rft_out_abandon(w->options->records);
    rft_rows_finish(&w->rows);
    rft_unsolved_finish(&w->unsolved);
    rft_records_finish(&w->records);
    rft_pairs_finish(&w->pairs);
    rft_str_finish(&w->text);
    rft_str_finish(&w->rejected);
    rft_str_finish(&w->clean);
    rft_selector_destroy(w->selector);
    rft_free(w->wrong);
    rft_free(w->texts);
}

enum rft_status rft_output_write(const struct rft_output_options *options, const struct rft_dataset *dataset,
                                 struct rft_output_counts *counts)
{
    struct writer w = {.options = options, .dataset = dataset, .counts = counts};
    enum rft_status status = open_writer(options, &w);
    *counts = (struct rft_output_counts){0};
    for (size_t i = 0; i < dataset->n_skipped; i++)
        counts->n_skipped[dataset->skipped[i].reason]++;
    if (status == RFT_OK)
        status = write_all(&w);
    close_writer(&w);
    if (status != RFT_OK)
        *counts = (struct rft_output_counts){0};
    return status;
}
