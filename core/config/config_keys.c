/* SPDX-License-Identifier: MIT */
#include "config_keys.h"

static const struct rft_word word_all[] = {{"all", 0}, {NULL, 0}};
static const struct rft_word word_auto[] = {{"auto", 0}, {NULL, 0}};
static const struct rft_word word_off[] = {{"off", 0}, {NULL, 0}};
static const struct rft_word words_keep[] = {{"first", 1}, {"all", RFT_KEEP_ALL}, {NULL, 0}};
static const struct rft_word words_distinct[] = {
    {"no", RFT_DISTINCT_NO}, {"text", RFT_DISTINCT_TEXT}, {"paths", RFT_DISTINCT_PATHS}, {NULL, 0}};
static const struct rft_word words_equals[] = {
    {"farthest", RFT_EQUALS_FARTHEST}, {"first", RFT_EQUALS_FIRST}, {NULL, 0}};
static const struct rft_word words_order[] = {
    {"sample", RFT_ORDER_SAMPLE}, {"shortest", RFT_ORDER_SHORTEST}, {"longest", RFT_ORDER_LONGEST}, {NULL, 0}};
static const struct rft_word words_quota[] = {
    {"uniform", RFT_QUOTA_UNIFORM}, {"difficulty", RFT_QUOTA_DIFFICULTY}, {NULL, 0}};
static const struct rft_word words_dedupe[] = {
    {"off", RFT_DEDUPE_OFF}, {"rows", RFT_DEDUPE_ROWS}, {"completions", RFT_DEDUPE_COMPLETIONS}, {NULL, 0}};
static const struct rft_word words_prompt[] = {
    {"auto", RFT_PROMPT_AUTO}, {"chat", RFT_PROMPT_CHAT}, {"raw", RFT_PROMPT_RAW}, {NULL, 0}};
static const struct rft_word words_bos[] = {
    {"auto", RFT_BOS_AUTO}, {"yes", RFT_BOS_YES}, {"no", RFT_BOS_NO}, {NULL, 0}};
static const struct rft_word words_defaults[] = {{"auto", RFT_DEFAULTS_AUTO}, {"none", RFT_DEFAULTS_NONE}, {NULL, 0}};
static const struct rft_word words_verify[] = {{"answer_tag", RFT_VERIFY_ANSWER_TAG},
                                               {"gsm8k", RFT_VERIFY_GSM8K},
                                               {"boxed", RFT_VERIFY_BOXED},
                                               {"choice", RFT_VERIFY_CHOICE},
                                               {"exact", RFT_VERIFY_EXACT},
                                               {"regex", RFT_VERIFY_REGEX},
                                               {"json", RFT_VERIFY_JSON},
                                               {"command", RFT_VERIFY_COMMAND},
                                               {NULL, 0}};
static const struct rft_word words_cut_off[] = {
    {"reject", RFT_CUT_OFF_REJECT}, {"accept", RFT_CUT_OFF_ACCEPT}, {NULL, 0}};
static const struct rft_word words_compat[] = {{"none", RFT_COMPAT_NONE}, {"homework", RFT_COMPAT_HOMEWORK}, {NULL, 0}};
static const struct rft_word words_format[] = {{"rft_json", RFT_FORMAT_RFT_JSON},
                                               {"jsonl", RFT_FORMAT_JSONL},
                                               {"messages", RFT_FORMAT_MESSAGES},
                                               {"prompt_completion", RFT_FORMAT_PROMPT_COMPLETION},
                                               {"alpaca", RFT_FORMAT_ALPACA},
                                               {"pairs", RFT_FORMAT_PAIRS},
                                               {NULL, 0}};
static const struct rft_word words_all_pairs[] = {{"all", RFT_PAIRS_ALL}, {NULL, 0}};
static const struct rft_word words_pair_by[] = {
    {"first", RFT_PAIR_FIRST}, {"nearest", RFT_PAIR_NEAREST}, {"farthest", RFT_PAIR_FARTHEST}, {NULL, 0}};
static const struct rft_word words_memory[] = {{"auto", RFT_ACCESS_AUTO},
                                               {"mapped", RFT_ACCESS_MAPPED},
                                               {"imported", RFT_ACCESS_IMPORTED},
                                               {"staged", RFT_ACCESS_STAGED},
                                               {NULL, 0}};
