/** Google's Gemini API. */
@NullMarked
package io.llmproxy.adapter.provider.gemini;

import org.jspecify.annotations.NullMarked;
