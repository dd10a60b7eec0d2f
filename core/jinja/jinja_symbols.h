/* SPDX-License-Identifier: MIT */
/* Which names a block hides. Jinja binds names when it compiles: a block that sets a name, outside of conditions and
 * before it reads it, has that name to itself from its very beginning, undefined until it is set, even where blocks
 * within it read it earlier. A variable that the template was given is not seen there. */
#ifndef RFT_JINJA_SYMBOLS_H
#define RFT_JINJA_SYMBOLS_H

#include "jinja_node.h"
#include "status.h"

/* Fills `hidden` of the template and of every node that has a scope. RFT_ERR_HOST_MEMORY if the arena is full. */
enum rft_status rft_jinja_find_hidden(struct rft_jinja_template *template);

#endif
