/* SPDX-License-Identifier: MIT */
#include "judging.h"

#include "alloc.h"
#include "judge_settings.h"
#include "log.h"
#include "os.h"

#include <inttypes.h>
#include <xxhash.h>

#define NO_ANSWER UINT32_MAX /* for the place of one */
#define REASON_SHIFT 24
#define ANSWER_BYTES_MAX ((1u << REASON_SHIFT) - 1)
#define QUEUE_BYTES (UINT64_C(64) << 20)

/* Of millions of samples: eight bytes each. */
struct rft_judged {
    uint32_t answer;          /* where it is in the sample's text */
    uint32_t size_and_reason; /* its bytes, and above them the reason + 1: 0 = not judged yet */
};

static enum rft_status open_judges(const struct rft_config *config, const char *path, struct rft_judges **judges)
{
    const struct rft_amount *limit = &config->verify_memory_limit;
    const struct {
        double time_limit;
        uint64_t memory_limit;
    } settings = {config->verify_time_limit, limit->kind == RFT_AMOUNT_BYTES ? limit->bytes : 0};
    const struct rft_judge_options options = {
        .command = config->verify_command,
        .arguments = (const char *const *)config->verify_arguments.items,
        .n_arguments = config->verify_arguments.n,
        .n_workers = config->verify_workers != 0 ? config->verify_workers : rft_os_n_cpus(),
        .batch = config->verify_batch,
        .time_limit_s = settings.time_limit,
        .start_limit_s = config->verify_start_limit,
        .memory_limit_bytes = settings.memory_limit,
        .queue_bytes = QUEUE_BYTES,
        .n_queue = config->verify_queue,
        .journal_path = path,
        .settings_hash = XXH64(&settings, sizeof settings, 0),
        .asks_undecided_again = config->verify_ask_again,
    };
    return rft_judges_open(&options, judges);
}

static enum rft_status check_command(const char *command)
{
    char *path = NULL;
    enum rft_status status = rft_judge_find_command(command, &path);
    rft_free(path);
    return status;
}

enum rft_status rft_judging_check(const struct rft_config *config)
{
    const struct rft_verify_options options = rft_config_verify(config);
    struct rft_verify *verify;
    RFT_TRY(rft_verify_open(&options, &verify));
    rft_verify_close(verify);
    return rft_verifier_of(&options)->is_asked ? check_command(config->verify_command) : RFT_OK;
}

enum rft_status rft_judging_open(const struct rft_config *config, const struct rft_judging_options *options,
                                 struct rft_judging *judging)
{
    *judging = (struct rft_judging){.n_samples = options->n_samples};
    RFT_TRY(rft_verify_open(options->verify, &judging->verify));
    if (rft_verifier_of(options->verify)->is_asked)
        return open_judges(config, options->verdicts_path, &judging->judges);
    if (options->n_samples == 0)
        return RFT_OK;
    judging->judged = rft_alloc((size_t)options->n_questions * options->n_samples, sizeof *judging->judged);
    return judging->judged != NULL ? RFT_OK : RFT_ERR_HOST_MEMORY;
}

void rft_judging_close(struct rft_judging *judging, bool is_done)
{
    rft_judges_close(judging->judges, is_done);
    rft_verify_close(judging->verify);
    rft_free(judging->judged);
    rft_str_finish(&judging->gold);
    rft_str_finish(&judging->reason);
    *judging = (struct rft_judging){0};
}

uint64_t rft_judging_bytes(const struct rft_config *config, uint64_t n_questions, uint32_t n_samples)
{
    const struct rft_verify_options verify = rft_config_verify(config);
    return rft_verifier_of(&verify)->is_asked ? QUEUE_BYTES : n_questions * n_samples * sizeof(struct rft_judged);
}

/* ---- what the rule itself says ---- */

static struct rft_verdict recall(const struct rft_judged *judged, struct rft_bytes text)
{
    struct rft_verdict verdict = {.reason = (enum rft_reason)((judged->size_and_reason >> REASON_SHIFT) - 1)};
    if (judged->answer != NO_ANSWER)
        verdict.answer = (struct rft_bytes){text.data + judged->answer, judged->size_and_reason & ANSWER_BYTES_MAX};
    verdict.score = rft_reason_decision(verdict.reason) == RFT_RIGHT;
    return verdict;
}

/* A verdict that has no room is made again when it is asked for. */
static void keep(struct rft_judged *judged, struct rft_bytes text, const struct rft_verdict *verdict)
{
    const size_t at = verdict->answer.data != NULL ? (size_t)(verdict->answer.data - text.data) : NO_ANSWER;
    if (verdict->answer.len > ANSWER_BYTES_MAX || (verdict->answer.data != NULL && at >= NO_ANSWER))
        return;
    judged->answer = (uint32_t)at;
    judged->size_and_reason = (uint32_t)verdict->answer.len | ((uint32_t)verdict->reason + 1) << REASON_SHIFT;
}

