/* SPDX-License-Identifier: MIT */
/* Command line -> command -> exit code. The only place that turns a status into an exit code. */
#include "alloc.h"
#include "command.h"
#include "judge_helper.h"
#include "log.h"
#include "os.h"

#include <string.h>

int main(int argc, char **argv)
{
    struct rft_command_line line;
    if (argc > 1 && strcmp(argv[1], RFT_JUDGE_WORD) == 0) /* the parent of a judge: no command of a person's */
        return rft_judge_helper(argc, argv);
    enum rft_status status = rft_os_open_standard_streams();
    if (status != RFT_OK)
        return rft_status_exit_code(status); /* and nowhere to say it */
    rft_alloc_hook_json();
    rft_os_catch_interrupts();
    status = rft_command_line_read(argc, argv, &line);
    if (line.quiet)
        rft_log_set_level(RFT_LOG_WARN);
    else if (line.verbose)
        rft_log_set_level(RFT_LOG_DEBUG);
    if (status == RFT_OK)
        status = rft_command_run(&line);
    rft_command_line_finish(&line);
    return rft_status_exit_code(status);
}
