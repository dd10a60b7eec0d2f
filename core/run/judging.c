/* SPDX-License-Identifier: MIT */
#include "judging.h"

#include "alloc.h"

#define NO_ANSWER UINT32_MAX /* for the place of one */

struct rft_judged {
    uint32_t answer, n_answer; /* where the answer is in the sample's text */
    uint8_t reason;
    bool is_done;
};

enum rft_status rft_judging_open(const struct rft_verify_options *options, uint64_t n_questions, uint32_t n_samples,
                                 struct rft_judging *judging)
{
    *judging = (struct rft_judging){.n_questions = n_questions, .n_samples = n_samples};
    if (n_samples != 0) {
        judging->judged = rft_alloc((size_t)n_questions * n_samples, sizeof *judging->judged);
        if (judging->judged == NULL)
            return RFT_ERR_HOST_MEMORY;
    }
    return rft_verify_open(options, &judging->verify);
}

void rft_judging_close(struct rft_judging *judging)
{
    rft_verify_close(judging->verify);
    rft_free(judging->judged);
    *judging = (struct rft_judging){0};
}

uint64_t rft_judging_bytes(uint64_t n_questions, uint32_t n_samples)
{
    return n_questions * n_samples * sizeof(struct rft_judged);
}

static struct rft_verdict recall(const struct rft_judged *judged, struct rft_bytes text)
{
    struct rft_verdict verdict = {.reason = (enum rft_reason)judged->reason};
    if (judged->answer != NO_ANSWER)
        verdict.answer = (struct rft_bytes){text.data + judged->answer, judged->n_answer};
    verdict.score = rft_reason_decision(verdict.reason) == RFT_RIGHT;
    return verdict;
}

static void keep(struct rft_judged *judged, struct rft_bytes text, const struct rft_verdict *verdict)
{
    *judged = (struct rft_judged){.answer = NO_ANSWER, .reason = (uint8_t)verdict->reason, .is_done = true};
    if (verdict->answer.data == NULL)
        return;
    judged->answer = (uint32_t)(verdict->answer.data - text.data);
    judged->n_answer = (uint32_t)verdict->answer.len;
}

enum rft_status rft_judging_judge(struct rft_judging *judging, const struct rft_question *question,
                                  const struct rft_sample *sample, struct rft_verdict *verdict)
{
    struct rft_judged *judged =
        judging->judged == NULL ? NULL : &judging->judged[sample->question * judging->n_samples + sample->sample];
    if (judged != NULL && judged->is_done) {
        *verdict = recall(judged, sample->text);
        return RFT_OK;
    }
    const struct rft_verify_case c = {.question = question->text,
                                      .completion = sample->text,
                                      .finish = sample->finish,
                                      .golds = rft_question_golds(question),
                                      .choices = rft_question_choices(question)};
    RFT_TRY(rft_verify_judge(judging->verify, &c, verdict));
    if (judged != NULL)
        keep(judged, sample->text, verdict);
    return RFT_OK;
}

static enum rft_status judge_for_output(void *user, const struct rft_question *question,
                                        const struct rft_sample *sample, struct rft_verdict *verdict)
{
    return rft_judging_judge(user, question, sample, verdict);
}

struct rft_output_judge rft_judging_for_output(struct rft_judging *judging)
{
    return (struct rft_output_judge){judging, judge_for_output};
}
