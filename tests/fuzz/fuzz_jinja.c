/* SPDX-License-Identifier: MIT */
/* Chat templates: whatever the source is, it renders, or one line says why not; marks and text have one length. */
#include "alloc.h"
#include "fuzz.h"
#include "jinja.h"
#include "json.h"

#include <stdlib.h>

static const char variables_text[] =
    "{\"messages\": [{\"role\": \"system\", \"content\": \"be </s> brief\"}, {\"role\": \"user\", \"content\": "
    "\"Gr\\u00fc\\u00dfe \\ud83d\\ude42\\n\", \"tags\": [1, null, true, 2.5, {\"a\": []}]}], \"n\": 3, \"x\": \"y\"}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static json_t *all;
    struct rft_json_problem problem;
    rft_log_set_sink(drop_line, NULL);
    rft_alloc_hook_json();
    if (all == NULL)
        require(rft_json_try(rft_bytes_z(variables_text), 0, &all, &problem) == RFT_OK);
    uint64_t n_live = rft_alloc_n_live();
    const struct rft_jinja_variable variables[] = {
        {.name = "messages", .json = json_object_get(all, "messages"), .trusted_key = "role"},
        {.name = "n", .json = json_object_get(all, "n")},
        {.name = "eos_token", .json = json_object_get(all, "x"), .is_trusted = true},
        {.name = "tools", .json = NULL}};
    const struct rft_jinja_input input = {.variables = variables, .n_variables = 4, .date = {2026, 1, 31}};
    struct rft_jinja_template *template;
    struct rft_jinja_output output = {0};
    struct rft_jinja_error error;
    enum rft_status status = rft_jinja_parse((struct rft_bytes){(const char *)data, size}, &template, &error);
    if (status == RFT_OK)
        status = rft_jinja_render(template, &input, &output, &error);
    require(status == RFT_OK || status == RFT_ERR_INPUT || status == RFT_ERR_UNSUPPORTED);
    require(status == RFT_OK || error.text[0] != '\0' || error.is_raised);
    require(output.text.len == output.marks.len);
    for (size_t i = 0; i < output.marks.len; i++)
        require(output.marks.data[i] == 0 || output.marks.data[i] == 1);
    rft_jinja_output_finish(&output);
    rft_jinja_close(template);
    require(rft_alloc_n_live() == n_live);
    return 0;
}
