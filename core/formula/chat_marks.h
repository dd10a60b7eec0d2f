/* SPDX-License-Identifier: MIT */
/* Marks of chat formats that a model may write behind its answer, as text. */
#ifndef RFT_CHAT_MARKS_H
#define RFT_CHAT_MARKS_H

/* What ends a message: elements of an initialiser. */
#define RFT_CHAT_END_MARKS                                                                                             \
    "<|im_end|>", "<|endoftext|>", "<|end_of_text|>", "<|eot_id|>", "<|eom_id|>", "<|end|>", "<end_of_turn>", "<eos>", \
        "</s>"

#endif
