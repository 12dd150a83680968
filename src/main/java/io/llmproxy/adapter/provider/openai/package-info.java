/** Providers that speak OpenAI's format. */
@NullMarked
package io.llmproxy.adapter.provider.openai;

import org.jspecify.annotations.NullMarked;
