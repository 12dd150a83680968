/** What OpenAI's published endpoints answer, one class per family, for {@link io.llmproxy.testing.FakeOpenAi}. */
@NullMarked
package io.llmproxy.testing.openai;

import org.jspecify.annotations.NullMarked;