static const struct rft_word words_refuse[] = {{"refuse", RFT_ROWS_REFUSE}, {"skip", RFT_ROWS_SKIP}, {NULL, 0}};
static const struct rft_word words_logprobs[] = {
    {"none", RFT_LOGPROBS_NONE}, {"sum", RFT_LOGPROBS_SUM}, {"tokens", RFT_LOGPROBS_TOKENS}, {NULL, 0}};
static const struct rft_word words_units[] = {{"strict", RFT_UNITS_STRICT}, {"ignore", RFT_UNITS_IGNORE}, {NULL, 0}};
static const struct rft_word words_percent[] = {
    {"strict", RFT_PERCENT_STRICT}, {"ignore", RFT_PERCENT_IGNORE}, {"value", RFT_PERCENT_VALUE}, {NULL, 0}};
static const struct rft_word words_thousands[] = {
    {"comma", RFT_THOUSANDS_COMMA}, {"space", RFT_THOUSANDS_SPACE}, {"point", RFT_THOUSANDS_POINT}, {NULL, 0}};
static const struct rft_word words_extract[] = {
    {"statement", RFT_EXTRACT_STATEMENT}, {"text", RFT_EXTRACT_TEXT}, {NULL, 0}};
static const struct rft_word words_exact_ignore[] = {{"exact", false}, {"ignore", true}, {NULL, 0}};
static const struct rft_word words_collapse_exact[] = {{"collapse", false}, {"exact", true}, {NULL, 0}};
static const struct rft_word words_last_first[] = {{"last", false}, {"first", true}, {NULL, 0}};
static const struct rft_word words_compare[] = {
    {"text", RFT_COMPARE_TEXT}, {"number", RFT_COMPARE_NUMBER}, {"formula", RFT_COMPARE_FORMULA}, {NULL, 0}};
static const struct rft_word words_no_yes[] = {{"no", false}, {"yes", true}, {NULL, 0}};
static const struct rft_word words_compute[] = {
    {"auto", RFT_COMPUTE_AUTO}, {"bf16", RFT_COMPUTE_BF16}, {"int8", RFT_COMPUTE_INT8}, {NULL, 0}};
static const struct rft_word words_arithmetic[] = {
    {"checked", RFT_ARITHMETIC_CHECKED}, {"unchecked", RFT_ARITHMETIC_UNCHECKED}, {NULL, 0}};

