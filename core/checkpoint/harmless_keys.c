/* SPDX-License-Identifier: MIT */
#include "harmless_keys.h"

#include "model_options.h"

#include <string.h>

/* A key that ends in '*' stands for all that begin so. */
static const struct {
    const char *reason;
    const char *keys[24];
} table[] = {
    {"how the file came about",
     {"_*", "transformers_version", "name_or_path", "auto_map", "dtype", "torch_dtype", "architectures", "model_type",
      "custom_pipelines", "base_model_*", "unsloth_*", "finetuning_task", "task_specific_params", "use_mlx_*",
      "transformers.js_config", "is_llama_config", "transformers_weights"}},
    {"training",
     {"initializer_range", "attention_dropout", "hidden_dropout", "resid_pdrop", "embd_pdrop", "attention_probs_dropout_prob",
      "hidden_dropout_prob", "gradient_checkpointing", "init_method", "classifier_dropout", "router_aux_loss_coef",
      "output_router_logits", "z_loss_*", "aux_loss_*", "label_smoothing", "dropout", "pretraining_tp", "init_*",
      "max_grad_norm"}},
    {"how the library computes, not what",
     {"use_cache", "attn_implementation", "cache_implementation", "use_flash_attn*", "fused_*", "use_return_dict",
      "return_dict", "output_attentions", "output_hidden_states", "chunk_size_feed_forward", "torchscript",
      "tp_plan", "pp_plan", "base_model_tp_plan", "use_bfloat16", "tf_legacy_loss", "use_fused_*", "kernel_*",
      "use_kernels"}},
    {"the tokenizer's and generation's, which are read elsewhere",
     {"bos_token_id", "eos_token_id", "pad_token_id", "sep_token_id", "unk_token_id", "decoder_start_token_id",
      "bos_token", "eos_token", "pad_token", "tokenizer_class", "prefix", "forced_*", "suppress_tokens", "begin_suppress_*",
      "bad_words_ids", "generation_config", "vocab_file", "tokenizer_*"}},
    {"generation's defaults in old files: generation_config.json is what is read",
     {"temperature", "top_k", "top_p", "typical_p", "repetition_penalty", "length_penalty", "no_repeat_ngram_size",
      "encoder_no_repeat_ngram_size", "num_beams", "num_beam_groups", "diversity_penalty", "max_length", "min_length",
      "max_new_tokens", "do_sample", "early_stopping", "num_return_sequences", "output_scores",
      "return_dict_in_generate", "remove_invalid_values", "exponential_decay_length_penalty"}},
    {"heads that a language model does not have",
     {"id2label", "label2id", "num_labels", "problem_type", "classifier_*", "summary_*"}},
    {"encoders, which it is not",
     {"is_encoder_decoder", "is_decoder", "add_cross_attention", "cross_attention_hidden_size", "tie_encoder_decoder",
      "pruned_heads", "encoder", "decoder"}},
    {"written by some, read by no class of transformers",
     {"full_attn_mod", "interpolate_factor", "sliding_window_size", "max_sequence_length", "seq_length",
      "model_max_length", "neftune_noise_alpha", "num_labels"}},
    {"images, which are not asked about",
     {"vision_config", "image_*", "vision_*", "mm_*", "boi_token_index", "eoi_token_index", "video_*", "audio_*",
      "projector_*", "multimodal_*", "spatial_merge_size", "boi_token_id", "eoi_token_id"}},
};

bool rft_is_harmless_key(const char *key)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        for (size_t k = 0; k < sizeof table[i].keys / sizeof *table[i].keys && table[i].keys[k] != NULL; k++) {
            const char *known = table[i].keys[k];
            size_t n = strlen(known);
            if (known[n - 1] == '*' ? strncmp(key, known, n - 1) == 0 : strcmp(key, known) == 0)
                return true;
        }
    }
    return false;
}

bool rft_model_ignores(const struct rft_model_options *options, const char *key)
{
    for (size_t i = 0; options != NULL && i < options->n_ignore_keys; i++)
        if (strcmp(options->ignore_keys[i], key) == 0)
            return true;
    return false;
}