static enum rft_status judge_by_rule(struct rft_judging *judging, const struct rft_question *question,
                                     const struct rft_sample *sample, struct rft_verdict *verdict)
{
    struct rft_judged *judged = judging->judged;
    const struct rft_verify_case c = {.question = question->text,
                                      .completion = sample->text,
                                      .finish = sample->finish,
                                      .golds = rft_question_golds(question),
                                      .choices = rft_question_choices(question)};
    if (judged != NULL)
        judged += sample->question * judging->n_samples + sample->sample;
    if (judged != NULL && judged->size_and_reason >> REASON_SHIFT != 0) {
        *verdict = recall(judged, sample->text);
        return RFT_OK;
    }
    RFT_TRY(rft_verify_judge(judging->verify, &c, verdict));
    if (judged != NULL)
        keep(judged, sample->text, verdict);
    return RFT_OK;
}

/* ---- what the command says ---- */

static enum rft_status make_request(struct rft_judging *judging, const struct rft_question *question,
                                    const struct rft_sample *sample, const struct rft_verdict *verdict,
                                    struct rft_judge_request *request)
{
    rft_str_clear(&judging->gold);
    RFT_TRY(rft_question_put_gold(question, &judging->gold));
    *request = (struct rft_judge_request){.question = question->text,
                                          .completion = sample->text,
                                          .gold_json = {judging->gold.data, judging->gold.len},
                                          .answer = verdict->answer};
    return RFT_OK;
}

static void take_reply(const struct rft_judge_reply *reply, struct rft_verdict *verdict)
{
    static const enum rft_reason reasons[] = {[RFT_JUDGE_RIGHT] = RFT_REASON_ACCEPTED,
                                              [RFT_JUDGE_WRONG] = RFT_REASON_WRONG,
                                              [RFT_JUDGE_UNDECIDED] = RFT_REASON_UNDECIDED};
    verdict->reason = reasons[reply->verdict];
    verdict->detail = reply->reason;
    verdict->score = reply->has_score ? reply->score : reply->verdict == RFT_JUDGE_RIGHT;
    verdict->must_ask = false;
}

enum rft_status rft_judging_judge(struct rft_judging *judging, const struct rft_question *question,
                                  const struct rft_sample *sample, struct rft_verdict *verdict)
{
    struct rft_judge_request request;
    struct rft_judge_reply reply;
    bool is_decided, is_taken;
    RFT_TRY(judge_by_rule(judging, question, sample, verdict));
    if (!verdict->must_ask)
        return RFT_OK;
    RFT_TRY(make_request(judging, question, sample, verdict, &request));
    RFT_TRY(rft_judges_look_up(judging->judges, &request, &judging->reason, &is_decided, &reply));
    if (!is_decided)
        return rft_judges_offer(judging->judges, &request, &is_taken);
    take_reply(&reply, verdict);
    return RFT_OK;
}

static enum rft_status push(struct rft_judging *judging, const struct rft_question *question,
                            const struct rft_sample *sample)
{
    struct rft_verdict verdict;
    struct rft_judge_request request;
    RFT_TRY(judge_by_rule(judging, question, sample, &verdict));
    if (!verdict.must_ask)
        return RFT_OK;
    RFT_TRY(make_request(judging, question, sample, &verdict, &request));
    return rft_judges_push(judging->judges, &request);
}

static void log_waiting(struct rft_judging *judging)
{
    struct rft_judge_counts counts;
    rft_judges_count(judging->judges, &counts);
    if (counts.n_decided < counts.n_asked)
        rft_log_info("waiting for verify.command: it has judged %" PRIu64 " of %" PRIu64 " samples", counts.n_decided,
                     counts.n_asked);
}

enum rft_status rft_judging_settle(struct rft_judging *judging, const struct rft_dataset *dataset,
                                   const struct rft_samples *samples)
{
    struct rft_str text = {0};
    enum rft_status status = RFT_OK;
    if (judging->judges == NULL)
        return RFT_OK;
    for (uint64_t q = 0; q < dataset->n && status == RFT_OK; q++)
        for (uint32_t i = 0, n = samples->n_of(samples->user, q); i < n && status == RFT_OK; i++) {
            struct rft_sample sample;
            status = samples->read(samples->user, q, i, &text, &sample);
            if (status == RFT_OK && !sample.is_not_drawn)
                status = push(judging, &dataset->questions[q], &sample);
        }
    rft_str_finish(&text);
    if (status == RFT_OK)
        log_waiting(judging);
    return status == RFT_OK ? rft_judges_drain(judging->judges) : status;
}

uint64_t rft_judging_n_later(const struct rft_judging *judging)
{
    struct rft_judge_counts counts = {0};
    if (judging->judges != NULL)
        rft_judges_count(judging->judges, &counts);
    return counts.n_verdicts[RFT_JUDGE_RIGHT];
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
