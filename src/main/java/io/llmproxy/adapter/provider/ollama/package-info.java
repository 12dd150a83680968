/** Ollama: OpenAI's format below {@code /v1}, and its own below {@code /api}, which can say more. */
@NullMarked
package io.llmproxy.adapter.provider.ollama;

import org.jspecify.annotations.NullMarked;
