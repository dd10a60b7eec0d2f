/* SPDX-License-Identifier: MIT */
#include "output.h"

#include "alloc.h"
#include "os.h"
#include "select.h"

/* The walk over questions and their samples. */
struct writer {
    const struct rft_output_options *options;
    const struct rft_dataset *dataset;
    struct rft_output_counts *counts;
    struct rft_records records;
    struct rft_rows rows;
    struct rft_str text; /* of the sample at hand */
    bool *accepted;      /* [samples.n_max] */
    bool *kept;          /* [samples.n_max] */
    size_t n_skipped;    /* rows left out that are written */
    bool has_records;
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

static enum rft_status read_sample(struct writer *w, uint64_t index, uint32_t i, struct rft_sample *sample)
{
    return w->options->samples.read(w->options->samples.user, index, i, &w->text, sample);
}

static void count_sample(struct rft_output_counts *counts, const struct rft_sample *sample,
                         const struct rft_verdict *verdict)
{
    counts->n_samples++;
    counts->n_accepted += verdict->reason == RFT_REASON_ACCEPTED;
    counts->n_tokens += sample->n_tokens;
    counts->n_by_reason[verdict->reason]++;
    counts->n_by_decision[rft_reason_decision(verdict->reason)]++;
    counts->n_by_finish[sample->finish]++;
}

static enum rft_status judge_question(struct writer *w, uint64_t index, uint32_t n)
{
    const struct rft_question *question = &w->dataset->questions[index];
    const struct rft_output_judge *judge = &w->options->judge;
    for (uint32_t i = 0; i < n; i++) {
        struct rft_sample sample;
        struct rft_verdict verdict;
        RFT_TRY(read_sample(w, index, i, &sample));
        RFT_TRY(judge->judge(judge->user, question, &sample, &verdict));
        w->accepted[i] = verdict.reason == RFT_REASON_ACCEPTED;
        count_sample(w->counts, &sample, &verdict);
        if (w->has_records)
            RFT_TRY(rft_records_write(&w->records, question, &sample, &verdict));
    }
    return RFT_OK;
}

/* Which of a question's samples become rows: kept[n]. */
static enum rft_status select_rows(struct writer *w, uint32_t n)
{
    rft_select(w->accepted, n, w->options->keep, w->kept);
    return RFT_OK;
}

static enum rft_status write_rows(struct writer *w, uint64_t index, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct rft_sample sample;
        if (!w->kept[i])
            continue;
        RFT_TRY(read_sample(w, index, i, &sample));
        RFT_TRY(rft_rows_write(&w->rows, &w->dataset->questions[index], &sample));
    }
    return RFT_OK;
}

static enum rft_status write_question(struct writer *w, uint64_t index)
{
    const struct rft_samples *samples = &w->options->samples;
    uint64_t n_accepted_before = w->counts->n_accepted;
    uint32_t n = samples->n_of(samples->user, index);
    RFT_TRY(write_skipped_until(w, w->dataset->questions[index].row));
    RFT_TRY(judge_question(w, index, n));
    w->counts->n_questions++;
    w->counts->n_questions_solved += w->counts->n_accepted > n_accepted_before;
    RFT_TRY(select_rows(w, n));
    return write_rows(w, index, n);
}

static enum rft_status write_all(struct writer *w)
{
    RFT_TRY(rft_out_begin(w->options->records));
    RFT_TRY(rft_out_begin(w->options->rows));
    RFT_TRY(rft_rows_begin(&w->rows));
    for (uint64_t i = 0; i < w->dataset->n; i++) {
        if (rft_os_interrupted())
            return RFT_ERR_INTERRUPTED; /* the samples are kept elsewhere */
        RFT_TRY(write_question(w, i));
    }
    RFT_TRY(write_skipped_until(w, UINT64_MAX));
    RFT_TRY(rft_rows_end(&w->rows));
    w->counts->n_rows = w->rows.n;
    /* The dataset comes last: where it stands, the records are complete too. */
    RFT_TRY(rft_out_commit(w->options->records));
    return rft_out_commit(w->options->rows);
}

enum rft_status rft_output_write(const struct rft_output_options *options, const struct rft_dataset *dataset,
                                 struct rft_output_counts *counts)
{
    *counts = (struct rft_output_counts){0};
    for (size_t i = 0; i < dataset->n_skipped; i++)
        counts->n_skipped[dataset->skipped[i].reason]++;
    struct writer w = {
        .options = options,
        .dataset = dataset,
        .counts = counts,
        .records = {.out = options->records,
                    .prompt_id = options->prompt.id,
                    .provenance = options->provenance,
                    .logprobs = options->logprobs},
        .rows = {.out = options->rows, .format = options->format, .prompt = &options->prompt},
        .accepted = rft_alloc(options->samples.n_max, sizeof(bool)),
        .kept = rft_alloc(options->samples.n_max, sizeof(bool)),
        .has_records = options->records->target.kind != RFT_TARGET_NONE,
    };
    enum rft_status status = w.accepted != NULL && w.kept != NULL ? write_all(&w) : RFT_ERR_HOST_MEMORY;
    rft_out_abandon(options->rows);
    rft_out_abandon(options->records);
    rft_rows_finish(&w.rows);
    rft_records_finish(&w.records);
    rft_str_finish(&w.text);
    rft_free(w.accepted);
    rft_free(w.kept);
    if (status != RFT_OK)
        *counts = (struct rft_output_counts){0};
    return status;
}
