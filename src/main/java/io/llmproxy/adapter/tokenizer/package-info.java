/** Tokens as OpenAI's models count them. */
@NullMarked
package io.llmproxy.adapter.tokenizer;

import org.jspecify.annotations.NullMarked;
