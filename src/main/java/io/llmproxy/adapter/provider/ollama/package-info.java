/** Ollama's own API. */
@NullMarked
package io.llmproxy.adapter.provider.ollama;

import org.jspecify.annotations.NullMarked;