#define FIELD(section, name)                                                                                           \
#section, #name, .full_name = #section "." #name, .offset = offsetof(struct rft_config, section##_##name),         \
                     .size = sizeof(((struct rft_config *)0)->section##_##name)
#define U64_HIGH 18446744073709551615.0

/* clang-format off */
const struct rft_key rft_keys[] = {
    { FIELD(model, path), .type = RFT_KEY_IN_PATH, .flags = RFT_KEY_REQUIRED | RFT_KEY_ONLY_TO_DRAW,
      .help = "The checkpoint: a directory in Hugging Face layout, or a GGUF file." },
    { FIELD(model, adapter), .type = RFT_KEY_IN_PATHS, .fallback = "",
      .help = "LoRA adapters to merge into the model, in this order: one directory as PEFT saves it, or a JSON array\n"
              "of them, as in [\"first\", \"second\"]. A tokenizer and a chat template in it replace the model's." },
    { FIELD(model, adapter_scale), .type = RFT_KEY_REALS, .low = -1e6, .high = 1e6, .fallback = "1",
      .help = "What each adapter's own scale is multiplied by: one number for all, or a JSON array with one for\n"
              "each." },
    { FIELD(model, compute), .type = RFT_KEY_CHOICE, .words = words_compute, .fallback = "auto",
      .help = "How matrices are stored and multiplied. auto: those of quantised formats as integers, as the file has\n"
              "them, the rest in bf16. bf16: all of them. int8: all as integers, what is not quantised is rounded\n"
              "to 8 bits. It decides what text is drawn (docs/arithmetic.md)." },
    { FIELD(model, ignore_keys), .type = RFT_KEY_TEXTS, .flags = RFT_KEY_SHAPES_TEXT, .fallback = "",
      .help = "Keys of the model's configuration that rftgen does not know and is to pass over: a JSON array of\n"
              "names." },

    { FIELD(data, questions), .type = RFT_KEY_IN_PATH, .flags = RFT_KEY_REQUIRED,
      .help = "The questions: a JSON array of [\"question\", gold] or of objects, or JSON lines of either; plain, or\n"
              "compressed with gzip or zstd." },
    { FIELD(data, question_field), .type = RFT_KEY_TEXTS, .fallback = "question",
      .help = "Objects: the field that holds the question. Fields inside fields are named with dots, as in\n"
              "extra_info.question or messages.role=user.content (docs/files.md). A JSON array of fields, as in\n"
              "[\"instruction\", \"input\"], puts their texts together with blank lines between." },
    { FIELD(data, answer_field), .type = RFT_KEY_TEXT, .fallback = "answer",
      .help = "Objects: the field that holds the gold answer: a text, a number, true or false, or a list of accepted\n"
              "answers. Empty: there is none, which only verify.kind = command allows." },
    { FIELD(data, answer_after), .type = RFT_KEY_TEXT, .fallback = "",
      .help = "The gold answer is what follows the last occurrence of this text in its field (GSM8K: ####).\n"
              "Empty: the whole field." },
    { FIELD(data, choices_field), .type = RFT_KEY_TEXT, .fallback = "",
      .help = "Objects: the field that holds the options of a multiple choice: a list of texts, or an object with\n"
              "\"text\" and \"label\", or with A, B and so on. Empty: they are looked for in the question." },
    { FIELD(data, completion_field), .type = RFT_KEY_TEXT, .fallback = "",
      .help = "rftgen verify: the field that holds the completion, or a list of them. Empty: the first of completion,\n"
              "response, generation, output, prediction and model_output that is a text." },
    { FIELD(data, id_field), .type = RFT_KEY_TEXT, .fallback = "",
      .help = "Objects: the field that holds a question's id, which must be unique.\n"
              "Empty: a question is known by its text, and by its ordinal among equal ones." },
    { FIELD(data, filter), .type = RFT_KEY_TEXTS, .fallback = "",
      .help = "Only rows of which this holds, as in level=Level 5: a field, = and its text, number, true or false.\n"
              "A JSON array of them: all must hold." },
    { FIELD(data, limit), .type = RFT_KEY_WHOLE, .low = 1, .high = 1e12,
      .words = word_all, .fallback = "all",
      .help = "Only the first N rows of the file that pass data.filter; rows that are left out count." },
    { FIELD(data, bad_rows), .type = RFT_KEY_CHOICE, .words = words_refuse, .fallback = "refuse",
      .help = "Rows that are no questions, or whose gold answer cannot be compared: refuse: the run ends before it\n"
              "begins and names them. skip: it goes on without them; summary and records tell which." },
    { FIELD(data, too_long), .type = RFT_KEY_CHOICE, .words = words_refuse, .fallback = "refuse",
      .help = "Questions whose prompt and max_new_tokens exceed the model's positions: refuse or skip them." },

    { FIELD(prompt, format), .type = RFT_KEY_CHOICE, .flags = RFT_KEY_SHAPES_TEXT, .words = words_prompt,
      .fallback = "auto",
      .help = "chat: by the model's chat template. raw: prompt.template is the whole prompt.\n"
              "auto: chat if the model has a template, unless prompt.template holds special tokens itself." },
    { FIELD(prompt, template), .type = RFT_KEY_IN_PATH, .fallback = "",
      .help = "A text file, used byte for byte, that contains {question} once: the user's turn of a chat,\n"
              "or all of a raw prompt. Empty: the question alone, in a chat." },
    { FIELD(prompt, system), .type = RFT_KEY_TEXT, .flags = RFT_KEY_SHAPES_TEXT, .fallback = "",
      .help = "The system message of a chat: its text." },
    { FIELD(prompt, system_file), .type = RFT_KEY_IN_PATH, .fallback = "",
      .help = "The same as a file, used byte for byte." },
    { FIELD(prompt, examples), .type = RFT_KEY_IN_PATH, .fallback = "",
      .help = "A JSON file of messages ({\"role\": ..., \"content\": ...}) that stand before the question in a chat:\n"
              "worked examples." },
    { FIELD(prompt, template_name), .type = RFT_KEY_TEXT, .flags = RFT_KEY_SHAPES_TEXT, .fallback = "",
      .help = "Which of the model's chat templates, by its name. Empty: default, else the first." },
    { FIELD(prompt, variables), .type = RFT_KEY_TEXT, .flags = RFT_KEY_SHAPES_TEXT, .fallback = "",
      .help = "More variables for the chat template: a JSON object, as {\"enable_thinking\": false}." },
    { FIELD(prompt, date), .type = RFT_KEY_TEXT, .flags = RFT_KEY_SHAPES_TEXT, .fallback = "2026-01-01",
      .help = "The day that a chat template takes for today: the same tomorrow." },
    { FIELD(prompt, bos), .type = RFT_KEY_CHOICE, .flags = RFT_KEY_SHAPES_TEXT, .words = words_bos, .fallback = "auto",
      .help = "Whether the tokenizer's beginning-of-sequence token stands before a prompt that does not begin with\n"
              "it. auto: before raw prompts; a chat template says it itself." },

    { FIELD(generate, samples), .type = RFT_KEY_WHOLE, .low = 1, .high = 1e6,
      .fallback = "10", .help = "Samples of each question." },
    { FIELD(generate, chunk), .type = RFT_KEY_WHOLE, .flags = RFT_KEY_ONLY_HERE, .low = 1, .high = 1e6,
      .words = word_auto, .fallback = "5",
      .help = "Samples of a question that are computed together; their memory is given back after each chunk.\n"
              "auto: as many as the budget holds. It never changes the text." },
    { FIELD(generate, questions_in_flight), .type = RFT_KEY_WHOLE, .flags = RFT_KEY_ONLY_HERE, .low = 1, .high = 1e6,
      .words = word_auto, .fallback = "auto",
      .help = "Questions that are computed together. auto: as many as the budget holds. It never changes the text." },
    { FIELD(generate, max_new_tokens), .type = RFT_KEY_WHOLE, .flags = RFT_KEY_SHAPES_TEXT | RFT_KEY_SETTING,
      .low = 1, .high = 1e6,
      .words = word_auto, .fallback = "auto",
      .help = "A sample is cut off after this many tokens.\n"
              "auto: 100 with several samples, 120 with one." },
    { FIELD(generate, temperature), .type = RFT_KEY_REALS, .flags = RFT_KEY_SHAPES_TEXT, .low = 0, .high = 100,
      .fallback = "0.7",
      .help = "0: always the most likely token. Else at least 0.000001. A JSON array of them is a sweep: sample i of\n"
              "a question takes number i mod n." },
    { FIELD(generate, top_k), .type = RFT_KEY_WHOLE, .flags = RFT_KEY_SHAPES_TEXT | RFT_KEY_SETTING,
      .low = 0, .high = 1e6,
      .words = word_off, .fallback = "off", .help = "Only the N most likely tokens are drawn. 0 or off: all." },
    { FIELD(generate, top_p), .type = RFT_KEY_REAL, .flags = RFT_KEY_SHAPES_TEXT | RFT_KEY_SETTING | RFT_KEY_ABOVE_LOW,
      .low = 0, .high = 1, .fallback = "1",
      .help = "Only the smallest set of tokens whose probabilities reach this sum is drawn from. 1: all." },
    { FIELD(generate, min_p), .type = RFT_KEY_REAL, .flags = RFT_KEY_SHAPES_TEXT | RFT_KEY_SETTING | RFT_KEY_BELOW_HIGH,
      .low = 0, .high = 1, .fallback = "0",
      .help = "Only tokens at least this fraction as likely as the most likely one are drawn. 0: all." },
    { FIELD(generate, seed), .type = RFT_KEY_WHOLES, .flags = RFT_KEY_SHAPES_TEXT, .low = 0, .high = U64_HIGH,
      .fallback = "0",
      .help = "Same seed, same text. Another seed draws other samples. A JSON array of them: sample i takes number\n"
              "i mod n." },
    { FIELD(generate, stop), .type = RFT_KEY_TEXTS, .flags = RFT_KEY_SHAPES_TEXT | RFT_KEY_SETTING, .fallback = "",
      .help = "Texts that end a sample and are cut off it: one text, or a JSON array of texts, as\n"
              "in [\"\\n\\n\", \"Q:\"]. One that is a special token ends it as such." },
    { FIELD(generate, stop_when_enough), .type = RFT_KEY_WHOLE, .low = 0, .high = 1e6, .words = word_off,
      .fallback = "off",
      .help = "Samples of a question are drawn until N of the first ones are accepted (with select.distinct, that\n"
              "many distinct ones); the rest is cancelled, and the records say not_drawn. Rows stay the same, so it\n"
              "needs a selection that later samples cannot change. off or 0: all are drawn." },
    { FIELD(generate, end_tokens), .type = RFT_KEY_TEXTS, .flags = RFT_KEY_SHAPES_TEXT | RFT_KEY_SETTING,
      .fallback = "",
      .help = "More tokens that end a sample, by their texts: one, or a JSON array of them." },
    { FIELD(generate, extend), .type = RFT_KEY_IN_PATH, .flags = RFT_KEY_ONLY_HERE, .fallback = "",
      .help = "The records of a finished run that this one extends by samples or questions: what they hold is taken\n"
              "over and not drawn again (docs/runs.md). Empty: nothing is taken over." },
    { FIELD(generate, defaults), .type = RFT_KEY_CHOICE, .flags = RFT_KEY_SHAPES_TEXT, .words = words_defaults,
      .fallback = "auto",
      .help = "auto: in a chat, temperature, top_k, top_p and min_p that are not given here come from the model's\n"
              "generation_config.json (or GGUF keys). none: only from here." },

    { FIELD(verify, kind), .type = RFT_KEY_CHOICE, .words = words_verify, .fallback = "answer_tag",
      .help = "answer_tag: the number in the last <answer></answer>. gsm8k: the last number, compared exactly.\n"
              "boxed: the formula in the last \\boxed{}. choice: a letter from A to J, or an option's text. exact: a\n"
              "text. regex: what a pattern finds. json: a field of a JSON value. command: what a program says." },
    { FIELD(verify, rel_tol), .type = RFT_KEY_REAL, .low = 0, .high = 1, .fallback = "0.05",
      .help = "answer_tag: accepted if |answer - gold| <= rel_tol |gold|." },
    { FIELD(verify, units), .type = RFT_KEY_CHOICE, .words = words_units, .fallback = "strict",
      .help = "answer_tag: strict: a number and nothing else. ignore: units, words, Markdown and LaTeX around it are\n"
              "ignored (420 minutes, **12**, x = 12); a percent sign counts only if the gold answer has one, too." },
    { FIELD(verify, require_mark), .type = RFT_KEY_CHOICE, .words = words_no_yes, .fallback = "no",
      .help = "gsm8k: yes: a text without #### has no answer. no: its last number is the answer." },
    { FIELD(verify, fractions), .type = RFT_KEY_CHOICE, .words = words_no_yes, .fallback = "no",
      .help = "Numbers: yes: 1/2, 3 1/2 and \\frac{1}{2} are numbers, in answers (gsm8k: behind ####) and gold." },
    { FIELD(verify, percent), .type = RFT_KEY_CHOICE, .words = words_percent, .fallback = "strict",
      .help = "Numbers: strict: a percent sign is what verify.kind says. ignore: it is passed over.\n"
              "value: 50% is 0.5." },
    { FIELD(verify, thousands), .type = RFT_KEY_CHOICE, .words = words_thousands, .fallback = "comma",
      .help = "Numbers: what parts thousands, in answers and gold. comma: 1,234.5. space: 1 234.5, too.\n"
              "point: 1.234,5 and nothing else (gsm8k: only behind ####)." },
    { FIELD(verify, extract), .type = RFT_KEY_CHOICE, .words = words_extract, .fallback = "statement",
      .help = "exact: statement: the answer is what stands in the last <answer></answer>, else in the last\n"
              "\\boxed{}, else behind the last \"answer is\" or \"Answer:\". text: all of the completion." },
    { FIELD(verify, case), .type = RFT_KEY_CHOICE, .words = words_exact_ignore, .fallback = "exact",
      .help = "Texts (exact, regex, json): whether capitals count. ignore: Paris is paris." },
    { FIELD(verify, space), .type = RFT_KEY_CHOICE, .words = words_collapse_exact, .fallback = "collapse",
      .help = "Texts: collapse: a run of white space is one space. exact: it is what it is." },
    { FIELD(verify, punctuation), .type = RFT_KEY_CHOICE, .words = words_exact_ignore, .fallback = "exact",
      .help = "Texts: ignore: quotation marks at both ends and . , ; : ! ? at the end are passed over." },
    { FIELD(verify, pattern), .type = RFT_KEY_TEXT, .fallback = "",
      .help = "regex: a regular expression in PCRE2's syntax." },
    { FIELD(verify, group), .type = RFT_KEY_TEXT, .fallback = "",
      .help = "regex: the group that is the answer, by number or name. Empty: the first, or without groups all." },
    { FIELD(verify, match), .type = RFT_KEY_CHOICE, .words = words_last_first, .fallback = "last",
      .help = "regex: which match counts; those whose group is empty or took no part are passed over." },
    { FIELD(verify, field), .type = RFT_KEY_TEXT, .fallback = "answer",
      .help = "json: the field that is the answer: names and, in arrays, places from 0, with dots between them.\n"
              "Empty: the whole value." },
    { FIELD(verify, compare), .type = RFT_KEY_CHOICE, .words = words_compare, .fallback = "text",
      .help = "regex, json: text: by verify.case, space and punctuation. number: as gsm8k compares.\n"
              "formula: as boxed compares." },
    { FIELD(verify, cut_off), .type = RFT_KEY_CHOICE, .words = words_cut_off, .fallback = "reject",
      .help = "What to do with samples that were cut off at max_new_tokens: reject them,\n"
              "or accept those whose answer is right." },
    { FIELD(verify, compat), .type = RFT_KEY_CHOICE, .words = words_compat, .fallback = "none",
      .help = "homework: judge by the original job's parser and check, bit by bit; kind and rel_tol are not used." },
    { FIELD(verify, after), .type = RFT_KEY_TEXT, .fallback = "auto",
      .help = "The answer is looked for behind the last occurrence of this text: what a model thinks before is not\n"
              "judged. auto: </think>, if the chat template knows it and the model thought. Empty: everything." },

    { FIELD(verify, command), .type = RFT_KEY_IN_PATH, .flags = RFT_KEY_PROGRAM, .fallback = "",
      .help = "command: the program that judges (docs/judges.md), an executable file (./judge.py) or a name in PATH.\n"
              "It reads JSON lines of questions and completions, and writes JSON lines of verdicts." },
    { FIELD(verify, arguments), .type = RFT_KEY_TEXTS, .fallback = "",
      .help = "command: what the program is started with: one argument, or a JSON array of them." },
    { FIELD(verify, workers), .type = RFT_KEY_WHOLE, .flags = RFT_KEY_ONLY_HERE, .low = 1, .high = 1024,
      .words = word_auto, .fallback = "auto",
      .help = "command: how many of them run at once. auto: one for each cpu. It never changes a verdict." },
    { FIELD(verify, batch), .type = RFT_KEY_WHOLE, .flags = RFT_KEY_ONLY_HERE, .low = 1, .high = 10000, .fallback = "1",
      .help = "command: samples that a program is sent before it must answer." },
    { FIELD(verify, time_limit), .type = RFT_KEY_REAL, .flags = RFT_KEY_ABOVE_LOW, .low = 0, .high = 1e6,
      .fallback = "30", .help = "command: seconds until the next answer; a program that takes longer is killed." },
    { FIELD(verify, start_limit), .type = RFT_KEY_REAL, .low = 0, .high = 1e6, .fallback = "60",
      .help = "command: seconds more for a program's first answer, to load what it needs. They end when it says\n"
              "{\"ready\": true}." },
    { FIELD(verify, memory_limit), .type = RFT_KEY_AMOUNT, .words = word_auto, .fallback = "4GiB",
      .help = "command: memory that a program and what it starts may have in use; one that has more is killed.\n"
              "auto: no limit." },
    { FIELD(verify, queue), .type = RFT_KEY_WHOLE, .flags = RFT_KEY_ONLY_HERE, .low = 1, .high = 1e6,
      .fallback = "1000",
      .help = "command: samples that may wait for it while others are drawn; at least workers x batch. Those that do\n"
              "not fit are judged at the end of the run." },
    { FIELD(verify, ask_again), .type = RFT_KEY_CHOICE, .words = words_no_yes, .fallback = "no",
      .help = "command: yes: samples that it left undecided in an interrupted run are judged again." },

    { FIELD(select, keep), .type = RFT_KEY_WHOLE, .low = 1, .high = 1e6, .words = words_keep, .fallback = "first",
      .help = "How many accepted samples of a question become rows. It never changes what is generated." },
    { FIELD(select, distinct), .type = RFT_KEY_CHOICE, .words = words_distinct, .fallback = "no",
      .help = "Of which accepted samples of a question only one becomes a row: text: of those that differ in white\n"
              "space at most. paths: of those with the same equations (docs/selection.md)." },
    { FIELD(select, equals), .type = RFT_KEY_CHOICE, .words = words_equals, .fallback = "farthest",
      .help = "Which one that is: farthest: by edit distance from the rows that the question has already.\n"
              "first: the one that select.order puts first." },
    { FIELD(select, order), .type = RFT_KEY_CHOICE, .words = words_order, .fallback = "sample",
      .help = "Which accepted samples of a question are taken first: sample: by number. shortest, longest: by their\n"
              "length in bytes. The rows stand in the order of their numbers all the same." },
    { FIELD(select, quota), .type = RFT_KEY_CHOICE, .words = words_quota, .fallback = "uniform",
      .help = "uniform: select.keep rows of a question at most. difficulty: as large a part of select.keep as the\n"
              "part of its samples that are wrong, rounded up, and at least one." },
    { FIELD(select, min_solve_rate), .type = RFT_KEY_REAL, .low = 0, .high = 1, .fallback = "0",
      .help = "Questions of whose samples a smaller part is right give no rows." },
    { FIELD(select, max_solve_rate), .type = RFT_KEY_REAL, .low = 0, .high = 1, .fallback = "1",
      .help = "Questions of whose samples a larger part is right give no rows; 0.999: those that are always solved." },
    { FIELD(select, dedupe), .type = RFT_KEY_CHOICE, .words = words_dedupe, .fallback = "off",
      .help = "What the dataset holds only once, whatever question it belongs to: rows: a question with a completion.\n"
              "completions: a completion. Texts that differ in white space at most are the same." },

    { FIELD(memory, budget), .type = RFT_KEY_AMOUNT, .flags = RFT_KEY_ONLY_HERE, .words = word_auto, .fallback = "auto",
      .help = "Device memory that the run may take: bytes (6GB = 6 x 10^9, 6GiB = 6 x 2^30) or a percentage of\n"
              "what is available. auto: what is available less the reserve." },
    { FIELD(memory, reserve), .type = RFT_KEY_AMOUNT, .flags = RFT_KEY_ONLY_HERE, .fallback = "256MiB",
      .help = "What no budget may take of what is available: bytes, or a percentage of it." },

    { FIELD(device, backend), .type = RFT_KEY_TEXT, .flags = RFT_KEY_ONLY_HERE, .fallback = "auto",
      .help = "auto: the best device that is there. Or the name of a backend that `rftgen devices` lists." },
    { FIELD(device, device), .type = RFT_KEY_TEXT, .flags = RFT_KEY_ONLY_HERE, .fallback = "",
      .help = "A device by name, UUID or index, or by what its name begins with. Empty: the first." },
    { FIELD(device, threads), .type = RFT_KEY_WHOLE, .flags = RFT_KEY_ONLY_HERE, .low = 1, .high = 4096,
      .words = word_auto, .fallback = "auto",
      .help = "Threads of the cpu backend. auto: one for each cpu this process may use. It never changes the text." },
    { FIELD(device, memory), .type = RFT_KEY_CHOICE, .flags = RFT_KEY_ONLY_HERE, .words = words_memory,
      .fallback = "auto",
      .help = "How the host reaches the device's memory: mapped (the device's memory, seen by the host), imported\n"
              "(the host's memory, read by the device) or staged (by copies). auto: what suits the device." },
    { FIELD(device, dispatch_ms), .type = RFT_KEY_WHOLE, .flags = RFT_KEY_ONLY_HERE, .low = 1, .high = 1000,
      .words = word_auto, .fallback = "auto",
      .help = "Longest kernel call to aim at, in milliseconds: a card that also shows a desktop may stop longer ones.\n"
              "auto: what suits the device." },
    { FIELD(device, arithmetic), .type = RFT_KEY_CHOICE, .words = words_arithmetic, .fallback = "checked",
      .help = "checked: a device whose kernels do not give exactly the cpu's bits is refused. unchecked: it is used,\n"
              "and the text may differ from other devices'; the outputs say so." },

    { FIELD(output, path), .type = RFT_KEY_OUT_PATH, .flags = RFT_KEY_REQUIRED,
      .help = "The dataset. While the run lasts, finished samples are kept beside it in <path>.journal." },
    { FIELD(output, format), .type = RFT_KEY_CHOICE, .words = words_format, .fallback = "rft_json",
      .help = "rft_json: a JSON array of [question, gold, completion]. jsonl: an object in each line.\n"
              "messages: {\"messages\": [...]} in each line. prompt_completion: {\"prompt\": [...],\n"
              "\"completion\": [...]}. alpaca: {\"instruction\", \"input\", \"output\"}. pairs: {\"prompt\": [...],\n"
              "\"chosen\": [...], \"rejected\": [...]}, a right text against a wrong one (docs/files.md)." },
    { FIELD(output, pairs), .type = RFT_KEY_WHOLE, .low = 1, .high = 1e6, .words = words_all_pairs, .fallback = "1",
      .help = "pairs: how many of a question. Right ones are those that [select] keeps; no text stands in two pairs\n"
              "before each of its kind stands in one. all: every right text with every wrong one." },
    { FIELD(output, pair_by), .type = RFT_KEY_CHOICE, .words = words_pair_by, .fallback = "first",
      .help = "pairs: the wrong text for a right one: the first sample's, or the one whose length in bytes is nearest\n"
              "or farthest." },
    { FIELD(output, pair_cut_off), .type = RFT_KEY_CHOICE, .words = words_no_yes, .fallback = "no",
      .help = "pairs: yes: samples that were cut off at max_new_tokens are wrong texts, too; trainers put an end\n"
              "behind them." },
    { FIELD(output, examples), .type = RFT_KEY_CHOICE, .words = words_no_yes, .fallback = "no",
      .help = "messages, prompt_completion, pairs: whether the worked examples stand in every row." },
    { FIELD(output, logprobs), .type = RFT_KEY_CHOICE, .flags = RFT_KEY_SHAPES_TEXT, .words = words_logprobs,
      .fallback = "none",
      .help = "Log-probabilities in the records: of the model itself, at temperature 1 and without top_k, top_p and\n"
              "min_p. sum: of each completion, its end token counted. tokens: of each token, too." },
    { FIELD(output, records), .type = RFT_KEY_OUT_PATH, .fallback = "",
      .help = "JSON lines of every sample, accepted or not, with the reason. Empty: none." },
    { FIELD(output, unsolved), .type = RFT_KEY_OUT_PATH, .fallback = "",
      .help = "JSON lines of the questions that no sample solved, with the gold answer, which may be wrong, and the\n"
              "answer that most samples gave. Empty: none." },
    { FIELD(output, summary), .type = RFT_KEY_OUT_PATH, .fallback = "",
      .help = "A JSON file of counts, speed and memory, and of where the samples come from. Empty: none." },
    { FIELD(output, card), .type = RFT_KEY_OUT_PATH, .fallback = "",
      .help = "A dataset card, as the Hugging Face hub reads it, in the dataset's directory: README.md. Empty: none." },
};
/* clang-format on */
const size_t rft_n_keys = sizeof rft_keys / sizeof *rft_keys;
_Static_assert(sizeof rft_keys / sizeof *rft_keys <= RFT_CONFIG_KEYS_MAX, "rft_config.given has a place for each key");
